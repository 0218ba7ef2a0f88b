package thimble.tensor;

import static thimble.tensor.At.shape;
import static thimble.tensor.DType.BOOL;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT64;
import static thimble.tensor.Kind.Slope.LINEAR;
import static thimble.tensor.Kind.Slope.NONE;
import static thimble.tensor.Kind.Slope.SMOOTH;
import static thimble.tensor.Oracle.finite;
import static thimble.tensor.Oracle.roundings;
import static thimble.tensor.Oracle.sum;
import static thimble.tensor.Oracle.sumOfAbs;
import static thimble.tensor.Oracle.unit;
import static thimble.tensor.Row.Trait.COMPOSED;
import static thimble.tensor.Row.Trait.SPREAD;
import static thimble.tensor.Row.Trait.TAME;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import thimble.tensor.Row.Trait;

/** Rows of {@link OpTable}: one number of many, and rows of rows. */
final class ReducingRows extends Families {
  ReducingRows() {
    reducing();
    masked();
  }

  // spotless:off
  private void reducing() {
    reduce("sum",  ALL, ANY, LINEAR, true, SUMS, Tensor::sum,  (x, axes) -> summed(x, Oracle::sum, Oracle::sumError, row -> Arrays.stream(row).sum(), axes));
    reduce("prod", ALL, ANY, SMOOTH, true, SUMS, Tensor::prod, (x, axes) -> summed(x, ReducingRows::product, ReducingRows::productError, row -> Arrays.stream(row).reduce(1, (a, b) -> a * b), axes));
    floats("mean",      LINEAR, SUMS, Tensor::mean,      ReducingRows::mean,      ReducingRows::meanError);
    floats("var",       SMOOTH, SUMS, Tensor::var,       ReducingRows::variance,  ReducingRows::varianceError);
    floats("std",       SMOOTH, EnumSet.of(TAME, SPREAD), Tensor::std,       x -> Math.sqrt(variance(x)), ReducingRows::deviationError);
    floats("norm",      SMOOTH, SUMS, Tensor::norm,      ReducingRows::norm,      (dtype, x, y) -> finite((roundings(x.length) + 4) * unit(dtype) * y));
    floats("logsumexp", SMOOTH, SUMS, Tensor::logsumexp, ReducingRows::logsumexp, ReducingRows::logsumexpError);
    exact("max", DISTINCT, SMOOTH, false, Tensor::max, row -> Arrays.stream(row).reduce(Math::max).getAsDouble(), row -> Arrays.stream(row).max().getAsLong());
    exact("min", DISTINCT, SMOOTH, false, Tensor::min, row -> Arrays.stream(row).reduce(Math::min).getAsDouble(), row -> Arrays.stream(row).min().getAsLong());
    reduce("any", ALL, ANY, NONE, true, NO_TRAITS, Tensor::any, (x, axes) -> Oracle.reduce(x, BOOL, row -> Arrays.stream(row).anyMatch(v -> v != 0) ? 1 : 0, row -> Arrays.stream(row).anyMatch(v -> v != 0) ? 1 : 0, axes));
    reduce("all", ALL, ANY, NONE, true, NO_TRAITS, Tensor::all, (x, axes) -> Oracle.reduce(x, BOOL, row -> Arrays.stream(row).allMatch(v -> v != 0) ? 1 : 0, row -> Arrays.stream(row).allMatch(v -> v != 0) ? 1 : 0, axes));
    along("argmax", ALL, DISTINCT, NONE, false, NO_TRAITS, Tensor::argmax, (x, axis) -> Oracle.reduce(x, INT64, Oracle::argmax, Oracle::argmax, axis));
    along("argmin", ALL, DISTINCT, NONE, false, NO_TRAITS, Tensor::argmin, (x, axis) -> Oracle.reduce(x, INT64, row -> Oracle.argmax(Arrays.stream(row).map(v -> -v).toArray()), row -> Oracle.argmax(Arrays.stream(row).map(v -> ~v).toArray()), axis));
    along("cumsum", ALL, ANY, LINEAR, true, SUMS, Tensor::cumsum, (x, axis) -> x.isFloating() ? Oracle.along(x, axis, ReducingRows::cumsum) : counted(x, axis));
    along("softmax",    FLOATS, ANY, SMOOTH, true, SUMS, Tensor::softmax,    (x, axis) -> Oracle.along(x, axis, ReducingRows::softmax));
    along("logSoftmax", FLOATS, ANY, SMOOTH, true, SUMS, Tensor::logSoftmax, (x, axis) -> Oracle.along(x, axis, ReducingRows::logSoftmax));
  }
  // spotless:on

