package thimble.examples;

import java.util.function.UnaryOperator;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/** The functional way: derivatives of functions, as often as wanted. */
public final class Functions {
  private Functions() {}

  /** Prints a function's first, second and third derivative. */
  public static void main(String[] args) {
    UnaryOperator<Tensor> f = x -> x.pow(4).sum();
    UnaryOperator<Tensor> df = Grad.grad(f);
    UnaryOperator<Tensor> d2f = Grad.grad(x -> df.apply(x).sum());
    UnaryOperator<Tensor> d3f = Grad.grad(x -> d2f.apply(x).sum());

    Tensor x = Tensor.of(new double[] {1, 2, 3});
    System.out.println(df.apply(x)); // [  4.,  32., 108.]  float64 [3]
    System.out.println(d2f.apply(x)); // [ 12.,  48., 108.]  float64 [3]
    System.out.println(d3f.apply(x)); // [24., 48., 72.]  float64 [3]
  }
}
