package thimble.bench;

import java.util.ArrayList;
import java.util.List;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;
import thimble.tensor.Backends;
import thimble.tensor.Block;
import thimble.tensor.Tensor;
import thimble.train.TwoLayer;

/** M2: one epoch of the two-layer network, eager, with a Scope for each step. */
final class Epochs {
  private static final String WHAT = "epoch 784-100-10, batch 100, eager";

  private Epochs() {}

  static List<Piece> pieces(int threads) {
    return List.of(
        new Piece("M2.epoch", effort -> epoch(effort, threads)),
        new Piece("M2.java", effort -> plain(effort)));
  }

  private static List<Row> epoch(Effort effort, int threads) {
    Work work = Work.m1();
    String what = WHAT + ", %,d examples".formatted(work.rows());
    List<Row> rows = new ArrayList<>();
    try (Network vector = new Network(work, threads);
        Network alone = new Network(work, 1)) {
      Contest contest = new Contest("M2.epoch", 1e-3f);
      Contestant ours = add(contest, "native", "Thimble", work);
      Contestant products =
          contest.addLimit(
              "its products alone: OpenBLAS, tiled, from C",
              1,
              times -> {
                for (int i = 0; i < times; i++) {
                  Reference.epochProducts(threads, work);
                }
              });
      Contestant java = contest.add("by hand, Vector API", vector::run, vector::loss);
      Contestant java1 = contest.add("by hand, Vector API, 1 thread", alone::run, alone::loss);
      contest.run(effort);
      rows.add(
          Row.of("M2.epoch", what, Unit.MILLISECONDS, 1, ours, products)
              .with(new Row.Target.Ratio(1.6)));
      rows.add(Row.of("M2.epoch.vector", what, Unit.MILLISECONDS, 1, ours, java));
      rows.add(Row.of("M2.epoch.vector1", what, Unit.MILLISECONDS, 1, ours, java1));
    }
    return rows;
  }

  /** A tenth of the epoch, since the plain-Java backend takes its time. */
  private static List<Row> plain(Effort effort) {
    Work work = Work.of(6_000, 784, 100, 10, 100, 0.2f);
    Contest contest = new Contest("M2.java", 1e-3f);
    Contestant ours = add(contest, "native", "Thimble", work);
    Contestant java = add(contest, "java", "Thimble's plain-Java backend", work);
    contest.run(effort);
    String what = WHAT + ", %,d examples".formatted(work.rows());
    return List.of(Row.of("M2.java", what, Unit.MILLISECONDS, 1, ours, java));
  }

  /** Adds Thimble on one of its backends; the result is the loss after an epoch. */
  private static Contestant add(Contest contest, String backend, String name, Work work) {
    Tensor x;
    Tensor y;
    TwoLayer net;
    try (Block _ = Backends.use(backend)) {
      x = Tensor.of(work.x(), work.rows(), work.in());
      y = Tensor.of(work.labels());
      net = new TwoLayer(weights(work.w1(), work.in()), weights(work.w2(), work.hidden()));
    }
    return contest.add(
        name,
        times -> {
          try (Block _ = Backends.use(backend)) {
            for (int i = 0; i < times; i++) {
              TwoLayer after = net.nnEpoch(x, y, work.lr(), work.batch());
              after.w1().close();
              after.w2().close();
            }
          }
        },
        () -> {
          try (Block _ = Backends.use(backend)) {
            return loss(work, net.nnEpoch(x, y, work.lr(), work.batch()));
          }
        });
  }

  private static Tensor weights(float[] w, int rows) {
    return Tensor.of(w, rows, w.length / rows);
  }

  private static float[] loss(Work work, TwoLayer net) {
    Tensor x = Tensor.of(work.x(), work.rows(), work.in());
    return new float[] {(float) net.score(x, Tensor.of(work.labels())).loss()};
  }

  /** The network written by hand; each epoch starts from the same weights. */
  private static final class Network implements AutoCloseable {
    private final Work work;
    private final VectorMlp network;
    private final float[] w1;
    private final float[] w2;

    Network(Work work, int threads) {
      this.work = work;
      network = new VectorMlp(work.in(), work.hidden(), work.out(), work.batch(), threads);
      w1 = new float[work.w1().length];
      w2 = new float[work.w2().length];
    }

    void run(int times) {
      for (int i = 0; i < times; i++) {
        System.arraycopy(work.w1(), 0, w1, 0, w1.length);
        System.arraycopy(work.w2(), 0, w2, 0, w2.length);
        network.epoch(work.x(), work.labels(), w1, w2, work.lr());
      }
    }

    float[] loss() {
      run(1);
      return Epochs.loss(work, new TwoLayer(weights(w1, work.in()), weights(w2, work.hidden())));
    }

    @Override
    public void close() {
      network.close();
    }
  }
}
