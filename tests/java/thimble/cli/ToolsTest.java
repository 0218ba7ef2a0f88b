package thimble.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thimble.runtime.OtherJvm;

/** The tools of development end as {@link Exit} says. Java compiles them as it starts them. */
class ToolsTest {
  private static final String BENCH = "tests/bench/java/thimble/bench/Main.java";
  private static final int SECONDS = 120;

  @TempDir private Path folder;

  private record Ended(int code, String err) {}

  @ParameterizedTest
  @ValueSource(
      strings = {
        BENCH + " --help",
        "tests/bench/java/thimble/bench/Soak.java --help",
        "tests/faults/Faults.java --list",
      })
  void whatCannotBePrintedIsAnError(String command) throws Exception {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full));

    Ended ended = run(full, command.split(" "));

    assertCannotWrite(ended, "to the standard output: part of it is missing");
  }

  @Test
  void theBenchmarkRefusesAFileBeforeItMeasuresAndLeavesTheOthersAlone() throws Exception {
    Path json = Files.writeString(folder.resolve("json"), "precious");
    Path svg = Files.createDirectory(folder.resolve("svg"));
    Path out = folder.resolve("out");

    Ended ended = run(out, BENCH, "--json", json.toString(), "--svg", svg.toString());

    assertCannotWrite(ended, svg + ": is not a regular file");
    assertEquals("", Files.readString(out));
    assertEquals("precious", Files.readString(json));
    assertEquals(List.of("err", "json", "out", "svg"), names());
  }

  private static void assertCannotWrite(Ended ended, String what) {
    assertEquals(Exit.CANNOT_WRITE, ended.code(), ended.err());
    assertTrue(ended.err().strip().endsWith(": cannot write " + what), ended.err());
  }

  private Ended run(Path out, String... command) throws Exception {
    List<String> all = new ArrayList<>();
    all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    all.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    all.addAll(List.of("--add-modules", "jdk.incubator.vector", "-cp"));
    all.add(
        Stream.of(OtherJvm.CLASSES, OtherJvm.library("picocli"), OtherJvm.library("jspecify"))
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator)));
    all.addAll(List.of(command));
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder(all).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    assertTrue(process.waitFor(SECONDS, TimeUnit.SECONDS), "it does not end");
    return new Ended(process.exitValue(), Files.readString(err));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }
}
