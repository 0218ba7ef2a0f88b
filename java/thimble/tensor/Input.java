package thimble.tensor;

/**
 * An input of a trace: stands for any value of that type.
 *
 * @param dtype of the value
 * @param shape of the value
 */
public record Input(DType dtype, Shape shape) implements Op.Leaf {
  @Override
  public Shape shape(Tensor... in) {
    return shape;
  }

  @Override
  public DType dtype(Tensor... in) {
    return dtype;
  }

  @Override
  public String toString() {
    return "input";
  }
}
