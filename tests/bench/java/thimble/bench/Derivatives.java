package thimble.bench;

import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;
import thimble.nn.Loss;
import thimble.tensor.Scope;
import thimble.tensor.Tensor;
import thimble.train.TwoLayer;
import thimble.transform.Grad;

/**
 * GR: what derivatives cost by what they are derivatives of. All of it eager, each piece of work in
 * a Scope.
 */
final class Derivatives {
  /** A gradient by its recorded forward pass, and a product with the Hessian by a gradient. */
  private static final double FEW = 3;

  /** By how much sums in another order may differ. */
  private static final float SUMS = 1e-4f;

  /** Long enough that the garbage collector has its part in every sample. */
  private static final double SAMPLE = 0.05;

  private Derivatives() {}

  static List<Piece> pieces() {
    return List.of(
        new Piece("GR.gradient.mlp", Derivatives::gradientOfNetwork),
        new Piece("GR.gradient.chain", Derivatives::gradientOfChain),
        new Piece("GR.gradient.horner", Derivatives::gradientOfPolynomial),
        new Piece("GR.hvp", Derivatives::hvp),
        new Piece("GR.jacobian.tall", effort -> jacobian(effort, true)),
        new Piece("GR.jacobian.wide", effort -> jacobian(effort, false)));
  }

  // -- Gradients ----------------------------------------------------------------------------------

  private static List<Row> gradientOfNetwork(Effort effort) {
    Network net = Network.of();
    return gradient(
        effort,
        "GR.gradient.mlp",
        "loss and gradient, 784-100-10, batch 100",
        net::loss,
        net.weights());
  }

  /** Each op takes the result of the one before. */
  private static List<Row> gradientOfChain(Effort effort) {
    Tensor x = Tensor.of(values(1000), 1000);
    return gradient(
        effort,
        "GR.gradient.chain",
        "value and gradient of 1,000 chained ops, 1,000 elements",
        w -> chain(w.w1(), 250).sum(),
        new TwoLayer(x, Tensor.of(0f)));
  }

  private static Tensor chain(Tensor x, int times) {
    Tensor y = x;
    for (int i = 0; i < times; i++) {
      y = y.mul(0.9).add(0.5).tanh().mul(1.1);
    }
    return y;
  }

  /** A chain half of whose ops take x besides, so that its cotangent is a sum of 500. */
  private static List<Row> gradientOfPolynomial(Effort effort) {
    Tensor x = Tensor.of(values(1000), 1000);
    return gradient(
        effort,
        "GR.gradient.horner",
        "the same of a polynomial by Horner's rule, 1,000 ops",
        w -> Chain.horner(w.w1(), 500).sum(),
        new TwoLayer(x, Tensor.of(0f)));
  }

  /** f with its gradient, against f with what a gradient would need. */
  private static List<Row> gradient(
      Effort effort, String id, String what, Function<TwoLayer, Tensor> f, TwoLayer w) {
    TwoLayer leaves =
        new TwoLayer(w.w1().detach().requiresGrad(true), w.w2().detach().requiresGrad(true));
    Contest contest = new Contest(id, 0);
    Contestant both =
        add(contest, "gradient", () -> Grad.valueAndGrad(f).apply(w), at -> at.value());
    Contestant forward =
        add(contest, "the forward pass, recorded", () -> f.apply(leaves), y -> y.detach());
    contest.run(effort.sampling(SAMPLE));
    return List.of(row(id, what, both, forward).with(new Row.Target.Ratio(FEW)));
  }

  // -- Second order -------------------------------------------------------------------------------

  private static List<Row> hvp(Effort effort) {
    Network net = Network.of();
    TwoLayer w = net.weights();
    TwoLayer v = new TwoLayer(Tensor.of(values(w.w1().count()), 784, 100), w.w2().mul(0.5));
    Function<TwoLayer, Tensor> loss = net::loss;
    UnaryOperator<TwoLayer> gradient = Grad.grad(loss);
    Function<TwoLayer, Tensor> along =
        at -> {
          TwoLayer g = gradient.apply(at);
          return g.w1().mul(v.w1()).sum().add(g.w2().mul(v.w2()).sum());
        };
    Contest contest = new Contest("GR.hvp", SUMS);
    Contestant forward =
        add(contest, "hvp, forward over reverse", () -> Grad.hvp(loss, w, v), TwoLayer::w1);
    Contestant reverse =
        add(contest, "reverse over reverse", () -> Grad.grad(along).apply(w), TwoLayer::w1);
    Contestant once = contest.addLimit("grad", 1, scoped(() -> gradient.apply(w)));
    contest.run(effort.sampling(SAMPLE));
    String what = "Hessian × vector, 784-100-10, batch 100";
    return List.of(
        row("GR.hvp", what, forward, once).with(new Row.Target.Ratio(FEW)),
        row("GR.hvp.reverse", what, forward, reverse));
  }

  // -- Jacobians ----------------------------------------------------------------------------------

  /** Of x ↦ tanh(x·A), from 4 to 256 numbers, where forward mode should win, or from 256 to 4. */
  private static List<Row> jacobian(Effort effort, boolean tall) {
    int n = tall ? 4 : 256;
    int m = tall ? 256 : 4;
    Tensor a = Tensor.of(values(n * m), n, m);
    Tensor x = Tensor.of(values(n), n);
    UnaryOperator<Tensor> f = v -> v.matmul(a).tanh();
    String id = tall ? "GR.jacobian.tall" : "GR.jacobian.wide";
    Contest contest = new Contest(id, SUMS);
    Contestant forward = add(contest, "jacfwd", () -> Grad.jacfwd(f).apply(x), j -> j);
    Contestant reverse = add(contest, "jacrev", () -> Grad.jacrev(f).apply(x), j -> j);
    contest.run(effort.sampling(SAMPLE));
    String what = "Jacobian of R^%d → R^%d by ".formatted(n, m) + (tall ? "jacfwd" : "jacrev");
    Row row = tall ? row(id, what, forward, reverse) : row(id, what, reverse, forward);
    return List.of(row.with(new Row.Target.Ratio(1)));
  }

  // -- Parts --------------------------------------------------------------------------------------

  private static Row row(String id, String what, Contestant ours, Contestant reference) {
    return Row.of(id, what, Unit.MICROSECONDS, 1, ours, reference);
  }

  private static <R> Contestant add(
      Contest contest, String name, Supplier<R> work, Function<R, Tensor> result) {
    return contest.add(name, scoped(work), () -> result.apply(work.get()).toFloatArray());
  }

  private static Contest.Body scoped(Supplier<?> work) {
    return Contest.each(() -> {
      try (Scope _ = Scope.open()) {
        work.get();
      }
    });
  }

  private static float[] values(long count) {
    Random random = new Random(5);
    float[] x = new float[(int) count];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat() - 0.5f;
    }
    return x;
  }

  /** The network of M1 at one batch. */
  private record Network(Tensor x, Tensor y, TwoLayer weights) {
    static Network of() {
      Work work = Work.of(100, 784, 100, 10, 100, 0.2f);
      return new Network(
          Tensor.of(work.x(), 100, 784),
          Tensor.of(work.labels()),
          new TwoLayer(Tensor.of(work.w1(), 784, 100), Tensor.of(work.w2(), 100, 10)));
    }

    Tensor loss(TwoLayer at) {
      return Loss.softmaxLoss(at.logits(x), y);
    }
  }
}
