package thimble;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.Cases.Case;
import thimble.Cases.Value;
import thimble.data.NumpyRandom;
import thimble.tensor.Backward;
import thimble.tensor.DType;
import thimble.tensor.Shape;
import thimble.tensor.Tensor;

/**
 * The cases of the course's homework 4 that ops cover: convolution, recurrent cells and attention
 * are composed of them here. Not among them, as they are about models: the other three of kind
 * golden.
 */
class Hw4CasesTest extends InBothBackends {
  private static final List<DType> FLOATS = List.of(DType.FLOAT32, DType.FLOAT64);

  static List<Case> ops() {
    return read("op_gradient");
  }

  static List<Case> cells() {
    return Cases.read("hw4.json", kind -> kind.endsWith("_cell"));
  }

  static List<Case> layers() {
    return Cases.read("hw4.json", kind -> kind.equals("rnn") || kind.equals("lstm"));
  }

  static List<Case> attentions() {
    return read("attention");
  }

  static List<Case> probabilities() {
    return read("attention_probs");
  }

  private static List<Case> read(String kind) {
    return Cases.read("hw4.json", kind::equals);
  }

  @Test
  void theseTestsTakeEveryCase() {
    List<Integer> taken =
        Stream.of(ops(), cells(), layers(), attentions(), probabilities(), read("golden"))
            .map(List::size)
            .toList();
    assertEquals(List.of(36, 9, 8, 2, 2, 1), taken);
    assertEquals(58, Cases.read("hw4.json", _ -> true).size());
  }

  // -- Ops ----------------------------------------------------------------------------------------

  @ParameterizedTest
  @MethodSource("ops")
  void anOpHasTheValuesAndTheGradients(Case c) {
    for (DType dtype : FLOATS) {
      check(c, dtype, Hw4CasesTest::convolution);
      check(c, dtype, Hw4CasesTest::sumOfProducts);
    }
  }

  private static void check(Case c, DType dtype, Convolution convolution) {
    List<Tensor> in =
        c.values("inputs").stream().map(v -> v.tensor().to(dtype).requiresGrad(true)).toList();
    List<Tensor> out = apply(c, in, convolution);
    List<Value> expected = c.values("expected");
    assertEquals(expected.size(), out.size());
    for (int i = 0; i < out.size(); i++) {
      assertEquals(dtype, out.get(i).dtype());
      assertClose(c, expected.get(i), out.get(i));
      Tensor g = c.values("out_grads").get(i).tensor().to(dtype);
      out.get(i).backward(g, Backward.ACCUMULATE);
    }
    List<Value> gradients = c.values("expected_grads");
    assertEquals(in.size(), gradients.size());
    for (int i = 0; i < in.size(); i++) {
      assertEquals(dtype, in.get(i).grad().dtype());
      assertClose(c, gradients.get(i), in.get(i).grad());
    }
  }

  private interface Convolution {
    Tensor of(Tensor x, Tensor w, long stride);
  }

  /** An op under needle's name. */
  private static List<Tensor> apply(Case c, List<Tensor> in, Convolution convolution) {
    JsonObject attrs = c.json().getAsJsonObject("attrs");
    Tensor x = in.getFirst();
    return switch (c.json().get("op").getAsString()) {
      case "stack" -> List.of(Tensor.stack(integer(attrs, "axis"), in.toArray(Tensor[]::new)));
      case "split" -> unstack(x, integer(attrs, "axis"));
      case "flip" -> List.of(x.flip(axes(attrs)));
      case "dilate" -> List.of(dilate(x, integer(attrs, "dilation"), axes(attrs)));
      case "undilate" -> List.of(undilate(x, integer(attrs, "dilation"), axes(attrs)));
      case "pad" -> List.of(pad(x, attrs.get("padding")));
      case "tanh" -> List.of(x.tanh());
      case "sigmoid" -> List.of(x.sigmoid());
      case "logsumexp" -> List.of(x.logsumexp(axes(attrs)));
      case "log_softmax" -> List.of(x.logSoftmax(-1));
      case "conv" -> {
        int padding = integer(attrs, "padding");
        Tensor padded = x.pad(1, padding, padding).pad(2, padding, padding);
        yield List.of(convolution.of(padded, in.get(1), integer(attrs, "stride")));
      }
      default -> throw new AssertionError(c);
    };
  }

