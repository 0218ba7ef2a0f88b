package thimble.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.UnaryOperator;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;
import thimble.bench.Reference.Elementary;
import thimble.tensor.Key;
import thimble.tensor.Tensor;

/**
 * M8: ops that pass over memory once, or little more: against the loop that one writes in C, the
 * Vector API, and a copy of as many bytes. Results are closed, as a Scope would.
 */
final class Passes {
  private static final double AS_C = 1.15;
  private static final double AS_A_COPY = 2;

  /** By how much sums in another order may differ. */
  private static final float SUMS = 1e-5f;

  /** By how much functions that are right within 2 ULP may differ. */
  private static final float ULPS = 1e-6f;

  private final int threads;
  private final Effort effort;

  private Passes(int threads, Effort effort) {
    this.threads = threads;
    this.effort = effort;
  }

  static List<Piece> pieces(int threads) {
    List<Piece> pieces = new ArrayList<>();
    pieces.add(new Piece("M8.softmax", effort -> new Passes(threads, effort).softmax()));
    for (int axis : new int[] {0, 1, -1}) {
      pieces.add(
          new Piece(
              axis < 0 ? "M8.sum" : "M8.sum" + axis,
              effort -> new Passes(threads, effort).sum(axis)));
    }
    for (int axis : new int[] {0, 1}) {
      pieces.add(new Piece("M8.max" + axis, effort -> new Passes(threads, effort).max(axis)));
    }
    pieces.add(new Piece("M8.transpose", effort -> new Passes(threads, effort).transpose()));
    pieces.add(new Piece("M8.add", effort -> new Passes(threads, effort).addRow()));
    pieces.add(elementary(threads, Elementary.EXP, Tensor::exp, -2));
    pieces.add(elementary(threads, Elementary.LOG, Tensor::log, 0.01f));
    pieces.add(elementary(threads, Elementary.TANH, Tensor::tanh, -2));
    pieces.add(new Piece("M8.gather", effort -> new Passes(threads, effort).gather()));
    pieces.add(new Piece("M8.take", effort -> new Passes(threads, effort).take()));
    pieces.add(new Piece("M8.uniform", effort -> new Passes(threads, effort).uniform()));
    return pieces;
  }

  /** A matrix that each side has in memory of its own, and a result of the loops. */
  private record Operand(
      int m,
      int n,
      float[] array,
      MemorySegment segment,
      Tensor tensor,
      float[] y,
      MemorySegment z) {
    /** With numbers from −2 to 6. */
    static Operand of(int m, int n, int results) {
      return of(m, n, results, -2);
    }

    /** With numbers from {@code least} to 8 more. */
    static Operand of(int m, int n, int results, float least) {
      Random random = new Random(3);
      float[] x = new float[m * n];
      for (int i = 0; i < x.length; i++) {
        x[i] = 8 * random.nextFloat() + least;
      }
      return new Operand(
          m,
          n,
          x,
          Reference.floats(x),
          Tensor.of(x, m, n),
          new float[results],
          Reference.floats(results));
    }
  }

  private List<Row> softmax() {
    Operand x = Operand.of(4096, 1024, 4096 * 1024);
    return rows(
        new Labels("M8.softmax", "softmax of 4096×1024", Unit.MILLISECONDS, SUMS),
        x,
        t -> t.softmax(1),
        () -> Reference.softmax(threads, x.segment(), x.z(), x.m(), x.n()),
        team -> VectorLoops.softmax(team, x.array(), x.y(), x.m(), x.n()),
        x.array().length);
  }

  private List<Row> sum(int axis) {
    Operand x = Operand.of(1024, 1024, axis < 0 ? 1 : 1024);
    return rows(
        new Labels(
            axis < 0 ? "M8.sum" : "M8.sum" + axis,
            axis < 0 ? "sum of all of 1024²" : "sum over axis %d of 1024²".formatted(axis),
            Unit.MICROSECONDS,
            SUMS),
        x,
        axis < 0 ? Tensor::sum : t -> t.sum(axis),
        () -> Reference.sum(threads, axis, x.segment(), x.z(), x.m(), x.n()),
        team -> VectorLoops.sum(team, axis, x.array(), x.y(), x.m(), x.n()),
        x.array().length / 2);
  }

