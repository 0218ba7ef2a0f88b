package thimble.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import thimble.bench.Duel.Way;
import thimble.bench.Rival.Task;
import thimble.program.Program;
import thimble.tensor.DType;
import thimble.tensor.Tensor;
import thimble.train.TwoLayer;

/** The work of the duels, with Thimble and as tasks for others; the ids are those of its rows. */
final class Duels {
  private static final int CHAINED = 16;
  private static final int FUSED = 1 << 22;

  /** By how much the losses after an epoch may differ. */
  private static final float LOSSES = 1e-3f;

  /** The same of a sum of 4 M elements: ND4J adds them one by one. */
  private static final float LONG_SUM = 1e-3f;

  private Duels() {}

  // -- M1, M2, M3: sizes rows, in, hidden, out, batch; operands x, labels, w1, w2, lr
  // ---------------

  static Duel epoch() {
    return epoch(
        Work.m1(),
        t ->
            List.of(
                way("M1.epoch", "compiled", t, t::compiled),
                way("M2.epoch", "eager, a Scope a step", t, t::scoped),
                way("M2.scopeless", "eager, no Scope", t, t::scopeless)));
  }

  static Duel wideEpoch() {
    return epoch(
        Work.m3(),
        t ->
            List.of(
                way("M3.epoch", "compiled", t, t::compiled),
                way("M3.eager", "eager", t, t::scoped)));
  }

  /** The others give their weights after it, of which the loss is compared. */
  private static Duel epoch(Work work, Function<Training, List<Way>> ways) {
    Training training = Training.of(work);
    float[] labels = new float[work.rows()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = work.labels()[i];
    }
    int[] sizes = {work.rows(), work.in(), work.hidden(), work.out(), work.batch()};
    float[] lr = {work.lr()};
    return new Duel(
        Unit.MILLISECONDS,
        1,
        LOSSES,
        new Task("epoch", sizes, work.x(), labels, work.w1(), work.w2(), lr),
        w -> training.loss(weights(work, w)),
        ways.apply(training));
  }

  private static TwoLayer weights(Work work, float[] w) {
    int first = work.w1().length;
    return Training.network(work, Arrays.copyOf(w, first), Arrays.copyOfRange(w, first, w.length));
  }

  private static Way way(String id, String how, Training training, Supplier<TwoLayer> epoch) {
    Work work = training.work();
    return new Way(
        id,
        "epoch %d-%d-%d, batch %,d, %s"
            .formatted(work.in(), work.hidden(), work.out(), work.batch(), how),
        Contest.each(() -> {
          TwoLayer after = epoch.get();
          after.w1().close();
          after.w2().close();
        }),
        () -> training.loss(epoch.get()));
  }

  // -- M4 -----------------------------------------------------------------------------------------

  static Duel add() {
    float[] x = values(CHAINED);
    Tensor a = Tensor.of(x);
    return Duel.of(
        Unit.NANOSECONDS,
        new Task("add", new int[0], x, x),
        Way.op("M4.forward", "c = a + b of 16, c.close()", () -> a.add(a)));
  }

  static Duel addRecorded() {
    float[] x = values(CHAINED);
    Tensor a = Tensor.of(x).requiresGrad(true);
    Tensor b = Tensor.of(x);
    return Duel.of(
        Unit.NANOSECONDS,
        new Task("add, recorded", new int[0], x, x),
        Way.op("M4.recorded", "c = a + b of 16, recorded, c.close()", () -> a.add(b)));
  }

  // -- M5, M6, M7 ---------------------------------------------------------------------------------

  /** Size: how many times y ← y·x + ½ is done. */
  static Duel chain() {
    float[] x = values(CHAINED);
    Tensor at = Tensor.of(x);
    Program program = Program.trace(Chain::gradient, Tensor.input(DType.FLOAT32, CHAINED));
    String what = "20 ops of 16 with the gradient, ";
    return Duel.of(
        Unit.MICROSECONDS,
        new Task("horner, gradient", new int[] {Chain.STEPS}, x),
        Way.op("M5.chain", what + "eager", () -> Chain.gradient(at)),
        Way.op("M5.chain.compiled", what + "compiled", () -> program.run(at)));
  }

