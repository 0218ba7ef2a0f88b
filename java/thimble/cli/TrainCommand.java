package thimble.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import thimble.data.Dataset;
import thimble.data.Digits;
import thimble.data.Images;
import thimble.data.Mnist;
import thimble.tensor.Backend;
import thimble.tensor.Backends;
import thimble.tensor.Block;
import thimble.tensor.DType;
import thimble.tensor.Tensor;
import thimble.train.LearningCurve;
import thimble.train.TwoLayer;

/** Trains the two-layer network and writes its weights and learning curve. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    description = {
      "Trains the two-layer network, logits = relu(x W1) W2, by stochastic gradient descent on the"
          + " softmax loss.",
      "Writes weights.npz, which NumPy reads, and curve.svg."
    })
final class TrainCommand implements Callable<Integer> {
  /** The floating types, as a user types them. */
  enum Precision {
    F32(DType.FLOAT32),
    F64(DType.FLOAT64);

    private final DType dtype;

    Precision(DType dtype) {
      this.dtype = dtype;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The backends, as a user types them. */
  enum Engine {
    AUTO,
    NATIVE,
    JAVA;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder with the four MNIST files, plain or .gz. Without it: digits drawn by thimble itself.")
  private @Nullable Path data;

  @Option(names = "--hidden", paramLabel = "N", description = "Size of the hidden layer.")
  private int hidden = 100;

  @Option(names = "--batch", paramLabel = "N", description = "Examples in a step.")
  private int batch = TwoLayer.BATCH;

  @Option(names = "--lr", paramLabel = "X", description = "Learning rate.")
  private double learningRate = 0.2;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training examples.")
  private int epochs = 10;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the first weights, 0 to 2^32 - 1.")
  private long seed;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute; by default one a processor.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private @Nullable Integer threads;

  @Option(names = "--dtype", paramLabel = "f32|f64", description = "Precision.")
  private Precision precision = Precision.F32;

  @Option(
      names = "--backend",
      paramLabel = "auto|native|java",
      description = "What computes: the native library, or plain Java, which is many times slower.")
  private Engine engine = Engine.AUTO;

  @Option(names = "--out", paramLabel = "DIR", description = "Folder for what is written.")
  private Path out = Path.of("thimble-out");

  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec
  private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    check();
    if (engine == Engine.AUTO) {
      return run();
    }
    try (Block _ = Backends.use(engine.toString())) {
      return run();
    }
  }

  private int run() throws IOException {
    Backend backend = Backends.current();
    if (threads != null) {
      backend.threads(threads);
    }
    Dataset digits = data == null ? Digits.load() : Mnist.load(data);
    try (Interrupt interrupt = Interrupt.install(); // closed last: then the JVM may end
        Output output = Output.open(out)) {
      Report report = new Report(spec.commandLine().getOut(), digits.train().count());
      report.start(digits, backend, precision.dtype);
      List<LearningCurve.Point> points = new ArrayList<>();
      TwoLayer net = train(digits, report, points, interrupt);
      if (interrupt.asked()) {
        report.interrupted();
        return Exit.INTERRUPTED;
      }
      report.wrote(output.weights(net));
      report.wrote(output.curve(digits.name(), points));
    }
    return 0;
  }

  private TwoLayer train(
      Dataset digits, Report report, List<LearningCurve.Point> points, Interrupt interrupt) {
    Images train = digits.train();
    Images test = digits.test();
    DType dtype = precision.dtype;
    Tensor x = train.pixelTensor(dtype);
    Tensor y = train.labelTensor();
    Tensor testX = test.pixelTensor(dtype);
    Tensor testY = test.labelTensor();
    TwoLayer net =
        TwoLayer.random(seed, train.rows() * train.columns(), hidden, digits.classes(), dtype);
    for (int epoch = 1; epoch <= epochs && !interrupt.asked(); epoch++) {
      report.begin(epoch, epochs);
      net =
          net.nnEpoch(
              x,
              y,
              learningRate,
              batch,
              (examples, loss) -> {
                report.step(examples, loss);
                return !interrupt.asked();
              });
      if (!interrupt.asked()) {
        TwoLayer.Score onTrain = report.evaluating(net, x, y);
        TwoLayer.Score onTest = net.score(testX, testY);
        report.end(onTrain, onTest);
        if (!Double.isFinite(onTrain.loss()) && (points.isEmpty() || isFinite(points.getLast()))) {
          warn(epoch, onTrain.loss());
        }
        points.add(new LearningCurve.Point(epoch, onTrain.loss(), onTrain.error(), onTest.error()));
      }
    }
    return net;
  }

  private static boolean isFinite(LearningCurve.Point point) {
    return Double.isFinite(point.loss());
  }

  /** The weights are written all the same, for whoever wants to see what has become of them. */
  private void warn(int epoch, double loss) {
    spec.commandLine()
        .getErr()
        .printf(
            "thimble: the loss is %s after epoch %d: the training has diverged; try a smaller --lr"
                + " than %s%n",
            loss, epoch, learningRate);
  }

  private void check() {
    require(hidden >= 1 && hidden <= 100_000, "--hidden", hidden, "between 1 and 100000");
    require(batch >= 1, "--batch", batch, "at least 1");
    require(epochs >= 1, "--epochs", epochs, "at least 1");
    require(
        Double.isFinite(learningRate) && learningRate > 0,
        "--lr",
        learningRate,
        "a positive number");
    require(seed >= 0 && seed < 1L << 32, "--seed", seed, "between 0 and 4294967295");
    if (threads != null) {
      require(threads >= 1 && threads <= 256, "--threads", threads, "between 1 and 256");
    }
  }

  private void require(boolean holds, String option, Object value, String range) {
    if (!holds) {
      throw new ParameterException(
          spec.commandLine(), "%s %s: must be %s".formatted(option, value, range));
    }
  }
}