  private static int integer(JsonObject attrs, String name) {
    return attrs.get(name).getAsInt();
  }

  /** None where all are meant. */
  private static int[] axes(JsonObject attrs) {
    return attrs.get("axes").isJsonNull() ? new int[0] : Cases.ints(attrs.get("axes"));
  }

  /** Needle's split: the parts of size 1, without the axis. */
  private static List<Tensor> unstack(Tensor x, int axis) {
    long[] ones = LongStream.generate(() -> 1).limit(x.size(axis)).toArray();
    return x.split(axis, ones).stream().map(part -> part.squeeze(axis)).toList();
  }

  /** Needle's dilation: zeros behind the last element too. */
  private static Tensor dilate(Tensor x, int zeros, int... axes) {
    Tensor y = x;
    for (int axis : axes) {
      y = y.dilate(axis, zeros).pad(axis, 0, zeros);
    }
    return y;
  }

  private static Tensor undilate(Tensor x, int zeros, int... axes) {
    Tensor y = x;
    for (int axis : axes) {
      y = y.slice(axis, 0, y.size(axis), zeros + 1);
    }
    return y;
  }

  private static Tensor pad(Tensor x, JsonElement padding) {
    Tensor y = x;
    for (int axis = 0; axis < x.rank(); axis++) {
      long[] p = Cases.longs(padding.getAsJsonArray().get(axis));
      y = y.pad(axis, p[0], p[1]);
    }
    return y;
  }

  /** y[n,h,w,o] = Σ x[n, s·h+i, s·w+j, c]·w[i,j,c,o], over windows that are a view. */
  private static Tensor convolution(Tensor x, Tensor w, long stride) {
    long row = x.size(2) * x.size(3);
    long pixel = x.size(3);
    Shape windows =
        Shape.of(
            x.size(0),
            (x.size(1) - w.size(0)) / stride + 1,
            (x.size(2) - w.size(1)) / stride + 1,
            w.size(0),
            w.size(1),
            x.size(3));
    long[] strides = {x.size(1) * row, stride * row, stride * pixel, row, pixel, 1};
    return Tensor.einsum("nhwijc,ijco->nhwo", x.asStrided(windows, strides, 0), w);
  }

  /** The same, as a sum over the places of the kernel. */
  private static Tensor sumOfProducts(Tensor x, Tensor w, long stride) {
    long rows = x.size(1) - w.size(0) + 1;
    long columns = x.size(2) - w.size(1) + 1;
    Tensor sum = Tensor.of(0).to(x.dtype());
    for (int i = 0; i < w.size(0); i++) {
      for (int j = 0; j < w.size(1); j++) {
        Tensor part = x.slice(1, i, i + rows, stride).slice(2, j, j + columns, stride);
        sum = sum.add(part.matmul(w.slice(0, i, i + 1).slice(1, j, j + 1).squeeze(0, 1)));
      }
    }
    return sum;
  }

  // -- Recurrent cells ----------------------------------------------------------------------------

  /** The weights of one layer; b_ih and b_hh may be missing. */
  private record Weights(Map<String, Tensor> named) {
    static Weights of(JsonObject json, DType dtype) {
      Map<String, Tensor> named = new LinkedHashMap<>();
      for (String name : List.of("W_ih", "W_hh", "b_ih", "b_hh")) {
        if (!json.get(name).isJsonNull()) {
          named.put(name, tensor(json.get(name), dtype).requiresGrad(true));
        }
      }
      return new Weights(named);
    }

    Tensor get(String name) {
      return named.get(name);
    }

    /** x·W_ih + b_ih + h·W_hh + b_hh. */
    Tensor apply(Tensor x, Tensor h) {
      Tensor y = x.matmul(get("W_ih")).add(h.matmul(get("W_hh")));
      return named.containsKey("b_ih") ? y.add(get("b_ih")).add(get("b_hh")) : y;
    }
  }

