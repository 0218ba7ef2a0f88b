package thimble;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.Cases.Case;
import thimble.Cases.Value;
import thimble.data.NumpyRandom;
import thimble.nn.Loss;
import thimble.tensor.DType;
import thimble.tensor.Shape;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/**
 * The cases of the course's homework 2 that ops alone cover, its layers composed of them here. Not
 * among them, as they are about modules and optimizers: check_training_mode, learn_model_1d,
 * learn_model_1d_eval, global_tensor_count, residual_block_…, mlp_resnet_…, train_epoch_1,
 * eval_epoch_1 and train_mnist_1.
 */
class Hw2CasesTest extends InBothBackends {
  private static final double EPSILON = 1e-5;

  static List<Case> forward() {
    return Cases.read("hw2.json", kind -> kind.endsWith("_forward") || kind.equals("lse_direct"));
  }

  static List<Case> backward() {
    return Cases.read("hw2.json", kind -> kind.endsWith("_backward"));
  }

  static List<Case> drawn() {
    return Cases.read(
        "hw2.json",
        kind -> kind.startsWith("init.") || kind.endsWith("_init") || kind.equals("check_prng"));
  }

  static List<Case> running() {
    return Cases.read("hw2.json", kind -> kind.startsWith("batchnorm_running_"));
  }

  @Test
  void theseTestsTakeEveryCase() {
    List<Integer> taken =
        List.of(forward().size(), backward().size(), drawn().size(), running().size());
    assertEquals(List.of(27, 26, 7, 3), taken);
    assertEquals(63, Cases.read("hw2.json", _ -> true).size());
  }

  // -- Layers -------------------------------------------------------------------------------------

  @ParameterizedTest
  @MethodSource("forward")
  void theValueIsRight(Case c) {
    assertClose(c, apply(c, input(c, "x")));
  }

  @ParameterizedTest
  @MethodSource("backward")
  void theGradientIsRight(Case c) {
    Function<Tensor, Tensor> f = x -> loss(c, apply(c, x));
    Tensor x = input(c, "x").to(enough(c)).requiresGrad(true);
    f.apply(x).backward();
    assertClose(c, x.grad().to(DType.FLOAT32));
    assertClose(c, Grad.grad(f).apply(x.detach()).to(DType.FLOAT32));
  }

  /**
   * Of layernorm's gradient, 0.001, the course's digits are 7e-6 from the exact ones; what is left
   * of 1e-5 is three roundings of the numbers near 30 in float32 that it is a difference of.
   */
  private static DType enough(Case c) {
    return op(c).equals("layernorm") ? DType.FLOAT64 : DType.FLOAT32;
  }

  /** What a case's test file differentiates. */
  private static Tensor loss(Case c, Tensor y) {
    return switch (op(c)) {
      case "layernorm" -> y.pow(4).sum();
      case "power_scalar", "dropout", "sequential", "residual", "softmax_loss" -> y.sum();
      default -> y.mul(y).sum();
    };
  }

  private static Tensor apply(Case c, Tensor x) {
    return switch (op(c)) {
      case "power_scalar" -> x.pow(option(c, "power", 1));
      case "logsoftmax" -> x.mul(option(c, "mult", 1)).logSoftmax(1);
      case "logsumexp", "lse_direct" -> logsumexp(c, x);
      case "relu" -> x.relu();
      case "flatten" -> x.reshape(x.size(0), -1);
      case "linear" -> linear(x, input(c, "weight"), input(c, "bias"));
      case "sequential" -> twoLayers(c, x);
      case "residual" -> twoLayers(c, x).add(x);
      case "softmax_loss" -> Loss.softmaxLoss(x, input(c, "labels"));
      case "layernorm" -> normalized(x, 1);
      case "batchnorm" ->
          c.json().getAsJsonObject("kwargs").has("affine")
              ? normalized(x, 0).mul(input(c, "weight")).add(input(c, "bias"))
              : normalized(x, 0);
      case "dropout" -> dropout(c, x);
      default -> throw new AssertionError(c);
    };
  }

  private static Tensor logsumexp(Case c, Tensor x) {
    JsonElement axes = c.json().getAsJsonArray("args").get(1);
    // Over all axes the course's file writes the number down with an axis.
    return axes.isJsonNull() ? x.logsumexp().reshape(1) : x.logsumexp(Cases.ints(axes));
  }

  private static Tensor linear(Tensor x, Tensor weight, Tensor bias) {
    return x.matmul(weight).add(bias);
  }

  private static Tensor twoLayers(Case c, Tensor x) {
    List<Tensor> w = c.values("params").stream().map(Value::tensor).toList();
    return linear(linear(x, w.get(0), w.get(1)).relu(), w.get(2), w.get(3));
  }

  /** (x − mean) / √(var + ε) along an axis. */
  private static Tensor normalized(Tensor x, int axis) {
    Tensor mean = x.mean(axis).unsqueeze(axis);
    Tensor deviation = x.var(axis).add(EPSILON).sqrt().unsqueeze(axis);
    return x.sub(mean).div(deviation);
  }

