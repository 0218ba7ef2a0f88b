package thimble.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a page shows of {@code ./thimble explain} is what it prints. */
class DocumentedCommandsTest {
  private static final Pattern SHOWN =
      Pattern.compile(
          "^```\\n\\$ \\./thimble (explain [^\\n]*)\\n(.*?)^```$",
          Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern ARGUMENT = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  private static String run(String command) {
    String[] arguments =
        ARGUMENT
            .matcher(command)
            .results()
            .map(a -> a.group(1) != null ? a.group(1) : a.group(2))
            .toArray(String[]::new);
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      assertEquals(0, Main.run(arguments));
    } finally {
      System.setOut(before);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }

  @Test
  void explainPrintsWhatThePageShows() throws IOException {
    List<MatchResult> shown =
        SHOWN.matcher(Files.readString(Path.of("docs/differentiation.md"))).results().toList();
    assertTrue(!shown.isEmpty(), "the page shows none");
    for (MatchResult one : shown) {
      assertEquals(one.group(2), run(one.group(1)));
    }
  }
}