  /** Of a cell; only an LSTM has use for c. */
  private record State(Tensor h, Tensor c) {}

  private interface Cell {
    State next(Weights w, Tensor x, State before);
  }

  /** h = tanh(x·W_ih + b_ih + h·W_hh + b_hh), or relu. */
  private static State rnn(Weights w, Tensor x, State before, String nonlinearity) {
    Tensor y = w.apply(x, before.h);
    return new State(nonlinearity.equals("tanh") ? y.tanh() : y.relu(), before.c);
  }

  /** c = σ(f)·c + σ(i)·tanh(g); h = σ(o)·tanh(c). */
  private static State lstm(Weights w, Tensor x, State before) {
    long hidden = before.h.size(1);
    List<Tensor> gates = w.apply(x, before.h).split(1, hidden, hidden, hidden, hidden);
    Tensor i = gates.get(0).sigmoid();
    Tensor f = gates.get(1).sigmoid();
    Tensor g = gates.get(2).tanh();
    Tensor o = gates.get(3).sigmoid();
    Tensor c = f.mul(before.c).add(i.mul(g));
    return new State(o.mul(c.tanh()), c);
  }

  private static Cell cell(Case c) {
    return c.kind().startsWith("lstm")
        ? Hw4CasesTest::lstm
        : (w, x, before) -> rnn(w, x, before, c.json().get("nonlinearity").getAsString());
  }

  @ParameterizedTest
  @MethodSource("cells")
  void aCellHasTheStateAndTheGradients(Case c) {
    assertEquals("sum(h)", c.json().get("loss").getAsString());
    for (DType dtype : FLOATS) {
      Weights w = Weights.of(c.json(), dtype);
      Tensor x = tensor(c.json().get("x"), dtype);
      Shape state = Shape.of(x.size(0), w.get("W_hh").size(0));
      State after =
          cell(c).next(w, x, new State(start(c, "h0", dtype, state), start(c, "c0", dtype, state)));
      assertClose(c, c.value("expected_h"), after.h);
      if (c.kind().equals("lstm_cell")) {
        assertClose(c, c.value("expected_c"), after.c);
      }
      after.h.sum().backward();
      int gradients = 0;
      for (String name : List.of("W_ih", "W_hh")) {
        JsonElement expected = c.json().get("expected_grad_" + name);
        if (expected != null && !expected.isJsonNull()) {
          assertClose(c, Value.of(expected), w.get(name).grad());
          gradients++;
        }
      }
      assertTrue(gradients > 0);
    }
  }

  @ParameterizedTest
  @MethodSource("layers")
  void layersOfCellsHaveTheOutputAndTheGradient(Case c) {
    assertEquals("sum(output)", c.json().get("loss").getAsString());
    for (DType dtype : FLOATS) {
      List<Weights> weights =
          c.list("weights").map(w -> Weights.of(w.getAsJsonObject(), dtype)).toList();
      assertEquals(c.number("layers"), weights.size());
      Tensor x = tensor(c.json().get("x"), dtype);
      Shape state = Shape.of(weights.size(), x.size(1), weights.getFirst().get("W_hh").size(0));
      Tensor h0 = start(c, "h0", dtype, state);
      Tensor c0 = start(c, "c0", dtype, state);
      List<State> last = new ArrayList<>();
      Tensor y = x;
      for (int i = 0; i < weights.size(); i++) {
        List<State> states = run(cell(c), weights.get(i), y, new State(row(h0, i), row(c0, i)));
        last.add(states.getLast());
        y = stack(states.stream().map(State::h));
      }
      assertClose(c, c.value("expected_output"), y);
      assertClose(c, c.value("expected_h"), stack(last.stream().map(State::h)));
      if (c.kind().equals("lstm")) {
        assertClose(c, c.value("expected_c"), stack(last.stream().map(State::c)));
      }
      y.sum().backward();
      Tensor gradient = weights.getFirst().get("W_ih").grad();
      assertClose(c, c.value("expected_grad_W_ih_l0"), gradient);
    }
  }

