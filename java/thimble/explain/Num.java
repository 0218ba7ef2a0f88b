package thimble.explain;

import java.util.Optional;

/**
 * A number of an expression: a fraction in lowest terms as long as it is exact and small, otherwise
 * a double.
 */
sealed interface Num extends Comparable<Num> {
  Num ZERO = of(0);
  Num ONE = of(1);
  Num MINUS_ONE = of(-1);
  Num HALF = of(0.5);
  Num PI = of(Math.PI);
  Num E = of(Math.E);

  /** The largest numerator and denominator. */
  long LARGEST = 1L << 53;

  /** Doubles that are a multiple of one by this are taken for the fraction that they are. */
  int EXACT = 16;

  /** A fraction p/q, q above 0. */
  record Ratio(long p, long q) implements Num {}

  /** Any other number, and those that are none. */
  record Real(double value) implements Num {}

  static Num of(double value) {
    double scaled = value * EXACT;
    if (scaled == Math.rint(scaled) && Math.abs(scaled) <= LARGEST) {
      return ratio((long) scaled, EXACT).orElseThrow();
    }
    return new Real(value);
  }

  private static Optional<Num> ratio(long p, long q) {
    long common = gcd(p, q) * Long.signum(q);
    long top = p / common;
    long bottom = q / common;
    return Math.abs(top) <= LARGEST && bottom <= LARGEST
        ? Optional.of(new Ratio(top, bottom))
        : Optional.empty();
  }

  private static long gcd(long a, long b) {
    return b == 0 ? Math.abs(a) : gcd(b, a % b);
  }

  default double value() {
    return switch (this) {
      case Ratio r -> (double) r.p / r.q;
      case Real r -> r.value;
    };
  }

  default Num plus(Num b) {
    try {
      if (this instanceof Ratio x && b instanceof Ratio y) {
        long p = Math.addExact(Math.multiplyExact(x.p, y.q), Math.multiplyExact(y.p, x.q));
        return ratio(p, Math.multiplyExact(x.q, y.q)).orElseGet(() -> of(value() + b.value()));
      }
    } catch (ArithmeticException tooLarge) {
      return of(value() + b.value());
    }
    return of(value() + b.value());
  }

  default Num times(Num b) {
    try {
      if (this instanceof Ratio x && b instanceof Ratio y) {
        return ratio(Math.multiplyExact(x.p, y.p), Math.multiplyExact(x.q, y.q))
            .orElseGet(() -> of(value() * b.value()));
      }
    } catch (ArithmeticException tooLarge) {
      return of(value() * b.value());
    }
    return of(value() * b.value());
  }

  /** The power, if it is a fraction or this a double; √2 stays what it is. */
  default Optional<Num> pow(Num exponent) {
    if (this instanceof Ratio x && exponent instanceof Ratio n) {
      if (n.q == 1) {
        return power(x, n.p);
      }
      return n.equals(HALF) ? root(x) : Optional.empty();
    }
    double power = Math.pow(value(), exponent.value());
    return Double.isFinite(power) && (this instanceof Real || exponent instanceof Real)
        ? Optional.of(of(power))
        : Optional.empty();
  }

  private static Optional<Num> power(Ratio x, long n) {
    if ((x.p == 0 && n < 0) || Math.abs(n) > 64) {
      return Optional.empty();
    }
    Num power = ONE;
    Num factor = n < 0 ? ratio(x.q, x.p).orElseThrow() : x;
    for (long i = 0; i < Math.abs(n); i++) {
      power = power.times(factor);
    }
    return power instanceof Ratio ? Optional.of(power) : Optional.empty();
  }

  private static Optional<Num> root(Ratio x) {
    long p = Math.round(Math.sqrt((double) x.p));
    long q = Math.round(Math.sqrt((double) x.q));
    return x.p >= 0 && p * p == x.p && q * q == x.q ? ratio(p, q) : Optional.empty();
  }

  default Num negated() {
    return times(MINUS_ONE);
  }

  default boolean isNegative() {
    return value() < 0;
  }

  default boolean isInteger() {
    return this instanceof Ratio r && r.q == 1;
  }

  @Override
  default int compareTo(Num b) {
    return Double.compare(value(), b.value());
  }
}
