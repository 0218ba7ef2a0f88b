package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The native kernels give what plain Java gives: to the bit where nothing is rounded or each result
 * is rounded once, within the documented bounds elsewhere; and the same bits for every number of
 * threads.
 */
class BackendsAgreeTest {
  /** Sizes around the widths of vectors, and enough for several threads. */
  private static final long[][] SIZES = {{1, 1}, {5, 7}, {33, 70}, {130, 257}};

  private static final List<Integer> THREADS = List.of(1, 2, 3, 7);

  /** How an operand may lie in memory: [m, n] elements made of as many as it takes. */
  private enum Lie {
    CONTIGUOUS((d, m, n, s) -> numbers(d, s, m, n)),
    TRANSPOSED((d, m, n, s) -> numbers(d, s, n, m).transpose()),
    SLICED((d, m, n, s) -> numbers(d, s, m, n + 5).slice(1, 2, n + 2)),
    BROADCAST((d, m, n, s) -> numbers(d, s, 1, n).broadcastTo(m, n)),
    OFFSET((d, m, n, s) -> numbers(d, s, m + 3, n).slice(0, 3, m + 3)),
    STRIDE_ZERO((d, m, n, s) -> numbers(d, s, m, 1).broadcastTo(m, n));

    private interface Maker {
      Tensor make(DType dtype, long m, long n, int seed);
    }

    private final Maker maker;

    Lie(Maker maker) {
      this.maker = maker;
    }

    /** The same elements whichever backend computes. */
    Tensor make(DType dtype, long[] size, int seed) {
      return maker.make(dtype, size[0], size[1], seed);
    }
  }

  private static Tensor numbers(DType dtype, int seed, long... shape) {
    Random random = new Random(seed);
    double[] v = random.doubles(Shape.of(shape).count(), -4, 4).toArray();
    return Tensor.of(v, shape).to(dtype);
  }

  @BeforeEach
  void skipWithoutTheNativeLibrary() {
    Assumptions.assumeFalse(Boolean.getBoolean("thimble.native.skip"), "built without it");
  }

  private static <T> T in(String backend, Supplier<T> body) {
    try (Block _ = Backends.use(backend)) {
      return body.get();
    }
  }

  private static void assertSame(Tensor expected, Tensor actual, String what) {
    assertEquals(expected.shape(), actual.shape(), what);
    assertEquals(expected.dtype(), actual.dtype(), what);
    if (expected.dtype() == DType.INT64) {
      assertArrayEquals(expected.toLongArray(), actual.toLongArray(), what);
    } else {
      assertArrayEquals(expected.toDoubleArray(), actual.toDoubleArray(), what);
    }
  }

  /** Every op in each dtype and layout: the second operand lies as the next layout has it. */
  private static void assertAgree(DType dtype, BinaryOperator<Tensor> f, double ulps, String op) {
    for (long[] size : SIZES) {
      for (Lie lie : Lie.values()) {
        Lie other = Lie.values()[(lie.ordinal() + 1) % Lie.values().length];
        Supplier<Tensor> run = () -> f.apply(lie.make(dtype, size, 1), other.make(dtype, size, 2));
        Tensor expected = in("java", run);
        Tensor actual = in("native", run);
        String what = "%s of %s %s %s".formatted(op, dtype, lie, Arrays.toString(size));
        if (ulps == 0) {
          assertSame(expected, actual, what);
          continue;
        }
        assertEquals(expected.dtype(), actual.dtype(), what);
        double[] e = expected.toDoubleArray();
        double[] a = actual.toDoubleArray();
        assertEquals(e.length, a.length, what);
        for (int i = 0; i < e.length; i++) {
          double ulp = dtype == FLOAT32 ? Math.ulp((float) e[i]) : Math.ulp(e[i]);
          assertTrue(
              Double.compare(e[i], a[i]) == 0 || Math.abs(e[i] - a[i]) <= ulps * ulp,
              "%s: %s, not %s".formatted(what, a[i], e[i]));
        }
      }
    }
  }

  private record Case(String name, double ulps, BinaryOperator<Tensor> f) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Case one(String name, double ulps, UnaryOperator<Tensor> f) {
    return new Case(name, ulps, (a, b) -> f.apply(a));
  }

  /** a with its sign dropped, without a kernel of its own. */
  private static Tensor positive(Tensor a) {
    return Tensor.where(a.gt(0), a, a.neg());
  }

