package thimble.tensor;

import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/** Which elements an operand has. */
enum Values {
  /** Small whole numbers, many of them equal. */
  WHOLE,
  /** As derivatives need them: see {@link Domain}. */
  DOMAIN,
  /** Of all magnitudes, where the row stands them; integers of all bits. */
  WIDE,
  /** Numbers where something changes, among ordinary ones. */
  SPECIAL;

  /** n elements for an operand of that kind, as a row, the same for the same seed. */
  NdArray make(Kind kind, DType dtype, boolean tame, long bound, int n, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] row = {n};
    if (kind.domain() == Domain.MASK || kind.domain() == Domain.INDEX) {
      return NdArray.of(dtype, row, kind.domain().integers(n, bound, random));
    }
    if (!NdArray.isFloating(dtype)) {
      NdArray x = NdArray.of(dtype, row, integers(kind.domain(), dtype, n, random));
      return kind.domain() == Domain.NONZERO ? withoutZeros(x) : x;
    }
    return NdArray.of(dtype, row, floats(kind.domain(), dtype, tame, n, random));
  }

  static NdArray withoutZeros(NdArray x) {
    return NdArray.of(
        x.dtype(), x.shape(), LongStream.of(x.longs()).map(v -> v == 0 ? 1 : v).toArray());
  }

  private double[] floats(
      Domain domain, DType dtype, boolean tame, int n, SplittableRandom random) {
    double[] x = domain.floats(n, random);
    double[] special = tame ? TAME : floats(dtype);
    int most = tame ? 8 : dtype == DType.FLOAT32 ? 140 : 1060;
    for (int i = 0; i < n; i++) {
      switch (this) {
        case DOMAIN -> {}
        case WHOLE -> x[i] = random.nextInt(-2, 4);
        case WIDE -> x[i] *= Math.scalb(1.0, random.nextInt(-most, most));
        case SPECIAL ->
            x[i] = random.nextInt(3) == 0 ? special[random.nextInt(special.length)] : x[i];
      }
    }
    return x;
  }

  private long[] integers(Domain domain, DType dtype, int n, SplittableRandom random) {
    long[] x = domain.integers(n, 0, random);
    long[] special = integers(dtype);
    for (int i = 0; i < n; i++) {
      switch (this) {
        case DOMAIN -> {}
        case WHOLE -> x[i] = random.nextInt(-2, 4);
        case WIDE -> x[i] = random.nextLong();
        case SPECIAL -> x[i] = special[random.nextInt(special.length)];
      }
    }
    return x;
  }

  // -- Where something changes --------------------------------------------------------------------

  /** For sums, whose size the bound follows: no magnitudes. */
  private static final double[] TAME = {
    Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, -0.0, 1, -1
  };

  /** Numbers at which a float function, or a conversion, may go wrong. */
  static double[] floats(DType dtype) {
    boolean f32 = dtype == DType.FLOAT32;
    double least = f32 ? Float.MIN_VALUE : Double.MIN_VALUE;
    double normal = f32 ? Float.MIN_NORMAL : Double.MIN_NORMAL;
    double most = f32 ? Float.MAX_VALUE : Double.MAX_VALUE;
    double ulp = f32 ? 0x1p-23 : 0x1p-52;
    double overflow = f32 ? 88.72284 : 709.782712893384; // of exp
    double underflow = f32 ? 103.97 : 745.13;
    double[] both = {
      0,
      least,
      normal - least,
      normal,
      most,
      Double.POSITIVE_INFINITY,
      1,
      1 + ulp,
      1 - ulp / 2,
      0.5,
      0.5 - ulp / 4,
      1.5,
      2,
      2.5,
      3,
      0.1,
      1e-10,
      Math.PI,
      Math.PI / 2,
      Math.E,
      10,
      100,
      overflow,
      1.001 * overflow,
      underflow,
      255,
      256,
      1 / ulp,
      0.5 / ulp,
      0x1p31,
      0x1p31 - 1,
      0x1p63,
      1e30,
      0.999999,
      300.7,
      0x1p31 + 1,
      0x1p24 + 1,
      0x1p53 + 2,
      9.3e18,
      1e-40
    };
    return DoubleStream.concat(
            DoubleStream.of(Double.NaN), DoubleStream.of(both).flatMap(x -> DoubleStream.of(x, -x)))
        .map(x -> f32 ? (float) x : x)
        .toArray();
  }

  /** Numbers at which an integer op may go wrong, in the type or cut to it. */
  static long[] integers(DType dtype) {
    return switch (dtype) {
      case BOOL -> new long[] {0, 1};
      case UINT8 -> new long[] {0, 1, 2, 3, 15, 16, 127, 128, 254, 255};
      case INT32, INT64 ->
          LongStream.of(
                  0,
                  1,
                  2,
                  3,
                  7,
                  127,
                  255,
                  (1 << 24) + 1,
                  Integer.MAX_VALUE,
                  Integer.MAX_VALUE - 1,
                  Integer.MIN_VALUE,
                  1L << 32,
                  (1L << 53) + 1,
                  Long.MAX_VALUE,
                  Long.MIN_VALUE)
              .flatMap(x -> LongStream.of(x, -x))
              .filter(x -> dtype == DType.INT64 || x == (int) x)
              .toArray();
      case FLOAT32, FLOAT64 -> throw new AssertionError(dtype + " is no integer");
    };
  }
}