  private void floats(
      String name,
      Kind.Slope slope,
      Set<Trait> traits,
      Reduction f,
      ToDoubleFunction<double[]> y,
      Oracle.Error error) {
    reduce(
        name, FLOATS, ANY, slope, true, traits, f, (x, axes) -> Oracle.reduce(x, y, error, axes));
  }

  /** One of the elements; which of two zeros is not said. */
  private void exact(
      String name,
      Domain domain,
      Kind.Slope slope,
      boolean empty,
      Reduction f,
      ToDoubleFunction<double[]> y,
      ToLongFunction<long[]> integer) {
    reduce(
        name,
        ALL,
        domain,
        slope,
        empty,
        NO_TRAITS,
        f,
        (x, axes) -> {
          Expected e = Oracle.reduce(x, x.dtype(), y, integer, axes);
          return x.isFloating() ? Expected.within(e.y(), new double[e.y().count()]) : e;
        });
  }

  /** Sums of products and the like, in int64 where they are of integers. */
  private static Expected summed(
      NdArray x,
      ToDoubleFunction<double[]> y,
      Oracle.Error error,
      ToLongFunction<long[]> integer,
      int... axes) {
    return x.isFloating()
        ? Oracle.reduce(x, y, error, axes)
        : Oracle.reduce(x, INT64, row -> 0, integer, axes);
  }

  // -- Values, and how far they may be off --------------------------------------------------------

  private static double product(double... x) {
    return Arrays.stream(x).reduce(1, (a, b) -> a * b);
  }

  /** Each factor is rounded once, here too; where a part of them may overflow nothing is said. */
  private static double productError(DType dtype, double[] x, double y) {
    double size =
        Arrays.stream(x)
            .map(v -> v == 0 || !Double.isFinite(v) ? 0 : Math.abs(Math.getExponent(v)) + 1)
            .sum();
    return size > (dtype == FLOAT64 ? 1000 : 120)
        ? Double.POSITIVE_INFINITY
        : finite(2 * (x.length + 1) * unit(dtype) * Math.abs(y));
  }

  private static double mean(double... x) {
    return sum(x) / x.length;
  }

  private static double meanError(DType dtype, double[] x, double y) {
    return finite((roundings(x.length) + 1) * unit(dtype) * sumOfAbs(x) / x.length);
  }

  private static double variance(double... x) {
    double m = mean(x);
    return mean(Arrays.stream(x).map(v -> (v - m) * (v - m)).toArray());
  }

  /** Of the squares' sum, and the square of the mean's own error. */
  private static double varianceError(DType dtype, double[] x, double y) {
    double m = meanError(dtype, x, 0) + unit(dtype) * finite(Math.abs(mean(x)));
    return finite((roundings(x.length) + 8) * unit(dtype) * y + m * m);
  }

  private static double deviationError(DType dtype, double[] x, double y) {
    double e = varianceError(dtype, x, y * y);
    return y == 0
        ? Math.sqrt(e)
        : Math.min(Math.sqrt(e), finite(e / y)) + finite(2 * unit(dtype) * y);
  }

  private static double norm(double... x) {
    double m = Arrays.stream(x).map(Math::abs).reduce(0, Math::max);
    return m == 0 || !Double.isFinite(m)
        ? m
        : m * Math.sqrt(sum(Arrays.stream(x).map(v -> v / m * (v / m)).toArray()));
  }

  static double logsumexp(double... x) {
    double m = Oracle.max(x);
    return Double.isInfinite(m)
        ? m
        : m + Math.log(sum(Arrays.stream(x).map(v -> Math.exp(v - m)).toArray()));
  }

