package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thimble.InBothBackends;
import thimble.transform.Grad;

/** Reverse mode: scale, sums over paths, what is recorded, what is stored, and who owns it. */
class ReverseTest extends InBothBackends {
  private static Tensor vector(double... x) {
    return Tensor.of(x);
  }

  private static Tensor leaf(double... x) {
    return vector(x).requiresGrad(true);
  }

  private static Tensor number(double x) {
    return Tensor.of(x).requiresGrad(true);
  }

  private static void assertValues(Tensor x, double... expected) {
    assertNotNull(x);
    assertArrayEquals(expected, x.toDoubleArray(), 1e-12);
  }

  /** What body gives on a thread with that stack, in this test's backend. */
  private <T> T onThread(long stackBytes, Callable<T> body) throws Exception {
    FutureTask<T> task =
        new FutureTask<>(() -> {
          try (Block _ = Backends.use(backend)) {
            return body.call();
          }
        });
    Thread thread = new Thread(null, task, "small", stackBytes);
    thread.start();
    thread.join();
    return task.get();
  }

  // -- Scale --------------------------------------------------------------------------------------

  @Test
  void aChainOfAMillionNodesDifferentiates() {
    Tensor x = number(1);
    Tensor y = x;
    for (int i = 0; i < 1_000_000; i++) {
      y = y.neg();
    }
    y.backward();
    assertEquals(1, x.grad().item());
    y.close();
  }

  @Test
  void aDeepChainDifferentiatesOnASmallStack() throws Exception {
    double slope =
        onThread(
            256 << 10,
            () -> {
              Tensor x = number(1);
              try (Scope _ = Scope.open()) {
                Tensor y = x;
                for (int i = 0; i < 200_000; i++) {
                  y = y.add(1);
                }
                y.backward(Backward.CREATE_GRAPH);
                Graph.topologicalOrder(y);
              }
              return x.grad().item();
            });
    assertEquals(1, slope);
  }

  @Test
  void tenThousandFanOutsAreSummed() {
    Tensor x = number(3);
    Tensor y = x.mul(0);
    for (int i = 1; i <= 10_000; i++) {
      y = y.add(x.mul(i));
    }
    y.backward();
    assertEquals(10_000.0 * 10_001 / 2, x.grad().item());
  }

  @Test
  void aSixtyDeepDiamondCountsEveryPath() {
    Tensor x = number(1);
    Tensor y = x;
    for (int i = 0; i < 60; i++) {
      y = y.add(y);
    }
    y.backward();
    assertEquals(Math.scalb(1.0, 60), x.grad().item());
    assertEquals(
        Math.scalb(1.0, 60),
        Grad.grad(
                (Tensor t) -> {
                  Tensor z = t;
                  for (int i = 0; i < 60; i++) {
                    z = z.add(z);
                  }
                  return z;
                })
            .apply(Tensor.of(1))
            .item());
  }

  // -- Nodes: 0 without createGraph, k with it ----------------------------------------------------

  @Test
  void backwardMakesNoNodeAndCreateGraphExactlyThoseOfTheAdjoints() {
    Tensor v1 = number(0.5);
    Tensor v2 = v1.exp();
    Tensor v3 = v2.add(1);
    Tensor v4 = v3.mul(v2);
    assertEquals(0, nodesOf(() -> v4.backward()));
    assertNull(v2.grad());
    assertEquals(0, v1.grad().inputs());
    // v4 = v3·v2 passes ones·v2 to v3 (1) and ones·v3 to v2 (2); v3 = v2 + 1 passes its adjoint on
    // unchanged, by an identity node (3); the two partials of v2 are summed (4); v2 = e^v1 passes
    // v̄2·v2 to v1 (5).
    assertEquals(5, nodesOf(() -> v4.backward(Backward.CREATE_GRAPH)));
    double e = Math.exp(0.5);
    assertValues(v1.grad(), 2 * e * e + e);

    List<Tensor> identities =
        Graph.topologicalOrder(v1.grad()).stream()
            .filter(n -> n.op() == Views.Identity.IDENTITY)
            .toList();
    assertEquals(1, identities.size());
    Tensor passed = identities.getFirst();
    assertSame(v2, passed.in(0).in(1), "the adjoint of v3 is ones·v2");
    assertValues(passed, e);
  }

