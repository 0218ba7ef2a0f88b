package thimble.examples;

import java.util.List;
import thimble.tensor.Scope;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/** A training loop written out: a line through points, by gradient descent. */
public final class Regression {
  private Regression() {}

  /** Prints slope and intercept. */
  public static void main(String[] args) {
    Tensor x = Tensor.of(new double[] {0, 1, 2, 3, 4});
    Tensor y = Tensor.of(new double[] {1, 3, 5, 7, 9});
    var loss =
        Grad.valueAndGrad((List<Tensor> w) -> x.mul(w.get(0)).add(w.get(1)).sub(y).pow(2).mean());

    List<Tensor> w = List.of(Tensor.of(0), Tensor.of(0));
    for (int step = 0; step < 500; step++) {
      try (Scope scope = Scope.open()) { // optional: gives each step's memory back at once
        List<Tensor> now = w;
        List<Tensor> g = loss.apply(now).grad();
        w =
            List.of(
                scope.keep(now.get(0).sub(g.get(0).mul(0.1))),
                scope.keep(now.get(1).sub(g.get(1).mul(0.1))));
      }
    }
    double slope = w.get(0).item();
    double intercept = w.get(1).item();
    System.out.printf("y = %.3f x + %.3f%n", slope, intercept); // y = 2.000 x + 1.000
  }
}
