package thimble.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** What a call of C costs that does nothing, with a change of the thread's state and without. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class Calls {
  /** Ordinary: others may collect garbage meanwhile. */
  @Benchmark
  public void ordinary() {
    Reference.empty(1);
  }

  /** Critical: nobody may. */
  @Benchmark
  public void critical() {
    Reference.emptyCritical(1);
  }
}
