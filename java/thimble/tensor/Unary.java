package thimble.tensor;

import java.util.Locale;

/** y = f(x), element by element. A row is a name and the derivative. */
public enum Unary implements Op.Elementwise {
  // spotless:off
  /** −x. */
  NEG ((g, x, y) -> g.neg()),
  /** e^x. */
  EXP ((g, x, y) -> g.mul(y)),
  /** The natural logarithm. */
  LOG ((g, x, y) -> g.div(x)),
  /** max(x, 0); the derivative at 0 is 0, selected and not multiplied, so no NaN passes a dead unit. */
  RELU((g, x, y) -> Tensor.where(x.gt(0), g, Tensor.full(g.dtype(), 0)));
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

  @Override
  public Tensor derivative(Tensor y, int i, Tensor g) {
    return derivative.apply(g, y.in(0), y);
  }

  @Override
  public String toString() {
    return label;
  }
}
