package thimble;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The examples print what their comments say, and the documents show nothing but examples. */
class ExamplesTest {
  private static final Path EXAMPLES = Path.of("tests/examples/java/thimble/examples");
  private static final Pattern PRINTED =
      Pattern.compile("System\\.out\\.print.*; // (.*)$", Pattern.MULTILINE);
  private static final Pattern SNIPPET =
      Pattern.compile("^```java\\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);

  /** All of them; those that are JUnit's tests run like other tests. */
  private static List<Path> all() throws IOException {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      return files.sorted().toList();
    }
  }

  static Stream<Path> examples() throws IOException {
    return all().stream().filter(file -> !file.toString().endsWith("Test.java"));
  }

  static Stream<Path> documents() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("docs"))) {
      List<Path> pages = files.filter(f -> f.toString().endsWith(".md")).sorted().toList();
      return Stream.concat(Stream.of(Path.of("README.md")), pages.stream());
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void anExamplePrintsWhatItsCommentsSay(Path file) throws Exception {
    String name = file.getFileName().toString().replace(".java", "");
    List<String> expected =
        PRINTED.matcher(Files.readString(file)).results().map(r -> r.group(1)).toList();
    assertFalse(expected.isEmpty(), "an example prints something and says what");

    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      Class.forName("thimble.examples." + name)
          .getMethod("main", String[].class)
          .invoke(null, (Object) new String[0]);
    } finally {
      System.setOut(before);
    }
    assertEquals(expected, printed.toString(StandardCharsets.UTF_8).lines().toList());
  }

  @ParameterizedTest
  @MethodSource("documents")
  void aSnippetOfADocumentIsPartOfAnExample(Path document) throws Exception {
    List<String> sources = all().stream().map(ExamplesTest::squeezed).toList();
    for (MatchResult snippet : SNIPPET.matcher(Files.readString(document)).results().toList()) {
      String text = squeeze(snippet.group(1));
      assertTrue(
          sources.stream().anyMatch(s -> s.contains(text)),
          () -> document + " shows code that no example has:\n" + snippet.group(1));
    }
  }

  @Test
  void theReadmeShowsCode() throws IOException {
    assertTrue(SNIPPET.matcher(Files.readString(Path.of("README.md"))).results().count() >= 2);
  }

  private static String squeezed(Path file) {
    try {
      return squeeze(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Without indentation and line ends. */
  private static String squeeze(String code) {
    return code.replaceAll("\\s+", " ").strip();
  }
}
