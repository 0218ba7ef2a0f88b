package thimble.cli;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import thimble.explain.ExpressionException;
import thimble.io.MalformedFileException;
import thimble.tensor.BackendException;
import thimble.tensor.OutOfMemoryException;

/**
 * How commands end, those of the development tools, too. Every failure is one line on standard
 * error and an exit code of its own; a mistake in an expression has two more lines, which show
 * where it is.
 */
public final class Exit {
  static final int BAD_USAGE = 2;
  static final int BAD_DATA = 65;
  static final int NO_INPUT = 66;
  static final int NO_BACKEND = 69;
  static final int DEFECT = 70;
  static final int NO_MEMORY = 71;
  static final int CANNOT_WRITE = 73;
  static final int INTERRUPTED = 130;

  private Exit() {}

  /** Runs a command; its exit code. */
  public static int code(CommandLine line, String... args) {
    line.setParameterExceptionHandler((e, given) -> badUsage(e, line));
    line.setExecutionExceptionHandler((e, command, parsed) -> failure(e, line));
    line.registerConverter(Path.class, Exit::path);
    try {
      return checked(line.execute(args), line);
    } catch (OutOfMemoryError e) {
      return say(
          line,
          NO_MEMORY,
          "the Java heap of %d MB is too small; THIMBLE_JAVA_OPTS=-Xmx8g gives more"
              .formatted(Runtime.getRuntime().maxMemory() >> 20));
    }
  }

  /** The code, unless all went well but what was printed did not arrive: then that of this. */
  private static int checked(int code, CommandLine line) {
    line.getOut().flush();
    if (code != 0 || !System.out.checkError()) { // it throws nothing itself
      return code;
    }
    return say(line, CANNOT_WRITE, "cannot write to the standard output: part of it is missing");
  }

  /** An empty one would be the current folder, and is more likely a variable that is not set. */
  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new CommandLine.TypeConversionException("the path is empty");
    }
    return Path.of(text);
  }

  private static int badUsage(ParameterException e, CommandLine line) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    return say(line, BAD_USAGE, "%s (see '%s --help')".formatted(e.getMessage(), command));
  }

  private static int failure(Exception e, CommandLine line) {
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
    say(line, code, text(e));
    if (code == DEFECT) {
      e.printStackTrace(line.getErr());
    }
    return code;
  }

  private static int say(CommandLine line, int code, String text) {
    line.getErr().printf("%s: %s%n", line.getCommandName(), text);
    return code;
  }

  private static String text(Exception e) {
    return switch (e) {
      case FileSystemException f -> "%s: %s".formatted(f.getFile(), CannotWrite.why(f));
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }
}
