package thimble.runtime;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;
import thimble.tensor.Binary;
import thimble.tensor.Unary;

/** The rows of elementwise ops in plain Java: on doubles, and on integers where they take them. */
final class Functions {
  private static final double SQRT_HALF = Math.sqrt(0.5);
  private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

  private Functions() {}

  static DoubleUnaryOperator of(Unary op) {
    return switch (op) {
      case NEG -> x -> -x;
      case ABS -> Math::abs;
      case SIGN -> Math::signum;
      case FLOOR -> Math::floor;
      case CEIL -> Math::ceil;
      case ROUND -> Math::rint;
      case SQRT -> Math::sqrt;
      case RSQRT -> x -> 1 / Math.sqrt(x);
      case RECIPROCAL -> x -> 1 / x;
      case EXP -> Math::exp;
      case EXPM1 -> Math::expm1;
      case LOG -> Math::log;
      case LOG1P -> Math::log1p;
      case SIN -> Math::sin;
      case COS -> Math::cos;
      case TAN -> Math::tan;
      case ASIN -> Math::asin;
      case ACOS -> Math::acos;
      case ATAN -> Math::atan;
      case SINH -> Math::sinh;
      case COSH -> Math::cosh;
      case TANH -> Math::tanh;
      case SIGMOID -> Functions::sigmoid;
      case SOFTPLUS -> x -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
      case ERF -> Functions::erf;
      case GELU -> Functions::gelu;
      case RELU -> x -> x <= 0 ? 0 : x;
    };
  }

  static DoubleBinaryOperator of(Binary op) {
    return switch (op) {
      case ADD -> (a, b) -> a + b;
      case SUB -> (a, b) -> a - b;
      case MUL -> (a, b) -> a * b;
      case DIV -> (a, b) -> a / b;
      case REMAINDER -> Functions::remainder;
      case POW -> Functions::pow;
      case MAXIMUM -> Math::max;
      case MINIMUM -> Math::min;
      case ATAN2 -> Math::atan2;
    };
  }

  static LongUnaryOperator ofIntegers(Unary op) {
    return switch (op) {
      case NEG -> x -> -x;
      case ABS -> Math::abs;
      case SIGN -> Long::signum;
      case RELU -> x -> Math.max(x, 0);
      case FLOOR,
          CEIL,
          ROUND,
          SQRT,
          RSQRT,
          RECIPROCAL,
          EXP,
          EXPM1,
          LOG,
          LOG1P,
          SIN,
          COS,
          TAN,
          ASIN,
          ACOS,
          ATAN,
          SINH,
          COSH,
          TANH,
          SIGMOID,
          SOFTPLUS,
          ERF,
          GELU ->
          throw new AssertionError(op + " of integers");
    };
  }

  /** Sums and products wrap around; narrower types cut what they store. */
  static LongBinaryOperator ofIntegers(Binary op) {
    return switch (op) {
      case ADD -> (a, b) -> a + b;
      case SUB -> (a, b) -> a - b;
      case MUL -> (a, b) -> a * b;
      case REMAINDER -> (a, b) -> b == 0 ? 0 : Math.floorMod(a, b);
      case MAXIMUM -> Math::max;
      case MINIMUM -> Math::min;
      case DIV, POW, ATAN2 -> throw new AssertionError(op + " of integers");
    };
  }

  /** As C and IEEE have it: 1^NaN = 1 and (−1)^±inf = 1, where Java says NaN. */
  private static double pow(double a, double b) {
    return a == 1 || (a == -1 && Double.isInfinite(b)) ? 1 : Math.pow(a, b);
  }

  /** With the sign of b, of which also a zero takes it. */
  private static double remainder(double a, double b) {
    double r = a % b; // with the sign of a, exact
    if (r == 0) {
      return Math.copySign(0, b);
    }
    return (r < 0) != (b < 0) ? r + b : r;
  }

  private static double sigmoid(double x) {
    double e = Math.exp(-Math.abs(x));
    return (x < 0 ? e : 1) / (1 + e);
  }

  /** x·Φ(x), where Φ(x) = ½·erfc(−x/√2) as long as that is not near 1 anyway. */
  private static double gelu(double x) {
    double t = -x * SQRT_HALF;
    if (t < 0.5) {
      return x * (0.5 * (1 - erf(t)));
    }
    return x == Double.NEGATIVE_INFINITY ? -0.0 : x * (0.5 * bell(x, 0.5) * tail(t));
  }

  /** Below 1 by its series, above through erfc. */
  private static double erf(double x) {
    double a = Math.abs(x);
    return a < 1 ? series(x) : Math.copySign(1 - bell(a, 1) * tail(a), x);
  }

  /**
   * 2/√π · Σ (−1)ⁿ x^(2n+1) / (n!·(2n+1)) (Abramowitz, Stegun 7.1.5), from the smallest term on:
   * what is rounded there hardly counts.
   */
  private static double series(double x) {
    double f = 1;
    for (int n = 24; n > 0; n--) {
      f = 1 - x * x * (2 * n - 1) / (n * (2 * n + 1)) * f;
    }
    return TWO_OVER_SQRT_PI * x * f;
  }

  /**
   * e^x²·erfc x for x ≥ ½ by its continued fraction 1/√π / (x + ½/(x + 1/(x + 1½/…))) (7.1.14),
   * which takes the more terms the smaller x is.
   */
  private static double tail(double x) {
    double f = x;
    for (int n = (int) (30 + 300 / (x * x)); n > 0; n--) {
      f = x + n / 2.0 / f;
    }
    return TWO_OVER_SQRT_PI / 2 / f;
  }

  /** e^(−s·x²), with what squaring rounds off; s is a power of two. */
  private static double bell(double x, double s) {
    double square = x * x;
    // What is rounded off from a large square is no small number: 0 times it might be −0.
    return s * square > 800 ? 0 : Math.exp(-s * square) * (1 - s * Math.fma(x, x, -square));
  }
}
