package thimble.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import thimble.explain.ExpressionException;
import thimble.explain.Format;
import thimble.io.MalformedFileException;
import thimble.tensor.BackendException;
import thimble.tensor.OutOfMemoryException;

/**
 * The command line. Every failure is one line on standard error and an exit code of its own; a
 * mistake in an expression has two more lines, which show where it is.
 */
@Command(
    name = "thimble",
    version = "thimble 0.1.0",
    mixinStandardHelpOptions = true,
    description = "Automatic differentiation and tensors for the JVM, at native speed.",
    subcommands = {TrainCommand.class, ExplainCommand.class, CommandLine.HelpCommand.class},
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "2:bad usage: an unknown option, a value out of range",
      "65:bad data: a file that is truncated, malformed or does not match another",
      "66:a file or folder to read is missing or unreadable",
      "69:no backend: the native library cannot be loaded",
      "70:a defect of thimble's own",
      "71:out of memory",
      "73:a file or the standard output cannot be written",
      "130:interrupted",
    })
public final class Main implements Callable<Integer> {
  static final int BAD_USAGE = 2;
  static final int BAD_DATA = 65;
  static final int NO_INPUT = 66;
  static final int NO_BACKEND = 69;
  static final int DEFECT = 70;
  static final int NO_MEMORY = 71;
  static final int CANNOT_WRITE = 73;
  static final int INTERRUPTED = 130;

  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec
  private CommandSpec spec;

  private Main() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String... args) {
    CommandLine line = new CommandLine(new Main());
    line.setParameterExceptionHandler(Main::badUsage);
    line.setExecutionExceptionHandler((e, command, parsed) -> failure(e, command));
    line.registerConverter(TrainCommand.Engine.class, choice(TrainCommand.Engine.values()));
    line.registerConverter(TrainCommand.Precision.class, choice(TrainCommand.Precision.values()));
    line.registerConverter(ExplainCommand.Mode.class, choice(ExplainCommand.Mode.values()));
    line.registerConverter(Format.class, choice(Format.values()));
    line.registerConverter(Path.class, Main::path);
    try {
      return checked(line.execute(args), line);
    } catch (OutOfMemoryError e) {
      line.getErr()
          .printf(
              "thimble: the Java heap of %d MB is too small; THIMBLE_JAVA_OPTS=-Xmx8g gives more%n",
              Runtime.getRuntime().maxMemory() >> 20);
      return NO_MEMORY;
    }
  }

  /** The code, unless all went well but what was printed did not arrive: then that of this. */
  private static int checked(int code, CommandLine line) {
    line.getOut().flush();
    if (code != 0 || !System.out.checkError()) { // it throws nothing itself
      return code;
    }
    line.getErr().println("thimble: cannot write to the standard output: part of it is missing");
    return CANNOT_WRITE;
  }

  /** An empty one would be the current folder, and is more likely a variable that is not set. */
  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new CommandLine.TypeConversionException("the path is empty");
    }
    return Path.of(text);
  }

  /** One of some values, by the name that it prints. */
  private static <T> CommandLine.ITypeConverter<T> choice(T[] values) {
    return text ->
        Arrays.stream(values)
            .filter(v -> v.toString().equals(text))
            .findFirst()
            .orElseThrow(() ->
                new CommandLine.TypeConversionException(
                    "'%s' is none of %s".formatted(text, Arrays.toString(values))));
  }

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "a command is missing: train, explain or help");
  }

  private static int badUsage(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    command
        .getErr()
        .printf(
            "thimble: %s (see '%s --help')%n",
            e.getMessage(), command.getCommandSpec().qualifiedName());
    return BAD_USAGE;
  }

  private static int failure(Exception e, CommandLine command) {
    int code =
        switch (e) {
          case ExpressionException _ -> BAD_USAGE;
          case MalformedFileException _ -> BAD_DATA;
          case CannotWrite _ -> CANNOT_WRITE;
          case IOException _ -> NO_INPUT;
          case BackendException _ -> NO_BACKEND;
          case OutOfMemoryException _ -> NO_MEMORY;
          default -> DEFECT;
        };
    command.getErr().printf("thimble: %s%n", text(e));
    if (code == DEFECT) {
      e.printStackTrace(command.getErr());
    }
    return code;
  }

  private static String text(Exception e) {
    return switch (e) {
      case CannotWrite c -> String.valueOf(c.getMessage());
      case FileSystemException f -> "%s: %s".formatted(f.getFile(), why(f));
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }

  /** What went wrong with a file, in words. */
  static String why(IOException e) {
    return switch (e) {
      case FileSystemException f when f.getReason() != null -> f.getReason();
      case NoSuchFileException _ -> "no such file or folder";
      case NotDirectoryException _ -> "not a folder";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "a file of that name is in the way";
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }

  /** What was to be written could not be. */
  static final class CannotWrite extends IOException {
    private static final long serialVersionUID = 1;

    CannotWrite(String message, IOException cause) {
      super(message, cause);
    }
  }
}
