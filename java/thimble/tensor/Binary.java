package thimble.tensor;

import static thimble.tensor.Takes.FLOATS;
import static thimble.tensor.Takes.NUMBERS;

import java.util.Locale;

/**
 * y = f(a, b), element by element. A row is a name and the two derivatives. Shapes and dtypes are
 * equal: broadcasting and promotion have become nodes of their own.
 */
public enum Binary implements Op.Elementwise {
  // spotless:off
  /** a + b. */
  ADD(NUMBERS, (g, a, b, y) -> g,                   (g, a, b, y) -> g),
  /** a − b. */
  SUB(NUMBERS, (g, a, b, y) -> g,                   (g, a, b, y) -> g.neg()),
  /** a · b. */
  MUL(NUMBERS, (g, a, b, y) -> g.mul(b),            (g, a, b, y) -> g.mul(a)),
  /** a / b by IEEE: x/0 is ±inf or NaN. */
  DIV(FLOATS, (g, a, b, y) -> g.div(b),            (g, a, b, y) -> g.mul(y).div(b).neg()),
  /** a^b; where a = b = 0 the derivative in a is 0, where a = 0 and b ≥ 0 that in b is 0. */
  POW(FLOATS, (g, a, b, y) -> g.mul(slope(a, b)),  (g, a, b, y) -> g.mul(y).mul(logBase(a, b))),
  /** max(a, b), NaN if one is; at a tie each has half of the derivative. */
  MAXIMUM(NUMBERS, (g, a, b, y) -> share(g, a.gt(b), a, b),  (g, a, b, y) -> share(g, b.gt(a), b, a)),
  /** min(a, b), NaN if one is; at a tie each has half of the derivative. */
  MINIMUM(NUMBERS, (g, a, b, y) -> share(g, a.lt(b), a, b),  (g, a, b, y) -> share(g, b.lt(a), b, a)),
  /** a − b·⌊a/b⌋: what is left of a division, with b's sign. */
  REMAINDER(NUMBERS, (g, a, b, y) -> g,  (g, a, b, y) -> g.mul(a.div(b).floor()).neg()),
  /** The angle of the point (b, a), in radians. */
  ATAN2(FLOATS, (g, a, b, y) -> g.mul(b).div(a.pow(2).add(b.pow(2))),
        (g, a, b, y) -> g.mul(a).div(a.pow(2).add(b.pow(2))).neg());
  // spotless:on

  /** A partial derivative at a, b, y = f(a, b), applied to g. */
  private interface Rule {
    Tensor apply(Tensor g, Tensor a, Tensor b, Tensor y);
  }

  private final Takes takes;
  private final Rule left;
  private final Rule right;
  private final String label = name().toLowerCase(Locale.ROOT);

  Binary(Takes takes, Rule left, Rule right) {
    this.takes = takes;
    this.left = left;
    this.right = right;
  }

  Takes takes() {
    return takes;
  }

  /** This function of a and b, as {@link ElementwiseOps} has it. */
  public Tensor apply(Tensor a, Tensor b) {
    return switch (this) {
      case DIV -> Elementwises.div(a, b);
      case ADD, SUB, MUL, POW, MAXIMUM, MINIMUM, REMAINDER, ATAN2 ->
          Elementwises.binary(this, a, b);
    };
  }

  @Override
  public Tensor derivative(Tensor y, int i, Tensor g) {
    return (i == 0 ? left : right).apply(g, y.in(0), y.in(1), y);
  }

  /** g where x wins over z or is NaN, half of it at a tie, else 0. */
  private static Tensor share(Tensor g, Tensor wins, Tensor x, Tensor z) {
    Tensor zero = Tensor.full(g.dtype(), 0);
    Tensor tied = Tensor.where(x.eq(z), g.mul(0.5), Tensor.where(x.ne(x), g, zero));
    return Tensor.where(wins, g, tied);
  }

  /** b·a^(b−1), and 0 for a = b = 0, where it would be 0·inf. */
  private static Tensor slope(Tensor a, Tensor b) {
    Tensor flat = Tensor.where(a.eq(0), b.eq(0), Tensor.full(DType.BOOL, 0));
    return b.mul(a.pow(Tensor.where(flat, Tensor.full(b.dtype(), 1), b).sub(1)));
  }

  /** log a, and 0 for a = 0 ≤ b, where y·log a would be 0·−inf or −inf. */
  private static Tensor logBase(Tensor a, Tensor b) {
    Tensor one = Tensor.full(a.dtype(), 1);
    Tensor flat = Tensor.where(a.eq(0), b.ge(0), Tensor.full(DType.BOOL, 0));
    return Tensor.where(flat, one, a).log();
  }

  @Override
  public String toString() {
    return label;
  }
}
