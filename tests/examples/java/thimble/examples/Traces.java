package thimble.examples;

import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import thimble.program.Program;
import thimble.tensor.Anomaly;
import thimble.tensor.AnomalyException;
import thimble.tensor.Block;
import thimble.tensor.DType;
import thimble.tensor.Lazy;
import thimble.tensor.Op;
import thimble.tensor.Shape;
import thimble.tensor.Tensor;
import thimble.transform.Grad;
import thimble.transform.Rules;

/**
 * Functions of many examples, graphs that are built before they are computed, rules of one's own.
 */
public final class Traces {
  private Traces() {}

  /** x³ as an op, with what forward and reverse mode need. */
  private record Cube() implements Op.Custom {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public Tensor compute(Tensor... x) {
      return x[0].pow(3);
    }

    @Override
    public Tensor jvp(Tensor y, List<Tensor> t) {
      return y.in(0).pow(2).mul(3).mul(t.getFirst());
    }

    @Override
    public List<Tensor> vjp(Tensor y, Tensor g) {
      return List.of(y.in(0).pow(2).mul(3).mul(g));
    }
  }

  /** Runs the example. */
  public static void main(String[] args) {
    mapped();
    lazy();
    programs();
    rules();
    trouble();
  }

  private static void mapped() {
    Function<Tensor, Tensor> f = x -> x.pow(2).sum();
    Tensor xs = Tensor.of(new double[] {1, 2, 3, 4}, 2, 2);
    UnaryOperator<Tensor> df = Grad.grad(f);
    System.out.println(Grad.vmap(df).apply(xs).shape()); // [2, 2]
    System.out.println(Grad.vmap(f).apply(xs)); // [ 5., 25.]  float64 [2]
  }

  private static void lazy() {
    Tensor x = Tensor.of(new double[] {1, 2, 3});
    try (Block _ = Lazy.open()) {
      Tensor y = x.mul(x).sum(); // nothing is computed
      System.out.println(y.item()); // 14.0
    }
  }

  private static void programs() {
    Program step =
        Program.trace(
            (Tensor w, Tensor x) ->
                w.sub(Grad.grad((Tensor v) -> v.mul(x).pow(2).sum()).apply(w).mul(0.1)),
            Tensor.input(DType.FLOAT64, 2),
            Tensor.input(DType.FLOAT64, 2));
    Tensor w = Tensor.of(new double[] {1, 1});
    for (int i = 0; i < 2; i++) {
      w = step.run(w, Tensor.of(new double[] {1, 2}));
    }
    System.out.println(w); // [0.64, 0.04]  float64 [2]
  }

  private static void rules() {
    Function<Tensor, Tensor> cubes = x -> Tensor.apply(new Cube(), x).sum();
    Tensor slopes = Grad.grad(cubes).apply(Tensor.of(new double[] {1, 2}));
    System.out.println(slopes); // [ 3., 12.]  float64 [2]

    Function<Tensor, Tensor> rounded = Rules.customVjp((Tensor x) -> x.round(), (x, ct) -> ct);
    System.out.println(Grad.grad(rounded).apply(Tensor.of(1.4))); // 1.  float64

    Function<Tensor, Tensor> layer = Rules.checkpoint((Tensor x) -> x.sin().exp().pow(2).sum());
    System.out.println(Grad.grad(layer).apply(Tensor.of(0))); // 2.  float64
  }

  private static void trouble() {
    Tensor x = Tensor.of(new double[] {4, 0}).requiresGrad(true);
    try (Block _ = Anomaly.open()) {
      x.sqrt().sum().backward();
    } catch (AnomalyException e) {
      System.out.println(e.getMessage().contains("div float64 [2]")); // true
    }
  }
}