  @Test
  void createGraphCountsOnlyWhatDependsOnALeaf() {
    Tensor x1 = number(2);
    Tensor x2 = number(5);
    Tensor y = x1.log().add(x1.mul(x2)).sub(x2);
    assertEquals(0, nodesOf(() -> y.backward()));
    // From y = c - x2 the adjoints of c, and of log x1 and x1·x2 below it, are ones, and -1 goes to
    // x2: constants, not recorded. x1·x2 passes ones·x2 to x1 (1) and ones·x1 to x2 (2), there
    // added to -1 (3); log x1 passes ones/x1 (4), added to the other partial of x1 (5).
    assertEquals(5, nodesOf(() -> y.backward(Backward.CREATE_GRAPH)));
    assertValues(x1.grad(), 5.5);
    assertValues(x2.grad(), 1);
  }

  @Test
  void forwardOpsAreRecordedOnlyForAGradient() {
    Tensor c = vector(1, 2);
    assertEquals(0, nodesOf(() -> c.mul(c).exp().sum()));
    Tensor x = leaf(1, 2);
    assertEquals(3, nodesOf(() -> x.mul(c).exp().sum()));
    assertEquals(Constant.CONSTANT, c.mul(c).op());
    assertEquals(0, c.mul(c).inputs());
  }

  private static long nodesOf(Runnable body) {
    long before = Graph.nodesRecorded();
    body.run();
    return Graph.nodesRecorded() - before;
  }

  // -- Sums over paths ----------------------------------------------------------------------------

  @Test
  void aTensorThatAnOpTakesTwiceGetsBothPartials() {
    Tensor x = leaf(2, 3);
    x.mul(x).backward();
    assertValues(x.grad(), 4, 6);
    x.add(x).backward();
    assertValues(x.grad(), 2, 2);
    x.sub(x).backward();
    assertValues(x.grad(), 0, 0);
    x.div(x).backward();
    assertValues(x.grad(), 0, 0);
    x.pow(x).backward();
    assertValues(x.grad(), 4 * (1 + Math.log(2)), 27 * (1 + Math.log(3)));
    Tensor.where(x.gt(2.5), x, x).backward();
    assertValues(x.grad(), 1, 1);

    Tensor m = Tensor.of(new double[] {1, 2, 3, 4}, 2, 2).requiresGrad(true);
    m.matmul(m).backward();
    // onesᵀ-sums: g·mᵀ + mᵀ·g with g = ones.
    assertValues(m.grad(), 3 + 4, 7 + 4, 3 + 6, 7 + 6);
    x.matmul(x).backward();
    assertValues(x.grad(), 4, 6);
  }

  @Test
  void partialAdjointsAreSummedOverAllPaths() {
    Tensor x1 = number(2);
    Tensor x2 = number(5);
    // The article's graph but for the sine: v̄1 = v̄4·x2 + v̄3/x1.
    x1.log().add(x1.mul(x2)).backward();
    assertValues(x1.grad(), 5.5);
    assertValues(x2.grad(), 2);
  }

