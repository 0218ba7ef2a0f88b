package thimble.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;
import thimble.program.Program;
import thimble.tensor.Block;
import thimble.tensor.Lazy;
import thimble.tensor.Scope;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/**
 * M6 and M7: elementwise work on 4 M elements that is one loop if it is fused, as a compiled
 * program, against such loops by hand; and M12, the same lazily against eagerly.
 */
public final class Fused {
  private static final int COUNT = 1 << 22;
  private static final double AS_C_CHAIN = 1.5;
  private static final double AS_C_SUM = 1.25;

  /** Ahead by a factor of two. */
  private static final double HALF = 0.5;

  /** By what part of the largest element results may differ. */
  private static final float CLOSE = 2e-6f;

  private final int threads;
  private final Effort effort;
  private final Tensor x;
  private final float[] array;

  private Fused(int threads, Effort effort) {
    this.threads = threads;
    this.effort = effort;
    Random random = new Random(7);
    array = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      array[i] = 8 * random.nextFloat() - 4;
    }
    x = Tensor.of(array, COUNT);
  }

  static List<Piece> pieces(int threads) {
    return List.of(
        new Piece("M6.chain", effort -> new Fused(threads, effort).chain()),
        new Piece("M7.sum", effort -> new Fused(threads, effort).sum()));
  }

  /** The rows of the same work that is left lazy. */
  static List<Piece> lazy(int threads) {
    return List.of(
        new Piece("M12.chain", effort -> new Fused(threads, effort).lazyChain()),
        new Piece("M12.sum", effort -> new Fused(threads, effort).lazySum()));
  }

  // -- The work -----------------------------------------------------------------------------------

  /** relu(((1.5·x + ¼)·x − ½)·x + 1)·¾: eight ops. */
  public static Tensor polynomial(Tensor x) {
    return x.mul(1.5).add(0.25).mul(x).sub(0.5).mul(x).add(1).relu().mul(0.75);
  }

  /** Σ log(1 + eˣ)·x. */
  public static Tensor softplusSum(Tensor x) {
    return x.exp().add(1).log().mul(x).sum();
  }

  static List<Tensor> valueAndGradient(Tensor x) {
    var at = Grad.valueAndGrad(Fused::softplusSum).apply(x);
    return List.of(at.value(), at.grad());
  }

  static List<Tensor> polynomials(Tensor x) {
    return List.of(polynomial(x));
  }

  // -- Compiled -----------------------------------------------------------------------------------

  private List<Row> chain() {
    MemorySegment from = Reference.floats(array);
    MemorySegment to = Reference.floats(COUNT);
    float[] y = new float[COUNT];
    try (Team team = new Team(threads)) {
      Contest contest = new Contest("M6.chain", CLOSE);
      Contestant compiled = addCompiled(contest, Fused::polynomials);
      Contestant eager = add(contest, "Thimble, eager", Fused::polynomials);
      Contestant loop =
          addLoop(
              contest,
              "C loop, fused",
              () -> Reference.chain(threads, from, to, COUNT),
              () -> to.toArray(ValueLayout.JAVA_FLOAT));
      Contestant vector =
          addLoop(contest, "Vector API, fused", () -> VectorFused.chain(team, array, y), () -> y);
      Contestant copy =
          contest.addLimit(
              "a copy", 1, Contest.each(() -> Reference.copy(threads, from, to, COUNT)));
      contest.run(effort);
      String what = "8 elementwise ops on 4 M, compiled";
      return List.of(
          row("M6.chain", what, compiled, loop).with(new Row.Target.Ratio(AS_C_CHAIN)),
          row("M6.chain.vector", what, compiled, vector),
          row("M6.chain.limit", what, compiled, copy),
          row("M6.chain.eager", what, compiled, eager));
    }
  }

  private List<Row> sum() {
    MemorySegment from = Reference.floats(array);
    MemorySegment to = Reference.floats(COUNT);
    float[] g = new float[COUNT];
    try (Team team = new Team(threads)) {
      Contest contest = new Contest("M7.sum", CLOSE);
      Contestant compiled = addCompiled(contest, Fused::valueAndGradient);
      Contestant eager = add(contest, "Thimble, eager", Fused::valueAndGradient);
      double[] value = new double[2];
      Contestant loop =
          addLoop(
              contest,
              "C loop, fused",
              () -> value[0] = Reference.softplusSum(threads, from, to, COUNT),
              () -> joined(value[0], to.toArray(ValueLayout.JAVA_FLOAT)));
      Contestant vector =
          addLoop(
              contest,
              "Vector API, fused",
              () -> value[1] = VectorFused.softplusSum(team, array, g),
              () -> joined(value[1], g));
      contest.run(effort);
      String what = "Σ log(1 + eˣ)·x of 4 M, with the gradient, compiled";
      return List.of(
          row("M7.sum", what, compiled, loop).with(new Row.Target.Ratio(AS_C_SUM)),
          row("M7.sum.vector", what, compiled, vector).with(new Row.Target.Ratio(1)),
          row("M7.sum.eager", what, compiled, eager));
    }
  }

  private Contestant addCompiled(Contest contest, Function<Tensor, List<Tensor>> f) {
    Program program = Program.trace(f, Tensor.input(x.dtype(), COUNT));
    return add(contest, "Thimble, compiled", program::run);
  }

  // -- Lazy ---------------------------------------------------------------------------------------

  private List<Row> lazyChain() {
    return lazy("M12.chain", "8 elementwise ops on 4 M, lazy", Fused::polynomials);
  }

  private List<Row> lazySum() {
    return lazy(
        "M12.sum", "Σ log(1 + eˣ)·x of 4 M, with the gradient, lazy", Fused::valueAndGradient);
  }

  private List<Row> lazy(String id, String what, Function<Tensor, List<Tensor>> f) {
    Contest contest = new Contest(id, CLOSE);
    Contestant lazy = add(contest, "Thimble, lazy", at -> lazily(f, at));
    Contestant eager = add(contest, "Thimble, eager", f);
    contest.run(effort);
    return List.of(row(id, what, lazy, eager).with(new Row.Target.Ratio(HALF)));
  }

  private static List<Tensor> lazily(Function<Tensor, List<Tensor>> f, Tensor at) {
    try (Block _ = Lazy.open()) {
      List<Tensor> y = f.apply(at);
      Lazy.realize(y.toArray(Tensor[]::new));
      return y;
    }
  }

  // -- Parts --------------------------------------------------------------------------------------

  private static Row row(String id, String what, Contestant ours, Contestant reference) {
    return Row.of(id, what, Unit.MILLISECONDS, 1, ours, reference);
  }

  private Contestant add(Contest contest, String name, Function<Tensor, List<Tensor>> f) {
    return contest.add(
        name,
        Contest.each(() -> {
          try (Scope _ = Scope.open()) {
            f.apply(x);
          }
        }),
        () -> {
          try (Scope _ = Scope.open()) {
            return values(f.apply(x));
          }
        });
  }

  /** The elements of a result, or a gradient after its value {@link #joined}. */
  static float[] values(List<Tensor> y) {
    float[] last = y.getLast().toFloatArray();
    return y.size() == 1 ? last : joined(y.getFirst().item(), last);
  }

  /** Adds a loop by hand, after which {@code y} is what it has computed. */
  private static Contestant addLoop(
      Contest contest, String name, Runnable loop, Supplier<float[]> y) {
    return contest.add(
        name,
        Contest.each(loop),
        () -> {
          loop.run();
          return y.get();
        });
  }

  /** A gradient and, at its end, the sum as a mean, which is no larger than its elements. */
  private static float[] joined(double sum, float[] gradient) {
    float[] all = Arrays.copyOf(gradient, gradient.length + 1);
    all[gradient.length] = (float) (sum / gradient.length);
    return all;
  }
}
