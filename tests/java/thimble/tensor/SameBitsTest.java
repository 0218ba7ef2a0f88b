package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.tensor.Row.Trait;

/**
 * The same bits for every number of threads, from run to run, in every layout where nothing is
 * summed up, and whichever memory the operands lie in.
 */
class SameBitsTest {
  private static final List<Integer> THREADS = List.of(1, 2, 3, 7);

  @BeforeEach
  void skipWithoutTheNativeLibrary() {
    Assumptions.assumeFalse(Boolean.getBoolean("thimble.native.skip"), "built without it");
  }

  private static <T> T in(String backend, Supplier<T> body) {
    try (Block _ = Backends.use(backend)) {
      return body.get();
    }
  }

  // -- Each row -----------------------------------------------------------------------------------

  static Stream<Row> pointwise() {
    return OpTable.rows().stream().filter(row -> row.is(Trait.POINTWISE));
  }

  /** Rows of floats whose order of things does not go with the layout. */
  static Stream<Row> ofNoSums() {
    return OpTable.rows().stream()
        .filter(row -> !row.is(Trait.TAME) && row.dtypes().contains(DType.FLOAT32));
  }

  /** Where nothing is summed up, the layout changes no bit. */
  @ParameterizedTest
  @MethodSource("ofNoSums")
  void theLayoutOfOperandsChangesNoBit(Row row) {
    for (At at : row.at().stream().filter(a -> a.count() < 10_000).toList()) {
      for (Lie.Named lie : Lie.Named.values()) {
        Case c =
            Case.of(
                row,
                at,
                row.dtypes(at, DType.FLOAT32),
                Case.lying(at, lie),
                Case.all(at, Values.SPECIAL),
                row.name().hashCode());
        Expected plain = Expected.exactly(c.contiguous().value(Engine.best()));
        plain
            .differs(c.value(Engine.best()))
            .ifPresent(what -> fail("%s: with contiguous operands %s".formatted(c, what)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("pointwise")
  void bigElementwiseOpsHaveTheSameBitsForEveryNumberOfThreads(Row row) {
    DType dtype = row.dtypes().contains(DType.FLOAT32) ? DType.FLOAT32 : DType.FLOAT64;
    long[] shape = {401, 1003};
    At at = At.of(row.at().get(0).shapes().stream().map(_ -> shape).toList());
    Tensor[] x = in("native", () -> row.operands(at, dtype, Values.DOMAIN, 1));
    assertSameBitsForThreads(() -> row.apply(at, x));
  }

  // -- Threads ------------------------------------------------------------------------------------

  private static void assertSameBitsForThreads(Supplier<Tensor> run) {
    try (Block _ = Backends.use("native")) {
      int before = Thimble.threads();
      try {
        Expected first = null;
        for (int threads : THREADS) {
          Thimble.threads(threads);
          assertEquals(threads, Thimble.threads());
          NdArray y = Tensors.read(run.get());
          assertTrue(y.count() > 0);
          first = first == null ? Expected.exactly(y) : first;
          first
              .differs(y)
              .ifPresent(what -> fail("%d threads differ from 1: %s".formatted(threads, what)));
        }
      } finally {
        Thimble.threads(before);
      }
    }
  }

  private static Tensor floats(int seed, long... shape) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] v = new float[(int) Shape.of(shape).count()];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) random.nextDouble() - 0.5f;
    }
    return Tensor.of(v, shape);
  }

  private static Tensor index(int seed, int bound, long... shape) {
    return Tensor.of(
        new SplittableRandom(seed).longs(Shape.of(shape).count(), 0, bound).toArray(), shape);
  }

  @Test
  void bigReductionsHaveTheSameBitsForEveryNumberOfThreads() {
    Tensor x = in("native", () -> floats(1, 3000, 1001));
    for (int[] axes : new int[][] {{}, {0}, {1}}) {
      assertSameBitsForThreads(() -> x.sum(axes));
      assertSameBitsForThreads(() -> x.transpose().sum(axes));
      assertSameBitsForThreads(() -> x.mean(axes));
      assertSameBitsForThreads(() -> x.var(axes));
      assertSameBitsForThreads(() -> x.norm(axes));
      assertSameBitsForThreads(() -> x.logsumexp(axes));
      assertSameBitsForThreads(() -> x.add(1.5).prod(axes));
      assertSameBitsForThreads(() -> x.max(axes));
      assertSameBitsForThreads(() -> x.min(axes));
    }
    assertSameBitsForThreads(() -> x.slice(1, 3, 998).sum());
    assertSameBitsForThreads(() -> x.exp().mul(x).sub(0.3));
    for (int axis = 0; axis < 2; axis++) {
      int d = axis;
      assertSameBitsForThreads(() -> x.argmax(d));
      assertSameBitsForThreads(() -> x.argmin(d));
      assertSameBitsForThreads(() -> x.softmax(d));
      assertSameBitsForThreads(() -> x.logSoftmax(d));
      assertSameBitsForThreads(() -> x.cumsum(d));
    }
  }

  @Test
  void bigMovementsHaveTheSameBitsForEveryNumberOfThreads() {
    Tensor x = in("native", () -> floats(1, 800, 1001));
    Tensor mask = in("native", () -> x.gt(0.1));
    Tensor columns = in("native", () -> index(2, 1001, 800, 700));
    Tensor rows = in("native", () -> index(3, 800, 900));
    Tensor to = in("native", () -> index(4, 50, 800, 1001));
    assertSameBitsForThreads(() -> x.transpose().contiguous());
    assertSameBitsForThreads(() -> x.reshape(80, 10, 1001).permute(1, 2, 0).contiguous());
    assertSameBitsForThreads(() -> x.flip().contiguous());
    assertSameBitsForThreads(() -> x.pad(1, 3, 4));
    assertSameBitsForThreads(() -> Tensor.concat(1, x, x.transpose().reshape(800, 1001)));
    assertSameBitsForThreads(() -> x.gather(1, columns));
    assertSameBitsForThreads(() -> x.take(0, rows));
    assertSameBitsForThreads(() -> x.scatterAdd(0, to, 50));
    assertSameBitsForThreads(() -> x.scatterAdd(1, to, 50));
    assertSameBitsForThreads(() -> Tensor.where(mask, x, x.transpose().reshape(800, 1001)));
    assertSameBitsForThreads(() -> Key.of(5).uniform(DType.FLOAT32, 800, 1001));
    assertSameBitsForThreads(() -> Key.of(5).normal(DType.FLOAT64, 800, 1001));
  }

  @ParameterizedTest
  @MethodSource("productSizes")
  void productsHaveTheSameBitsForEveryNumberOfThreads(int m, int k, int n) {
    Tensor a = in("native", () -> floats(1, m, k));
    Tensor at = in("native", () -> floats(3, k, m));
    Tensor b = in("native", () -> floats(2, k, n));
    Tensor bt = in("native", () -> floats(4, n, k));
    assertSameBitsForThreads(() -> a.matmul(b));
    assertSameBitsForThreads(() -> at.transpose().matmul(b));
    assertSameBitsForThreads(() -> a.matmul(bt.transpose()));
  }

  static Stream<Arguments> productSizes() {
    return Stream.of(
        Arguments.of(100, 784, 100),
        Arguments.of(784, 100, 100),
        Arguments.of(500, 500, 500),
        Arguments.of(33, 2000, 17));
  }

  @Test
  void theSameBitsFromRunToRun() {
    Tensor x = in("native", () -> floats(1, 700, 900));
    float[] first = in("native", () -> x.matmul(x.transpose()).sum(1).toFloatArray());
    for (int i = 0; i < 3; i++) {
      float[] again = in("native", () -> x.matmul(x.transpose()).sum(1).toFloatArray());
      assertArrayEquals(first, again);
    }
  }

  // -- Memory -------------------------------------------------------------------------------------

  @Test
  void operandsMadeInOneBackendAreTakenByTheOther() {
    for (long n : new long[] {5, 5000}) { // in Java's heap, and above what lies there
      Tensor java = in("java", () -> floats(1, n, 7).transpose());
      Tensor other = in("native", () -> floats(2, 7, n));
      Expected expected = Expected.exactly(in("java", () -> Tensors.read(java.add(other))));
      for (String backend : List.of("java", "native")) {
        for (Supplier<Tensor> sum :
            List.<Supplier<Tensor>>of(() -> java.add(other), () -> other.add(java))) {
          expected
              .differs(in(backend, () -> Tensors.read(sum.get())))
              .ifPresent(what -> fail(backend + ": " + what));
        }
      }
    }
  }

  @Test
  void aPartOfABigTensorHasTheBitsOfASmallOne() {
    Tensor big = in("native", () -> floats(1, 4000, 8));
    Tensor small = in("native", () -> Tensor.of(big.slice(0, 1000, 1010).toFloatArray(), 10, 8));
    try (Block _ = Backends.use("native")) {
      for (Row row : pointwise().filter(r -> r.kinds().size() == 1).toList()) {
        if (row.dtypes().contains(DType.FLOAT32)) {
          At at = At.of(At.shape(10, 8));
          Expected.exactly(Tensors.read(row.apply(at, small)))
              .differs(Tensors.read(row.apply(at, big.slice(0, 1000, 1010))))
              .ifPresent(what -> fail(row + ": " + what));
        }
      }
    }
  }
}