  /** The states after each row of x. */
  private static List<State> run(Cell cell, Weights w, Tensor x, State before) {
    List<State> states = new ArrayList<>();
    State state = before;
    for (int t = 0; t < x.size(0); t++) {
      state = cell.next(w, row(x, t), state);
      states.add(state);
    }
    return states;
  }

  private static Tensor row(Tensor x, int i) {
    return x.slice(0, i, i + 1).squeeze(0);
  }

  private static Tensor stack(Stream<Tensor> rows) {
    return Tensor.stack(0, rows.toArray(Tensor[]::new));
  }

  /** What a case gives, or zeros. */
  private static Tensor start(Case c, String name, DType dtype, Shape shape) {
    JsonElement given = c.json().get(name);
    return given == null || given.isJsonNull() ? Tensor.zeros(dtype, shape) : tensor(given, dtype);
  }

  // -- Attention ----------------------------------------------------------------------------------

  /** softmax(q·kᵀ / √d), of the keys up to the query's own place if it is causal. */
  private static Tensor attention(Tensor q, Tensor k, boolean causal) {
    Tensor scores = q.matmul(k.transpose()).div(Math.sqrt(q.size(-1)));
    if (causal) {
      Tensor seen = Tensor.ones(DType.BOOL, q.size(-2), k.size(-2)).tril(0);
      Tensor never = Tensor.full(q.dtype(), Double.NEGATIVE_INFINITY);
      scores = Tensor.where(seen, scores, never);
    }
    return scores.softmax(-1);
  }

  @ParameterizedTest
  @MethodSource("attentions")
  void attentionHasTheValueAndTheGradients(Case c) {
    assertEquals("sum(o^2)", c.json().get("loss").getAsString());
    for (DType dtype : FLOATS) {
      List<Tensor> in =
          Stream.of("q", "k", "v")
              .map(name -> tensor(c.json().get(name), dtype).requiresGrad(true))
              .toList();
      boolean causal = c.json().get("causal").getAsBoolean();
      Tensor p = attention(in.get(0), in.get(1), causal);
      assertClose(c, c.value("expected_probs"), p);
      Tensor y = p.matmul(in.get(2));
      assertClose(c, c.value("expected"), y);
      y.mul(y).sum().backward();
      for (int i = 0; i < in.size(); i++) {
        assertClose(c, c.values("expected_grads").get(i), in.get(i).grad());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("probabilities")
  void attentionOfDrawnNumbersHasTheProbabilities(Case c) {
    assertEquals("q=k=v=randn(4,5,31,64) as float32", c.json().get("input").getAsString());
    double[] drawn = new NumpyRandom((long) c.number("seed")).randn(4 * 5 * 31 * 64);
    Tensor q = Tensor.of(drawn, 4, 5, 31, 64).to(DType.FLOAT32);
    Tensor p = attention(q, q, c.json().get("causal").getAsBoolean());
    Tensor first = row(row(p, 0), 0).slice(0, 0, 3);
    assertClose(c, c.value("expected_slice_b0h0_first3rows"), first);
    double sum = p.to(DType.FLOAT64).pow(2).sum().item();
    double expected = c.number("expected_sum_sq");
    assertEquals(expected, sum, c.number("atol") + c.number("rtol") * expected);
  }

  @Test
  void aDrawnKernelHasTheSum() {
    Case c = read("golden").getFirst();
    assertEquals(
        "kaiming_uniform(144,72,shape=(3,3,16,8)) then sum", c.json().get("call").getAsString());
    double bound = Math.sqrt(6.0 / 144);
    double[] drawn = new NumpyRandom((long) c.number("seed")).rand(3 * 3 * 16 * 8);
    Tensor w = Tensor.of(drawn, 3, 3, 16, 8).mul(2 * bound).sub(bound).to(DType.FLOAT32);
    assertEquals(c.number("expected"), w.sum().item(), c.number("atol"));
  }

  // -- Reading cases ------------------------------------------------------------------------------

  private static Tensor tensor(JsonElement value, DType dtype) {
    return Value.of(value).tensor().to(dtype);
  }

  private static void assertClose(Case c, Value expected, Tensor got) {
    expected.assertClose(got, c.number("rtol"), c.number("atol"), c.id());
  }
}