  static Duel polynomial() {
    return fused(
        "M6.chain", "8 elementwise ops on 4 M, compiled", "polynomial", Fused::polynomials);
  }

  static Duel softplusSum() {
    return fused(
            "M7.sum",
            "Σ log(1 + eˣ)·x of 4 M, with the gradient, compiled",
            "softplus sum, value and gradient",
            Fused::valueAndGradient)
        .within(LONG_SUM);
  }

  private static Duel fused(String id, String what, String name, Function<Tensor, List<Tensor>> f) {
    float[] x = values(FUSED);
    Tensor at = Tensor.of(x);
    Program program = Program.trace(f, Tensor.input(DType.FLOAT32, FUSED));
    return Duel.of(
        Unit.MILLISECONDS,
        new Task(name, new int[0], x),
        Way.scoped(id, what, () -> program.run(at)));
  }

  // -- M8: sizes m, n, and the axis or −1; operand [m, n]
  // -------------------------------------------

  static Duel softmax() {
    Task task = new Task("softmax", new int[] {4096, 1024}, values(4096 * 1024));
    return pass("M8.softmax", "softmax of 4096×1024", Unit.MILLISECONDS, task, x -> x.softmax(1));
  }

  static Duel sum(String id, int axis) {
    return pass(
        id,
        axis < 0 ? "sum of all of 1024²" : "sum over axis %d of 1024²".formatted(axis),
        Unit.MICROSECONDS,
        new Task("sum", new int[] {1024, 1024, axis}, values(1024 * 1024)),
        axis < 0 ? Tensor::sum : x -> x.sum(axis));
  }

  static Duel max(String id, int axis) {
    return pass(
        id,
        "max over axis %d of 1024²".formatted(axis),
        Unit.MICROSECONDS,
        new Task("max", new int[] {1024, 1024, axis}, values(1024 * 1024)),
        x -> x.max(axis));
  }

  static Duel transpose() {
    return pass(
        "M8.transpose",
        "transposed copy of 2048²",
        Unit.MILLISECONDS,
        new Task("transpose", new int[] {2048, 2048}, values(2048 * 2048)),
        x -> x.transpose(0, 1).contiguous());
  }

  static Duel addRow() {
    float[] b = values(1024);
    Tensor row = Tensor.of(b);
    return pass(
        "M8.add",
        "(1024×1024) + (1024)",
        Unit.MICROSECONDS,
        new Task("add row", new int[] {1024, 1024}, values(1024 * 1024), b),
        x -> x.add(row));
  }

  private static Duel pass(String id, String what, Unit unit, Task task, UnaryOperator<Tensor> op) {
    Tensor x = Tensor.of(task.operands()[0], task.sizes()[0], task.sizes()[1]);
    return Duel.of(unit, task, Way.op(id, what, () -> op.apply(x)));
  }

  // -- M9: sizes m, n, k, 1 if A lies as [k, m], batches
  // ---------------------------------------------

  static Duel product(Products p) {
    Products.Operands ab = p.operands();
    int[] sizes = {p.m(), p.n(), p.k(), p.transposed() ? 1 : 0, p.batches()};
    Task task = new Task("matmul", sizes, ab.a(), ab.b());
    Tensor x = p.left(ab);
    Tensor y = p.right(ab);
    Way way = Way.op(p.id(), "matmul " + p.what(), () -> x.matmul(y));
    return Duel.of(Unit.GIGAFLOPS, task, way).times(p.flops());
  }

  private static float[] values(int count) {
    Random random = new Random(11);
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = 2 * random.nextFloat() - 0.5f;
    }
    return x;
  }
}
