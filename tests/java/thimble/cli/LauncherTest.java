package thimble.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * When the launcher builds, and with what it starts Java: in a small tree of its own, where Maven,
 * Java and the compilers are scripts that take down how they were called.
 */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
  private static final String MAVEN =
      """
      #!/bin/sh
      echo "$*" >>calls
      case "$*" in *spotless*) exit ;; esac
      mkdir -p target/classes/META-INF/native/here
      echo class >target/classes/module-info.class
      echo index >target/classes/META-INF/native/here/index.txt
      for name in bench jmh; do
        case "$*" in
          *-P$name*)
            if [ -d target/$name-classes ]; then echo "old classes of $name" >>calls; fi
            mkdir -p target/$name-classes
            echo class >target/$name-classes/Main.class
            ;;
        esac
      done
      """;

  private static final List<String> SOURCES =
      List.of(
          "pom.xml",
          ".mvn/maven.config",
          "cmake/OpenBlas.cmake",
          "java/A.java",
          "native/a.cpp",
          "tests/bench/java/B.java",
          "tests/bench/native/b.cpp",
          "tests/jmh/java/C.java");

  @TempDir private Path folder;
  private Path tree;

  private record Ended(int code, String out, String err) {}

  @BeforeEach
  void plantTree() throws IOException {
    tree = folder.toRealPath().resolve("tree");
    for (String source : SOURCES) {
      write(tree.resolve(source), "first");
    }
    script(tree.resolve("thimble"), Files.readString(Path.of("thimble")));
    script(tree.resolve("mvnw"), MAVEN);
    Path jdk = tree.resolve("jdk");
    write(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    script(jdk.resolve("bin/java"), "#!/bin/sh\necho java \"$@\"\n");
    script(jdk.resolve("bin/javac"), "#!/bin/sh\n");
    script(tree.resolve("tools/cmake"), "#!/bin/sh\necho cmake version 3.30.0\n");
    script(tree.resolve("tools/c++"), "#!/bin/sh\n");
    script(tree.resolve("tools/make"), "#!/bin/sh\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"train", "bench", "jmh", "soak"})
  void aSecondRunBuildsNothing(String command) throws Exception {
    assertTrue(builds(command));
    assertFalse(builds(command));
    assertFalse(builds("train"));
  }

  @ParameterizedTest
  @CsvSource({
    "java/A.java, train bench jmh",
    "native/a.cpp, train bench jmh",
    "pom.xml, train bench jmh",
    "tests/bench/java/B.java, bench jmh",
    "tests/bench/native/b.cpp, bench jmh",
    "tests/jmh/java/C.java, jmh",
  })
  void whatDependsOnAChangedSourceIsBuilt(String source, String commands) throws Exception {
    List<String> all = List.of("train", "bench", "jmh");
    for (String command : all) {
      builds(command);
    }

    write(tree.resolve(source), "second");

    List<String> built = new ArrayList<>();
    for (String command : all) {
      if (builds(command)) {
        built.add(command);
      }
    }
    assertEquals(commands, String.join(" ", built));
    assertFalse(Files.readString(tree.resolve("calls")).contains("old classes"));
  }

  @Test
  void formattingWithoutAChangeLeavesTheBuildCurrent() throws Exception {
    builds("bench");

    assertEquals(0, launch("format").code());

    assertFalse(builds("train"));
    assertFalse(builds("bench"));
  }

  @Test
  void mavenByHandLeavesTheBuildCurrentIfItMakesTheSame() throws Exception {
    builds("train");
    Path made = tree.resolve("target/classes/META-INF/native/here/index.txt");

    write(made, Files.readString(made));
    assertFalse(builds("train"));

    write(made, "another");
    assertTrue(builds("train"));
  }

  @Test
  void javaPrintsUtf8() throws Exception {
    for (String command : List.of("train", "bench", "jmh", "soak", "faults")) {
      String out = launch(command).out();
      assertTrue(out.contains("-Dstdout.encoding=UTF-8 -Dstderr.encoding=UTF-8"), out);
    }
  }

  @Test
  void optionsOfTheUserComeLast() throws Exception {
    String out = launch("soak").out();
    assertTrue(out.matches("(?s).* -Xmx64m .*-Xmx1g -Xss2m -cp .*"), out);
  }

  @Test
  void aLogThatCannotBeWrittenIsNamed() throws Exception {
    builds("train");
    write(tree.resolve("target/native/CMakeCache.txt"), "");
    Files.createDirectories(tree.resolve("target/ulp.log")); // not a file: nor for root

    Ended ended = launch("ulp", "--function", "exp");

    assertEquals(73, ended.code(), ended.err());
    assertTrue(ended.err().contains("cannot write to " + tree.resolve("target")), ended.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"build", "test", "sanitize", "faults", "bindings", "format", "clean"})
  void aCommandHasHelp(String command) throws Exception {
    Ended ended = launch(command, "--help");

    assertEquals(0, ended.code(), ended.err());
    assertTrue(ended.out().startsWith("  " + command + " "), ended.out());
    assertFalse(Files.exists(tree.resolve("target")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "test --help", "build --help"})
  void helpThatCannotBeWrittenIsAnError(String arguments) throws Exception {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full));

    Ended ended = launch(full, arguments.split(" "));

    assertEquals(73, ended.code(), ended.err());
    assertTrue(ended.err().contains("cannot write to the standard output"), ended.err());
  }

  @Test
  void jmhHasHelp() throws Exception {
    assertTrue(launch("jmh", "--help").out().endsWith("org.openjdk.jmh.Main -h\n"));
  }

  @Test
  void sanitizeNamesAnUnknownOption() throws Exception {
    Ended ended = launch("sanitize", "--bogus");

    assertEquals(2, ended.code());
    assertTrue(ended.err().contains("unknown option --bogus"), ended.err());
  }

  // -- The tree -----------------------------------------------------------------------------------

  /** Whether the command, which must succeed, calls Maven. */
  private boolean builds(String command) throws Exception {
    Path calls = tree.resolve("calls");
    long before = Files.exists(calls) ? Files.size(calls) : 0;
    Ended ended = launch(command);
    assertEquals(0, ended.code(), ended.err());
    return Files.exists(calls) && Files.size(calls) > before;
  }

  private Ended launch(String... arguments) throws Exception {
    Path out = folder.resolve("out");
    Ended ended = launch(out, arguments);
    return new Ended(ended.code(), Files.readString(out), ended.err());
  }

  /** Runs it with its standard output somewhere. */
  private Ended launch(Path out, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", tree.resolve("thimble").toString()));
    command.addAll(List.of(arguments));
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    Map<String, String> environment = builder.environment();
    environment.keySet().removeAll(List.of("JAVA_OPTS", "CXX", "CMAKE_GENERATOR"));
    environment.put("THIMBLE_JAVA_OPTS", "-Xmx1g -Xss2m");
    environment.put("THIMBLE_JAVA_HOME", tree.resolve("jdk").toString());
    environment.put("PATH", tree.resolve("tools") + ":" + environment.get("PATH"));
    Process process = builder.start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the launcher does not end");
    return new Ended(process.exitValue(), "", Files.readString(err));
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static void script(Path file, String text) throws IOException {
    write(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
