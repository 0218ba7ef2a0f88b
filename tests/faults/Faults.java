import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import thimble.cli.CannotWrite;
import thimble.cli.Exit;

/**
 * A test of the tests: plants the faults of faults.txt one at a time in a copy of the tree and runs
 * the tests there, which must fail. {@code ./thimble faults [WORDS]} runs those whose name has
 * these words; {@code ./thimble faults --list} prints all names.
 *
 * <p>A fault is a block of lines: {@code # name}, the file, the options of {@code ./thimble test}
 * that narrow it down to the tests that should see it, then {@code -} lines (text that is in the
 * file once) and {@code +} lines (what takes its place).
 */
@Command(
    name = "faults",
    description = "Plants faults in a copy of the tree, one at a time: the tests must fail.")
final class Faults implements Callable<Integer> {
  private static final Path ROOT = Path.of("").toAbsolutePath();
  private static final Path COPY = ROOT.resolve("target/faults");
  private static final Pattern FAILED =
      Pattern.compile(
          "^\\[ERROR\\] +(?:Run \\d+: )?(\\w+(?:Test|Cases)\\w*[.:>][^ ]*)|^\\s*\\d+ - (\\w+) \\((?:Failed|Timeout|SEGFAULT|Subprocess aborted)",
          Pattern.MULTILINE);
  private static final Pattern TESTS_FAILED =
      Pattern.compile(
          "There are test failures|Tests run: .*(?:Failures|Errors): [1-9]|tests failed out of|The forked VM terminated|crashed");

  private record Fault(String name, String file, List<String> tests, String before, String after) {
    void plant() throws IOException {
      Path path = COPY.resolve(file);
      String text = Files.readString(path);
      int at = text.indexOf(before);
      if (at < 0 || text.indexOf(before, at + 1) >= 0) {
        throw new IllegalStateException(
            "%s: %s must have this once:%n%s".formatted(name, file, before));
      }
      write(path, text.substring(0, at) + after + text.substring(at + before.length()));
    }

    void mend() throws IOException {
      write(COPY.resolve(file), Files.readString(ROOT.resolve(file)));
    }

    private static void write(Path path, String text) throws IOException {
      Files.writeString(path, text);
      Files.setLastModifiedTime(path, FileTime.from(Instant.now())); // make and Maven go by dates
    }
  }

  @Option(names = "--list", description = "Prints the names of the faults.")
  private boolean list;

  @Parameters(paramLabel = "WORDS", description = "Only those with these words in their names.")
  private List<String> words = List.of();

  @Spec private CommandSpec spec;

  private Faults() {}

  public static void main(String[] args) {
    System.exit(Exit.code(new CommandLine(new Faults()), args));
  }

  @Override
  public Integer call() throws Exception {
    List<Fault> faults = new ArrayList<>();
    for (String block : Files.readString(Path.of("tests/faults/faults.txt")).split("\n\n+")) {
      if (!block.isBlank()) {
        faults.add(parse(block.strip()));
      }
    }
    if (list) {
      faults.forEach(fault -> System.out.println(fault.name));
      return 0;
    }
    String wanted = String.join(" ", words).toLowerCase(Locale.ROOT);
    faults.removeIf(f -> !f.name.toLowerCase(Locale.ROOT).contains(wanted));
    if (faults.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "none has in its name: " + wanted + "; --list prints the names");
    }
    System.out.printf(
        "%d of them; first the tree is built without any in target/faults, which takes minutes%n",
        faults.size());
    try {
      copyTree();
    } catch (AccessDeniedException e) {
      throw new CannotWrite(COPY, e);
    }
    for (Fault fault : faults) { // all of them, before an hour has passed
      fault.plant();
      fault.mend();
    }
    run("sound", List.of("build"));
    int caught = 0;
    for (Fault fault : faults) {
      fault.plant();
      try {
        caught += isCaught(fault) ? 1 : 0;
      } finally {
        fault.mend();
      }
    }
    System.out.printf("faults=%d caught=%d%n", faults.size(), caught);
    return caught == faults.size() ? 0 : 1;
  }

  private static Fault parse(String block) {
    List<String> lines = block.lines().toList();
    List<String> before = new ArrayList<>();
    List<String> after = new ArrayList<>();
    for (String line : lines.subList(3, lines.size())) {
      (line.startsWith("-") ? before : after).add(line.substring(1));
    }
    return new Fault(
        lines.get(0).substring(1).strip(),
        lines.get(1).strip(),
        List.of(lines.get(2).strip().split(" +")),
        String.join("\n", before),
        String.join("\n", after));
  }

  /** The files that git knows, and what the tree needs beside them to be built. */
  private static void copyTree() throws IOException, InterruptedException {
    Files.createDirectories(COPY);
    if (!Files.isWritable(COPY)) {
      throw new AccessDeniedException(COPY.toString());
    }
    Process git = new ProcessBuilder("git", "ls-files").directory(ROOT.toFile()).start();
    String files = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (git.waitFor() != 0) {
      throw new IOException("git ls-files: this is no clone");
    }
    for (String file : files.lines().toList()) {
      Path to = COPY.resolve(file);
      Path from = ROOT.resolve(file);
      Files.createDirectories(to.getParent());
      if (!Files.exists(to) || Files.mismatch(from, to) >= 0) {
        Files.copy(
            from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        Files.setLastModifiedTime(to, FileTime.from(Instant.now()));
      }
    }
  }

  private static boolean isCaught(Fault fault) throws IOException, InterruptedException {
    long start = System.nanoTime();
    List<String> command = new ArrayList<>(List.of("test"));
    command.addAll(fault.tests);
    String log = run(fault.name, command);
    long seconds = (System.nanoTime() - start) / 1_000_000_000;
    String by = "NOT CAUGHT";
    boolean caught = TESTS_FAILED.matcher(log).find();
    if (caught) {
      Matcher m = FAILED.matcher(log);
      by = m.find() ? m.group(1) != null ? m.group(1) : m.group(2) : "a crash";
    } else if (!log.contains("BUILD SUCCESS")) {
      by = "DOES NOT BUILD";
    }
    System.out.printf("%-46s %4d s  %s%n", fault.name, seconds, by);
    return caught;
  }

  /** Runs the launcher in the copy; all that it prints, also kept in a file. */
  private static String run(String name, List<String> arguments)
      throws IOException, InterruptedException {
    Path log = ROOT.resolve("target/faults-" + name.replaceAll("\\W+", "-") + ".log");
    List<String> command = new ArrayList<>(List.of("bash", "./thimble"));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command)
            .directory(COPY.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    int status = process.waitFor();
    String text = Files.readString(log);
    if (arguments.equals(List.of("build")) && status != 0) {
      throw new IllegalStateException("the tree does not build as it is: " + log);
    }
    return text;
  }
}
