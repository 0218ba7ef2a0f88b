package thimble.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import thimble.bench.Contest.Effort;
import thimble.cli.Exit;
import thimble.cli.OutputFile;
import thimble.tensor.Backends;
import thimble.tensor.Block;

/** The benchmark: one table of Thimble's times by those of what else could do the work. */
@Command(
    name = "bench",
    version = "thimble 0.1.0",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    description = {
      "Measures Thimble against the loops that one would write in C, bare OpenBLAS, the Vector API"
          + " and the limits of the machine, in turn, and prints a table of ratios.",
      "A result that is not the reference's ends the run."
    })
public final class Main implements Callable<Integer> {
  @Option(
      names = "--only",
      paramLabel = "ID",
      split = ",",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = "Only these: M4, M8.softmax, GR, … Without: all.")
  private List<String> only = List.of();

  @Option(names = "--threads", paramLabel = "N", description = "Threads of all that have any.")
  private int threads = Math.min(2, Runtime.getRuntime().availableProcessors());

  @Option(names = "--rounds", paramLabel = "N", description = "Rounds; medians are over them.")
  private int rounds = 31;

  @Option(
      names = "-Ppeers",
      description = "Also against DJL with PyTorch, ND4J and TensorFlow-Java.")
  private boolean peers;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the rows there.")
  private @Nullable Path json;

  @Option(names = "--svg", paramLabel = "FILE", description = "Also draws the ratios there.")
  private @Nullable Path svg;

  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec
  private CommandSpec spec;

  private Main() {}

  /** Runs the benchmark. */
  public static void main(String[] args) {
    System.exit(Exit.code(new CommandLine(new Main()), args));
  }

  @Override
  public Integer call() throws IOException {
    check(rounds >= 1, "--rounds %d: must be at least 1", rounds);
    check(threads >= 1 && threads <= 64, "--threads %d: must be between 1 and 64", threads);
    check(!peers || Rivals.isPlatform(), "-Ppeers: only on Linux, x86_64");
    List<Row> rows;
    try (Rivals rivals = new Rivals(threads)) {
      List<Piece> pieces = chosen(rivals);
      checkWritable(json);
      checkWritable(svg);
      rows = measure(pieces);
    }
    System.out.print(Table.of(rows));
    write(json, rows, Main::json);
    write(svg, rows, Picture::of);
    return 0;
  }

  /** A failure now rather than after minutes. */
  private static void checkWritable(@Nullable Path file) throws IOException {
    if (file != null) {
      OutputFile.check(file);
    }
  }

  private static void write(@Nullable Path file, List<Row> rows, Function<List<Row>, String> format)
      throws IOException {
    if (file != null) {
      OutputFile.write(file, format.apply(rows));
    }
  }

  private static String json(List<Row> rows) {
    return rows.stream().map(Row::json).collect(Collectors.joining(",\n  ", "[\n  ", "\n]\n"));
  }

  private List<Row> measure(List<Piece> pieces) {
    List<Row> rows = new ArrayList<>();
    try (Block _ = Backends.use("native")) {
      Backends.current().threads(threads);
      System.out.println(Machine.describe());
      for (int i = 0; i < pieces.size(); i++) {
        System.err.printf("%d/%d %s%n", i + 1, pieces.size(), pieces.get(i).id());
        rows.addAll(pieces.get(i).measure().apply(Effort.of(rounds)));
      }
    }
    return rows;
  }

  private List<Piece> chosen(Rivals rivals) {
    List<Piece> all = new ArrayList<>();
    all.addAll(Dispatch.pieces()); // first, as in a fork of its own: nothing else has run yet
    all.addAll(Epochs.pieces(threads));
    all.addAll(Chain.pieces());
    all.addAll(Fused.pieces(threads));
    all.addAll(Passes.pieces(threads));
    all.addAll(Products.pieces(threads));
    all.addAll(Processes.pieces(threads));
    all.addAll(Scaling.pieces(threads));
    all.addAll(Laziness.pieces());
    all.addAll(Fused.lazy(threads));
    all.addAll(Derivatives.pieces());
    if (peers) {
      all.addAll(rivals.pieces());
    }
    for (String name : only) {
      check(
          all.stream().anyMatch(piece -> piece.is(name)),
          "--only %s: there is no such row, but %s",
          name,
          all.stream().map(Piece::id).collect(Collectors.joining(", ")));
    }
    return all.stream()
        .filter(piece -> only.isEmpty() || only.stream().anyMatch(piece::is))
        .toList();
  }

  private void check(boolean holds, String message, Object... arguments) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), message.formatted(arguments));
    }
  }
}
