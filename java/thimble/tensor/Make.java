package thimble.tensor;

import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.stream.LongStream;

/** Tensors made by counting. */
final class Make {
  private Make() {}

  static Tensor arange(long n) {
    return Tensor.of(LongStream.range(0, length("arange", n)).toArray());
  }

  static Tensor arange(DType dtype, double start, double stop, double step) {
    String what = "arange: %s to %s by %s".formatted(start, stop, step);
    if (!Double.isFinite(start) || !Double.isFinite(stop) || !Double.isFinite(step) || step == 0) {
      throw new IllegalArgumentException(what + ": takes finite numbers and a step that is not 0");
    }
    // ⌈(stop − start) / step⌉ in exact arithmetic: rounding must not decide on an element.
    BigDecimal way = new BigDecimal(stop).subtract(new BigDecimal(start));
    long n =
        way.signum() * Math.signum(step) <= 0
            ? 0
            : way.divide(new BigDecimal(step), 0, RoundingMode.CEILING)
                .min(BigDecimal.valueOf(Long.MAX_VALUE))
                .longValue();
    if (dtype == DType.INT64 && isLong(start) && isLong(step)) { // beyond 2^53 doubles are too few
      return arange(length(what, n)).mul((long) step).add((long) start);
    }
    double[] v = new double[length(what, n)];
    for (int i = 0; i < v.length; i++) {
      v[i] = start + i * step;
    }
    return of(dtype, v);
  }

  private static boolean isLong(double x) {
    return x == (long) x && x != 0x1p63;
  }

  static Tensor linspace(DType dtype, double start, double stop, long count) {
    if (!dtype.isFloating()) {
      throw new DTypeException("linspace: %s: takes float32 or float64".formatted(dtype));
    }
    if (!Double.isFinite(start) || !Double.isFinite(stop)) {
      throw new IllegalArgumentException(
          "linspace: %s to %s: takes finite numbers".formatted(start, stop));
    }
    double[] v = new double[length("linspace", count)];
    for (int i = 0; i < v.length; i++) {
      double t = v.length == 1 ? 0 : (double) i / (v.length - 1);
      v[i] = i == v.length - 1 && i > 0 ? stop : start * (1 - t) + stop * t;
    }
    return of(dtype, v);
  }

  static Tensor eye(DType dtype, long rows, long columns) {
    Shape s = Shape.of(rows, columns);
    long n = Math.min(rows, columns);
    Region diagonal = Region.all(Shape.of(rows * columns)).with(0, 0, columns + 1, n);
    Tensor ones = Tensor.ones(dtype, Shape.of(n));
    return Eager.apply(new Linears.Embed(diagonal, Shape.of(rows * columns)), ones).reshape(s);
  }

  private static Tensor of(DType dtype, double[] v) {
    return Tensor.of(MemorySegment.ofArray(v), DType.FLOAT64, v.length).to(dtype);
  }

  static int length(String op, long n) {
    if (n < 0 || n > Integer.MAX_VALUE - 8) {
      throw new ShapeException("%s: %d elements: must be between 0 and 2^31 - 9".formatted(op, n));
    }
    return (int) n;
  }
}
