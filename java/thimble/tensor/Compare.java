package thimble.tensor;

import java.util.Locale;

/** A comparison or a logical op, element by element; the result is a {@link DType#BOOL} mask. */
public enum Compare implements Op.Elementwise {
  /** a = b. */
  EQ,
  /** a ≠ b. */
  NE,
  /** a &lt; b. */
  LT,
  /** a ≤ b. */
  LE,
  /** a &gt; b. */
  GT,
  /** a ≥ b. */
  GE,
  /** a ≠ 0 and b ≠ 0. */
  AND,
  /** a ≠ 0 or b ≠ 0. */
  OR,
  /** Either a ≠ 0 or b ≠ 0. */
  XOR;

  /** This comparison of a and b, as {@link ElementwiseOps} has it. */
  public Tensor apply(Tensor a, Tensor b) {
    return Elementwises.compare(this, a, b);
  }

  @Override
  public DType dtype(Tensor... in) {
    return DType.BOOL;
  }

  @Override
  public boolean differentiable(int i) {
    return false;
  }

  @Override
  public Tensor derivative(Tensor y, int i, Tensor g) {
    throw new AssertionError("a mask has no derivative");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
