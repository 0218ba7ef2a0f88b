package thimble.tensor;

import java.util.Locale;

/** y = f(x), element by element. A row is a name and the derivative. */
public enum Unary implements Op.Elementwise {
  // spotless:off
  /** −x. */
  NEG       ((g, x, y) -> g.neg()),
  /** |x|; the derivative at 0 is 0. */
  ABS       ((g, x, y) -> g.mul(x.sign())),
  /** −1, 0 or 1; NaN of NaN. The derivative is 0. */
  SIGN      ((g, x, y) -> zeros(g)),
  /** The largest integer ≤ x; the derivative is 0. */
  FLOOR     ((g, x, y) -> zeros(g)),
  /** The smallest integer ≥ x; the derivative is 0. */
  CEIL      ((g, x, y) -> zeros(g)),
  /** The nearest integer, the even one of two; the derivative is 0. */
  ROUND     ((g, x, y) -> zeros(g)),
  /** √x; the derivative at 0 is +inf. */
  SQRT      ((g, x, y) -> g.mul(0.5).div(y)),
  /** 1/√x. */
  RSQRT     ((g, x, y) -> g.mul(y.pow(3).mul(-0.5))),
  /** 1/x. */
  RECIPROCAL((g, x, y) -> g.mul(y.pow(2)).neg()),
  /** e^x. */
  EXP       ((g, x, y) -> g.mul(y)),
  /** e^x − 1, exact near 0. */
  EXPM1     ((g, x, y) -> g.mul(y.add(1))),
  /** The natural logarithm. */
  LOG       ((g, x, y) -> g.div(x)),
  /** log(1 + x), exact near 0. */
  LOG1P     ((g, x, y) -> g.div(x.add(1))),
  /** The sine, x in radians. */
  SIN       ((g, x, y) -> g.mul(x.cos())),
  /** The cosine, x in radians. */
  COS       ((g, x, y) -> g.mul(x.sin()).neg()),
  /** The tangent, x in radians. */
  TAN       ((g, x, y) -> g.mul(y.pow(2).add(1))),
  /** The arc sine, in radians. */
  ASIN      ((g, x, y) -> g.mul(x.pow(2).rsub(1).rsqrt())),
  /** The arc cosine, in radians. */
  ACOS      ((g, x, y) -> g.mul(x.pow(2).rsub(1).rsqrt()).neg()),
  /** The arc tangent, in radians. */
  ATAN      ((g, x, y) -> g.div(x.pow(2).add(1))),
  /** The hyperbolic sine. */
  SINH      ((g, x, y) -> g.mul(x.cosh())),
  /** The hyperbolic cosine. */
  COSH      ((g, x, y) -> g.mul(x.sinh())),
  /** max(x, 0); the derivative at 0 is 0, selected and not multiplied, so no NaN passes a dead unit. */
  RELU      ((g, x, y) -> Tensor.where(x.gt(0), g, zero(g)));
  // spotless:on

  /**
   * The derivative at x, y = f(x), applied to g: a tangent in forward mode, a cotangent in reverse.
   */
  private interface Rule {
    Tensor apply(Tensor g, Tensor x, Tensor y);
  }

  private final Rule derivative;
  private final String label = name().toLowerCase(Locale.ROOT);

  Unary(Rule derivative) {
    this.derivative = derivative;
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
