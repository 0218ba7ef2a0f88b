package thimble;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import thimble.tensor.Index;
import thimble.tensor.Tensor;
import thimble.testing.GradCheck;
import thimble.testing.GradCheckError;
import thimble.transform.ErrorCurve;

/** What docs/differentiation.md shows as printed is printed, up to what is rounded. */
class DocumentedTablesTest {
  private static final Path PAGE = Path.of("docs/differentiation.md");
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+\\.[0-9]+(E-?[0-9]+)?");

  /** The lines of the block that begins like that. */
  private static List<String> block(String start) throws IOException {
    List<String> lines = Files.readAllLines(PAGE);
    int from =
        lines.indexOf(lines.stream().filter(l -> l.startsWith(start)).findFirst().orElseThrow());
    List<String> rest = lines.subList(from, lines.size());
    assertEquals("```", lines.get(from - 1));
    return rest.subList(0, rest.indexOf("```"));
  }

  private static Tensor article(Tensor x) {
    Tensor x1 = x.get(Index.at(0));
    Tensor x2 = x.get(Index.at(1));
    return x1.log().add(x1.mul(x2)).sub(x2.sin());
  }

  @Test
  void theErrorsOfDifferences() throws IOException {
    ErrorCurve curve = ErrorCurve.of(DocumentedTablesTest::article, Tensor.of(new double[] {2, 5}));
    List<String> printed = curve.toString().lines().toList();
    List<String> shown = block("     ε    forward");
    assertEquals(printed.getFirst(), shown.getFirst());
    assertEquals(printed.get(printed.size() - 3), shown.get(shown.size() - 3), "the slopes");
    for (String line : shown.subList(1, shown.size() - 3)) {
      double[] v =
          Arrays.stream(line.strip().split(" +")).mapToDouble(Double::parseDouble).toArray();
      ErrorCurve.Row row =
          curve.rows().stream()
              .filter(r -> Math.abs(r.eps() / v[0] - 1) < 1e-6)
              .findFirst()
              .orElseThrow();
      double rounded = 2e-14 / v[0];
      assertEquals(row.forward(), v[1], 0.01 * v[1] + rounded, line);
      assertEquals(row.central(), v[2], 0.01 * v[2] + rounded, line);
    }
  }

  @Test
  void whatGradCheckSays() throws IOException {
    GradCheck check = GradCheck.standard().named("cube");
    GradCheckError e =
        assertThrows(
            GradCheckError.class,
            () -> check.check((Tensor x) -> x.pow(2).mul(x.detach()), Tensor.of(2)));
    List<String> shown = block("gradient check of cube");
    assertTrue(shown.size() > 2);
    assertEquals(
        shown.stream().map(DocumentedTablesTest::rounded).toList(),
        e.getMessage().lines().map(DocumentedTablesTest::rounded).toList());
  }

  private static String rounded(String line) {
    return NUMBER.matcher(line).replaceAll(DocumentedTablesTest::rounded);
  }

  private static String rounded(MatchResult number) {
    return String.format(Locale.ROOT, "%.6e", Double.parseDouble(number.group()));
  }
}
