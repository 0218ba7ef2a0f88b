package thimble.bench;

import java.io.IOException;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import thimble.cli.Exit;
import thimble.nn.Loss;
import thimble.tensor.DType;
import thimble.tensor.Key;
import thimble.tensor.Memory;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/**
 * Trains a small network for a long time without closing anything: half of the steps with leaves
 * and {@code backward()}, half with functional gradients. The process must not grow. Run with a
 * small heap: {@code ./thimble soak --steps N} takes 64 MB.
 */
@Command(
    name = "soak",
    version = "thimble 0.1.0",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    description = {
      "Trains for a long time in a small heap without closing anything, and ends with 1 if the"
          + " process has grown."
    })
public final class Soak implements Callable<Integer> {
  private static final int INPUTS = 16;
  private static final int HIDDEN = 64;
  private static final int CLASSES = 4;
  private static final int BATCH = 64;
  private static final double RATE = 0.05;

  /** Steps are made before those that count, so many at a time, until the compiler is done. */
  private static final int WARM_UP = 50_000;

  private static final int MOST_WARM_UPS = 20;

  /** More growth than this, in percent, fails, if it is also more than a compilation takes. */
  private static final double MOST_GROWTH = 2;

  /** Bytes that come and go while something is compiled again. */
  private static final long COMPILATION = 8 << 20;

  /** Steps fewer than these tell nothing. */
  private static final long LEAST_STEPS = 1000;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Steps of each kind, " + LEAST_STEPS + " or more.")
  private long steps = 1_000_000;

  @Spec private CommandSpec spec;

  // The examples, made by the run: help needs no backend.
  private Tensor x;
  private Tensor y;

  private Soak() {}

  /** Runs; the last line is {@code rss_growth_percent=… live_bytes_growth=…}. */
  public static void main(String[] args) {
    System.exit(Exit.code(new CommandLine(new Soak()), args));
  }

  @Override
  public Integer call() throws IOException {
    if (steps < LEAST_STEPS) {
      throw new ParameterException(
          spec.commandLine(), "--steps %d: must be at least %d".formatted(steps, LEAST_STEPS));
    }
    x = Key.of(1).normal(DType.FLOAT32, BATCH, INPUTS);
    y = x.slice(1, 0, CLASSES).argmax(1);
    System.out.printf(
        Locale.ROOT,
        "%,d training steps and %,d functional ones, -Xmx %d MB, no close()%n",
        steps,
        steps,
        Runtime.getRuntime().maxMemory() >> 20);
    warmUp(this::stepWithLeaves);
    warmUp(this::stepOfFunctions);
    Growth leaves = measure("backward()", steps, this::stepWithLeaves);
    Growth functions = measure("valueAndGrad", steps, this::stepOfFunctions);
    Growth worst = leaves.percent() > functions.percent() ? leaves : functions;
    long live = Math.max(leaves.live(), functions.live());
    System.out.printf(
        Locale.ROOT, "rss_growth_percent=%.2f live_bytes_growth=%d%n", worst.percent(), live);
    boolean steady = worst.percent() <= MOST_GROWTH || worst.bytes() <= COMPILATION;
    return steady && live <= 0 ? 0 : 1;
  }

  private record Growth(long before, long bytes, long live) {
    double percent() {
      return 100.0 * bytes / before;
    }
  }

  private Growth measure(String what, long steps, Function<List<Tensor>, List<Tensor>> step)
      throws IOException {
    long live = liveBytes();
    warmUp(step); // what the collections have given back is taken again
    long rss = residentBytes();
    System.out.printf(Locale.ROOT, "%-14s %,12d steps  rss %,7d kB%n", what, 0, rss >> 10);
    for (int part = 1; part <= 10; part++) {
      train(steps * part / 10 - steps * (part - 1) / 10, step);
      System.out.printf(
          Locale.ROOT,
          "%-14s %,12d steps  rss %,7d kB%n",
          what,
          steps * part / 10,
          residentBytes() >> 10);
    }
    return new Growth(rss, residentBytes() - rss, liveBytes() - live);
  }

  private void warmUp(Function<List<Tensor>, List<Tensor>> step) {
    CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    long before;
    int rounds = 0;
    do {
      before = compiler.getTotalCompilationTime();
      train(WARM_UP, step);
    } while (compiler.getTotalCompilationTime() > before && ++rounds < MOST_WARM_UPS);
    pause(1500); // after which the launcher's options have what the compiler has freed given back
  }

  /** So many steps from new weights, which must have learnt something. */
  private void train(long steps, Function<List<Tensor>, List<Tensor>> step) {
    List<Tensor> w =
        List.of(
            Key.of(2).normal(DType.FLOAT32, INPUTS, HIDDEN).mul(0.2),
            Key.of(3).normal(DType.FLOAT32, HIDDEN, CLASSES).mul(0.2));
    double before = loss(w).item();
    for (long i = 0; i < steps; i++) {
      w = step.apply(w);
    }
    double after = loss(w).item();
    if (!(after < before)) {
      throw new AssertionError("learnt nothing: loss %f, then %f".formatted(before, after));
    }
  }

  private List<Tensor> stepWithLeaves(List<Tensor> w) {
    List<Tensor> leaves = w.stream().map(v -> v.detach().requiresGrad(true)).toList();
    loss(leaves).backward();
    return leaves.stream().map(v -> v.detach().sub(v.grad().mul(RATE))).toList();
  }

  private List<Tensor> stepOfFunctions(List<Tensor> w) {
    List<Tensor> g = Grad.grad((List<Tensor> v) -> loss(v)).apply(w);
    return List.of(w.get(0).sub(g.get(0).mul(RATE)), w.get(1).sub(g.get(1).mul(RATE)));
  }

  private Tensor loss(List<Tensor> w) {
    return Loss.softmaxLoss(x.matmul(w.get(0)).relu().matmul(w.get(1)), y);
  }

  /** Native bytes that reachable tensors hold. */
  private static long liveBytes() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) { // forgotten tensors take a collection, and a moment, to be found
      System.gc();
      pause(20);
      least = Math.min(least, Memory.stats().live());
    }
    return least;
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What of the process is in memory: from /proc on Linux, from ps elsewhere. */
  private static long residentBytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.exists(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
        }
      }
    }
    String pid = Long.toString(ProcessHandle.current().pid());
    Process ps = new ProcessBuilder("ps", "-o", "rss=", "-p", pid).start();
    return Long.parseLong(new String(ps.getInputStream().readAllBytes()).strip()) << 10;
  }
}
