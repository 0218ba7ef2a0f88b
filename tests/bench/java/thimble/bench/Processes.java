package thimble.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;

/** M10: what only a process of its own shows: its memory, and the time to its first result. */
final class Processes {
  /** Processes of which the median is taken. */
  private static final int EPOCHS = 3;

  private static final double MOST_MEGABYTES = 350;
  private static final double MOST_MILLISECONDS = 300;

  private Processes() {}

  static List<Piece> pieces(int threads) {
    List<Piece> pieces = new ArrayList<>();
    pieces.add(new Piece("M10.first", Processes::first));
    if (Files.isReadable(Child.STATUS)) {
      pieces.add(new Piece("M10.memory", effort -> memory(threads)));
    }
    return pieces;
  }

  private static List<Row> first(Effort effort) {
    Contest contest = new Contest("M10.first", 0);
    Contestant ours =
        contest.add(
            "java to the first result",
            Contest.each(Processes::firstResult),
            () -> new float[] {firstResult()});
    Contestant empty =
        contest.addLimit("an empty JVM", 1, Contest.each(() -> run(List.of(), "nothing")));
    contest.run(effort);
    String what = "java to the first result, a product of 64 × 64, warm cache";
    Row row = Row.of("M10.first", what, Unit.MILLISECONDS, 1, ours, empty);
    return List.of(row.with(new Row.Target.Value(MOST_MILLISECONDS)));
  }

  /** The sum of a product of 64 × 64 ones, by Thimble in a new JVM. */
  static float firstResult() {
    return Float.parseFloat(run(List.of(), "first"));
  }

  private static List<Row> memory(int threads) {
    List<String> options =
        List.of("-Xmx64m", "-Dthimble.memory.limit=512m", "-Dthimble.threads=" + threads);
    double[] bytes = new double[EPOCHS];
    for (int i = 0; i < EPOCHS; i++) {
      bytes[i] = Double.parseDouble(run(options, "epoch"));
    }
    Arrays.sort(bytes);
    double peak = bytes[EPOCHS / 2];
    Row row =
        new Row(
            "M10.memory",
            "peak RSS of M1 at -Xmx64m",
            Unit.MEGABYTES.of(peak, 1),
            Unit.MEGABYTES,
            "its data",
            Unit.MEGABYTES.of(Child.DATA, 1),
            peak / Child.DATA,
            Optional.empty());
    return List.of(row.with(new Row.Target.Value(MOST_MEGABYTES)));
  }

  /** What {@link Child} says as its only line. */
  private static String run(List<String> options, String task) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Child.class.getName(), task));
    try {
      Process child =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = child.waitFor();
      if (code != 0) {
        throw new IllegalStateException("%s: ended with %d".formatted(command, code));
      }
      return said.strip();
    } catch (IOException e) {
      throw new IllegalStateException("cannot run " + command, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
