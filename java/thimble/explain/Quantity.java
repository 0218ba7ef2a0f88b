package thimble.explain;

import thimble.tensor.DType;
import thimble.tensor.Shape;
import thimble.tensor.Tensor;

/** What a node is worth: its number, or what is to be said of its many. */
public sealed interface Quantity {
  /** The value of a tensor of rank 0. */
  record Scalar(double value) implements Quantity {}

  /**
   * A tensor with axes.
   *
   * @param dtype of its elements
   * @param shape its sizes
   * @param norm √Σ x²
   */
  record Array(DType dtype, Shape shape, double norm) implements Quantity {}

  /** What is to be said of x. */
  static Quantity of(Tensor x) {
    if (x.rank() == 0) {
      return new Scalar(x.item());
    }
    Tensor numbers = x.detach().to(DType.FLOAT64);
    return new Array(x.dtype(), x.shape(), numbers.norm().item());
  }
}
