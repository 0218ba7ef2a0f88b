package thimble.examples;

import static thimble.tensor.Index.at;

import java.util.function.UnaryOperator;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/** Derivatives of derivatives. */
public final class HigherOrders {
  private HigherOrders() {}

  /** Rosenbrock's valley, (1 − x)² + 100·(y − x²)². */
  private static Tensor valley(Tensor v) {
    Tensor x = v.get(at(0));
    Tensor y = v.get(at(1));
    return x.rsub(1).pow(2).add(y.sub(x.pow(2)).pow(2).mul(100));
  }

  /** Prints a Hessian, its products, a step of Newton's, and derivatives of sin. */
  public static void main(String[] args) {
    Tensor x = Tensor.of(new double[] {1, 1});
    Tensor h = Grad.hessian(HigherOrders::valley).apply(x);
    System.out.println(h.get(at(0))); // [ 802., -400.]  float64 [2]
    Tensor v = Tensor.of(new double[] {1, 2});
    System.out.println(Grad.hvp(HigherOrders::valley, x, v)); // [2., 0.]  float64 [2]
    System.out.println(h.matmul(v)); // [2., 0.]  float64 [2]

    UnaryOperator<Tensor> d = x1 -> x1.sin();
    for (int order = 1; order <= 4; order++) {
      d = Grad.grad(d);
    }
    System.out.println(d.apply(Tensor.of(2)).sub(Tensor.of(2).sin())); // 0.  float64

    // d/dx [x · d/dy (x + y)] = 1: the two derivatives do not confuse their variables.
    UnaryOperator<Tensor> nested =
        x1 -> x1.mul(Grad.<Tensor>grad(y -> x1.add(y)).apply(Tensor.of(3)));
    System.out.println(Grad.grad(nested).apply(Tensor.of(2))); // 1.  float64
  }
}