  private List<Row> max(int axis) {
    Operand x = Operand.of(1024, 1024, 1024);
    return rows(
        new Labels(
            "M8.max" + axis, "max over axis %d of 1024²".formatted(axis), Unit.MICROSECONDS, 0),
        x,
        t -> t.max(axis),
        () -> Reference.max(threads, axis, x.segment(), x.z(), x.m(), x.n()),
        team -> VectorLoops.max(team, axis, x.array(), x.y(), x.m(), x.n()),
        x.array().length / 2);
  }

  private List<Row> addRow() {
    Operand x = Operand.of(1024, 1024, 1024 * 1024);
    float[] b = new float[1024];
    System.arraycopy(x.array(), 5000, b, 0, b.length);
    MemorySegment bs = Reference.floats(b);
    Tensor bt = Tensor.of(b);
    return rows(
        new Labels("M8.add", "(1024×1024) + (1024)", Unit.MICROSECONDS, 0),
        x,
        t -> t.add(bt),
        () -> Reference.addRow(threads, x.segment(), bs, x.z(), x.m(), x.n()),
        team -> VectorLoops.addRow(team, x.array(), b, x.y(), x.m(), x.n()),
        x.array().length);
  }

  private static Piece elementary(
      int threads, Elementary f, UnaryOperator<Tensor> op, float least) {
    return new Piece(
        "M8." + f.name().toLowerCase(Locale.ROOT),
        effort -> new Passes(threads, effort).elementary(f, op, least));
  }

  private List<Row> elementary(Elementary f, UnaryOperator<Tensor> op, float least) {
    Operand x = square(least);
    String name = f.name().toLowerCase(Locale.ROOT);
    return rows(
        new Labels("M8." + name, name + " of 1024²", Unit.MICROSECONDS, ULPS),
        x,
        op,
        () -> Reference.elementary(threads, f, x.segment(), x.z(), x.array().length),
        x.array().length);
  }

  private static Operand square(float least) {
    return Operand.of(1024, 1024, 1024 * 1024, least);
  }

  private List<Row> gather() {
    Operand x = square(-2);
    long[] index = new Random(4).longs(x.array().length, 0, x.n()).toArray();
    MemorySegment indices = Reference.longs(index);
    Tensor names = Tensor.of(index, x.m(), x.n());
    return rows(
        new Labels("M8.gather", "gather of 1024² along axis 1", Unit.MICROSECONDS, 0),
        x,
        t -> t.gather(1, names),
        () -> Reference.gather(threads, x.segment(), indices, x.z(), x.m(), x.n()),
        x.array().length);
  }

  private List<Row> take() {
    Operand x = square(-2);
    long[] index = new Random(5).longs(x.m(), 0, x.m()).toArray();
    MemorySegment indices = Reference.longs(index);
    Tensor names = Tensor.of(index);
    return rows(
        new Labels("M8.take", "1024 rows of 1024² by index", Unit.MICROSECONDS, 0),
        x,
        t -> t.take(0, names),
        () -> Reference.take(threads, x.segment(), indices, x.z(), x.m(), x.n()),
        x.array().length);
  }

  private List<Row> uniform() {
    Operand y = square(-2);
    Key key = Key.of(7);
    return rows(
        new Labels("M8.uniform", "2²⁰ uniform random numbers", Unit.MICROSECONDS, 0),
        y,
        t -> key.uniform(t.dtype(), t.count()),
        () -> Reference.uniform(threads, key.bits(), y.z(), y.array().length),
        y.array().length);
  }

  /** What a row is called, and by what part of the largest element results may differ. */
  private record Labels(String id, String what, Unit unit, float tolerance) {}

  private interface TeamWork {
    void run(Team team);
  }

