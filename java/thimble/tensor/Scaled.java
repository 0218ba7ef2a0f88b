package thimble.tensor;

/**
 * A binary row with a number for one operand; see {@link Scalar}.
 *
 * @param row which
 * @param scalar the number, converted to the tensor's dtype when computed
 */
public record Scaled(Scalar row, double scalar) implements Op.Elementwise {
  @Override
  public Tensor derivative(Tensor y, int i, Tensor g) {
    return row.derivative(g, y.in(0), scalar, y);
  }

  @Override
  public String toString() {
    return "%s(%s)".formatted(row, Print.number(scalar));
  }
}
