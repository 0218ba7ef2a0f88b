package thimble;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thimble.nn.Loss;
import thimble.tensor.Backward;
import thimble.tensor.DType;
import thimble.tensor.Graph;
import thimble.tensor.Shape;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/** What needle's published code gets wrong, a test for each. */
class DefectsTest extends InBothBackends {
  private static Tensor vector(double... x) {
    return Tensor.of(x);
  }

  private static Tensor leaf(double... x) {
    return vector(x).requiresGrad(true);
  }

  private static Tensor counting(long... shape) {
    int n = (int) Shape.of(shape).count();
    return Tensor.of(IntStream.rangeClosed(1, n).asDoubleStream().toArray(), shape);
  }

  private static void assertValues(Tensor x, double... expected) {
    assertArrayEquals(expected, x.toDoubleArray(), 1e-12);
  }

  // -- Division refuses if any element is zero ----------------------------------------------------

  @Test
  void divisionByZeroIsThatOfIeee() {
    Tensor y = vector(1, -1, 0, 6).div(vector(0, 0, 0, 3));
    double inf = Double.POSITIVE_INFINITY;
    assertArrayEquals(new double[] {inf, -inf, Double.NaN, 2}, y.toDoubleArray());
    assertArrayEquals(new double[] {inf, inf}, vector(1, 2).div(0).toDoubleArray());
    assertArrayEquals(new double[] {inf, -inf}, vector(0.0, -0.0).rdiv(3).toDoubleArray());
  }

  @Test
  void aZeroDivisorLeavesTheOtherElementsGradientsAlone() {
    Tensor a = leaf(1, 6);
    Tensor b = leaf(0, 3);
    a.div(b).backward();
    assertArrayEquals(
        new double[] {Double.POSITIVE_INFINITY, 1 / 3.0}, a.grad().toDoubleArray(), 1e-15);
    assertArrayEquals(
        new double[] {Double.NEGATIVE_INFINITY, -6 / 9.0}, b.grad().toDoubleArray(), 1e-15);
  }

  // -- Elementwise power cannot be differentiated -------------------------------------------------

  @Test
  void elementwisePowerHasBothDerivatives() {
    Tensor a = leaf(2, 3, 0.5);
    Tensor b = leaf(3, -1, 2);
    a.pow(b).backward();
    assertValues(a.grad(), 3 * 4, -1 / 9.0, 2 * 0.5);
    assertValues(b.grad(), 8 * Math.log(2), Math.log(3) / 3, 0.25 * Math.log(0.5));
  }

  // -- Implicit broadcasting returns gradients of the output's shape ------------------------------

  @Test
  void theGradientOfABroadcastOperandHasItsOwnShape() {
    List<BinaryOperator<Tensor>> ops =
        List.of(Tensor::add, Tensor::sub, Tensor::mul, Tensor::div, Tensor::pow);
    long[][][] shapes = {
      {{3}, {2, 3}},
      {{2, 1}, {2, 3}},
      {{}, {2, 3}},
      {{1, 1}, {2, 3}},
      {{2, 1}, {1, 3}},
      {{4, 1, 3}, {2, 1}}
    };
    for (BinaryOperator<Tensor> op : ops) {
      for (long[][] s : shapes) {
        Tensor a = counting(s[0]).reshape(s[0]).requiresGrad(true);
        Tensor b = counting(s[1]).reshape(s[1]).requiresGrad(true);
        op.apply(a, b).backward();
        assertEquals(a.shape(), a.grad().shape());
        assertEquals(b.shape(), b.grad().shape());
        op.apply(b, a).backward();
        assertEquals(a.shape(), a.grad().shape());
        assertEquals(b.shape(), b.grad().shape());
      }
    }
  }

  @Test
  void theGradientOfABroadcastOperandIsSummedOverTheCopies() {
    Tensor a = leaf(1, 2, 3);
    Tensor b = counting(2, 3);
    a.mul(b).backward();
    assertValues(a.grad(), 1 + 4, 2 + 5, 3 + 6);
    a.add(b).backward();
    assertValues(a.grad(), 2, 2, 2);
  }

  // -- matmul's gradient is wrong for batch axes of size 1 inside, and fails for 1-D --------------

