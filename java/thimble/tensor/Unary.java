package thimble.tensor;

import static thimble.tensor.Takes.FLOATS;
import static thimble.tensor.Takes.NUMBERS;

import java.util.Locale;

/** y = f(x), element by element. A row is a name and the derivative. */
public enum Unary implements Op.Elementwise {
  // spotless:off
  /** −x. */
  NEG       (NUMBERS, (g, x, y) -> g.neg()),
  /** |x|; the derivative at 0 is 0. */
  ABS       (NUMBERS, (g, x, y) -> g.mul(x.sign())),
  /** −1, 0 or 1; NaN of NaN. The derivative is 0. */
  SIGN      (NUMBERS, (g, x, y) -> zeros(g)),
  /** The largest integer ≤ x; the derivative is 0. */
  FLOOR     (FLOATS,  (g, x, y) -> zeros(g)),
  /** The smallest integer ≥ x; the derivative is 0. */
  CEIL      (FLOATS,  (g, x, y) -> zeros(g)),
  /** The nearest integer, the even one of two; the derivative is 0. */
  ROUND     (FLOATS,  (g, x, y) -> zeros(g)),
  /** √x; the derivative at 0 is +inf. */
  SQRT      (FLOATS,  (g, x, y) -> g.mul(0.5).div(y)),
  /** 1/√x. */
  RSQRT     (FLOATS,  (g, x, y) -> g.mul(y.pow(3).mul(-0.5))),
  /** 1/x. */
  RECIPROCAL(FLOATS,  (g, x, y) -> g.mul(y.pow(2)).neg()),
  /** e^x. */
  EXP       (FLOATS,  (g, x, y) -> g.mul(y)),
  /** e^x − 1, exact near 0. */
  EXPM1     (FLOATS,  (g, x, y) -> g.mul(y.add(1))),
  /** The natural logarithm. */
  LOG       (FLOATS,  (g, x, y) -> g.div(x)),
  /** log(1 + x), exact near 0. */
  LOG1P     (FLOATS,  (g, x, y) -> g.div(x.add(1))),
  /** The sine, x in radians. */
  SIN       (FLOATS,  (g, x, y) -> g.mul(x.cos())),
  /** The cosine, x in radians. */
  COS       (FLOATS,  (g, x, y) -> g.mul(x.sin()).neg()),
  /** The tangent, x in radians. */
  TAN       (FLOATS,  (g, x, y) -> g.mul(y.pow(2).add(1))),
  /** The arc sine, in radians. */
  ASIN      (FLOATS,  (g, x, y) -> g.mul(x.pow(2).rsub(1).rsqrt())),
  /** The arc cosine, in radians. */
  ACOS      (FLOATS,  (g, x, y) -> g.mul(x.pow(2).rsub(1).rsqrt()).neg()),
  /** The arc tangent, in radians. */
  ATAN      (FLOATS,  (g, x, y) -> g.div(x.pow(2).add(1))),
  /** The hyperbolic sine. */
  SINH      (FLOATS,  (g, x, y) -> g.mul(x.cosh())),
  /** The hyperbolic cosine. */
  COSH      (FLOATS,  (g, x, y) -> g.mul(x.sinh())),
  /** The hyperbolic tangent. */
  TANH      (FLOATS,  (g, x, y) -> g.mul(y.pow(2).rsub(1))),
  /** 1/(1 + e^−x). */
  SIGMOID   (FLOATS,  (g, x, y) -> g.mul(y.mul(y.rsub(1)))),
  /** log(1 + e^x). */
  SOFTPLUS  (FLOATS,  (g, x, y) -> g.mul(x.sigmoid())),
  /** 2/√π · ∫₀ˣ e^−t² dt. */
  ERF       (FLOATS,  (g, x, y) -> g.mul(bell(x, 1).mul(2 / Math.sqrt(Math.PI)))),
  /** x·Φ(x), Φ the distribution function of the standard normal. */
  GELU      (FLOATS,  (g, x, y) -> g.mul(phi(x).add(bell(x, 0.5).mul(1 / Math.sqrt(2 * Math.PI)).mul(x)))),
  /** max(x, 0); the derivative at 0 is 0, selected and not multiplied, so no NaN passes a dead unit. */
  RELU      (NUMBERS, (g, x, y) -> Tensor.where(x.gt(0), g, zero(g)));
  // spotless:on

  /**
   * The derivative at x, y = f(x), applied to g: a tangent in forward mode, a cotangent in reverse.
   */
  private interface Rule {
    Tensor apply(Tensor g, Tensor x, Tensor y);
  }

  private final Takes takes;
  private final Rule derivative;
  private final String label = name().toLowerCase(Locale.ROOT);

  Unary(Takes takes, Rule derivative) {
    this.takes = takes;
    this.derivative = derivative;
  }

  Takes takes() {
    return takes;
  }

  /** This function of x, as {@link ElementwiseOps} has it. */
  public Tensor apply(Tensor x) {
    return Elementwises.unary(this, x);
  }

  /** e^(−s·x²). */
  private static Tensor bell(Tensor x, double s) {
    return x.pow(2).mul(-s).exp();
  }

  /** Φ(x). */
  private static Tensor phi(Tensor x) {
    return x.mul(Math.sqrt(0.5)).erf().add(1).mul(0.5);
  }

  private static Tensor zero(Tensor g) {
    return Tensor.full(g.dtype(), 0);
  }

  private static Tensor zeros(Tensor g) {
    return Tensor.zeros(g.dtype(), g.shape());
  }

  @Override
  public Tensor derivative(Tensor y, int i, Tensor g) {
    return derivative.apply(g, y.in(0), y);
  }

  @Override
  public String toString() {
    return label;
  }
}
