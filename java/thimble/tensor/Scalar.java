package thimble.tensor;

import java.util.Locale;

/**
 * y = f(x, s) for a number s that the program writes down: an attribute of the op, not a node. A
 * row is a name, the derivative in x, and which {@link Binary} row computes it, with s on which
 * side.
 */
public enum Scalar {
  // spotless:off
  /** x + s. */
  ADD (Binary.ADD, false, (g, x, s, y) -> g),
  /** x − s. */
  SUB (Binary.SUB, false, (g, x, s, y) -> g),
  /** s − x. */
  RSUB(Binary.SUB, true,  (g, x, s, y) -> g.neg()),
  /** x · s. */
  MUL (Binary.MUL, false, (g, x, s, y) -> g.mul(s)),
  /** x / s. */
  DIV (Binary.DIV, false, (g, x, s, y) -> g.div(s)),
  /** s / x. */
  RDIV(Binary.DIV, true,  (g, x, s, y) -> g.mul(y).div(x).neg()),
  /** x^s; for s = 0 the derivative is 0 everywhere, at x = 0 too. */
  POW (Binary.POW, false, (g, x, s, y) -> s == 0 ? Tensor.zeros(g.dtype(), g.shape())
                                       : s == 1 ? g
                                       : s == 2 ? g.mul(x.mul(2))
                                       : g.mul(x.pow(s - 1).mul(s)));
  // spotless:on

  /** The derivative at x, y = f(x, s), applied to g. */
  private interface Rule {
    Tensor apply(Tensor g, Tensor x, double s, Tensor y);
  }

  private final Binary kernel;
  private final boolean left;
  private final Rule derivative;
  private final String label = name().toLowerCase(Locale.ROOT);

  Scalar(Binary kernel, boolean left, Rule derivative) {
    this.kernel = kernel;
    this.left = left;
    this.derivative = derivative;
  }

  /** The row that computes it. */
  public Binary kernel() {
    return kernel;
  }

  /** Whether s is that row's first operand. */
  public boolean left() {
    return left;
  }

  Tensor derivative(Tensor g, Tensor x, double s, Tensor y) {
    return derivative.apply(g, x, s, y);
  }

  @Override
  public String toString() {
    return label;
  }
}