  @ParameterizedTest
  @CsvSource({
    "3 1 2 2, 1 4 2 2",
    "3 1 2 2, 4 2 2",
    "1 4 2 3, 3 1 3 2",
    "5 1 4 2 3, 1 3 1 3 2",
    "2 1 2 2, 2 2",
    "2 2, 3 1 2 2",
  })
  void theGradientOfABatchedProductIsSummedOverBroadcastBatchAxes(String left, String right) {
    long[] s = longs(left);
    long[] t = longs(right);
    Tensor a = counting(s).requiresGrad(true);
    Tensor b = counting(t).requiresGrad(true);
    Tensor y = a.matmul(b);
    Tensor g = counting(y.shape().toArray());
    y.backward(g);
    assertEquals(a.shape(), a.grad().shape());
    assertEquals(b.shape(), b.grad().shape());

    // The same with the batch axes spelt out, for which the gradient is a product for each batch.
    long[] lead = Arrays.copyOf(y.shape().toArray(), y.rank() - 2);
    Tensor wideA = a.detach().broadcastTo(join(lead, s)).contiguous().requiresGrad(true);
    Tensor wideB = b.detach().broadcastTo(join(lead, t)).contiguous().requiresGrad(true);
    wideA.matmul(wideB).backward(g);
    assertArrayEquals(
        folded(wideA.grad(), a.shape()).toDoubleArray(), a.grad().toDoubleArray(), 1e-9);
    assertArrayEquals(
        folded(wideB.grad(), b.shape()).toDoubleArray(), b.grad().toDoubleArray(), 1e-9);
  }

  private static long[] longs(String text) {
    return Arrays.stream(text.split(" ")).mapToLong(Long::parseLong).toArray();
  }

  /** Leading axes, then the last two of a shape. */
  private static long[] join(long[] lead, long[] shape) {
    long[] s = Arrays.copyOf(lead, lead.length + 2);
    s[lead.length] = shape[shape.length - 2];
    s[lead.length + 1] = shape[shape.length - 1];
    return s;
  }

  /** Summed over the axes that s has not, or has with size 1. */
  private static Tensor folded(Tensor g, Shape s) {
    int added = g.rank() - s.rank();
    int[] axes =
        IntStream.range(0, g.rank())
            .filter(d -> d < added || (s.size(d - added) == 1 && g.size(d) != 1))
            .toArray();
    return axes.length == 0 ? g : g.sum(axes).reshape(s);
  }

  @Test
  void productsWithOperandsOfOneAxisHaveGradients() {
    Tensor v = leaf(1, 2, 3);
    Tensor w = leaf(4, 5, 6);
    Tensor dot = v.matmul(w);
    assertEquals(Shape.of(), dot.shape());
    dot.backward();
    assertValues(v.grad(), 4, 5, 6);
    assertValues(w.grad(), 1, 2, 3);

    Tensor m = counting(2, 3).requiresGrad(true);
    m.matmul(v).backward();
    assertEquals(Shape.of(2, 3), m.grad().shape());
    assertValues(m.grad(), 1, 2, 3, 1, 2, 3);
    assertValues(v.grad(), 5, 7, 9);

    Tensor n = counting(3, 2).requiresGrad(true);
    v.matmul(n).backward();
    assertEquals(Shape.of(3, 2), n.grad().shape());
    assertValues(n.grad(), 1, 1, 2, 2, 3, 3);
    assertValues(v.grad(), 3, 7, 11);

    Tensor batch = counting(2, 2, 3).requiresGrad(true);
    batch.matmul(v).backward();
    assertEquals(batch.shape(), batch.grad().shape());
    assertValues(v.grad(), 1 + 4 + 7 + 10, 2 + 5 + 8 + 11, 3 + 6 + 9 + 12);
  }

  // -- Power 0 at 0 has a NaN gradient ------------------------------------------------------------

  @Test
  void thePowerZeroHasTheGradientZeroEverywhere() {
    Tensor x = leaf(0, -0.0, 2, -3);
    Tensor y = x.pow(0);
    assertValues(y, 1, 1, 1, 1);
    y.backward();
    assertValues(x.grad(), 0, 0, 0, 0);

    x.pow(vector(0, 0, 0, 0)).backward();
    assertValues(x.grad(), 0, 0, 0, 0);
  }

  // -- A float32 graph drifts to float64 ----------------------------------------------------------

