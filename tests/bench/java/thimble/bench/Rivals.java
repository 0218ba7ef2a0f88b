package thimble.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;
import thimble.bench.Duel.Way;
import thimble.bench.Rival.Library;
import thimble.bench.Rival.Task;

/**
 * With {@code -Ppeers}: Thimble against other libraries, each in its process, in turn, on the same
 * operands. A row's id is that of the row that Thimble's time is from, and the library's.
 */
final class Rivals implements AutoCloseable {
  /** Samples long enough that waking a process is no part of them. */
  private static final double SAMPLE = 0.02;

  private static final Row.Target AHEAD = new Row.Target.Ratio(1);

  private final int threads;
  private final Map<Library, Rival> started = new EnumMap<>(Library.class);

  /** Starts nothing yet. */
  Rivals(int threads) {
    this.threads = threads;
  }

  /** Whether this system is the one that the libraries are fetched for. */
  static boolean isPlatform() {
    return System.getProperty("os.name").equals("Linux")
        && System.getProperty("os.arch").equals("amd64");
  }

  List<Piece> pieces() {
    List<Piece> pieces = new ArrayList<>();
    pieces.add(piece("M1", Duel.ALL, Duels::epoch));
    pieces.add(piece("M3", Duel.ALL, Duels::wideEpoch));
    pieces.add(piece("M4.forward", Duel.PLAIN, Duels::add));
    pieces.add(piece("M4.recorded", Set.of(Library.DJL), Duels::addRecorded));
    pieces.add(piece("M5.chain", Duel.ALL, Duels::chain));
    pieces.add(piece("M6.chain", Duel.ALL, Duels::polynomial));
    pieces.add(piece("M7.sum", Duel.ALL, Duels::softplusSum));
    pieces.add(piece("M8.softmax", Duel.PLAIN, Duels::softmax));
    for (int axis : new int[] {0, 1, -1}) {
      String id = axis < 0 ? "M8.sum" : "M8.sum" + axis;
      pieces.add(piece(id, Duel.PLAIN, () -> Duels.sum(id, axis)));
    }
    for (int axis : new int[] {0, 1}) {
      pieces.add(piece("M8.max" + axis, Duel.PLAIN, () -> Duels.max("M8.max" + axis, axis)));
    }
    pieces.add(piece("M8.transpose", Duel.PLAIN, Duels::transpose));
    pieces.add(piece("M8.add", Duel.PLAIN, Duels::addRow));
    for (Products p : Products.all()) {
      pieces.add(piece(p.id(), Duel.PLAIN, () -> Duels.product(p)));
    }
    pieces.add(new Piece("M10.first.peers", this::first));
    return pieces;
  }

  private Rival rival(Library library) {
    return started.computeIfAbsent(library, l -> Rival.start(l, threads));
  }

  private Piece piece(String id, Set<Library> libraries, Supplier<Duel> duel) {
    return new Piece(id + ".peers", effort -> measure(id, effort, libraries, duel.get()));
  }

  private List<Row> measure(String id, Effort effort, Set<Library> libraries, Duel duel) {
    Contest contest = new Contest(id, duel.tolerance());
    List<Contestant> ours =
        duel.ways().stream()
            .map(way -> contest.add("Thimble: " + way.what(), way.body(), way.result()))
            .toList();
    Map<Library, Contestant> others = new EnumMap<>(Library.class);
    for (Library library : libraries) {
      Rival rival = rival(library);
      rival.prepare(duel.task());
      others.put(
          library,
          contest.addTimed(rival.name(), rival::run, () -> duel.outcome().apply(rival.result())));
    }
    contest.run(effort.sampling(SAMPLE));
    return rows(duel, ours, others);
  }

  private static List<Row> rows(Duel duel, List<Contestant> ours, Map<Library, Contestant> others) {
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

  /** M10: from the start of a JVM to the first result, which is a product of 64 × 64 ones. */
  private List<Row> first(Effort effort) {
    Contest contest = new Contest("M10.first", 0);
    Contestant ours =
        contest.add(
            "Thimble",
            Contest.each(Processes::firstResult),
            () -> new float[] {Processes.firstResult()});
    Map<Library, Contestant> others = new EnumMap<>(Library.class);
    for (Library library : Duel.PLAIN) {
      others.put(
          library,
          contest.add(
              rival(library).name(),
              Contest.each(() -> firstResult(library)),
              () -> firstResult(library)));
    }
    contest.run(effort);
    String what = "java to the first result, a product of 64 × 64, warm cache";
    List<Row> rows = new ArrayList<>();
    others.forEach((library, other) ->
        rows.add(
            Row.of("M10.first." + library.id(), what, Unit.MILLISECONDS, 1, ours, other)
                .with(AHEAD)));
    return rows;
  }

  private float[] firstResult(Library library) {
    float[] ones = new float[64 * 64];
    Arrays.fill(ones, 1);
    try (Rival rival = Rival.start(library, threads)) {
      rival.prepare(new Task("matmul", new int[] {64, 64, 64, 0, 1}, ones, ones));
      float sum = 0;
      for (float x : rival.result()) {
        sum += x;
      }
      return new float[] {sum};
    }
  }

  /** Ends their processes. */
  @Override
  public void close() {
    started.values().forEach(Rival::close);
  }
}
