package thimble;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.Cases.Case;
import thimble.Cases.Value;
import thimble.nn.Loss;
import thimble.tensor.Backward;
import thimble.tensor.Graph;
import thimble.tensor.Tensor;
import thimble.train.TwoLayer;
import thimble.transform.Grad;

/** The cases of the course's homework 1 that need no MNIST. */
class Hw1CasesTest extends InBothBackends {
  static List<Case> forward() {
    return read("forward");
  }

  static List<Case> gradients() {
    return read("op_gradient");
  }

  static List<Case> orders() {
    return read("topo_sort");
  }

  static List<Case> graphs() {
    return read("backward");
  }

  static List<Case> secondOrders() {
    return read("second_order");
  }

  static List<Case> losses() {
    return read("softmax_loss");
  }

  static List<Case> epochs() {
    return read("nn_epoch");
  }

  private static List<Case> read(String kind) {
    return Cases.read("hw1.json", kind::equals);
  }

  @Test
  void theseTestsTakeEveryCaseThatNeedsNoMnist() {
    int taken =
        List.of(forward(), gradients(), orders(), graphs(), secondOrders(), losses(), epochs())
            .stream()
            .mapToInt(List::size)
            .sum();
    assertEquals(61, taken);
    assertEquals(61, Cases.read("hw1.json", kind -> !kind.startsWith("mnist_")).size());
  }

  @ParameterizedTest
  @MethodSource("forward")
  void anOpGivesTheValue(Case c) {
    Tensor got = apply(c.json(), c.values("inputs").stream().map(Value::tensor).toList());
    Value expected = c.values("expected").getFirst();
    expected.assertClose(got, c.number("rtol"), c.number("atol"), c.id());
    assertEquals(expected.dtype(), got.dtype());
  }

  @ParameterizedTest
  @MethodSource("gradients")
  void anOpHasTheGradient(Case c) {
    assertEquals("ones", c.json().get("out_grad").getAsString());
    List<Tensor> x = c.values("inputs").stream().map(v -> v.tensor().requiresGrad(true)).toList();
    Tensor y = apply(c.json(), x);
    double tolerance = tolerance(c);
    assertTrue(c.values("expected").getFirst().distance(y) < tolerance);

    y.backward();
    List<Value> expected = c.values("expected_grads");
    assertNear(expected, x.stream().map(Tensor::grad).toList(), tolerance);

    List<Tensor> again =
        Grad.grad((List<Tensor> v) -> apply(c.json(), v).sum())
            .apply(x.stream().map(Tensor::detach).toList());
    assertNear(expected, again, tolerance);
  }

  @ParameterizedTest
  @MethodSource("orders")
  void theTopologicalOrderIsNeedles(Case c) {
    Map<String, Tensor> nodes = run(c);
    List<Tensor> order = Graph.topologicalOrder(nodes.get(c.json().get("output").getAsString()));
    List<String> names = c.list("expected_order").map(JsonElement::getAsString).toList();
    List<Value> values = c.values("expected_values");
    assertEquals(names.size(), order.size());
    for (int i = 0; i < names.size(); i++) {
      assertSame(nodes.get(names.get(i)), order.get(i), names.get(i));
      values.get(i).assertClose(order.get(i), c.number("rtol"), c.number("atol"), names.get(i));
    }
  }

  @ParameterizedTest
  @MethodSource("graphs")
  void aGraphHasTheGradient(Case c) {
    Map<String, Tensor> nodes = run(c);
    nodes.get(c.json().get("output").getAsString()).backward();
    List<String> names = names(c, "expected_grads");
    List<Value> expected = named(c, "expected_grads");
    assertNear(expected, names.stream().map(n -> nodes.get(n).grad()).toList(), tolerance(c));

    List<String> leaves = names(c, "leaves");
    List<Tensor> at = named(c, "leaves").stream().map(Value::tensor).toList();
    Function<List<Tensor>, Tensor> f =
        v -> program(c, leaves, v).get(c.json().get("output").getAsString());
    List<Tensor> again = Grad.grad(f).apply(at);
    assertNear(
        expected, names.stream().map(n -> again.get(leaves.indexOf(n))).toList(), tolerance(c));
  }

  @ParameterizedTest
  @MethodSource("secondOrders")
  void aGradientHasAGradient(Case c) {
    Map<String, Tensor> nodes = run(c);
    Tensor y = nodes.get(c.json().get("output").getAsString());
    double rtol = c.number("rtol");
    double atol = c.number("atol");
    c.values("expected").getFirst().assertClose(y, rtol, atol, c.id());

    y.backward(Backward.CREATE_GRAPH);
    List<String> names = names(c, "expected_grads");
    for (int i = 0; i < names.size(); i++) {
      named(c, "expected_grads")
          .get(i)
          .assertClose(nodes.get(names.get(i)).grad(), rtol, atol, names.get(i));
    }

    nodes.get(c.json().get("grad_of_grad_of").getAsString()).grad().backward();
    List<String> second = names(c, "expected_second");
    for (int i = 0; i < second.size(); i++) {
      named(c, "expected_second")
          .get(i)
          .assertClose(nodes.get(second.get(i)).grad(), rtol, atol, "second " + second.get(i));
    }
  }

  @ParameterizedTest
  @MethodSource("losses")
  void theSoftmaxLossAndItsGradientAreRight(Case c) {
    double rtol = c.number("rtol");
    double atol = c.number("atol");
    Tensor z = c.tensor("logits").requiresGrad(true);
    Tensor loss = Loss.softmaxLoss(z, c.tensor("labels"));
    double expected = c.number("expected_loss");
    assertEquals(expected, loss.item(), atol + rtol * expected);
    loss.backward();
    Value gradient = c.value("expected_grad_logits");
    gradient.assertClose(z.grad(), rtol, atol, "backward");
    Tensor again =
        Grad.grad((Tensor v) -> Loss.softmaxLoss(v, c.tensor("labels"))).apply(z.detach());
    gradient.assertClose(again, rtol, atol, "grad");
  }

