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
    double a = Math.abs(x);
    return Math.copySign(a < 1 ? series(a) : 1 - tail(a, 1), x);
  }

  /** x·Φ(x). */
  static double gelu(double x) {
    double t = Math.abs(x) * Math.sqrt(0.5);
    double one = t < 0.5 ? 1 + Math.copySign(series(t), x) : x < 0 ? tail(x, 0.5) : 2 - tail(x, 0.5);
    return x / 2 * one;
  }

  /** erf x = 2/√π·e^(−x²)·Σ 2ⁿ x^(2n+1) / (2n+1)!!: nothing cancels. */
  private static double series(double x) {
    double term = x;
    double sum = 0;
    for (int n = 1; sum + term != sum; n++) {
      sum += term;
      term *= 2 * x * x / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * bell(x, 1) * sum;
  }

  /** erfc(|x|·√s), from 0.5 on, as a continued fraction. */
  private static double tail(double x, double s) {
    double square = x * x * s;
    if (square > 800) {
      return 0;
    }
    double fraction = 0;
    for (int n = (int) (30 + 300 / square); n > 0; n--) {
      fraction = n / 2.0 / square / (1 + fraction);
    }
    return bell(x, s) / Math.sqrt(Math.PI * square) / (1 + fraction);
  }

  /** e^(−s·x²), the square in two parts; s is a power of two. */
  private static double bell(double x, double s) {
    double high = x * x;
    double low = Math.fma(x, x, -high);
    return StrictMath.exp(-s * high) * (1 - s * low);
  }
}
