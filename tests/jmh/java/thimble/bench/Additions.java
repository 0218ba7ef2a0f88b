package thimble.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.runtime.ffi.gen.th_error;
import thimble.tensor.Backends;
import thimble.tensor.DType;
import thimble.tensor.Tensor;

/**
 * y = a + b on one thread: from how many elements on which way of it is the fastest, a loop in
 * Java, a critical downcall on arrays of the Java heap, or an ordinary one on native memory; and
 * what an eager op adds to that.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Additions {
  private static final int FLOAT32 = DType.FLOAT32.ordinal();

  /** Elements. */
  @Param({"1", "16", "64", "256", "1024", "4096", "16384"})
  public int count;

  private static final MethodHandle CRITICAL = critical();

  private float[] a;
  private float[] b;
  private float[] y;
  private MemorySegment heapA;
  private MemorySegment heapB;
  private MemorySegment heapY;
  private MemorySegment nativeA;
  private MemorySegment nativeB;
  private MemorySegment nativeY;
  private MemorySegment layout;
  private MemorySegment error;
  private int add;
  private Tensor s;
  private Tensor t;

  /** Links the handle that the backend links for itself. */
  @SuppressWarnings("restricted")
  private static MethodHandle critical() {
    Backends.current();
    return Linker.nativeLinker()
        .downcallHandle(
            ThimbleH.th_binary$address(),
            ThimbleH.th_binary$descriptor(),
            Linker.Option.critical(true));
  }

  /** Makes the operands. */
  @Setup
  public void setUp() {
    a = new float[count];
    b = new float[count];
    y = new float[count];
    for (int i = 0; i < count; i++) {
      a[i] = i;
      b[i] = 0.5f * i;
    }
    heapA = MemorySegment.ofArray(a);
    heapB = MemorySegment.ofArray(b);
    heapY = MemorySegment.ofArray(y);
    Arena arena = Arena.global();
    nativeA = arena.allocateFrom(JAVA_FLOAT, a);
    nativeB = arena.allocateFrom(JAVA_FLOAT, b);
    nativeY = arena.allocate(JAVA_FLOAT, count);
    layout = arena.allocateFrom(JAVA_LONG, count, 1, 1);
    error = th_error.allocate(arena);
    while (!ThimbleH.th_op_name(ThimbleH.TH_BINARY(), add).getString(0).equals("ADD")) {
      add++;
    }
    s = Tensor.of(a);
    t = Tensor.of(b);
    Backends.current().threads(1);
  }

  /** A loop in Java. */
  @Benchmark
  public float[] loop() {
    for (int i = 0; i < y.length; i++) {
      y[i] = a[i] + b[i];
    }
    return y;
  }

  /** The kernel, called critically, on arrays of the Java heap. */
  @Benchmark
  public void critically() throws Throwable {
    CRITICAL.invokeExact(add, FLOAT32, 1, layout, heapA, heapB, heapY, error);
  }

  /** The kernel, called as usual, on native memory. */
  @Benchmark
  public void ordinary() {
    ThimbleH.th_binary(add, FLOAT32, 1, layout, nativeA, nativeB, nativeY, error);
  }

  /** An eager op, whose result is dropped. */
  @Benchmark
  public Tensor eager() {
    return s.add(t);
  }
}
