package thimble.bench;

import java.util.List;
import java.util.function.Function;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;
import thimble.tensor.Backends;
import thimble.tensor.Block;
import thimble.train.TwoLayer;

/**
 * M1, M2, M3: one epoch of the two-layer network, compiled and eager, against its own matrix
 * products and against the network by hand.
 */
final class Epochs {
  private static final double AS_PRODUCTS_COMPILED = 1.25;
  private static final double AS_PRODUCTS_EAGER = 1.6;
  private static final double AS_LARGE_PRODUCTS = 1.1;
  private static final Row.Target.Ratio AHEAD = new Row.Target.Ratio(1);

  /** By how much the losses after an epoch may differ. */
  private static final float LOSSES = 1e-3f;

  private Epochs() {}

  static List<Piece> pieces(int threads) {
    return List.of(
        new Piece("M1.epoch", effort -> compiled(effort, threads)),
        new Piece("M2.epoch", effort -> eager(effort, threads)),
        new Piece("M2.java", effort -> plain(effort)),
        new Piece("M3.epoch", effort -> wide(effort, threads)));
  }

  private static List<Row> compiled(Effort effort, int threads) {
    Work work = Work.m1();
    Labels labels = new Labels("M1.epoch", work, "compiled");
    Training training = Training.of(work);
    try (Network vector = new Network(training, threads);
        Network alone = new Network(training, 1)) {
      Contest contest = new Contest(labels.id(), LOSSES);
      Contestant ours = add(contest, "Thimble, compiled", training, Training::compiled);
      Contestant eager = add(contest, "Thimble, eager", training, Training::scoped);
      Contestant products = addProducts(contest, work, threads);
      Contestant java = vector.join(contest, "by hand, Vector API");
      Contestant java1 = alone.join(contest, "by hand, Vector API, 1 thread");
      contest.run(effort);
      return List.of(
          labels.row("", ours, products).with(new Row.Target.Ratio(AS_PRODUCTS_COMPILED)),
          labels.row(".vector", ours, java).with(AHEAD),
          labels.row(".vector1", ours, java1).with(AHEAD),
          labels.row(".eager", ours, eager));
    }
  }

  private static List<Row> eager(Effort effort, int threads) {
    Work work = Work.m1();
    Labels labels = new Labels("M2.epoch", work, "eager");
    Training training = Training.of(work);
    try (Network vector = new Network(training, threads);
        Network alone = new Network(training, 1)) {
      Contest contest = new Contest(labels.id(), LOSSES);
      Contestant ours = add(contest, "Thimble, a Scope a step", training, Training::scoped);
      Contestant scopeless = add(contest, "Thimble, no Scope", training, Training::scopeless);
      Contestant products = addProducts(contest, work, threads);
      Contestant java = vector.join(contest, "by hand, Vector API");
      Contestant java1 = alone.join(contest, "by hand, Vector API, 1 thread");
      contest.run(effort);
      Labels without = new Labels("M2.scopeless", work, "eager, no Scope");
      return List.of(
          labels.row("", ours, products).with(new Row.Target.Ratio(AS_PRODUCTS_EAGER)),
          labels.row(".vector", ours, java),
          labels.row(".vector1", ours, java1),
          without.row("", scopeless, products),
          without.row(".scope", scopeless, ours));
    }
  }

  /** A tenth of the epoch, since the plain-Java backend takes its time. */
  private static List<Row> plain(Effort effort) {
    Work work = Work.of(6_000, 784, 100, 10, 100, 0.2f);
    Labels labels = new Labels("M2.java", work, "eager");
    Contest contest = new Contest(labels.id(), LOSSES);
    Contestant ours = add(contest, "Thimble", Training.of(work), Training::scoped);
    Contestant java;
    try (Block _ = Backends.use("java")) {
      Training training = Training.of(work);
      java =
          add(
              contest,
              "Thimble's plain-Java backend",
              training,
              t -> {
                try (Block _ = Backends.use("java")) {
                  return t.scoped();
                }
              });
    }
    contest.run(effort);
    return List.of(labels.row("", ours, java));
  }

  private static List<Row> wide(Effort effort, int threads) {
    Work work = Work.m3();
    Training training = Training.of(work);
    try (Network vector = new Network(training, threads)) {
      Contest contest = new Contest("M3.epoch", LOSSES);
      Contestant ours = add(contest, "Thimble, compiled", training, Training::compiled);
      Contestant eager = add(contest, "Thimble, eager", training, Training::scoped);
      Contestant products = addProducts(contest, work, threads);
      Contestant java = vector.join(contest, "by hand, Vector API");
      contest.run(effort);
      Labels labels = new Labels("M3.epoch", work, "compiled");
      Labels eagerly = new Labels("M3.eager", work, "eager");
      Row.Target target = new Row.Target.Ratio(AS_LARGE_PRODUCTS);
      return List.of(
          labels.row("", ours, products).with(target),
          labels.row(".vector", ours, java).with(AHEAD),
          eagerly.row("", eager, products).with(target));
    }
  }

  /** What the rows of a contest are called. */
  private record Labels(String id, Work work, String how) {
    Row row(String suffix, Contestant ours, Contestant reference) {
      String what =
          "epoch %d-%d-%d, batch %,d, %s, %,d examples"
              .formatted(work.in(), work.hidden(), work.out(), work.batch(), how, work.rows());
      return Row.of(id + suffix, what, Unit.MILLISECONDS, 1, ours, reference);
    }
  }

  /** Adds Thimble; the result is the loss after an epoch. */
  private static Contestant add(
      Contest contest, String name, Training training, Function<Training, TwoLayer> epoch) {
    return contest.add(
        name,
        Contest.each(() -> {
          TwoLayer after = epoch.apply(training);
          after.w1().close();
          after.w2().close();
        }),
        () -> training.loss(epoch.apply(training)));
  }

  private static Contestant addProducts(Contest contest, Work work, int threads) {
    return contest.addLimit(
        "its products alone: OpenBLAS from C",
        1,
        Contest.each(() -> Reference.epochProducts(threads, work)));
  }

  /** The network written by hand; each epoch starts from the same weights. */
  private static final class Network implements AutoCloseable {
    private final Training training;
    private final Work work;
    private final VectorMlp network;
    private final float[] w1;
    private final float[] w2;

    Network(Training training, int threads) {
      this.training = training;
      work = training.work();
      network = new VectorMlp(work.in(), work.hidden(), work.out(), work.batch(), threads);
      w1 = new float[work.w1().length];
      w2 = new float[work.w2().length];
    }

    Contestant join(Contest contest, String name) {
      return contest.add(name, Contest.each(this::epoch), this::loss);
    }

    private void epoch() {
      System.arraycopy(work.w1(), 0, w1, 0, w1.length);
      System.arraycopy(work.w2(), 0, w2, 0, w2.length);
      network.epoch(work.x(), work.labels(), w1, w2, work.lr());
    }

    private float[] loss() {
      epoch();
      return training.loss(Training.network(work, w1, w2));
    }

    @Override
    public void close() {
      network.close();
    }
  }
}
