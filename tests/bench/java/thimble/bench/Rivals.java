package thimble.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;
import thimble.bench.Rival.Library;
import thimble.bench.Rival.Task;
import thimble.tensor.Tensor;

/**
 * With {@code -Ppeers}: Thimble against other libraries, each in its process, in turn, on the same
 * operands. A row's id is that of the row that Thimble's time is from, and the library's.
 */
final class Rivals implements AutoCloseable {
  /** Of those that run op by op, and of all. */
  private static final Set<Library> PLAIN = EnumSet.complementOf(EnumSet.of(Library.XLA));

  private static final Set<Library> ALL = EnumSet.allOf(Library.class);

  /** Samples long enough that waking a process is no part of them. */
  private static final double SAMPLE = 0.02;

  private static final Row.Target AHEAD = new Row.Target.Ratio(1);

  /** By how much, as a part of the largest, sums in another order may differ. */
  private static final float SUMS = 2e-5f;

  private final int threads;
  private final Map<Library, Rival> started = new EnumMap<>(Library.class);

  /** Starts nothing yet. */
  Rivals(int threads) {
    this.threads = threads;
  }

  /**
   * Work that Thimble does in one way or several, and others as the task says.
   *
   * @param work how many operations it is, where the unit is a rate
   * @param tolerance by how much elements may differ, as a part of the largest
   */
  record Duel(Unit unit, double work, float tolerance, Task task, List<Way> ways) {}

  /** A way to do it with Thimble. */
  record Way(String id, String what, Contest.Body body, Supplier<float[]> result) {
    /** That of an op whose result is closed. */
    static Way of(String id, String what, Supplier<Tensor> op) {
      return new Way(
          id,
          what,
          times -> {
            for (int i = 0; i < times; i++) {
              op.get().close();
            }
          },
          () -> op.get().toFloatArray());
    }
  }

  /** Whether this system is the one that the libraries are fetched for. */
  static boolean isPlatform() {
    return System.getProperty("os.name").equals("Linux")
        && System.getProperty("os.arch").equals("amd64");
  }

  List<Piece> pieces() {
    List<Piece> pieces = new ArrayList<>();
    pieces.add(piece("M4.forward", PLAIN, Rivals::add));
    pieces.add(piece("M4.recorded", EnumSet.of(Library.DJL), Rivals::addRecorded));
    pieces.add(piece("M8.softmax", PLAIN, Rivals::softmax));
    for (int axis : new int[] {0, 1, -1}) {
      String id = axis < 0 ? "M8.sum" : "M8.sum" + axis;
      pieces.add(piece(id, PLAIN, () -> sum(id, axis)));
    }
    for (int axis : new int[] {0, 1}) {
      pieces.add(piece("M8.max" + axis, PLAIN, () -> max("M8.max" + axis, axis)));
    }
    pieces.add(piece("M8.transpose", PLAIN, Rivals::transpose));
    pieces.add(piece("M8.add", PLAIN, Rivals::addRow));
    for (Products p : Products.all()) {
      pieces.add(piece(p.id(), PLAIN, () -> product(p)));
    }
    return pieces;
  }

  private Piece piece(String id, Set<Library> libraries, Supplier<Duel> duel) {
    return new Piece(id + ".peers", effort -> measure(id, effort, libraries, duel.get()));
  }

