package thimble.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thimble.draw.SvgElement;
import thimble.explain.Explanation;
import thimble.explain.Expr;
import thimble.explain.Quantity;
import thimble.runtime.OtherJvm;
import thimble.runtime.OtherJvm.Ended;

/** {@code thimble explain}: what it prints, and that each failure says what is wrong. */
class ExplainCommandTest {
  private static final String ARTICLE = "ln(x1) + x1*x2 - sin(x2)";

  @TempDir private Path folder;

  // -- What it prints -----------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({
    "forward, text, forward.txt",
    "forward, markdown, forward.md",
    "reverse, text, reverse.txt",
    "reverse, markdown, reverse.md",
    "symbolic, text, symbolic.txt",
    "symbolic, markdown, symbolic.md",
  })
  void theArticlesExample(String mode, String format, String golden) throws Exception {
    Ended ended = explain(ARTICLE, "--at", "x1=2,x2=5", "--mode", mode, "--format", format);

    assertDone(ended);
    assertEquals(golden(golden), ended.out());
  }

  @Test
  void withoutAModeThereIsTheArticlesTableAndAllElse() throws Exception {
    Ended ended = explain(ARTICLE, "--at", "x1=2,x2=5", "--format", "markdown");

    assertDone(ended);
    String head = "## y = ln x1 + x1·x2 − sin x2 at x1 = 2, x2 = 5\n\n";
    assertTrue(ended.out().startsWith(head + golden("article.md")), ended::all);
    for (String heading :
        List.of(
            "## Tangent trace for x1: forward mode",
            "## Adjoint trace: reverse mode",
            "## Symbolic derivatives",
            "## Numerical derivatives")) {
      assertTrue(ended.out().contains("\n" + heading + "\n"), heading);
    }
  }

  @Test
  void htmlHasTheDrawingInIt() throws Exception {
    Ended ended = explain(ARTICLE, "--at", "x1=2,x2=5", "--mode", "reverse", "--format", "html");

    assertDone(ended);
    assertTrue(ended.out().startsWith("<!DOCTYPE html>"), ended::all);
    assertTrue(ended.out().contains("<svg ") && ended.out().endsWith("</html>\n"), ended::all);
    assertEquals(
        golden("forward.html"),
        explain(
                ARTICLE,
                "--at",
                "x1=2,x2=5",
                "--along",
                "x1=0.6,x2=0.8",
                "--mode",
                "forward",
                "--format",
                "html")
            .out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"forward", "reverse", "symbolic", "numeric", "all"})
  void theTitleIsTheExpressionWhateverTheMode(String mode) throws Exception {
    Ended ended =
        explain("x*where(x < 1, 2, 3)", "--at", "x=2", "--format", "html", "--mode", mode);

    assertDone(ended);
    assertTrue(ended.out().contains("<title>y = x·where(x &lt; 1, 2, 3)</title>"), ended::all);
  }

  @ParameterizedTest
  @ValueSource(strings = {"forward", "reverse", "symbolic", "numeric", "all"})
  void aLongExpressionIsExplainedAndALongerOneRefusedWhereItIs(String mode) throws Exception {
    String longest = "x" + "+x".repeat(499) + " ";

    assertDone(explain(longest, "--at", "x=1", "--mode", mode));
    assertDone(explain(longest, "--at", "x=1", "--mode", mode, "--format", "html"));
    for (int more : new int[] {1, 4501}) {
      Ended ended = explain(longest + "+x".repeat(more), "--at", "x=1", "--mode", mode);
      assertEquals(Exit.BAD_USAGE, ended.code(), ended::all);
      assertTrue(
          ended.err().startsWith("thimble: column 1002: longer than 1000 numbers, names and signs"),
          ended::all);
    }
  }

  @Test
  void aGraphThatIsTooLargeToDrawIsNotDrawn() throws Exception {
    Path svg = folder.resolve("graph.svg");
    String f = "x" + "+x".repeat(400);

    assertFails(Exit.BAD_USAGE, explain(f, "--at", "x=1", "--svg", svg), "--svg " + svg, "300");
    Ended html = explain(f, "--at", "x=1", "--mode", "reverse", "--format", "html");
    assertDone(html);
    assertTrue(html.out().contains("at most 300 can be read"));
    assertFalse(html.out().contains("<svg"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "max(x, y); equal, the rules give each of them half.; true",
        "x*min(2, y); equal, the rules give each of them half.; true",
        "max(2, 3)*x*y; equal, the rules give each of them half.; false",
        "x^y; is 0, the rules give 0 for b if b ≥ 0, and for a if b = 0.; true",
        "x^2 + 2^y; is 0, the rules give 0 for b; false",
      })
  void whereTheRulesGiveSomethingElseThanTheFormulasIsSaid(String f, String said, boolean is)
      throws Exception {
    Ended ended = explain(f, "--mode", "symbolic");

    assertDone(ended);
    assertEquals(is, ended.out().contains(said), ended::all);
  }

  @Test
  void theRulesAtSuchPointsAreAsSaid() {
    assertEquals(0.5, partial("max(x, y)", "x", 1, 1));
    assertEquals(0.5, partial("min(x, y)", "y", 1, 1));
    assertEquals(0, partial("x^y", "y", 0, 2));
    assertEquals(0, partial("x^y", "y", 0, 0));
    assertEquals(0, partial("x^y", "x", 0, 0));
  }

  /** By the rules. */
  private static double partial(String f, String name, double x, double y) {
    Map<String, Double> point = new LinkedHashMap<>(Map.of(name, name.equals("x") ? x : y));
    point.putIfAbsent("x", x);
    point.putIfAbsent("y", y);
    Explanation e = Explanation.of(Expr.parse(f), point);
    return ((Quantity.Scalar) e.nodes().getLast().tangent().orElseThrow().value()).value();
  }

  @Test
  void outputThatCannotBeWrittenIsAnError() throws Exception {
    for (String[] arguments :
        new String[][] {{"explain", "x", "--at", "x=1"}, {"explain", "--help"}, {"--version"}}) {
      Ended ended = run(FullDisk.stream(), arguments);
      assertFails(Exit.CANNOT_WRITE, ended, "cannot write to the standard output");
    }
  }

  @Test
  void numericHasErrorsAndCounts() throws Exception {
    Ended ended = explain(ARTICLE, "--at", "x1=2,x2=5", "--mode", "numeric");

    assertDone(ended);
    Matcher m =
        Pattern.compile("∂y/∂x2  1\\.716 +1\\.716 +(\\S+) +1\\.716 +(\\S+)\n").matcher(ended.out());
    assertTrue(m.find(), ended::all);
    assertTrue(Double.parseDouble(m.group(1).replace('−', '-')) < 1e-6, ended::all);
    assertTrue(Double.parseDouble(m.group(2).replace('−', '-')) < 1e-8, ended::all);
    assertTrue(ended.out().contains("3 for forward differences, 4 for central ones."), ended::all);
    assertTrue(ended.out().contains("; 2 evaluations."), ended::all);
  }

  @Test
  void fullHasAllDigitsOfTheKnownAnswers() throws Exception {
    Ended ended = explain(ARTICLE, "--at", "x1=2,x2=5", "--mode", "reverse", "--full");

    Map<String, Double> known =
        Map.of("v7 .* ", 11.652071455223084, "v\u03042 .* ", 1.7163378145367738);
    known.forEach((line, value) -> {
      Matcher m = Pattern.compile("(?m)^" + line + "([\\d.]+)$").matcher(ended.out());
      assertTrue(m.find(), ended::all);
      assertEquals(value, Double.parseDouble(m.group(1)), 4e-15);
    });
  }

  @Test
  void variablesAreNumberedAsGivenAndMayBeFormulas() throws Exception {
    Ended ended = explain("sin(b)*a", "--at", " b = pi/2 , a=2^3 ", "--mode", "forward");

    assertDone(ended);
    assertTrue(
        ended.out().contains("v1    b            1.571\nv2    a            8\n"), ended::all);
    assertTrue(ended.out().contains("v4    v3·v2        8\n"), ended::all);
  }

  @Test
  void aNameAloneIsTheDirectionOfItsAxis() throws Exception {
    Ended ended = explain("x*y", "--at", "x=2,y=3", "--along", "y", "--mode", "forward");

    assertDone(ended);
    assertTrue(ended.out().contains("Tangent trace for y"), ended::all);
  }

  @Test
  void formulasNeedNoPoint() throws Exception {
    assertDone(explain("x^2", "--mode", "symbolic"));
  }

  @Test
  void anExpressionWithoutVariables() throws Exception {
    Ended ended = explain("2*3 + 4");

    assertDone(ended);
    assertTrue(ended.out().startsWith("y = 2*3 + 4\n".replace('*', '·')), ended::all);
  }

  @Test
  void itPrintsUtf8WhereTheTerminalIsSaidToBeAscii() throws Exception {
    Ended ended =
        OtherJvm.start(
                folder,
                List.of(OtherJvm.CLASSES, OtherJvm.library("picocli")),
                List.of(
                    "--enable-native-access=ALL-UNNAMED",
                    "-Dstdout.encoding=US-ASCII",
                    Main.class.getName(),
                    "explain",
                    "x*x",
                    "--at",
                    "x=3"))
            .end();

    assertEquals(0, ended.code(), ended::all);
    assertTrue(ended.out().contains("v\u03041"), ended::all);
  }

  // -- What it writes -----------------------------------------------------------------------------

  @Test
  void theGraphIsDrawn() throws Exception {
    Path svg = Files.writeString(folder.resolve("graph.svg"), "old");
    Path dot = folder.resolve("graph.dot");

    assertDone(
        explain(ARTICLE, "--at", "x1=2,x2=5", "--mode", "symbolic", "--svg", svg, "--dot", dot));

    assertEquals("svg", SvgElement.parse(Files.readString(svg)).getFirst().name());
    String graph = Files.readString(dot);
    assertTrue(graph.startsWith("digraph") && graph.contains("v\u03042 = "), graph);
    assertEquals(List.of("graph.dot", "graph.svg"), names());
  }

  @ParameterizedTest
  @CsvSource({"--svg", "--dot"})
  void aFileThatCannotBeWrittenIsNamed(String option) throws Exception {
    Path file = folder.resolve("none").resolve("graph");
    assertFails(
        Exit.CANNOT_WRITE,
        explain("x", "--at", "x=1", option, file),
        "cannot write " + file + ": no such file or folder");
    assertFails(
        Exit.CANNOT_WRITE,
        explain("x", "--at", "x=1", option, folder),
        "cannot write " + folder + ": is not a regular file");
    assertEquals(List.of(), names());
  }

  // -- Bad usage ----------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "2x; column 2: expected an operator: a product is written 2*x",
        "ln(x1; column 6: expected ')' or an operator",
        "foo(x); column 1: no function is called foo",
        "''; column 1: expected a number, a name or '('",
      })
  void aMistakeIsShownBelowTheExpression(String text, String message) throws Exception {
    Ended ended = explain(text, "--at", "x=1");

    assertEquals(Exit.BAD_USAGE, ended.code(), ended::all);
    List<String> lines = ended.err().lines().toList();
    assertEquals(3, lines.size(), ended::all);
    assertTrue(lines.get(0).startsWith("thimble: " + message), ended::all);
    assertEquals("  " + text, lines.get(1));
    assertTrue(lines.get(2).matches(" +\\^"), ended::all);
    assertEquals("", ended.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "x1=2; --at: no value for x2",
        "x1=2,x2=5,y=1; 'y' is no variable of the expression: x1, x2",
        "x1=2,x2=5,; '' is no variable of the expression",
        "x1=2,x2; takes name=number",
        "x1=2,x2=; '' is no number",
        "x1=2,x2=a; 'a' is no number",
        "x1=2,x2=1..5; '1..5' is no number",
        "x1=2,x2=1/0; must be finite",
        "x1=2,x2=1e999; '1e999' is no number",
        "x1=2,x1=3,x2=5; x1 has two values",
        "x1:2; 'x1:2' is no variable of the expression",
      })
  void aBadPointIsNamed(String at, String message) throws Exception {
    assertFails(Exit.BAD_USAGE, explain(ARTICLE, "--at", at), message, "explain --help");
  }

  @Test
  void withoutAPointAllThatIsMissingIsNamed() throws Exception {
    assertFails(Exit.BAD_USAGE, explain(ARTICLE), "--at: no value for x1, x2");
  }

  @ParameterizedTest
  @CsvSource({
    "--along, z, 'z' is no variable",
    "--mode, backward, 'backward' is none of",
    "--mode, Forward, 'Forward' is none of",
    "--format, pdf, 'pdf' is none of",
    "--nonsense, 1, --nonsense",
  })
  void aBadOptionIsNamed(String option, String value, String message) throws Exception {
    assertFails(Exit.BAD_USAGE, explain(ARTICLE, "--at", "x1=2,x2=5", option, value), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--svg", "--dot"})
  void anEmptyPathIsRefused(String option) throws Exception {
    assertFails(Exit.BAD_USAGE, explain("x", "--at", "x=1", option, ""), option, "path is empty");
  }

  @Test
  void theExpressionMustNotBeMissing() throws Exception {
    assertFails(Exit.BAD_USAGE, explain(), "EXPRESSION");
  }

  @Test
  void helpListsEveryOption() throws Exception {
    Ended ended = explain("--help");

    assertEquals(0, ended.code(), ended::all);
    for (String option : "--at --along --mode --format --full --svg --dot".split(" ")) {
      assertTrue(ended.out().contains(option), option);
    }
  }

  // -- Helpers ------------------------------------------------------------------------------------

  private static String golden(String name) throws IOException {
    try (InputStream in = ExplainCommandTest.class.getResourceAsStream("/explain/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  private static void assertDone(Ended ended) {
    assertEquals(0, ended.code(), ended::all);
    assertEquals("", ended.err(), ended::all);
    assertFalse(ended.out().isEmpty());
  }

  private static void assertFails(int code, Ended ended, String... parts) {
    assertEquals(code, ended.code(), ended::all);
    assertEquals(1, ended.err().lines().count(), ended::all);
    assertEquals("", ended.out());
    for (String part : parts) {
      assertTrue(ended.err().contains(part), () -> "'" + part + "' is not in " + ended.all());
    }
  }

  private static Ended explain(Object... arguments) {
    return run(
        new ByteArrayOutputStream(),
        Stream.concat(Stream.of("explain"), Arrays.stream(arguments).map(Object::toString))
            .toArray(String[]::new));
  }

  private static Ended run(OutputStream out, String... arguments) {
    PrintStream outBefore = System.out;
    PrintStream errBefore = System.err;
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      int code = Main.run(arguments);
      return new Ended(
          code,
          out instanceof ByteArrayOutputStream b ? b.toString(StandardCharsets.UTF_8) : "",
          err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(outBefore);
      System.setErr(errBefore);
    }
  }
}
