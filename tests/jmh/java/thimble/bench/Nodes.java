package thimble.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import thimble.tensor.Block;
import thimble.tensor.Lazy;
import thimble.tensor.Tensor;

/**
 * A node, y·x of one element, and what it leaves behind: with {@code -prof gc}, gc.alloc.rate.norm
 * is the bytes of a node. They are chained, so that each is kept for the next.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Nodes {
  private static final int CHAIN = 100;

  private Tensor x;
  private Tensor leaf;

  /** Makes the operands. */
  @Setup
  public void setUp() {
    x = Tensor.of(1f);
    leaf = Tensor.of(1f).requiresGrad(true);
  }

  /** Eager, with nothing to remember. */
  @Benchmark
  @OperationsPerInvocation(CHAIN)
  public Tensor eager() {
    return chain(x);
  }

  /** Eager, recorded for a gradient: the difference to {@link #eager} is its history. */
  @Benchmark
  @OperationsPerInvocation(CHAIN)
  public Tensor recorded() {
    return chain(leaf);
  }

  /** Lazy: built and never computed. */
  @Benchmark
  @OperationsPerInvocation(CHAIN)
  public Tensor lazy() {
    try (Block _ = Lazy.open()) {
      return chain(x);
    }
  }

  private static Tensor chain(Tensor x) {
    Tensor y = x;
    for (int i = 0; i < CHAIN; i++) {
      y = y.mul(x);
    }
    return y;
  }
}
