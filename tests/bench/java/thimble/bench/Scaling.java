package thimble.bench;

import java.util.ArrayList;
import java.util.List;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;
import thimble.tensor.Backends;
import thimble.tensor.DType;
import thimble.tensor.Key;
import thimble.tensor.Tensor;
import thimble.train.TwoLayer;

/** M11: what more threads bring, against the same on one. */
final class Scaling {
  /** Of 2 threads, 1.8 times the rate of one; of more in proportion. */
  private static final double PART = 0.9;

  private final int threads;
  private final Effort effort;

  private Scaling(int threads, Effort effort) {
    this.threads = threads;
    this.effort = effort;
  }

  /** None for one thread. */
  static List<Piece> pieces(int threads) {
    List<Piece> pieces = new ArrayList<>();
    if (threads > 1) {
      pieces.add(new Piece("M11.epoch", effort -> new Scaling(threads, effort).epoch()));
      for (int n : new int[] {512, 1024, 2048}) {
        pieces.add(new Piece("M11." + n, effort -> new Scaling(threads, effort).product(n)));
      }
      pieces.add(new Piece("M11.batch", effort -> new Scaling(threads, effort).batch()));
    }
    return pieces;
  }

  /** M3. */
  private List<Row> epoch() {
    Work work = Work.m3();
    Training training = Training.of(work);
    Contest contest = new Contest("M11.epoch", 0);
    Contestant all = epoch(contest, training, threads);
    Contestant one = epoch(contest, training, 1);
    contest.run(effort);
    return row("M11.epoch", "12 steps 784-1024-10, batch 1,024, compiled", work.flops(), all, one);
  }

  private Contestant epoch(Contest contest, Training training, int own) {
    return contest.add(
        name(own),
        on(
            own,
            () -> {
              TwoLayer after = training.compiled();
              after.w1().close();
              after.w2().close();
            }),
        () -> training.loss(training.compiled()));
  }

  private List<Row> product(int n) {
    Tensor a = Key.of(1).uniform(DType.FLOAT32, n, n);
    return product("M11." + n, "matmul %d³".formatted(n), 2.0 * n * n * n, a);
  }

  private List<Row> batch() {
    Tensor a = Key.of(1).uniform(DType.FLOAT32, 64, 128, 128);
    return product("M11.batch", "matmul 64 × 128³", 2.0 * 64 * 128 * 128 * 128, a);
  }

  private List<Row> product(String id, String what, double flops, Tensor a) {
    Contest contest = new Contest(id, 0);
    Contestant all = product(contest, a, threads);
    Contestant one = product(contest, a, 1);
    contest.run(effort);
    return row(id, what, flops, all, one);
  }

  private Contestant product(Contest contest, Tensor a, int own) {
    return contest.add(
        name(own), on(own, () -> a.matmul(a).close()), () -> a.matmul(a).toFloatArray());
  }

  private static String name(int own) {
    return own == 1 ? "Thimble on 1 thread" : "Thimble on %d threads".formatted(own);
  }

  /** The work on so many threads. */
  private Contest.Body on(int own, Runnable once) {
    Contest.Body body = Contest.each(once);
    return times -> {
      Backends.current().threads(own);
      body.run(times);
      Backends.current().threads(threads);
    };
  }

  private List<Row> row(String id, String what, double flops, Contestant all, Contestant one) {
    Row row = Row.of(id, what, Unit.GIGAFLOPS, flops, all, one);
    return List.of(row.with(new Row.Target.Ratio(PART * threads)));
  }
}