  static Stream<Case> elementwise() {
    return Stream.of(
        one("neg", 0, Tensor::neg),
        one("relu", 0, Tensor::relu),
        one("exp", 3, Tensor::exp),
        one("log", 3, a -> positive(a).log()),
        one("log below 0", 3, Tensor::log),
        one("abs", 0, Tensor::abs),
        one("sign", 0, Tensor::sign),
        one("floor", 0, Tensor::floor),
        one("ceil", 0, Tensor::ceil),
        one("round", 0, Tensor::round),
        one("sqrt", 0, Tensor::sqrt),
        one("rsqrt", 3, a -> positive(a).rsqrt()),
        one("reciprocal", 0, Tensor::reciprocal),
        one("expm1", 4, Tensor::expm1),
        one("log1p", 4, a -> positive(a).log1p()),
        one("sin", 4, Tensor::sin),
        one("cos", 4, Tensor::cos),
        one("tan", 4, Tensor::tan),
        one("asin", 4, a -> a.mul(0.1).asin()),
        one("acos", 4, a -> a.mul(0.1).acos()),
        one("atan", 4, Tensor::atan),
        one("sinh", 5, Tensor::sinh),
        one("cosh", 5, Tensor::cosh),
        new Case("add", 0, Tensor::add),
        new Case("maximum", 0, Tensor::maximum),
        new Case("minimum", 0, Tensor::minimum),
        new Case("atan2", 4, Tensor::atan2),
        new Case("sub", 0, Tensor::sub),
        new Case("mul", 0, Tensor::mul),
        new Case("div", 0, Tensor::div),
        new Case("pow", 5, (a, b) -> positive(a).pow(b)),
        new Case("pow below 0", 5, Tensor::pow),
        one("x + s", 0, a -> a.add(0.1)),
        one("s - x", 0, a -> a.rsub(0.1)),
        one("x * s", 0, a -> a.mul(0.1)),
        one("x / s", 0, a -> a.div(0.1)),
        one("s / x", 0, a -> a.rdiv(0.1)),
        one("x ^ 2", 5, a -> a.pow(2)),
        one("x ^ -1", 5, a -> a.pow(-1)),
        one("x ^ 0.5", 5, a -> positive(a).pow(0.5)),
        new Case("eq", 0, Tensor::eq),
        new Case("ne", 0, Tensor::ne),
        new Case("lt", 0, Tensor::lt),
        new Case("le", 0, Tensor::le),
        new Case("gt", 0, Tensor::gt),
        new Case("ge", 0, Tensor::ge),
        one("eq itself", 0, a -> a.eq(a)),
        new Case("where", 0, (a, b) -> Tensor.where(a.lt(b), a, b)));
  }

  @ParameterizedTest
  @MethodSource("elementwise")
  void elementwise(Case c) {
    assertAgree(FLOAT32, c.f(), c.ulps(), c.name());
    assertAgree(FLOAT64, c.f(), c.ulps(), c.name());
  }

  static Stream<Case> moving() {
    return Stream.of(
        one("reshape", 0, a -> a.reshape(-1)),
        one("reshape of a transpose", 0, a -> a.transpose().reshape(-1)),
        one("transpose", 0, Tensor::transpose),
        one("broadcastTo", 0, a -> a.broadcastTo(2, a.size(0), a.size(1))),
        one("slice", 0, a -> a.slice(1, a.size(1) / 2, a.size(1))),
        one("contiguous", 0, a -> a.transpose().contiguous()),
        one("pad 0", 0, a -> a.pad(0, 1, 2)),
        one("pad 1", 0, a -> a.pad(1, 2, 1)),
        one("gather 0", 0, a -> a.gather(0, index(a, 0))),
        one("gather 1", 0, a -> a.gather(1, index(a, 1))));
  }

  @ParameterizedTest
  @MethodSource("moving")
  void movingOpsAgreeToTheBitInEveryDtype(Case c) {
    for (DType dtype : DType.values()) {
      assertAgree(dtype, c.f(), 0, c.name());
    }
  }

  /** Indices along that axis, in no order. */
  private static Tensor index(Tensor a, int axis) {
    long[] k = new long[(int) a.count()];
    for (int i = 0; i < k.length; i++) {
      k[i] = (i * 7919L) % a.size(axis);
    }
    return Tensor.of(k, a.shape().toArray());
  }

