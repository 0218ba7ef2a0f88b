package thimble.tensor;

import java.util.Arrays;
import java.util.Optional;

/**
 * A value that an op must have, and how far it may be off: {@code error} is absolute, an element
 * each; empty where every bit counts, signs of zeros included. NaN is only like NaN, an infinity
 * like itself, or like a number within the error of the largest one.
 *
 * @param zeros whether a zero must have its sign although there is an error
 */
record Expected(NdArray y, double[] error, boolean zeros) {
  static Expected exactly(NdArray y) {
    return new Expected(y, new double[0], true);
  }

  static Expected within(NdArray y, double[] error) {
    return new Expected(y, error, false);
  }

  /** Within so many units in the last place. */
  static Expected ulps(NdArray y, double n) {
    if (n == 0 || !y.isFloating()) {
      return exactly(y);
    }
    double[] error = new double[y.count()];
    Arrays.setAll(error, i -> n * ulp(y.dtype(), y.doubles()[i]));
    return new Expected(y, error, true);
  }

  /** The distance between numbers of that type next to v. */
  static double ulp(DType dtype, double v) {
    double most = largest(dtype);
    double in = Math.min(Math.abs(v), most);
    return Double.isNaN(v) ? 0 : dtype == DType.FLOAT32 ? Math.ulp((float) in) : Math.ulp(in);
  }

  static double largest(DType dtype) {
    return dtype == DType.FLOAT32 ? Float.MAX_VALUE : Double.MAX_VALUE;
  }

  /** What is wrong with a result; empty if nothing is. */
  Optional<String> differs(NdArray x) {
    if (x.dtype() != y.dtype() || !Arrays.equals(x.shape(), y.shape())) {
      return Optional.of(
          "is %s %s, not %s %s"
              .formatted(
                  x.dtype(), Arrays.toString(x.shape()), y.dtype(), Arrays.toString(y.shape())));
    }
    int n = y.count();
    for (int i = 0; i < n; i++) {
      if (!fits(i, x)) {
        boolean floats = y.isFloating();
        return Optional.of(
            "element %s is %s, not %s%s"
                .formatted(
                    Arrays.toString(NdArray.index(y.shape(), i)),
                    floats ? x.doubles()[i] : x.longs()[i],
                    floats ? y.doubles()[i] : y.longs()[i],
                    error.length == 0 ? "" : " ± " + error[i]));
      }
    }
    return Optional.empty();
  }

  private boolean fits(int i, NdArray x) {
    if (!y.isFloating()) {
      return x.longs()[i] == y.longs()[i];
    }
    double a = x.doubles()[i];
    double e = y.doubles()[i];
    double rounded = y.dtype() == DType.FLOAT32 ? (float) e : e;
    if (Double.compare(a, rounded) == 0) {
      return true;
    }
    if (error.length == 0 || Double.isNaN(a) || Double.isNaN(e) || (zeros && a == 0 && e == 0)) {
      return false;
    }
    return Double.isInfinite(a)
        ? Math.signum(a) * e >= largest(y.dtype()) - error[i]
        : Math.abs(a - e) <= error[i];
  }
}