  private List<Row> measure(String id, Effort effort, Set<Library> libraries, Duel duel) {
    Contest contest = new Contest(id, duel.tolerance());
    List<Contestant> ours =
        duel.ways().stream().map(way -> contest.add("Thimble", way.body(), way.result())).toList();
    Map<Library, Contestant> others = new EnumMap<>(Library.class);
    for (Library library : libraries) {
      Rival rival = started.computeIfAbsent(library, name -> Rival.start(name, threads));
      rival.prepare(duel.task());
      others.put(library, contest.addTimed(rival.name(), rival::run, rival::result));
    }
    contest.run(effort.sampling(SAMPLE));
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < ours.size(); i++) {
      Way way = duel.ways().get(i);
      Contestant own = ours.get(i);
      others.forEach((library, other) ->
          rows.add(
              Row.of(
                      way.id() + "." + library.id(),
                      way.what(),
                      duel.unit(),
                      duel.work(),
                      own,
                      other)
                  .with(AHEAD)));
    }
    return rows;
  }

  /** Ends their processes. */
  @Override
  public void close() {
    started.values().forEach(Rival::close);
  }

  // -- M4 -----------------------------------------------------------------------------------------

  private static Duel add() {
    float[] x = values(16);
    float[] y = values(16);
    Tensor a = Tensor.of(x);
    Tensor b = Tensor.of(y);
    return new Duel(
        Unit.NANOSECONDS,
        1,
        0,
        new Task("add", new int[0], x, y),
        List.of(Way.of("M4.forward", "c = a + b of 16, c.close()", () -> a.add(b))));
  }

  private static Duel addRecorded() {
    float[] x = values(16);
    float[] y = values(16);
    Tensor a = Tensor.of(x).requiresGrad(true);
    Tensor b = Tensor.of(y);
    return new Duel(
        Unit.NANOSECONDS,
        1,
        0,
        new Task("add, recorded", new int[0], x, y),
        List.of(Way.of("M4.recorded", "c = a + b of 16, recorded, c.close()", () -> a.add(b))));
  }

  // -- M8 -----------------------------------------------------------------------------------------

  private static Duel softmax() {
    return pass(
        "M8.softmax",
        "softmax of 4096×1024",
        Unit.MILLISECONDS,
        new Task("softmax", new int[] {4096, 1024}, values(4096 * 1024)),
        x -> x.softmax(1));
  }

  private static Duel sum(String id, int axis) {
    return pass(
        id,
        axis < 0 ? "sum of all of 1024²" : "sum over axis %d of 1024²".formatted(axis),
        Unit.MICROSECONDS,
        new Task("sum", new int[] {1024, 1024, axis}, values(1024 * 1024)),
        axis < 0 ? Tensor::sum : x -> x.sum(axis));
  }

  private static Duel max(String id, int axis) {
    return pass(
        id,
        "max over axis %d of 1024²".formatted(axis),
        Unit.MICROSECONDS,
        new Task("max", new int[] {1024, 1024, axis}, values(1024 * 1024)),
        x -> x.max(axis));
  }

  private static Duel transpose() {
    return pass(
        "M8.transpose",
        "transposed copy of 2048²",
        Unit.MILLISECONDS,
        new Task("transpose", new int[] {2048, 2048}, values(2048 * 2048)),
        x -> x.transpose(0, 1).contiguous());
  }

  private static Duel addRow() {
    float[] b = values(1024);
    Tensor row = Tensor.of(b);
    return pass(
        "M8.add",
        "(1024×1024) + (1024)",
        Unit.MICROSECONDS,
        new Task("add row", new int[] {1024, 1024}, values(1024 * 1024), b),
        x -> x.add(row));
  }

  /** An op of a matrix. */
  private static Duel pass(String id, String what, Unit unit, Task task, UnaryOperator<Tensor> op) {
    Tensor x = Tensor.of(task.operands()[0], task.sizes()[0], task.sizes()[1]);
    return new Duel(unit, 1, SUMS, task, List.of(Way.of(id, what, () -> op.apply(x))));
  }

  // -- M9 -----------------------------------------------------------------------------------------

  private static Duel product(Products p) {
    Products.Operands ab = p.operands();
    Task task =
        new Task(
            "matmul",
            new int[] {p.m(), p.n(), p.k(), p.transposed() ? 1 : 0, p.batches()},
            ab.a(),
            ab.b());
    Tensor x = p.left(ab);
    Tensor y = p.right(ab);
    return new Duel(
        Unit.GIGAFLOPS,
        p.flops(),
        SUMS,
        task,
        List.of(Way.of(p.id(), "matmul " + p.what(), () -> x.matmul(y))));
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
