package thimble.examples;

import thimble.tensor.Tensor;

/** needle's way: mark leaves, compute, go backward, look at the leaves' gradients. */
public final class Backpropagation {
  private Backpropagation() {}

  /** Prints a value and its two partial derivatives. */
  public static void main(String[] args) {
    Tensor x1 = Tensor.of(2).requiresGrad(true);
    Tensor x2 = Tensor.of(5).requiresGrad(true);

    Tensor y = x1.log().add(x1.mul(x2)).sub(x2.sin()); // ln x1 + x1·x2 − sin x2
    y.backward();

    System.out.println(y.item()); // 11.652071455223084
    System.out.println(x1.grad()); // 5.5  float64
    System.out.println(x2.grad()); // 1.71633781  float64
  }
}
