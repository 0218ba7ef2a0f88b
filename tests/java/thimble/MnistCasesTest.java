package thimble;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.Cases.Case;
import thimble.data.Dataset;
import thimble.data.Images;
import thimble.data.Mnist;
import thimble.data.NumpyRandom;
import thimble.nn.Loss;
import thimble.tensor.Backends;
import thimble.tensor.Block;
import thimble.tensor.DType;
import thimble.tensor.Scope;
import thimble.tensor.Shape;
import thimble.tensor.Tensor;
import thimble.train.TwoLayer;
import thimble.transform.Grad;

/** What real MNIST must give; skipped unless the four files are there. */
class MnistCasesTest {
  private static Dataset mnist;

  private Block block;

  static List<Case> goldens() {
    return Cases.read("hw1.json", kind -> kind.startsWith("mnist_"));
  }

  static List<Case> references() {
    return Cases.read("mnist_reference.json", kind -> true).stream()
        .filter(c -> c.json().has("dtype") && c.json().get("dtype").getAsString().equals("float64"))
        .toList();
  }

  @BeforeEach
  void load() throws IOException {
    String folder = System.getProperty("thimble.mnist", "");
    Assumptions.assumeFalse(
        folder.isEmpty(),
        "needs the four MNIST files: ./thimble test --data DIR, or -Dthimble.mnist=DIR");
    if (mnist == null) {
      mnist = Mnist.load(Path.of(folder));
    }
    block = Backends.use(Boolean.getBoolean("thimble.native.skip") ? "java" : "native");
  }

  @AfterEach
  void goBack() {
    if (block != null) {
      block.close();
    }
  }