  /** The mask is drawn after the numbers of x. */
  private static Tensor dropout(Case c, Tensor x) {
    Shape s = x.shape();
    NumpyRandom random = seededBy(s, 1);
    Value drawn = numbers(random, s);
    drawn.assertClose(input(c, "x"), 0, 0, "the numbers of x");
    double kept = 1 - option(c, "prob", 0);
    Tensor mask = Tensor.of(random.rand((int) s.count())).reshape(s).le(kept);
    return Tensor.where(mask, x.div(kept), Tensor.zeros(x.dtype(), s));
  }

  // -- Numbers drawn as NumPy does ----------------------------------------------------------------

  @ParameterizedTest
  @MethodSource("drawn")
  void whatIsDrawnIsRight(Case c) {
    long[] args =
        Cases.elements(c.json().getAsJsonArray("args")).mapToLong(JsonElement::getAsLong).toArray();
    NumpyRandom random = new NumpyRandom(c.kind().startsWith("init.") ? 42 : 1337);
    Tensor got =
        switch (c.kind()) {
          case "check_prng" -> numbers(seededBy(Shape.of(args), 1), Shape.of(args)).tensor();
          case "init.kaiming_uniform" -> kaimingUniform(random, args[0], args[1]);
          case "init.kaiming_normal" -> normal(random, Math.sqrt(2.0 / args[0]), args);
          case "init.xavier_uniform" -> uniform(random, xavier(c, args, 6), args);
          case "init.xavier_normal" -> normal(random, xavier(c, args, 2), args);
          case "nn_linear_weight_init" -> kaimingUniform(random, 7, 4);
          case "nn_linear_bias_init" -> {
            kaimingUniform(random, 7, 4); // the weight comes first
            yield kaimingUniform(random, 4, 1).reshape(1, 4);
          }
          default -> throw new AssertionError(c);
        };
    assertClose(c, got.to(DType.FLOAT32));
  }

  private static Tensor kaimingUniform(NumpyRandom random, long in, long out) {
    return uniform(random, Math.sqrt(6.0 / in), in, out);
  }

  private static double xavier(Case c, long[] args, double n) {
    return option(c, "gain", 1) * Math.sqrt(n / (args[0] + args[1]));
  }

  /** From [−bound, bound). */
  private static Tensor uniform(NumpyRandom random, double bound, long... shape) {
    double[] drawn = random.rand((int) Shape.of(shape).count());
    return Tensor.of(drawn, shape).mul(2 * bound).sub(bound);
  }

  private static Tensor normal(NumpyRandom random, double deviation, long... shape) {
    return Tensor.of(random.randn((int) Shape.of(shape).count()), shape).mul(deviation);
  }

  /** As the course's tests seed for a tensor of that shape. */
  private static NumpyRandom seededBy(Shape s, int entropy) {
    return new NumpyRandom(s.count() * s.rank() * entropy);
  }

  /** The numbers of the course's tests: 0, 0.05, …, 4.95. */
  private static Value numbers(NumpyRandom random, Shape s) {
    long[] drawn = random.randint(0, 100, (int) s.count());
    Tensor x = Tensor.of(drawn).reshape(s).to(DType.FLOAT64).div(20.0).to(DType.FLOAT32);
    return new Value(DType.FLOAT32, s, x.toDoubleArray());
  }

  // -- Running statistics -------------------------------------------------------------------------

  @ParameterizedTest
  @MethodSource("running")
  void theStatisticsOfTenBatchesAreRight(Case c) {
    Shape s = Shape.of(Cases.longs(c.json().get("args")));
    Tensor mean = Tensor.zeros(DType.FLOAT32, s.size(1));
    Tensor variance = Tensor.ones(DType.FLOAT32, s.size(1));
    Tensor x = mean;
    for (int i = 0; i < 10; i++) {
      x = numbers(seededBy(s, i), s).tensor();
      mean = mean.mul(0.9).add(x.mean(0).mul(0.1));
      variance = variance.mul(0.9).add(x.var(0).mul(0.1));
    }
    Tensor got =
        switch (c.kind()) {
          case "batchnorm_running_mean" -> mean;
          case "batchnorm_running_var" -> variance;
          case "batchnorm_running_grad" ->
              Grad.grad((Tensor last) -> normalized(last, 0).pow(2).sum()).apply(x);
          default -> throw new AssertionError(c);
        };
    assertClose(c, got);
  }

  // -- Reading cases ------------------------------------------------------------------------------

  private static String op(Case c) {
    return c.kind().replaceAll("_(forward|backward)$", "");
  }

  private static Tensor input(Case c, String name) {
    return Value.of(c.json().getAsJsonObject("inputs").get(name)).tensor();
  }

  private static double option(Case c, String name, double otherwise) {
    JsonObject options = c.json().getAsJsonObject("kwargs");
    return options.has(name) ? options.get(name).getAsDouble() : otherwise;
  }

  private static void assertClose(Case c, Tensor got) {
    Value expected = c.value("expected");
    assertEquals(expected.dtype(), got.dtype());
    assertTrue(expected.data().length > 0);
    expected.assertClose(got, c.number("rtol"), c.number("atol"), c.id());
  }
}
