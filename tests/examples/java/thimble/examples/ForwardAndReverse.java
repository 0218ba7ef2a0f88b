package thimble.examples;

import static thimble.tensor.Backward.CREATE_GRAPH;
import static thimble.tensor.Index.at;

import java.util.function.Function;
import java.util.function.UnaryOperator;
import thimble.tensor.Graph;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/** Products with the Jacobian from the right and from the left, and what is made of them. */
public final class ForwardAndReverse {
  private ForwardAndReverse() {}

  /** ln x₁ + x₁·x₂ − sin x₂. */
  private static Tensor f(Tensor x) {
    Tensor x1 = x.get(at(0));
    Tensor x2 = x.get(at(1));
    return x1.log().add(x1.mul(x2)).sub(x2.sin());
  }

  /** Prints derivatives in both modes, of one and of several numbers. */
  public static void main(String[] args) {
    Tensor x = Tensor.of(new double[] {2, 5});
    forward(x);
    reverse(x);
    several(x);
    nodes();
  }

  private static void forward(Tensor x) {
    Function<Tensor, Tensor> f = ForwardAndReverse::f;
    Tensor along1 = Tensor.of(new double[] {1, 0});
    System.out.println(Grad.jvp(f, x, along1)); // 5.5  float64
    Tensor along = Tensor.of(new double[] {0.6, 0.8});
    System.out.println(Grad.directional(f, x, along)); // 4.67307025  float64
  }

  private static void reverse(Tensor x) {
    UnaryOperator<Tensor> gradient = Grad.grad(ForwardAndReverse::f);
    System.out.println(gradient.apply(x)); // [5.5       , 1.71633781]  float64 [2]
  }

  private static void several(Tensor x) {
    UnaryOperator<Tensor> polar = // (r, φ) to (r·cos φ, r·sin φ)
        v -> {
          Tensor r = v.get(at(0));
          Tensor phi = v.get(at(1));
          return Tensor.stack(0, r.mul(phi.cos()), r.mul(phi.sin()));
        };
    Grad.ValueAndPullback<Tensor, Tensor> at = Grad.vjp(polar, x);
    Tensor row0 = at.pullback().apply(Tensor.of(new double[] {1, 0}));
    System.out.println(row0); // [0.28366219, 1.91784855]  float64 [2]

    Tensor jacobian = Grad.jacobian(polar).apply(x);
    System.out.println(jacobian.get(at(0))); // [0.28366219, 1.91784855]  float64 [2]
    System.out.println(Grad.jacfwd(polar).apply(x).shape()); // [2, 2]
    System.out.println(Grad.jacrev(polar).apply(x).shape()); // [2, 2]
  }

  private static void nodes() {
    Tensor x = Tensor.of(2).requiresGrad(true);
    Tensor y = x.exp().mul(x); // 2 nodes
    long before = Graph.nodesRecorded();
    y.backward();
    System.out.println(Graph.nodesRecorded() - before); // 0
    y.backward(CREATE_GRAPH);
    System.out.println(Graph.nodesRecorded() - before > 0); // true
    System.out.println(x.grad().op()); // add
  }
}
