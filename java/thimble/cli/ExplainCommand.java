package thimble.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import thimble.explain.Digits;
import thimble.explain.Explanation;
import thimble.explain.Expr;
import thimble.explain.Format;
import thimble.explain.Report;

/** Shows how an expression is differentiated at a point, in each way there is. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    description = {
      "Shows how an expression is differentiated: the trace of its value, tangents and adjoints with"
          + " what they are summed up from, formulas, and differences.",
      "Expressions have numbers, names, + - * / ^, parentheses, pi, e, and functions: ln, sin, sqrt,"
          + " max, ... For example:",
      "  ./thimble explain \"ln(x1) + x1*x2 - sin(x2)\" --at x1=2,x2=5"
    })
final class ExplainCommand implements Callable<Integer> {
  /**
   * How many numbers, names and signs an expression may have. Nobody reads the trace of more, and
   * the table of what an adjoint is summed up from grows with the square.
   */
  private static final int LONGEST = 1000;

  /** Ways to differentiate, as a user types them. */
  enum Mode {
    FORWARD,
    REVERSE,
    SYMBOLIC,
    NUMERIC,
    ALL;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Parameters(paramLabel = "EXPRESSION", description = "What to differentiate; quote it.")
  private String text = "";

  @Option(
      names = "--at",
      paramLabel = "x=2,...",
      description =
          "The point: a value for each variable, in the order in which they are to be numbered.")
  private @Nullable String at;

  @Option(
      names = "--along",
      paramLabel = "x=1,...",
      description =
          "The direction of forward mode; a name alone stands for 1. By default the first variable.")
  private @Nullable String along;

  @Option(
      names = "--mode",
      paramLabel = "forward|reverse|symbolic|numeric|all",
      description = "Which way to differentiate.")
  private Mode mode = Mode.ALL;

  @Option(names = "--format", paramLabel = "text|markdown|html", description = "How to write it.")
  private Format format = Format.TEXT;

  @Option(names = "--full", description = "All digits of numbers instead of three decimals.")
  private boolean full;

  @Option(
      names = "--svg",
      paramLabel = "FILE",
      description = "Draws the graph, with what reverse mode adds to it.")
  private @Nullable Path svg;

  @Option(names = "--dot", paramLabel = "FILE", description = "Writes that graph for Graphviz.")
  private @Nullable Path dot;

  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec
  private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Expr f = Expr.parse(text, LONGEST);
    Digits digits = full ? Digits.ALL : Digits.THREE;
    Report report = new Report(digits);
    if (mode == Mode.SYMBOLIC && at == null && svg == null && dot == null) {
      print(report.symbolic(f));
      return 0;
    }
    SequencedMap<String, Double> point = point(f);
    SequencedMap<String, Double> direction =
        along == null ? first(point) : values("--along", along, point.sequencedKeySet());
    Explanation e = Explanation.of(f, point, direction);
    write(svg, () -> drawing(e, digits));
    write(dot, () -> e.dot(digits));
    switch (mode) {
      case FORWARD -> report.forward(e).tangents(e);
      case REVERSE -> report.forward(e).adjoints(e);
      case SYMBOLIC -> report.symbolic(f);
      case NUMERIC -> report.numeric(f, point);
      case ALL -> report.summary(e).tangents(e).adjoints(e).symbolic(f).numeric(f, point);
    }
    if (format == Format.HTML && (mode == Mode.ALL || mode == Mode.REVERSE)) {
      report.drawing(e);
    }
    print(report);
    return 0;
  }

  // -- The point ----------------------------------------------------------------------------------

  private SequencedMap<String, Double> point(Expr f) {
    SequencedSet<String> names = new LinkedHashSet<>(f.symbols());
    SequencedMap<String, Double> point = values("--at", at == null ? "" : at, names);
    List<String> missing = names.stream().filter(n -> !point.containsKey(n)).toList();
    if (!missing.isEmpty()) {
      throw usage("--at: no value for %s".formatted(String.join(", ", missing)));
    }
    return point;
  }

  private static SequencedMap<String, Double> first(SequencedMap<String, Double> point) {
    SequencedMap<String, Double> first = new LinkedHashMap<>();
    if (!point.isEmpty()) {
      first.put(point.firstEntry().getKey(), 1.0);
    }
    return first;
  }

  /** x1=2,x2=5 as names with numbers, which may be expressions themselves: x=pi/2. */
  private SequencedMap<String, Double> values(
      String option, String assignments, SequencedSet<String> names) {
    SequencedMap<String, Double> values = new LinkedHashMap<>();
    if (assignments.isBlank()) {
      return values;
    }
    for (String assignment : assignments.split(",", -1)) {
      String[] parts = assignment.split("=", 2);
      String name = parts[0].strip();
      if (!names.contains(name)) {
        String there = names.isEmpty() ? "it has none" : String.join(", ", names);
        throw usage(
            "%s %s: '%s' is no variable of the expression: %s"
                .formatted(option, assignments, name, there));
      }
      boolean bare = parts.length == 1 && option.equals("--along");
      if (values.put(name, bare ? 1 : value(option, assignment, parts)) != null) {
        throw usage("%s %s: %s has two values".formatted(option, assignments, name));
      }
    }
    return values;
  }

  private double value(String option, String assignment, String... parts) {
    if (parts.length == 1) {
      throw usage("%s %s: takes name=number, several with commas".formatted(option, assignment));
    }
    try {
      double value = Expr.parse(parts[1]).at(Map.of());
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (IllegalArgumentException e) { // no expression, or one with variables
      throw usage("%s %s: '%s' is no number".formatted(option, assignment, parts[1].strip()), e);
    }
    throw usage("%s %s: must be finite".formatted(option, assignment));
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private ParameterException usage(String message, Exception cause) {
    return new ParameterException(spec.commandLine(), message, cause);
  }

  // -- Output -------------------------------------------------------------------------------------

  /** In UTF-8 whatever the terminal is said to take: there is no other way to write v̄. */
  private void print(Report report) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.print(report.write(format));
    out.flush();
  }

  private String drawing(Explanation e, Digits digits) {
    try {
      return e.svg(digits);
    } catch (IllegalArgumentException tooLarge) {
      throw usage("--svg %s: %s".formatted(svg, tooLarge.getMessage()), tooLarge);
    }
  }

  private static void write(@Nullable Path file, Supplier<String> content) throws IOException {
    if (file != null) {
      OutputFile.write(file, content.get());
    }
  }
}