  /** The rows of an op that has a loop in C. */
  private List<Row> rows(
      Labels labels, Operand x, UnaryOperator<Tensor> op, Runnable loop, int copied) {
    Contest contest = new Contest(labels.id(), labels.tolerance());
    Contestant ours = addOurs(contest, op, x.tensor());
    Contestant c = addLoop(contest, "C loop", loop, x.z());
    Contestant limit = addCopy(contest, "a copy of as many bytes", x, copied);
    contest.run(effort);
    return List.of(
        row(labels, "", ours, c).with(new Row.Target.Ratio(AS_C)),
        row(labels, ".limit", ours, limit));
  }

  /** The rows of an op that has a loop in C and one on the Vector API. */
  private List<Row> rows(
      Labels labels,
      Operand x,
      UnaryOperator<Tensor> op,
      Runnable loop,
      TeamWork vector,
      int copied) {
    Contest contest = new Contest(labels.id(), labels.tolerance());
    try (Team team = new Team(threads)) {
      Contestant ours = addOurs(contest, op, x.tensor());
      Contestant c = addLoop(contest, "C loop", loop, x.z());
      Contestant java = addVector(contest, () -> vector.run(team), x.y());
      Contestant limit = addCopy(contest, "a copy of as many bytes", x, copied);
      contest.run(effort);
      return List.of(
          row(labels, "", ours, c).with(new Row.Target.Ratio(AS_C)),
          row(labels, ".vector", ours, java),
          row(labels, ".limit", ours, limit));
    }
  }

  private List<Row> transpose() {
    Operand x = Operand.of(2048, 2048, 2048 * 2048);
    Labels labels = new Labels("M8.transpose", "transposed copy of 2048²", Unit.MILLISECONDS, 0);
    Contest contest = new Contest(labels.id(), labels.tolerance());
    Contestant ours = addOurs(contest, t -> t.transpose(0, 1).contiguous(), x.tensor());
    Contestant loop =
        addLoop(
            contest,
            "C loop in blocks",
            () -> Reference.transpose(threads, x.segment(), x.z(), x.m(), x.n()),
            x.z());
    Contestant copy = addCopy(contest, "a contiguous copy", x, x.array().length);
    contest.run(effort);
    return List.of(
        row(labels, "", ours, copy).with(new Row.Target.Ratio(AS_A_COPY)),
        row(labels, ".loop", ours, loop));
  }

  private static Row row(Labels labels, String suffix, Contestant ours, Contestant reference) {
    return Row.of(labels.id() + suffix, labels.what(), labels.unit(), 1, ours, reference);
  }

  private static Contestant addOurs(Contest contest, UnaryOperator<Tensor> op, Tensor x) {
    return contest.add(
        "Thimble",
        times -> {
          for (int i = 0; i < times; i++) {
            op.apply(x).close();
          }
        },
        () -> op.apply(x).toFloatArray());
  }

  private static Contestant addLoop(Contest contest, String name, Runnable loop, MemorySegment z) {
    return contest.add(
        name,
        times -> {
          for (int i = 0; i < times; i++) {
            loop.run();
          }
        },
        () -> {
          z.fill((byte) -1);
          loop.run();
          return z.toArray(ValueLayout.JAVA_FLOAT);
        });
  }

  private static Contestant addVector(Contest contest, Runnable loop, float[] y) {
    return contest.add(
        "Vector API",
        times -> {
          for (int i = 0; i < times; i++) {
            loop.run();
          }
        },
        () -> {
          Arrays.fill(y, Float.NaN);
          loop.run();
          return y.clone();
        });
  }

  /** Adds a copy of the first {@code count} elements. */
  private Contestant addCopy(Contest contest, String name, Operand x, int count) {
    MemorySegment to = Reference.floats(count);
    Reference.copy(threads, x.segment(), to, count);
    if (to.mismatch(x.segment().asSlice(0, 4L * count)) >= 0) {
      throw new IllegalStateException("the copy is none");
    }
    return contest.addLimit(
        name,
        1,
        times -> {
          for (int i = 0; i < times; i++) {
            Reference.copy(threads, x.segment(), to, count);
          }
        });
  }
}