  @Test
  void float32GraphsHaveFloat32Gradients() {
    List<UnaryOperator<Tensor>> ops =
        List.of(
            x -> x.sum(),
            x -> x.sum(0),
            x -> x.sum(-1),
            x -> x.mean(),
            x -> x.mean(1),
            x -> x.mul(2).add(1).div(3).sub(0.1),
            x -> x.rsub(1).rdiv(1),
            x -> x.pow(3),
            x -> x.exp().log(),
            x -> x.max(1),
            x -> x.logsumexp(1),
            x -> x.relu(),
            x -> x.matmul(x.transpose()),
            x -> Loss.softmaxLoss(x, Tensor.of(new int[] {0, 1})));
    for (UnaryOperator<Tensor> op : ops) {
      Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).requiresGrad(true);
      Tensor y = op.apply(x);
      assertEquals(DType.FLOAT32, y.dtype());
      y.backward(Backward.CREATE_GRAPH);
      assertEquals(DType.FLOAT32, x.grad().dtype());
      for (Tensor node : Graph.topologicalOrder(x.grad())) {
        assertTrue(
            node.dtype() == DType.FLOAT32 || !node.dtype().isFloating(),
            () -> "%s in the gradient of %s".formatted(node.op(), y.op()));
      }
    }
  }

  // -- softmax_loss overflows at logits of 89 and more --------------------------------------------

  @Test
  void theSoftmaxLossIsFiniteForLogitsOfAnySize() {
    double[] logits = {1000, -1000, 0, 1000, -1000, 0};
    float[] singles = {1000, -1000, 0, 1000, -1000, 0};
    Tensor oneHot = vector(0, 1, 0, 0, 1, 0).reshape(2, 3);
    Tensor labels = Tensor.of(new long[] {1, 1});
    for (Tensor z : List.of(Tensor.of(logits, 2, 3), Tensor.of(singles, 2, 3))) {
      for (Tensor y : List.of(labels, oneHot.to(z.dtype()))) {
        z.requiresGrad(true);
        Tensor loss = Loss.softmaxLoss(z, y);
        assertEquals(2000, loss.item());
        loss.backward();
        assertArrayEquals(new double[] {0.5, -0.5, 0, 0.5, -0.5, 0}, z.grad().toDoubleArray());
        assertEquals(z.dtype(), z.grad().dtype());
      }
    }
  }

  @Test
  void theSoftmaxLossOfEightyNineIsRightInFloat32() {
    Tensor z = Tensor.of(new float[] {89, 0}, 1, 2).requiresGrad(true);
    Tensor loss = Loss.softmaxLoss(z, Tensor.of(new byte[] {0}));
    loss.backward();
    assertEquals(0, loss.item(), 1e-30);
    assertArrayEquals(new double[] {0, 0}, z.grad().toDoubleArray(), 1e-30);
  }

  // -- The sort is quadratic and recursive and repeats nodes --------------------------------------

  @Test
  void theSortTakesDeepGraphsAndEachNodeOnce() {
    int n = 100_000;
    Tensor x = leaf(1);
    List<Tensor> made = new ArrayList<>(List.of(x));
    for (int i = 1; i <= n; i++) {
      Tensor last = made.getLast();
      made.add(last.add(last)); // 2^n paths
    }
    List<Tensor> order = Graph.topologicalOrder(made.getLast());
    assertEquals(made.size(), order.size());
    for (int i = 0; i <= n; i++) {
      assertSame(made.get(i), order.get(i));
    }
  }

  @Test
  void theSortOfSeveralRootsRepeatsNoNode() {
    Tensor x = leaf(1);
    Tensor y = leaf(2);
    Tensor shared = x.mul(y);
    Tensor a = shared.exp();
    Tensor b = shared.log();
    Tensor c = b.add(a);
    assertEquals(List.of(x, y, shared, a, b, c), Graph.topologicalOrder(a, b, c), "roots in order");
    assertEquals(List.of(x, y, shared, b, a, c), Graph.topologicalOrder(c, a, b, c));
    Set<Tensor> each = Collections.newSetFromMap(new IdentityHashMap<>());
    each.addAll(Graph.topologicalOrder(a, a, b, shared, x));
    assertEquals(each.size(), Graph.topologicalOrder(a, a, b, shared, x).size());
    assertEquals(List.of(), Graph.topologicalOrder());
  }

  // -- backward on a leaf fails -------------------------------------------------------------------

  @Test
  void backwardOnALeafStoresOnes() {
    Tensor x = leaf(3, 4);
    x.backward();
    assertValues(x.grad(), 1, 1);
    Tensor g = vector(5, 6);
    x.backward(g);
    assertValues(x.grad(), 5, 6);
    g.close();
    assertValues(x.grad(), 5, 6);
  }

  // -- 3 - x and 1/x are wrong --------------------------------------------------------------------

  @Test
  void aNumberMinusAndOverATensorAreRight() {
    Tensor x = leaf(1, 2, 4);
    Tensor y = x.rsub(3);
    assertValues(y, 2, 1, -1);
    y.backward();
    assertValues(x.grad(), -1, -1, -1);

    Tensor z = x.rdiv(1);
    assertValues(z, 1, 0.5, 0.25);
    z.backward();
    assertValues(x.grad(), -1, -0.25, -1 / 16.0);
  }

  // -- relu's mask leaves the graph, and lets NaN through -----------------------------------------

  @Test
  void aDeadUnitLetsNoNaNAndNoInfinityThrough() {
    Tensor x = leaf(-1, 0, 2);
    double nan = Double.NaN;
    x.relu().backward(vector(nan, Double.POSITIVE_INFINITY, 3));
    assertValues(x.grad(), 0, 0, 3);

    // d/dx of log(relu(x)) is 1/0 · 0 at the dead ones.
    x.relu().log().backward();
    assertValues(x.grad(), 0, 0, 0.5);
  }

  @Test
  void theMaskOfReluIsANodeOfTheGradientsGraph() {
    Tensor x = leaf(-1, 2);
    x.relu().mul(x).backward(Backward.CREATE_GRAPH);
    List<Tensor> selects =
        Graph.topologicalOrder(x.grad()).stream()
            .filter(n -> n.op().toString().equals("where"))
            .toList();
    assertEquals(1, selects.size());
    Tensor mask = selects.getFirst().in(0);
    assertEquals(DType.BOOL, mask.dtype());
    assertArrayEquals(new int[] {0, 1}, mask.toIntArray());
  }

  @Test
  void theGradientOfReluCanBeDifferentiatedAndTakenAtOtherInputs() {
    UnaryOperator<Tensor> first = Grad.grad((Tensor x) -> x.relu().pow(3).sum());
    UnaryOperator<Tensor> second = Grad.grad((Tensor x) -> first.apply(x).sum());
    assertValues(first.apply(vector(-2, 0, 2)), 0, 0, 12);
    assertValues(second.apply(vector(-2, 0, 2)), 0, 0, 12);
    assertValues(second.apply(vector(2, 0, -2)), 12, 0, 0);
  }

  // -- A stray + 0 node for every variable --------------------------------------------------------

  @Test
  void aGradientOfOnePartialIsThatPartialWithoutAnAddition() {
    Tensor x = leaf(2);
    Tensor y = leaf(3);
    Tensor z = x.mul(y);
    long before = Graph.nodesRecorded();
    z.backward(Backward.CREATE_GRAPH);
    // ones·y for x and ones·x for y.
    assertEquals(2, Graph.nodesRecorded() - before);
    assertEquals("mul", x.grad().op().toString());
    assertEquals("mul", y.grad().op().toString());
    assertSame(y, x.grad().in(1));
    assertSame(x, y.grad().in(1));
  }

  @Test
  void nPartialsAreAddedByOneAdditionLess() {
    Tensor x = leaf(2);
    Tensor y = x.exp().add(x.log()).add(x.neg());
    y.backward(Backward.CREATE_GRAPH);
    long additions =
        Graph.topologicalOrder(x.grad()).stream()
            .filter(n -> n.op().toString().equals("add"))
            .count();
    assertEquals(2, additions);
    assertValues(x.grad(), Math.exp(2) + 0.5 - 1);
  }

  // -- Gradients of data and labels are computed and kept -----------------------------------------

  @Test
  void gradientsOfDataAreNeitherComputedNorKept() {
    Tensor data = counting(4, 3);
    Tensor w = counting(3, 2).requiresGrad(true);
    long dataIsConstant = opsOfBackward(data.matmul(w));
    assertNull(data.grad());
    assertEquals(Shape.of(3, 2), w.grad().shape());
    data.requiresGrad(true);
    long both = opsOfBackward(data.matmul(w));
    assertEquals(dataIsConstant + 1, both, "one product more");
    assertEquals(data.shape(), data.grad().shape());
  }

  @Test
  void labelsGetNoGradient() {
    Tensor z = counting(2, 3).requiresGrad(true);
    Tensor oneHot = vector(0, 1, 0, 1, 0, 0).reshape(2, 3);
    long without = opsOfBackward(Loss.softmaxLoss(z, oneHot));
    assertNull(oneHot.grad());
    oneHot.requiresGrad(true);
    assertTrue(opsOfBackward(Loss.softmaxLoss(z, oneHot)) > without);
  }

  @Test
  void theGradientOfAnInnerNodeIsNotKept() {
    Tensor x = leaf(2);
    Tensor h = x.mul(3);
    h.exp().backward();
    assertNull(h.grad());
    assertThrows(IllegalStateException.class, () -> vector(1).exp().backward(), "nothing to find");
  }

  private static long opsOfBackward(Tensor y) {
    long before = Graph.opsComputed();
    y.backward();
    return Graph.opsComputed() - before;
  }
}
