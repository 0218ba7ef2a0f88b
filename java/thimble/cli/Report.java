package thimble.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import thimble.data.Dataset;
import thimble.tensor.Backend;
import thimble.tensor.DType;
import thimble.tensor.Tensor;
import thimble.train.TwoLayer;

/**
 * What a person sees of a training: a line that moves on a terminal, a line an epoch everywhere.
 */
final class Report {
  private static final long MOVES_EVERY_NANOS = 100_000_000;

  private final PrintWriter out;
  private final int examples;
  private final boolean terminal;
  private String label = "";
  private String when = "before the first epoch";
  private long began;
  private long moved;
  private double seconds;

  Report(PrintWriter out, int examples) {
    this.out = out;
    this.examples = examples;
    this.terminal = onTerminal();
  }

  @SuppressWarnings("SystemConsoleNull") // JDK 25 gives null where 22 to 24 give a dull one
  private static boolean onTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  void start(Dataset digits, Backend backend, DType dtype) {
    line(
        "data     %s: %,d training and %,d test images of %d x %d",
        digits.name(),
        digits.train().count(),
        digits.test().count(),
        digits.train().rows(),
        digits.train().columns());
    line("backend  %s, %s", backend.describe(), dtype);
    line("");
    line("%7s %10s %12s %11s %14s", "epoch", "loss", "train error", "test error", "examples/s");
  }

  void begin(int epoch, int of) {
    label = "%d/%d".formatted(epoch, of);
    when = "in epoch " + label;
    began = System.nanoTime();
    moved = began;
  }

  /** A step of this epoch was done. */
  void step(long done, Tensor loss) {
    long now = System.nanoTime();
    seconds = (now - began) / 1e9;
    if (terminal && now - moved > MOVES_EVERY_NANOS) {
      moved = now;
      int percent = (int) (100 * done / examples);
      move("%7s %10.5f %10d %% %11s %,14.0f", label, loss.item(), percent, "", done / seconds);
    }
  }

  /** Loss and error on the training examples, with a word while that takes its time. */
  TwoLayer.Score evaluating(TwoLayer net, Tensor x, Tensor y) {
    if (terminal) {
      move("%7s %10s %12s", label, "", "evaluating");
    }
    return net.score(x, y);
  }

  void end(TwoLayer.Score train, TwoLayer.Score test) {
    clear();
    line(
        "%7s %10.5f %11.2f%% %10.2f%% %,14.0f",
        label, train.loss(), 100 * train.error(), 100 * test.error(), examples / seconds);
  }

  void interrupted() {
    clear();
    line("interrupted %s; nothing was written", when);
  }

  void wrote(Path file) {
    line("wrote    %s", file);
  }

  private void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
    out.flush();
  }

  private void move(String format, Object... values) {
    clear();
    out.print(String.format(Locale.ROOT, format, values));
    out.flush();
  }

  /** Back to the start of an empty line. */
  private void clear() {
    if (terminal) {
      out.print("\r\u001b[K");
    }
  }
}