  @AfterAll
  static void forget() {
    mnist = null;
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void homework1(Case c) {
    switch (c.kind()) {
      case "mnist_parse" -> parse(c);
      case "mnist_softmax_loss" -> softmaxLoss(c);
      case "mnist_softmax_regression" -> softmaxRegression(c);
      case "mnist_nn_epoch" -> nnEpoch(c);
      default -> throw new AssertionError(c.kind());
    }
  }

  private static void parse(Case c) {
    Tensor x = mnist.train().pixelTensor(DType.FLOAT32);
    assertEquals(Shape.of(60_000, 784), x.shape());
    assertClose(c.number("expected_norm_X10"), norm(x.slice(0, 0, 10)), c);
    assertClose(c.number("expected_norm_X1000"), norm(x.slice(0, 0, 1000)), c);
    assertArrayEquals(
        Cases.ints(c.json().get("first_labels")),
        mnist.train().labelTensor().slice(0, 0, 10).toIntArray());
  }

  private static void softmaxLoss(Case c) {
    Tensor z =
        switch (c.json().get("logits").getAsString()) {
          case "zeros(60000,10)" -> Tensor.zeros(DType.FLOAT32, Shape.of(60_000, 10));
          case "np.random.seed(0); randn(60000,10) as float32" ->
              Tensor.of(new NumpyRandom(0).randn(600_000), 60_000, 10).to(DType.FLOAT32);
          default -> throw new AssertionError(c.json().get("logits"));
        };
    assertClose(c.number("expected"), Loss.softmaxLoss(z, mnist.train().labelTensor()).item(), c);
  }

  private static void softmaxRegression(Case c) {
    Tensor x = mnist.train().pixelTensor(DType.FLOAT32).slice(0, 0, (long) c.number("rows"));
    Tensor y = mnist.train().labelTensor().slice(0, 0, (long) c.number("rows"));
    Tensor theta = regression(x, y, c.number("lr"), (int) c.number("batch"));
    assertClose(c.number("expected_norm_theta"), norm(theta), c);
  }

  /** An epoch of softmax regression from zeros. */
  private static Tensor regression(Tensor x, Tensor y, double lr, int batch) {
    Tensor theta = Tensor.zeros(x.dtype(), Shape.of(x.size(1), 10));
    for (long from = 0; from < x.size(0); from += batch) {
      try (Scope scope = Scope.open()) {
        Tensor xs = x.slice(0, from, Math.min(from + batch, x.size(0)));
        Tensor ys = y.slice(0, from, Math.min(from + batch, x.size(0)));
        Tensor g = Grad.grad((Tensor t) -> Loss.softmaxLoss(xs.matmul(t), ys)).apply(theta);
        theta = scope.keep(theta.sub(g.mul(lr)));
      }
    }
    return theta;
  }

  /** The course's network: after an epoch, and after twenty. */
  private static void nnEpoch(Case c) {
    Tensor x = mnist.train().pixelTensor(DType.FLOAT32);
    Tensor y = mnist.train().labelTensor();
    Tensor testX = mnist.test().pixelTensor(DType.FLOAT32);
    Tensor testY = mnist.test().labelTensor();
    assertEquals(1, c.number("epochs"));
    int batch = (int) c.number("batch");
    int hidden = (int) c.number("hidden");
    TwoLayer net =
        TwoLayer.random((long) c.number("seed"), 784, hidden, 10, DType.FLOAT32)
            .nnEpoch(x, y, c.number("lr"), batch);

    double rtol = c.number("norm_rtol");
    double atol = c.number("norm_atol");
    assertClose(c.number("expected_norm_W1"), norm(net.w1()), rtol, atol, "W1");
    assertClose(c.number("expected_norm_W2"), norm(net.w2()), rtol, atol, "W2");
    TwoLayer.Score train = net.score(x, y);
    assertClose(c.number("expected_train_loss"), train.loss(), c);
    assertClose(c.number("expected_train_err"), train.error(), c);

    assertEquals(28.437788, norm(net.w1()), 1e-5);
    assertEquals(10.455095, norm(net.w2()), 1e-5);
    assertEquals(0.0585, net.score(testX, testY).error(), 0.0005);

    for (int epoch = 2; epoch <= 20; epoch++) {
      net = net.nnEpoch(x, y, c.number("lr"), batch);
    }
    double error = net.score(testX, testY).error();
    assertTrue(error <= 0.026, "test error after 20 epochs: " + error);
  }

  @ParameterizedTest
  @MethodSource("references")
  void theFirstEpochInFloat64IsTheReference(Case c) {
    JsonObject expected = c.list("epochs").findFirst().map(JsonElement::getAsJsonObject).get();
    Images from = c.json().has("data") && data(c).startsWith("t10k") ? mnist.test() : mnist.train();
    Tensor x = from.pixelTensor(DType.FLOAT64);
    Tensor y = from.labelTensor();
    double lr = c.number("lr");
    int batch = (int) c.number("batch");
    switch (c.kind()) {
      case "mnist_nn_epochs" -> {
        long rows = (long) c.number("rows");
        TwoLayer net =
            TwoLayer.random(
                    (long) c.number("seed"), 784, (int) c.number("hidden"), 10, DType.FLOAT64)
                .nnEpoch(x.slice(0, 0, rows), y.slice(0, 0, rows), lr, batch);
        assertClose(number(expected, "norm_W1"), norm(net.w1()), 1e-9, 0, "W1");
        assertClose(number(expected, "norm_W2"), norm(net.w2()), 1e-9, 0, "W2");
        TwoLayer.Score score = net.score(x, y);
        assertClose(number(expected, "train_loss"), score.loss(), 1e-9, 0, "loss");
        assertEquals(number(expected, "train_err"), score.error(), 1e-12);
      }
      case "mnist_softmax_regression" -> {
        long rows = data(c).endsWith("[:100]") ? 100 : x.size(0);
        Tensor theta = regression(x.slice(0, 0, rows), y.slice(0, 0, rows), lr, batch);
        assertClose(number(expected, "norm_theta"), norm(theta), 1e-9, 0, "theta");
      }
      default -> throw new AssertionError(c.kind());
    }
  }

  @Test
  void everyFloat64CaseOfTheReferenceIsTaken() {
    assertEquals(
        List.of("mnist_nn_epochs", "mnist_softmax_regression"),
        references().stream().map(Case::kind).distinct().sorted().toList());
    assertEquals(7, references().size());
  }

  private static String data(Case c) {
    return c.json().get("data").getAsString().toLowerCase(Locale.ROOT);
  }

  private static double number(JsonObject o, String name) {
    return o.get(name).getAsDouble();
  }

  private static double norm(Tensor x) {
    return Math.sqrt(Arrays.stream(x.toDoubleArray()).map(v -> v * v).sum());
  }

  private static void assertClose(double expected, double got, Case c) {
    assertClose(expected, got, c.number("rtol"), c.numberOrZero("atol"), c.id());
  }

  private static void assertClose(
      double expected, double got, double rtol, double atol, String what) {
    assertEquals(expected, got, atol + rtol * Math.abs(expected), what);
  }
}
