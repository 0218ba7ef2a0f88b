package thimble.bench;

import java.util.List;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;
import thimble.program.Program;
import thimble.tensor.Scope;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/**
 * M5: 20 chained ops on 16 elements with the gradient, where all that counts is what stands around
 * them: y ← y·x + ½, ten times, from y = x.
 */
public final class Chain {
  /** What Horner's rule adds each time. */
  public static final float COEFFICIENT = 0.5f;

  private static final int COUNT = 16;
  static final int STEPS = 10;

  /** Long enough that the garbage collector has its part in every sample. */
  private static final double SAMPLE = 0.05;

  private final float[] x = new float[COUNT];
  private final float[] g = new float[COUNT];

  private Chain() {
    for (int i = 0; i < COUNT; i++) {
      x[i] = 0.06f * i - 0.4f;
    }
  }

  static List<Piece> pieces() {
    return List.of(new Piece("M5.chain", effort -> new Chain().measure(effort)));
  }

  /** y ← y·x + ½ so many times, from y = x: a polynomial by Horner's rule. */
  public static Tensor horner(Tensor x, int steps) {
    Tensor y = x;
    for (int i = 0; i < steps; i++) {
      y = y.mul(x).add(COEFFICIENT);
    }
    return y;
  }

  static Tensor gradient(Tensor at) {
    return Grad.grad((Tensor v) -> horner(v, STEPS).sum()).apply(at);
  }

  private List<Row> measure(Effort effort) {
    Tensor at = Tensor.of(x);
    Program program = Program.trace(Chain::gradient, Tensor.input(at.dtype(), COUNT));
    Contest contest = new Contest("M5.chain", 1e-5f);
    Contestant eager =
        contest.add(
            "Thimble, eager", Contest.each(() -> gradient(at)), () -> gradient(at).toFloatArray());
    Contestant scoped =
        contest.add("Thimble, in a Scope", Contest.each(() -> scoped(at)), () -> scoped(at));
    Contestant compiled =
        contest.add(
            "Thimble, compiled",
            Contest.each(() -> program.run(at)),
            () -> program.<Tensor>run(at).toFloatArray());
    Contestant loop = contest.add("a Java loop", Contest.each(this::byHand), this::byHand);
    contest.run(effort.sampling(SAMPLE));
    return List.of(
        row("M5.chain", "eager", eager, loop).with(new Row.Target.Value(8)),
        row("M5.chain.scope", "eager, in a Scope", scoped, loop),
        row("M5.chain.compiled", "compiled", compiled, loop).with(new Row.Target.Value(1)));
  }

  private static float[] scoped(Tensor at) {
    try (Scope _ = Scope.open()) {
      return gradient(at).toFloatArray();
    }
  }

  private static Row row(String id, String how, Contestant ours, Contestant reference) {
    String what = "20 ops of 16 with the gradient, " + how;
    return Row.of(id, what, Unit.MICROSECONDS, 1, ours, reference);
  }

  /** y' ← y'·x + y beside y ← y·x + ½. */
  private float[] byHand() {
    for (int i = 0; i < COUNT; i++) {
      float y = x[i];
      float d = 1;
      for (int step = 0; step < STEPS; step++) {
        d = d * x[i] + y;
        y = y * x[i] + COEFFICIENT;
      }
      g[i] = d;
    }
    return g;
  }
}