  /** In units: rounding x − m weighs in by how far below m it is; exp and log have 2 ULP each. */
  private static double logsumexpRoundings(double[] x, double y) {
    double m = Oracle.max(x);
    double below =
        sum(
            Arrays.stream(x)
                .map(v -> v == Double.NEGATIVE_INFINITY ? 0 : Math.exp(v - y) * (m - v))
                .toArray());
    return roundings(x.length) + 8 + below + 4 * Math.abs(y - m);
  }

  private static double logsumexpError(DType dtype, double[] x, double y) {
    return finite(unit(dtype) * (logsumexpRoundings(x, y) + 2 * Math.abs(y)));
  }

  private static double[] softmax(DType dtype, double[] x) {
    double m = Oracle.max(x);
    double[] e = Arrays.stream(x).map(v -> Math.exp(v - m)).toArray(); // NaN where m is no number
    double sum = sum(e);
    double all = logsumexpRoundings(x, m + Math.log(sum));
    double[] both = new double[2 * x.length];
    for (int i = 0; i < x.length; i++) {
      both[i] = e[i] / sum;
      double off = all + Math.abs(x[i] - m) + 8;
      both[x.length + i] = finite(both[i] * unit(dtype) * off) + Expected.ulp(dtype, 0);
    }
    return both;
  }

  private static double[] logSoftmax(DType dtype, double[] x) {
    double m = Oracle.max(x);
    double log = Math.log(sum(Arrays.stream(x).map(v -> Math.exp(v - m)).toArray()));
    double all = logsumexpRoundings(x, m + log);
    double[] both = new double[2 * x.length];
    for (int i = 0; i < x.length; i++) {
      both[i] = x[i] - m - log;
      double off = all + 2 * Math.abs(x[i] - m) + 2 * Math.abs(both[i]);
      both[x.length + i] = finite(unit(dtype) * off);
    }
    return both;
  }

  private static double[] cumsum(DType dtype, double[] x) {
    double[] both = new double[2 * x.length];
    for (int i = 0; i < x.length; i++) {
      double[] first = Arrays.copyOf(x, i + 1);
      both[i] = sum(first);
      both[x.length + i] = (i + 1) * unit(dtype) * finite(sumOfAbs(first));
    }
    return both;
  }

  private static Expected counted(NdArray x, int axis) {
    long[] y = new long[x.count()];
    for (int[] lane : Oracle.lanes(x.shape(), axis)) {
      long sum = 0;
      for (int i : lane) {
        sum += x.longs()[i];
        y[i] = sum;
      }
    }
    return Expected.exactly(NdArray.of(INT64, x.shape(), y));
  }

  // -- Through masks ------------------------------------------------------------------------------

  /** x times a mask that is made of x: the derivative goes through x alone. */
  private void masked() {
    masked("mul of a mask by eq", x -> x.mul(x.eq(x.max()).to(x.dtype())), (v, m) -> v == m);
    masked("mul of a mask by ne", x -> x.mul(x.ne(x.max()).to(x.dtype())), (v, m) -> v != m);
    masked("mul of a mask by lt", x -> x.mul(x.lt(zero(x)).to(x.dtype())), (v, m) -> v < 0);
    masked("mul of a mask by le", x -> x.mul(x.le(zero(x)).to(x.dtype())), (v, m) -> v <= 0);
    masked("mul of a mask by gt", x -> x.mul(x.gt(0).to(x.dtype())), (v, m) -> v > 0);
    masked("mul of a mask by ge", x -> x.mul(x.ge(0).to(x.dtype())), (v, m) -> v >= 0);
  }

  private void masked(String name, UnaryOperator<Tensor> f, Oracle.Test test) {
    row(
        name,
        FLOATS,
        List.of(Kind.of(DISTINCT, SMOOTH)),
        List.of(At.of(shape(2, 3)), At.of(shape(7)), At.of(shape(33, 70))),
        c -> At.of(Settings.filled(Settings.draw(c))),
        (in, p) -> f.apply(in[0]),
        (in, p) -> {
          double m = Oracle.max(in[0].doubles());
          return Oracle.map(in[0], 0, v -> v * (test.of(v, m) ? 1 : 0), v -> v);
        },
        EnumSet.of(COMPOSED),
        List.of());
  }

  private static Tensor zero(Tensor x) {
    return Tensor.full(x.dtype(), 0);
  }
}
