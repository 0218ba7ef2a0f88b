package thimble.tensor;

/** Functions that Java's library lacks, or has by other rules, as the oracles have them. */
final class Functions {
  private Functions() {}

  static double sigmoid(double x) {
    double e = StrictMath.exp(-Math.abs(x));
    return x < 0 ? e / (1 + e) : 1 / (1 + e);
  }

  static double softplus(double x) {
    return Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
  }

  /** What is left of a / b, with b's sign; zeros have it too (Python's %). */
  static double remainder(double a, double b) {
    double r = a % b; // exact, with the sign of a
    return r == 0 ? Math.copySign(0, b) : r < 0 != b < 0 ? r + b : r;
  }

  /** As C and IEEE have it: 1^NaN = 1 and (−1)^±inf = 1, where Java says NaN. */
  static double pow(double a, double b) {
    return a == 1 || (a == -1 && Double.isInfinite(b)) ? 1 : StrictMath.pow(a, b);
  }

  static double erf(double x) {
    return x == 0 ? x : Math.abs(x) < 3 ? series(x)[0] : Math.copySign(1 - tail(x, 1), x);
  }

  /** x·Φ(x). */
  static double gelu(double x) {
    if (Math.abs(x) < 4) {
      double root = Math.sqrt(0.5);
      double[] y = series(x * root);
      // erf(a + b) = erf a + b·2/√π·e^(−a²), b what is rounded off from x·√½.
      double b = Math.fma(x, root, -x * root) + x * ROOT_LOW;
      double slope = 2 / Math.sqrt(Math.PI) * StrictMath.exp(-x * x / 2);
      double one = 1 + y[0];
      double low = y[0] - (one - 1) + y[1] + b * slope;
      return x / 2 * (one + low);
    }
    return x == Double.NEGATIVE_INFINITY ? -0.0 : x / 2 * (x < 0 ? tail(x, 0.5) : 2 - tail(x, 0.5));
  }

  /** √½ − its nearest double. */
  private static final double ROOT_LOW = -4.8336466567264567e-17;

  /** 2/√π − its nearest double. */
  private static final double FACTOR_LOW = 1.533545961316588e-17;

  /** erf x = 2/√π·Σ (−1)ⁿ x^(2n+1) / (n!·(2n+1)), in twice the digits: high and low part. */
  private static double[] series(double x) {
    double[] square = times(x, 0, x, 0);
    double[] power = {x, 0}; // x^(2n+1) / n!
    double[] sum = {0, 0};
    for (int n = 0; n < 90; n++) {
      double[] term = over(power, 2 * n + 1);
      sum = plus(sum, term, n % 2 == 0 ? 1 : -1);
      power = over(times(power[0], power[1], square[0], square[1]), n + 1);
    }
    return times(sum[0], sum[1], 2 / Math.sqrt(Math.PI), FACTOR_LOW);
  }

  private static double[] times(double a, double b, double c, double d) {
    double p = a * c;
    return normal(p, Math.fma(a, c, -p) + a * d + b * c);
  }

  private static double[] over(double[] x, int k) {
    double q = x[0] / k;
    return normal(q, (Math.fma(-q, k, x[0]) + x[1]) / k);
  }

  private static double[] plus(double[] a, double[] b, int sign) {
    double c = sign * b[0];
    double s = a[0] + c;
    double part = s - a[0];
    return normal(s, (a[0] - (s - part)) + (c - part) + a[1] + sign * b[1]);
  }

  private static double[] normal(double high, double low) {
    double s = high + low;
    return new double[] {s, low - (s - high)};
  }

  /** erfc(|x|·√s) where that is small, as a continued fraction. */
  private static double tail(double x, double s) {
    double square = x * x * s;
    if (square > 800) {
      return 0;
    }
    double fraction = 0;
    for (int n = 80; n > 0; n--) {
      fraction = n / 2.0 / square / (1 + fraction);
    }
    double low = s * Math.fma(x, x, -x * x);
    return StrictMath.exp(-square) * (1 - low) / Math.sqrt(Math.PI * square) / (1 + fraction);
  }
}
