package thimble.runtime;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;

/** A JVM of its own, for what holds once a process: what is loaded, signals, exit codes. */
public final class OtherJvm {
  /** The classes that are tested, as the build leaves them. */
  public static final Path CLASSES = target("classes");

  /** The classes of the tests. */
  public static final Path TEST_CLASSES = target("test-classes");

  private static final int SECONDS = 60;

  /**
   * How a process ended.
   *
   * @param code its exit code
   * @param out what it wrote to standard output
   * @param err what it wrote to standard error
   */
  public record Ended(int code, String out, String err) {
    /** The lines of both streams, for the message of a failed test. */
    public String all() {
      return "exit code %d%n%s%n%s".formatted(code, out, err);
    }
  }

  private final Process process;
  private final Path out;
  private final Path err;

  private OtherJvm(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /**
   * Starts one in a folder, where it may leave its own files: options, then class and arguments.
   */
  public static OtherJvm start(Path folder, List<Path> classPath, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
    command.add("-cp");
    command.add(String.join(File.pathSeparator, classPath.stream().map(Path::toString).toList()));
    command.addAll(arguments);
    Path out = Files.createTempFile(folder, "jvm", ".out");
    Path err = Files.createTempFile(folder, "jvm", ".err");
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().keySet().removeAll(List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"));
    return new OtherJvm(builder.start(), out, err);
  }

  /** The jar of a library that the tests themselves run with. */
  public static Path library(String name) {
    return Stream.of("java.class.path", "jdk.module.path")
        .map(property -> System.getProperty(property, ""))
        .flatMap(path -> Arrays.stream(path.split(File.pathSeparator)))
        .map(Path::of)
        .filter(file -> file.getFileName() != null)
        .filter(file -> file.getFileName().toString().startsWith(name + "-"))
        .findFirst()
        .orElseThrow();
  }

  /** The process id. */
  public long pid() {
    return process.pid();
  }

  /** What it has written to standard output until now. */
  public String outSoFar() throws IOException {
    return Files.readString(out);
  }

  /** Whether it still runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for the end. */
  public Ended end() throws IOException, InterruptedException {
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      Assertions.fail("no end after " + SECONDS + " s: " + Files.readString(err));
    }
    Ended ended = new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    Files.delete(out);
    Files.delete(err);
    return ended;
  }

  private static Path target(String name) {
    return Path.of(System.getProperty("user.dir"), "target", name);
  }
}