  @Test
  void comparisonsOfIntegersAgree() {
    for (DType dtype : List.of(DType.INT32, DType.INT64, DType.UINT8, DType.BOOL)) {
      assertAgree(dtype, Tensor::eq, 0, "eq");
      assertAgree(dtype, Tensor::lt, 0, "lt");
      assertAgree(dtype, Tensor::ge, 0, "ge");
      assertAgree(dtype, (a, b) -> Tensor.where(a.ne(b), a, b), 0, "where");
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void conversionsAgreeToTheBit(DType from) {
    double[] hard = {
      Double.NaN,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      0,
      -0.0,
      0.5,
      -0.5,
      0.999999,
      1.5,
      -1.5,
      255,
      256,
      -1,
      300.7,
      2147483647d,
      2147483648d,
      -2147483649d,
      9.3e18,
      -9.3e18,
      1e300,
      1e-300,
      1e-40,
      16777217,
      9007199254740993d
    };
    for (DType to : DType.values()) {
      assertAgree(from, (a, b) -> a.to(to), 0, "to " + to);
      Supplier<Tensor> run = () -> Tensor.of(hard).to(from).to(to);
      assertSame(in("java", run), in("native", run), from + " to " + to);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void maximaAgreeToTheBit(DType dtype) {
    assertAgree(dtype, (a, b) -> a.max(), 0, "max");
    assertAgree(dtype, (a, b) -> a.max(0), 0, "max(0)");
    assertAgree(dtype, (a, b) -> a.max(1), 0, "max(1)");
    assertAgree(dtype, (a, b) -> a.argmax(0), 0, "argmax(0)");
    assertAgree(dtype, (a, b) -> a.argmax(1), 0, "argmax(1)");
  }

  // -- Sums and products --------------------------------------------------------------------------

  private static double unit(DType dtype) {
    return dtype == FLOAT32 ? 0x1p-24 : 0x1p-53;
  }

  /** |err| ≤ (⌈log2(n/128)⌉ + 24)·u·Σ|x|, and u for rounding the exact sum. */
  private static double bound(DType dtype, long n) {
    return (Math.max(0, Math.ceil(Math.log(n / 128.0) / Math.log(2))) + 25) * unit(dtype);
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void sumsAreWithinTheirBound(DType dtype) {
    for (long[] size : new long[][] {{5, 7}, {130, 257}, {3, 70000}, {70000, 3}}) {
      for (Lie lie : Lie.values()) {
        for (int[] axes : new int[][] {{}, {0}, {1}}) {
          Tensor exact = in("java", () -> lie.make(dtype, size, 1).to(FLOAT64).sum(axes));
          Tensor scale = in("java", () -> positive(lie.make(dtype, size, 1).to(FLOAT64)).sum(axes));
          double[] expected = exact.toDoubleArray();
          double[] sizes = scale.toDoubleArray();
          double[] actual = in("native", () -> lie.make(dtype, size, 1).sum(axes)).toDoubleArray();
          long n = size[0] * size[1] / expected.length;
          for (int i = 0; i < expected.length; i++) {
            assertEquals(
                expected[i],
                actual[i],
                bound(dtype, n) * sizes[i],
                "%s %s %s".formatted(lie, Arrays.toString(size), Arrays.toString(axes)));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void logsumexpIsWithinTheBoundOfItsSum(DType dtype) {
    for (long[] size : SIZES) {
      for (Lie lie : Lie.values()) {
        for (int[] axes : new int[][] {{}, {0}, {1}}) {
          double[] expected =
              in("java", () -> lie.make(dtype, size, 1).to(FLOAT64).logsumexp(axes))
                  .toDoubleArray();
          double[] actual =
              in("native", () -> lie.make(dtype, size, 1).logsumexp(axes)).toDoubleArray();
          // exp and log of 2 ULP each, x − max and the last sum rounded: all on a number below 32.
          double bound = bound(dtype, size[0] * size[1]) + 32 * 4 * unit(dtype);
          assertArrayEquals(expected, actual, bound, lie + Arrays.toString(size));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void scatterAddIsWithinTheBoundOfASum(DType dtype) {
    for (int axis = 0; axis < 2; axis++) {
      int along = axis;
      for (long[] size : SIZES) {
        for (Lie lie : Lie.values()) {
          Supplier<Tensor> run =
              () -> {
                Tensor x = lie.make(dtype, size, 1);
                return x.scatterAdd(along, index(x, along), size[along] + 2);
              };
          double bound = 2 * bound(dtype, size[along]) * 4 * size[along];
          assertArrayEquals(
              in("java", run).toDoubleArray(), in("native", run).toDoubleArray(), bound);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void matrixProductsAreWithinTheirBound(DType dtype) {
    for (long[] mkn :
        new long[][] {
          {1, 1, 1}, {3, 5, 2}, {1, 300, 1}, {33, 200, 17}, {40, 1, 60}, {70, 90, 80}
        }) {
      for (Lie left : Lie.values()) {
        for (Lie right : Lie.values()) {
          assertProduct(dtype, left, right, mkn[0], mkn[1], mkn[2]);
        }
      }
    }
  }

  private static void assertProduct(DType dtype, Lie left, Lie right, long m, long k, long n) {
    long[] leftSize = {m, k};
    long[] rightSize = {k, n};
    double[] a = in("java", () -> left.make(dtype, leftSize, 1)).toDoubleArray();
    double[] b = in("java", () -> right.make(dtype, rightSize, 2)).toDoubleArray();
    // Equal terms round alike, so that the errors add up: there only the worst case holds.
    boolean equalTerms = k > 1 && left == Lie.STRIDE_ZERO && right == Lie.BROADCAST;
    for (String backend : List.of("java", "native")) {
      double[] c =
          in(
              backend,
              () ->
                  left.make(dtype, leftSize, 1)
                      .matmul(right.make(dtype, rightSize, 2))
                      .toDoubleArray());
      assertEquals(m * n, c.length);
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double sum = 0;
          double lost = 0; // what rounding has taken from the sum
          double scale = 0;
          for (int p = 0; p < k; p++) {
            double x = a[i * (int) k + p];
            double y = b[p * (int) n + j];
            double term = x * y;
            double next = sum + term;
            double part = next - sum;
            lost += (sum - (next - part)) + (term - part) + Math.fma(x, y, -term);
            sum = next;
            scale += Math.abs(term);
          }
          double roundings = equalTerms ? k : 2 * Math.sqrt(k) + 8;
          double bound = roundings * unit(dtype) * scale;
          String what = "%s, %s by %s, k = %d".formatted(backend, left, right, k);
          assertEquals(sum + lost, c[i * (int) n + j], bound, what);
        }
      }
    }
  }

  @Test
  void batchesOfProductsAgree() {
    for (DType dtype : List.of(FLOAT32, FLOAT64)) {
      for (List<long[]> shapes :
          List.of(
              List.of(new long[] {3, 4, 5}, new long[] {3, 5, 6}),
              List.of(new long[] {2, 1, 4, 5}, new long[] {3, 5, 6}),
              List.of(new long[] {4, 5}, new long[] {2, 3, 5, 6}),
              List.of(new long[] {2, 3, 4, 5}, new long[] {5, 6}))) {
        for (boolean transposed : new boolean[] {false, true}) {
          Supplier<Tensor> run =
              () -> {
                Tensor a = numbers(dtype, 1, shapes.get(0));
                Tensor b = numbers(dtype, 2, shapes.get(1));
                return transposed ? b.transpose().matmul(a.transpose()) : a.matmul(b);
              };
          double bound = 2 * (2 * Math.sqrt(5) + 8) * unit(dtype) * 5 * 16;
          Tensor expected = in("java", run);
          Tensor actual = in("native", run);
          assertEquals(expected.shape(), actual.shape());
          assertArrayEquals(expected.toDoubleArray(), actual.toDoubleArray(), bound);
        }
      }
    }
  }

  @Test
  void operandsMadeInOneBackendAreTakenByTheOther() {
    Tensor java = in("java", () -> numbers(FLOAT64, 1, 5, 7).transpose());
    Tensor nativeOne = in("native", () -> numbers(FLOAT64, 2, 7, 5));
    Tensor expected = in("java", () -> java.add(nativeOne));
    assertSame(expected, in("native", () -> java.add(nativeOne)), "java + native");
    assertSame(expected, in("native", () -> nativeOne.add(java)), "native + java");
    assertSame(expected, in("java", () -> nativeOne.add(java)), "native + java in java");
  }

  // -- The same whatever the number of threads ----------------------------------------------------

  private static void assertSameBitsForThreads(Supplier<Tensor> run) {
    try (Block _ = Backends.use("native")) {
      Backend backend = Backends.current();
      int before = backend.threads();
      try {
        List<float[]> results = new ArrayList<>();
        for (int threads : THREADS) {
          backend.threads(threads);
          assertEquals(threads, backend.threads());
          results.add(run.get().toFloatArray());
        }
        assertTrue(results.get(0).length > 0);
        for (int i = 1; i < results.size(); i++) {
          assertArrayEquals(
              results.get(0), results.get(i), "%d threads differ from 1".formatted(THREADS.get(i)));
        }
      } finally {
        backend.threads(before);
      }
    }
  }

  private static Tensor floats(int seed, long... shape) {
    Random random = new Random(seed);
    float[] v = new float[(int) Shape.of(shape).count()];
    for (int i = 0; i < v.length; i++) {
      v[i] = random.nextFloat() - 0.5f;
    }
    return Tensor.of(v, shape);
  }

  @Test
  void bigSumsHaveTheSameBitsForEveryNumberOfThreads() {
    Tensor x = in("native", () -> floats(1, 3000, 1001));
    assertSameBitsForThreads(x::sum);
    assertSameBitsForThreads(() -> x.sum(0));
    assertSameBitsForThreads(() -> x.sum(1));
    assertSameBitsForThreads(() -> x.transpose().sum(0));
    assertSameBitsForThreads(() -> x.slice(1, 3, 998).sum());
    assertSameBitsForThreads(() -> x.logsumexp(1));
    assertSameBitsForThreads(() -> x.logsumexp());
    assertSameBitsForThreads(() -> x.exp().mul(x).sub(0.3));
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
}
