package thimble.cli;

import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import thimble.explain.Format;

/** The command line. */
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
    line.registerConverter(TrainCommand.Engine.class, choice(TrainCommand.Engine.values()));
    line.registerConverter(TrainCommand.Precision.class, choice(TrainCommand.Precision.values()));
    line.registerConverter(ExplainCommand.Mode.class, choice(ExplainCommand.Mode.values()));
    line.registerConverter(Format.class, choice(Format.values()));
    return Exit.code(line, args);
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
}
