package thimble.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import thimble.runtime.ffi.Library;
import thimble.tensor.Backends;
import thimble.tensor.Block;
import thimble.tensor.DType;
import thimble.tensor.Tensor;
import thimble.train.TwoLayer;

/** The benchmark: our rows and those they are measured against, in turn, in one process. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = "Measures one epoch of the two-layer network against what else could do it.")
public final class Main implements Callable<Integer> {
  private static final String NATIVE = "thimble, native backend, eager";
  private static final String JAVA = "thimble, plain-Java backend";

  @Option(names = "--rounds", description = "Rounds that count; medians are over them.")
  private int rounds = 9;

  @Option(names = "--warmups", description = "Rounds before that do not count.")
  private int warmups = 4;

  @Option(names = "--threads", description = "Threads of every contestant that has any.")
  private int threads = Math.min(2, Runtime.getRuntime().availableProcessors());

  @Option(
      names = "--no-plain",
      description = "Leaves out the plain-Java backend, which takes longest.")
  private boolean noPlain;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the results there.")
  private @Nullable Path json;

  private final Map<String, Double> losses = new LinkedHashMap<>();

  private Main() {}

  /** Runs the benchmark. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    if (rounds < 1 || warmups < 0 || threads < 1 || threads > 64) {
      throw new CommandLine.ParameterException(
          new CommandLine(this), "--rounds at least 1, --warmups at least 0, --threads 1 to 64");
    }
    locateReference();
    Backends.current().threads(threads);
    Work work = Work.m1();
    System.out.printf(
        "One epoch of 784-100-10, 60,000 examples in memory, batch 100, float32, %s.%n%n",
        Backends.current().describe());
    Pairs pairs = new Pairs();
    try (Baselines baselines = new Baselines()) {
      baselines.registerProducts(pairs, work, Path.of(Library.blas()), threads);
      pairs.add(NATIVE, () -> epoch("native", NATIVE, work));
      baselines.registerVectorApi(pairs, work, threads);
      if (threads > 1) {
        baselines.registerVectorApi(pairs, work, 1);
      }
      if (!noPlain) {
        pairs.add(JAVA, () -> epoch("java", JAVA, work));
      }
      pairs.run(warmups, rounds);
      System.out.print(pairs.table(Baselines.products(threads)));
      checkLosses();
      if (json != null) {
        Row.write(json, rows(pairs));
      }
    }
    return 0;
  }

  private List<Row> rows(Pairs pairs) {
    List<Row> rows = new ArrayList<>();
    rows.add(pairs.row("M1.products", NATIVE, Baselines.products(threads), 2.0));
    rows.add(pairs.row("M1.vector", NATIVE, Baselines.vectorApi(threads)));
    if (threads > 1) {
      rows.add(pairs.row("M1.vector1", NATIVE, Baselines.vectorApi(1)));
    }
    if (!noPlain) {
      rows.add(pairs.row("M1.java", NATIVE, JAVA));
    }
    return rows;
  }

  /** Data and weights as tensors of one backend. */
  private record Tensors(Tensor x, Tensor y, TwoLayer net) {}

  private final Map<String, Tensors> tensors = new LinkedHashMap<>();

  private double epoch(String backend, String name, Work work) {
    try (Block _ = Backends.use(backend)) {
      Tensors t = tensors.computeIfAbsent(backend, b -> tensors(work));
      long begin = System.nanoTime();
      TwoLayer net = t.net().nnEpoch(t.x(), t.y(), work.lr(), work.batch());
      double seconds = (System.nanoTime() - begin) / 1e9;
      losses.computeIfAbsent(name, n -> score(() -> net.score(t.x(), t.y()).loss()));
      net.w1().close();
      net.w2().close();
      return seconds;
    }
  }

  private static double score(Supplier<Double> loss) {
    return loss.get();
  }

  private static Tensors tensors(Work work) {
    return new Tensors(
        Tensor.of(work.x(), work.rows(), work.in()),
        Tensor.of(work.labels()),
        new TwoLayer(
            Tensor.of(work.w1(), work.in(), work.hidden()),
            Tensor.of(work.w2(), work.hidden(), work.out())));
  }

  /** All contestants that train have done the same work: their loss after it agrees. */
  private void checkLosses() {
    Work work = Work.m1();
    try (VectorMlp vector =
        new VectorMlp(work.in(), work.hidden(), work.out(), work.batch(), threads)) {
      vector.epoch(work.x(), work.labels(), work.w1(), work.w2(), work.lr());
      TwoLayer net =
          new TwoLayer(
              Tensor.of(work.w1(), work.in(), work.hidden()),
              Tensor.of(work.w2(), work.hidden(), work.out()));
      Tensor x = Tensor.of(work.x(), work.rows(), work.in()).to(DType.FLOAT32);
      losses.put(Baselines.vectorApi(threads), net.score(x, Tensor.of(work.labels())).loss());
    }
    System.out.println("loss after the epoch:");
    double first = losses.values().iterator().next();
    losses.forEach((name, loss) -> System.out.printf(Locale.ROOT, "  %-42s %.5f%n", name, loss));
    if (losses.values().stream().anyMatch(l -> !(Math.abs(l - first) <= 1e-3 * first))) {
      throw new IllegalStateException("the contestants did not do the same work: " + losses);
    }
  }

  /** The reference library lies where the build put it, beside these classes. */
  private static void locateReference() {
    if (System.getProperty("thimble.bench.lib") == null) {
      Path classes =
          Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().getPath());
      Path library =
          classes
              .resolveSibling("native")
              .resolve("bench")
              .resolve(System.mapLibraryName("thimblebench"));
      System.setProperty("thimble.bench.lib", library.toString());
    }
  }
}