  @ParameterizedTest
  @MethodSource("epochs")
  void anEpochGivesTheWeights(Case c) {
    double rtol = c.number("rtol");
    double atol = c.number("atol");
    TwoLayer before = new TwoLayer(c.tensor("W1"), c.tensor("W2"));
    Tensor x = c.tensor("X");
    Tensor y = c.tensor("y");
    List<Double> losses = new ArrayList<>();
    TwoLayer after =
        before.nnEpoch(
            x,
            y,
            c.number("lr"),
            (int) c.number("batch"),
            (examples, loss) -> {
              losses.add(loss.item());
              return true;
            });
    c.value("expected_W1").assertClose(after.w1(), rtol, atol, "W1");
    c.value("expected_W2").assertClose(after.w2(), rtol, atol, "W2");
    c.value("W1").assertClose(before.w1(), 1e-7, 0, "the weights of before stay");

    double[] expected =
        c.json().has("batch_losses")
            ? Cases.doubles(c.json().get("batch_losses"))
            : new double[] {c.number("loss_before")};
    assertEquals(expected.length, losses.size());
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], losses.get(i), atol + rtol * expected[i]);
    }

    if (c.json().has("expected_dW1")) {
      List<Tensor> g =
          Grad.grad((List<Tensor> w) ->
                  Loss.softmaxLoss(new TwoLayer(w.get(0), w.get(1)).logits(x), y))
              .apply(List.of(before.w1(), before.w2()));
      c.value("expected_dW1").assertClose(g.get(0), rtol, atol, "dW1");
      c.value("expected_dW2").assertClose(g.get(1), rtol, atol, "dW2");
    }
  }

  private static double tolerance(Case c) {
    return c.json().getAsJsonObject("tolerance").get("sum_of_frobenius_norms_lt").getAsDouble();
  }

  /** The sum over all inputs of the distance to what is expected is below the tolerance. */
  private static void assertNear(List<Value> expected, List<Tensor> got, double tolerance) {
    assertEquals(expected.size(), got.size());
    double sum = 0;
    for (int i = 0; i < got.size(); i++) {
      assertNotNull(got.get(i));
      assertEquals(expected.get(i).dtype(), got.get(i).dtype());
      sum += expected.get(i).distance(got.get(i));
    }
    assertTrue(sum < tolerance, "distance " + sum);
  }

  // -- Programs -----------------------------------------------------------------------------------

  private static List<String> names(Case c, String list) {
    return c.list(list).map(e -> e.getAsJsonObject().get("name").getAsString()).toList();
  }

  private static List<Value> named(Case c, String list) {
    return c.list(list).map(e -> Value.of(e.getAsJsonObject().get("value"))).toList();
  }

  /** Every node of a case's program, over leaves that require a gradient. */
  private static Map<String, Tensor> run(Case c) {
    List<Tensor> leaves =
        named(c, "leaves").stream().map(v -> v.tensor().requiresGrad(true)).toList();
    return program(c, names(c, "leaves"), leaves);
  }

  private static Map<String, Tensor> program(Case c, List<String> names, List<Tensor> leaves) {
    Map<String, Tensor> nodes = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      nodes.put(names.get(i), leaves.get(i));
    }
    c.list("program")
        .map(JsonElement::getAsJsonObject)
        .forEach(step ->
            nodes.put(
                step.get("out").getAsString(),
                apply(
                    step,
                    Cases.elements(step.getAsJsonArray("in"))
                        .map(name -> nodes.get(name.getAsString()))
                        .toList())));
    return nodes;
  }

  /** An op under needle's name. */
  private static Tensor apply(JsonObject step, List<Tensor> in) {
    JsonObject attrs = step.getAsJsonObject("attrs");
    Tensor x = in.getFirst();
    return switch (step.get("op").getAsString()) {
      case "add" -> x.add(in.get(1));
      case "multiply" -> x.mul(in.get(1));
      case "divide" -> x.div(in.get(1));
      case "power" -> x.pow(in.get(1));
      case "add_scalar" -> x.add(attrs.get("scalar").getAsDouble());
      case "mul_scalar" -> x.mul(attrs.get("scalar").getAsDouble());
      case "divide_scalar" -> x.div(attrs.get("scalar").getAsDouble());
      case "power_scalar" -> x.pow(attrs.get("scalar").getAsDouble());
      case "matmul" -> x.matmul(in.get(1));
      case "summation" -> x.sum(axes(attrs));
      case "broadcast_to" -> x.broadcastTo(Cases.longs(attrs.get("shape")));
      case "reshape" -> x.reshape(Cases.longs(attrs.get("shape")));
      case "transpose" ->
          axes(attrs).length == 0 ? x.transpose() : x.transpose(axes(attrs)[0], axes(attrs)[1]);
      case "negate" -> x.neg();
      case "log" -> x.log();
      case "exp" -> x.exp();
      case "relu" -> x.relu();
      default -> throw new AssertionError("no op for " + step.get("op"));
    };
  }

  /** The axes that a step names; none for null or nothing. */
  private static int[] axes(JsonObject attrs) {
    return attrs.has("axes") && !attrs.get("axes").isJsonNull()
        ? Cases.ints(attrs.get("axes"))
        : new int[0];
  }
}