  @Test
  void aLongAndAShortPathToOneNodeAreBothTaken() {
    Tensor x = number(2);
    Tensor h = x.mul(3);
    Tensor y = h.mul(h).mul(h).add(h);
    h.retainGrad();
    y.backward();
    assertValues(h.grad(), 3 * 36 + 1);
    assertValues(x.grad(), 3 * (3 * 36 + 1));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 2000})
  void aCotangentThatSeveralNodesShareIsEachOnesOwn(int n) {
    Tensor x = Tensor.ones(DType.FLOAT64, n).requiresGrad(true);
    Tensor z = Tensor.ones(DType.FLOAT64, n).requiresGrad(true);
    Tensor between = x.add(z);
    between.retainGrad();
    Tensor out = Tensor.full(DType.FLOAT64, 3, n);
    between.add(x).add(0.5).backward(out);
    assertEquals(3, between.grad().mean().item());
    assertEquals(6, x.grad().mean().item());
    between.grad().close();
    z.grad().close();
    assertEquals(6, x.grad().mean().item());
    assertEquals(3, out.mean().item());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 2000})
  void sumsOfManyPartialsDoNotReachIntoWhatTheyAreMadeOf(int n) {
    Tensor x = Tensor.full(DType.FLOAT64, 2, n).requiresGrad(true);
    Tensor a = x.mul(3);
    Tensor b = a.mul(x); // its partials are g·x and g·a, of which each is added to others
    Tensor y = b.add(a).add(x).add(b.mul(a));
    y.backward();
    // y = 3x² + 4x + 9x³
    assertEquals(6 * 2 + 4 + 27 * 4, x.grad().mean().item());
    assertEquals(6, a.mean().item());
    assertEquals(12, b.mean().item());
    Tensor first = x.grad();
    y.backward();
    assertEquals(first.mean().item(), x.grad().mean().item());
  }

  // -- Outputs ------------------------------------------------------------------------------------

  @Test
  void anOutputMayBeALeaf() {
    Tensor x = leaf(1, 2);
    x.backward(Backward.CREATE_GRAPH);
    assertValues(x.grad(), 1, 1);
    assertFalse(x.grad().requiresGrad());
    x.backward(vector(3, 4));
    assertValues(x.grad(), 3, 4);
  }

  @Test
  void theCotangentThatTheCallerGaveStaysTheCallers() {
    Tensor x = leaf(1, 2);
    Tensor g = vector(3, 4);
    x.backward(g);
    assertNotSame(g, x.grad());
    x.add(1).backward(g);
    assertNotSame(g, x.grad());
    x.grad().close();
    assertValues(g, 3, 4);
    g.close();
    x.mul(2).backward();
    assertValues(x.grad(), 2, 2);
  }

  @Test
  void anOutputThatIsNoScalarIsSummedWithItsOutGrad() {
    Tensor x = leaf(1, 2, 3);
    Tensor y = x.mul(x);
    y.backward();
    assertValues(x.grad(), 2, 4, 6);
    y.backward(vector(1, 0, -1));
    assertValues(x.grad(), 2, 0, -6);
  }

  @Test
  void anOutGradMayItselfBeDifferentiated() {
    Tensor x = leaf(2, 3);
    Tensor g = leaf(5, 7);
    x.mul(x).backward(g, Backward.CREATE_GRAPH);
    Tensor dx = x.grad();
    assertValues(dx, 20, 42);
    dx.backward();
    assertValues(x.grad(), 10, 14);
    assertValues(g.grad(), 4, 6);
  }

  // -- What is stored -----------------------------------------------------------------------------

  @Test
  void backwardReplacesAndAccumulateAdds() {
    Tensor x = leaf(1, 2);
    x.mul(3).backward();
    x.mul(4).backward();
    assertValues(x.grad(), 4, 4);
    x.mul(5).backward(Backward.ACCUMULATE);
    assertValues(x.grad(), 9, 9);
    Tensor fresh = leaf(1, 2);
    fresh.mul(5).backward(Backward.ACCUMULATE);
    assertValues(fresh.grad(), 5, 5);
  }

  @Test
  void aGradientThatWasTakenStaysWhenAnotherReplacesIt() {
    Tensor x = leaf(1, 2);
    x.mul(3).backward();
    Tensor first = x.grad();
    x.mul(x).backward();
    x.mul(x).backward(Backward.ACCUMULATE);
    assertValues(first, 3, 3);
    assertValues(x.grad(), 4, 8);
  }

  @Test
  void accumulatingGradientsWithTheirGraphAddsTheGraphs() {
    Tensor x = leaf(2, 3);
    x.pow(3).backward(Backward.CREATE_GRAPH);
    x.pow(2).backward(Backward.CREATE_GRAPH, Backward.ACCUMULATE);
    Tensor g = x.grad();
    assertValues(g, 12 + 4, 27 + 6);
    g.backward();
    assertValues(x.grad(), 12 + 2, 18 + 2);
  }

  @Test
  void onlyLeavesAndThoseThatRetainItGetAGradient() {
    Tensor x = leaf(2, 3);
    Tensor h = x.mul(x);
    Tensor k = h.mul(3);
    assertSame(h, h.retainGrad());
    k.mul(k).backward();
    assertValues(h.grad(), 2 * 9 * 4, 2 * 9 * 9);
    assertNull(k.grad());
    assertValues(x.grad(), 72 * 4, 162 * 6);
  }

  @Test
  void backwardTwiceGivesTheSameAndLeavesTheGraphIntact() {
    Tensor x = leaf(0.3, -2);
    Tensor y = x.exp().mul(x).sum();
    y.backward();
    double[] first = x.grad().toDoubleArray();
    y.backward();
    assertArrayEquals(first, x.grad().toDoubleArray());
    y.backward(Backward.CREATE_GRAPH);
    assertArrayEquals(first, x.grad().toDoubleArray());
    assertEquals(Math.exp(0.3) * 0.3 + Math.exp(-2) * -2, y.item(), 1e-12);
  }

  @Test
  void aLeafThatIsNotReachedKeepsItsGradient() {
    Tensor x = leaf(1);
    Tensor z = leaf(1);
    x.mul(z).backward();
    x.mul(7).backward();
    assertValues(x.grad(), 7);
    assertValues(z.grad(), 1);
  }

  // -- requiresGrad, detach, noGrad ---------------------------------------------------------------

  @Test
  void requiresGradIsForFloatingLeavesAlone() {
    Tensor x = leaf(1, 2);
    Tensor y = x.mul(2);
    assertTrue(y.requiresGrad());
    String message =
        assertThrows(IllegalStateException.class, () -> y.requiresGrad(true)).getMessage();
    assertTrue(message.contains("mul(2) float64 [2]"), message);
    assertTrue(message.contains("detach"), message);
    assertFalse(vector(1).requiresGrad());
    assertFalse(vector(1).exp().requiresGrad());
    assertThrows(DTypeException.class, () -> Tensor.of(new int[] {1}).requiresGrad(true));
    assertFalse(x.requiresGrad(false).requiresGrad());
    assertFalse(x.mul(2).requiresGrad());
  }

  @Test
  void detachSharesTheValueAndCutsHistory() {
    Tensor x = leaf(2, 3);
    Tensor d = x.mul(x).detach();
    assertValues(d, 4, 9);
    assertFalse(d.requiresGrad());
    assertEquals(0, d.inputs());
    assertEquals(Constant.CONSTANT, d.op());
    x.mul(d).backward();
    assertValues(x.grad(), 4, 9);

    Tensor a = vector(1, 2);
    Tensor b = a.detach();
    assertSame(a.value().storage(), b.value().storage());
    a.close();
    assertValues(b, 1, 2);
  }

  @Test
  void noGradRecordsNothingUntilItIsClosed() {
    Tensor x = leaf(2);
    try (Block _ = Tensor.noGrad()) {
      Tensor y = x.mul(x);
      assertFalse(y.requiresGrad());
      assertEquals(0, y.inputs());
      try (Block _ = Tensor.noGrad()) {
        assertEquals(0, x.exp().inputs());
      }
      assertEquals(0, x.exp().inputs());
    }
    assertTrue(x.mul(x).requiresGrad());
  }

  @Test
  void noGradHoldsOnItsOwnThreadAlone() throws Exception {
    Tensor x = leaf(2);
    try (Block _ = Tensor.noGrad()) {
      assertTrue(onThread(0, () -> x.mul(x).requiresGrad()));
    }
  }

  @Test
  void noGradDoesNotStopAFunctionalGradient() {
    try (Block _ = Tensor.noGrad()) {
      assertValues(Grad.grad((Tensor x) -> x.mul(x).sum()).apply(leaf(3)), 6);
    }
  }

  @Test
  void anOpWithoutDerivativeCutsTheGraph() {
    Tensor x = leaf(2, 3);
    assertFalse(x.gt(2).requiresGrad());
    assertFalse(x.argmax(0).requiresGrad());
    assertFalse(x.to(DType.INT32).requiresGrad());
    x.to(DType.INT32).to(DType.FLOAT64).add(x).backward();
    assertValues(x.grad(), 1, 1);
  }

  // -- Scope and close ----------------------------------------------------------------------------

  @Test
  void aScopeClosesWhatWasMadeInItAndNotKept() {
    Tensor kept;
    Tensor lost;
    Tensor outside = vector(1);
    try (Scope scope = Scope.open()) {
      lost = outside.add(1);
      kept = scope.keep(lost.mul(3));
      assertSame(outside, scope.keep(outside));
    }
    assertValues(kept, 6);
    assertValues(outside, 1);
    assertThrows(ClosedException.class, lost::item);
    kept.close();
    outside.close();
  }

  @Test
  void whatAnInnerScopeKeepsPassesToTheOuter() {
    Tensor x;
    try (Scope outer = Scope.open()) {
      try (Scope inner = Scope.open()) {
        x = inner.keep(vector(1));
        assertSame(x, outer.keep(x), "it is the inner scope's no more");
      }
      assertValues(x, 1);
    }
    assertValues(x, 1);
    try (Scope outer = Scope.open()) {
      try (Scope inner = Scope.open()) {
        x = inner.keep(vector(1));
      }
      assertValues(x, 1);
      assertTrue(outer.owns(x));
    }
    assertThrows(ClosedException.class, x::item);
  }

  @Test
  void scopesAreClosedOnceInnermostFirstOnTheirThread() throws Exception {
    Scope outer = Scope.open();
    Scope inner = Scope.open();
    assertThrows(IllegalStateException.class, outer::close);
    onThread(
        0,
        () -> {
          assertThrows(IllegalStateException.class, inner::close);
          return null;
        });
    inner.close();
    outer.close();
    assertThrows(IllegalStateException.class, outer::close);
    assertNull(Mode.get().scope);
  }

  @Test
  void gradientsOfLeavesFromOutsideLiveOnAfterAScope() {
    Tensor x = leaf(2, 3);
    try (Scope _ = Scope.open()) {
      x.mul(x).sum().backward();
    }
    assertValues(x.grad(), 4, 6);
    try (Scope _ = Scope.open()) {
      x.mul(x).sum().backward(Backward.ACCUMULATE);
    }
    assertValues(x.grad(), 8, 12);
    try (Scope _ = Scope.open()) {
      try (Scope _ = Scope.open()) {
        x.backward();
      }
    }
    assertValues(x.grad(), 1, 1);
  }

  @Test
  void gradientsOfLeavesFromInsideEndWithTheScope() {
    Tensor g;
    try (Scope _ = Scope.open()) {
      Tensor x = leaf(2, 3);
      try (Scope _ = Scope.open()) {
        x.mul(x).sum().backward();
      }
      g = x.grad();
      assertValues(g, 4, 6);
    }
    assertThrows(ClosedException.class, g::toDoubleArray);
  }

  @Test
  void aFunctionalGradientInAScopeEndsWithIt() {
    Tensor x = vector(2, 3);
    Tensor kept;
    Tensor lost;
    try (Scope scope = Scope.open()) {
      lost = Grad.grad((Tensor t) -> t.mul(t).sum()).apply(x);
      kept = scope.keep(Grad.grad((Tensor t) -> t.mul(t).sum()).apply(x));
    }
    assertValues(kept, 4, 6);
    assertThrows(ClosedException.class, lost::toDoubleArray);
  }

  @Test
  void aClosedTensorIsNamedByTheOpThatUsesIt() {
    Tensor x = leaf(1, 2);
    Tensor other = vector(3, 4);
    Tensor y = x.mul(other);
    x.close();
    x.close();
    assertClosed("mul: operand 0, float64 [2], is closed", () -> x.mul(other));
    assertClosed("mul: operand 1, float64 [2], is closed", () -> other.mul(x));
    assertClosed("reshape([2, 1]): operand 0", () -> x.reshape(2, 1));
    assertClosed("sum(0): operand 0", () -> x.sum());
    assertClosed("detach", x::detach);
    assertClosed("read", x::toDoubleArray);
    assertClosed("id", x::identity);
    y.close();
    assertClosed("backward", () -> y.backward());
    assertEquals("Tensor(closed, float64, [2])", x.toString());
    assertEquals(Shape.of(2), x.shape());
  }

  private static void assertClosed(String start, Runnable use) {
    String message = assertThrows(ClosedException.class, use::run).getMessage();
    assertTrue(message.startsWith(start) && message.endsWith("is closed"), message);
  }

  @Test
  void closingAnInputDoesNotBreakTheGradientOfWhatHoldsIt() {
    Tensor x = leaf(2, 3);
    Tensor c = vector(5, 7);
    Tensor h = x.mul(c);
    Tensor y = h.mul(h).sum();
    h.close();
    c.close();
    y.backward();
    assertValues(x.grad(), 2 * 25 * 2, 2 * 49 * 3);
    y.backward(Backward.CREATE_GRAPH);
    assertValues(x.grad(), 100, 294);
  }

  @Test
  void closingALeafDoesNotBreakTheGradientOfWhatHoldsIt() {
    Tensor x = leaf(2, 3);
    Tensor y = x.mul(x);
    x.close();
    y.backward();
    assertValues(x.grad(), 4, 6);
  }

  @Test
  void closingATensorLeavesItsViewsAlone() {
    Tensor x = vector(1, 2, 3, 4);
    Tensor view = x.reshape(2, 2).transpose().slice(0, 1, 2);
    x.close();
    assertValues(view, 2, 4);
  }

  // -- Functional gradients -----------------------------------------------------------------------

  @Test
  void nestedDerivativesDoNotConfuseTheirVariables() {
    UnaryOperator<Tensor> outer =
        Grad.grad(x -> x.mul(Grad.grad((Tensor y) -> x.add(y)).apply(Tensor.of(1))));
    assertEquals(1, outer.apply(Tensor.of(1)).item());
    // d/dx [x · d/dy (x·y²)] = d/dx [2x²y] = 4xy.
    UnaryOperator<Tensor> mixed =
        Grad.grad(x -> x.mul(Grad.grad((Tensor y) -> x.mul(y.mul(y))).apply(Tensor.of(3))));
    assertEquals(4 * 2 * 3, mixed.apply(Tensor.of(2)).item());
  }

  @Test
  void derivativesOfAnyOrderAreGradientsOfGradients() {
    UnaryOperator<Tensor> f1 = Grad.grad((Tensor x) -> x.pow(4));
    UnaryOperator<Tensor> f2 = Grad.grad(f1);
    UnaryOperator<Tensor> f3 = Grad.grad(f2);
    UnaryOperator<Tensor> f4 = Grad.grad(f3);
    UnaryOperator<Tensor> f5 = Grad.grad(f4);
    Tensor x = Tensor.of(2);
    assertEquals(32, f1.apply(x).item());
    assertEquals(48, f2.apply(x).item());
    assertEquals(48, f3.apply(x).item());
    assertEquals(24, f4.apply(x).item());
    assertEquals(0, f5.apply(x).item());
  }

  @Test
  void theSecondDerivativesOfTheArticlesGraphAreRight() {
    // f = ln x1 + x1·x2: Hessian [[-1/x1², 1], [1, 0]].
    for (int i = 0; i < 2; i++) {
      int row = i;
      List<Tensor> h =
          Grad.grad((List<Tensor> at) ->
                  Grad.grad((List<Tensor> x) -> x.get(0).log().add(x.get(0).mul(x.get(1))))
                      .apply(at)
                      .get(row))
              .apply(List.of(Tensor.of(2), Tensor.of(5)));
      assertValues(h.get(0), row == 0 ? -0.25 : 1);
      assertValues(h.get(1), row == 0 ? 1 : 0);
    }
  }

  @Test
  void aFunctionThatDoesNotDependOnItsArgumentHasTheGradientZero() {
    Tensor c = vector(1, 2).sum();
    List<Tensor> g =
        Grad.grad((List<Tensor> x) -> x.get(0).sum().add(c))
            .apply(List.of(vector(1, 2), Tensor.of(new float[] {1, 2, 3}, 1, 3)));
    assertValues(g.get(0), 1, 1);
    assertValues(g.get(1), 0, 0, 0);
    assertEquals(DType.FLOAT32, g.get(1).dtype());
    assertEquals(Shape.of(1, 3), g.get(1).shape());
    assertValues(Grad.grad((Tensor x) -> c).apply(vector(5, 6)), 0, 0);
    assertValues(Grad.grad((Tensor x) -> x.gt(1).to(DType.FLOAT64).sum()).apply(vector(5)), 0);
  }

  @Test
  void theIdentityHasTheGradientOne() {
    Grad.ValueAndGrad<Tensor> at = Grad.valueAndGrad((Tensor x) -> x).apply(Tensor.of(7));
    assertValues(at.value(), 7);
    assertValues(at.grad(), 1);
    assertEquals(0, at.value().inputs());
  }

  @Test
  void anArgumentThatOccursTwiceIsTwoVariables() {
    Tensor x = vector(2, 3);
    List<Tensor> g =
        Grad.grad((List<Tensor> v) -> v.get(0).mul(v.get(0)).mul(v.get(1)).sum())
            .apply(List.of(x, x));
    assertValues(g.get(0), 8, 18);
    assertValues(g.get(1), 4, 9);
  }

  @Test
  void listsOfListsKeepTheirForm() {
    List<List<Tensor>> at = List.of(List.of(vector(1)), List.of(), List.of(vector(2), vector(3)));
    List<List<Tensor>> g =
        Grad.grad((List<List<Tensor>> x) ->
                x.get(0).get(0).mul(x.get(2).get(0)).mul(x.get(2).get(1)).sum())
            .apply(at);
    assertEquals(List.of(1, 0, 2), g.stream().map(List::size).toList());
    assertValues(g.get(0).get(0), 6);
    assertValues(g.get(2).get(0), 3);
    assertValues(g.get(2).get(1), 2);
    assertThrows(
        IllegalArgumentException.class, () -> Grad.grad((String s) -> Tensor.of(1)).apply("x"));
  }

  @Test
  void aFunctionalGradientStoresNothingAndRecordsNothing() {
    Tensor x = leaf(2, 3);
    Tensor c = vector(5, 7);
    Grad.ValueAndGrad<Tensor> at =
        Grad.valueAndGrad((Tensor t) -> t.mul(c).exp().sum()).apply(x.detach());
    assertNull(x.grad());
    assertEquals(Constant.CONSTANT, at.value().op());
    assertEquals(0, at.value().inputs());
    assertEquals(Constant.CONSTANT, at.grad().op());
    assertEquals(0, at.grad().inputs());
    assertFalse(at.grad().requiresGrad());
  }

  @Test
  void aGradientThroughALeafOutsideIsRecordedForThatLeaf() {
    Tensor w = leaf(5, 7);
    Tensor g = Grad.grad((Tensor x) -> x.mul(x).mul(w).sum()).apply(vector(2, 3));
    assertValues(g, 20, 42);
    assertTrue(g.requiresGrad());
    g.backward();
    assertValues(w.grad(), 4, 6);
  }

  @Test
  void aGradientAtALeafIsRecordedForThatLeaf() {
    Tensor x = leaf(2, 3);
    Grad.ValueAndGrad<Tensor> at = Grad.valueAndGrad((Tensor t) -> t.pow(3).sum()).apply(x);
    at.grad().backward();
    assertValues(x.grad(), 12, 18);
    at.value().backward();
    assertValues(x.grad(), 12, 27);
  }

  @Test
  void backwardInsideAFunctionThatIsDifferentiatedReachesOuterLeavesAlone() {
    Tensor w = leaf(5);
    Tensor g =
        Grad.grad(
                (Tensor x) -> {
                  Tensor y = x.mul(x).mul(w).sum();
                  y.backward();
                  return y;
                })
            .apply(vector(3));
    assertValues(w.grad(), 9);
    assertValues(g, 30);
  }

  @Test
  void tenThousandStepsKeepNoHistory() {
    UnaryOperator<Tensor> slope = Grad.grad((Tensor x) -> x.mul(x).sum());
    Tensor x = vector(1, -3);
    long before = Graph.nodesRecorded();
    long perStep = 0;
    for (int i = 0; i < 10_000; i++) {
      x = x.sub(slope.apply(x).mul(0.1));
      assertEquals(0, x.inputs());
      if (i == 0) {
        perStep = Graph.nodesRecorded() - before;
      }
    }
    assertEquals(10_000 * perStep, Graph.nodesRecorded() - before);
    assertValues(x, 0, 0);
  }

  @Test
  void aFailingFunctionLeavesNoTransformOpen() {
    UnaryOperator<Tensor> failing =
        Grad.grad((Tensor x) -> {
          throw new IllegalArgumentException("its own");
        });
    for (int i = 0; i < 200; i++) { // more than there are bits
      assertThrows(IllegalArgumentException.class, () -> failing.apply(Tensor.of(1)));
    }
    assertValues(Grad.grad((Tensor x) -> x.mul(x)).apply(Tensor.of(3)), 6);
    assertEquals(0, nodesOf(() -> Tensor.of(1).exp()));
  }

  // -- Threads ------------------------------------------------------------------------------------

  @Test
  void gradientsOnManyThreadsAreThoseOfOne() throws Exception {
    UnaryOperator<Tensor> f =
        Grad.grad((Tensor x) -> x.matmul(x.transpose()).exp().logsumexp(1).mul(x.sum(1)).sum());
    List<Tensor> at =
        IntStream.range(0, 16)
            .mapToObj(i ->
                Tensor.of(
                    IntStream.range(0, 12).mapToDouble(j -> Math.sin(i * 12 + j)).toArray(), 4, 3))
            .toList();
    List<double[]> alone = at.stream().map(x -> f.apply(x).toDoubleArray()).toList();
    try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
      List<Future<double[]>> running = new ArrayList<>();
      for (int round = 0; round < 10; round++) {
        for (Tensor x : at) {
          running.add(
              pool.submit(() -> {
                try (Block _ = Backends.use(backend)) {
                  return f.apply(x).toDoubleArray();
                }
              }));
        }
      }
      for (int i = 0; i < running.size(); i++) {
        assertArrayEquals(alone.get(i % at.size()), running.get(i).get());
      }
    }
  }

  @Test
  void oneGraphMayBeSweptByManyThreadsAtOnce() throws Exception {
    Tensor x = leaf(2, 3);
    Tensor y = x.exp().mul(x).sum();
    try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
      List<Future<double[]>> running = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        running.add(
            pool.submit(() -> {
              try (Block _ = Backends.use(backend)) {
                y.backward();
                return x.grad().toDoubleArray();
              }
            }));
      }
      for (Future<double[]> f : running) {
        assertArrayEquals(new double[] {3 * Math.exp(2), 4 * Math.exp(3)}, f.get(), 1e-11);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDerivativeTakenOnAnotherThreadStaysInsideTheOuterOne(boolean elsewhere) {
    // d/dx [d/dy (x·y²) at y = 3] = d/dx [6x] = 6, on whichever thread the inner one is taken.
    UnaryOperator<Tensor> outer =
        Grad.grad(x -> {
          Callable<Tensor> inner =
              () -> Grad.grad((Tensor y) -> x.mul(y.mul(y))).apply(Tensor.of(3));
          try {
            return elsewhere ? onThread(0, inner) : inner.call();
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    assertValues(outer.apply(Tensor.of(2)), 6);
  }
}
