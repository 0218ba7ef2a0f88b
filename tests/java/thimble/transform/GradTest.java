package thimble.transform;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.tensor.Backends;
import thimble.tensor.Backward;
import thimble.tensor.Block;
import thimble.tensor.DType;
import thimble.tensor.DTypeException;
import thimble.tensor.Graph;
import thimble.tensor.HistoryFreedException;
import thimble.tensor.Scope;
import thimble.tensor.Shape;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;

/** The transforms: known answers, what is recorded, what is refused, and threads. */
class GradTest extends InBothBackends {
  private static Tensor vector(double... x) {
    return Tensor.of(x);
  }

  private static void assertValues(Tensor x, double... expected) {
    assertArrayEquals(expected, x.toDoubleArray(), 1e-12);
  }

  private static long nodesOf(Runnable body) {
    long before = Graph.nodesRecorded();
    body.run();
    return Graph.nodesRecorded() - before;
  }

  /** y = ln x1 + x1·x2 − sin x2, of x = (x1, x2). */
  private static Tensor article(Tensor x) {
    Tensor x1 = x.slice(0, 0, 1).reshape();
    Tensor x2 = x.slice(0, 1, 2).reshape();
    return x1.log().add(x1.mul(x2)).sub(x2.sin());
  }

  // -- Known answers ------------------------------------------------------------------------------

  @Test
  void theArticlesFunctionHasItsDerivatives() {
    Function<Tensor, Tensor> f = GradTest::article;
    Tensor x = vector(2, 5);
    double slope2 = 2 - Math.cos(5);
    assertEquals(1.7163378145367738, slope2, 1e-15);

    Tensor jv = Grad.jvp(f, x, vector(1, 0));
    assertValues(jv, 5.5);
    assertValues(Grad.jvp(f, x, vector(0, 1)), slope2);
    assertValues(Grad.grad(f).apply(x), 5.5, slope2);
    assertValues(Grad.vjp(f, x).value(), 11.652071455223084);
    assertValues(Grad.vjp(f, x).pullback().apply(Tensor.of(2)), 11, 2 * slope2);
    assertValues(Grad.directional(f, x, vector(0.6, 0.8)), 4.673070251629419);
    assertValues(Grad.hessian(f).apply(x), -0.25, 1, 1, -0.9589242746631385);
    assertValues(Grad.hvp(f, x, vector(3, 4)), -0.75 + 4, 3 - 4 * 0.9589242746631385);
    Grad.ValueAndTangent<Tensor> both = Grad.valueAndJvp(f, x, vector(1, 0));
    assertValues(both.value(), 11.652071455223084);
    assertValues(both.tangent(), 5.5);
  }

  /** The course's: y = x2² + x2·x3, and the derivatives of its first gradient. */
  @Test
  void theCoursesSecondOrderCase() {
    Function<Tensor, Tensor> f =
        x -> {
          Tensor x2 = x.slice(0, 0, 1);
          return x2.mul(x2).add(x2.mul(x.slice(0, 1, 2))).sum();
        };
    assertValues(Grad.grad(f).apply(vector(6, 0)), 12, 6);
    assertValues(Grad.hessian(f).apply(vector(6, 0)), 2, 1, 1, 0);
    assertValues(Grad.hvp(f, vector(6, 0), vector(1, 0)), 2, 1);
  }

  // -- Products -----------------------------------------------------------------------------------

  @Test
  void aPullbackMayBeCalledAnyNumberOfTimes() throws Exception {
    Tensor x = vector(2, 3);
    var at = Grad.vjp((Tensor z) -> z.mul(z).mul(z), x);
    assertValues(at.value(), 8, 27);
    assertEquals(0, at.value().inputs());
    for (int i = 1; i < 4; i++) {
      assertValues(at.pullback().apply(vector(i, -i)), 12 * i, -27 * i);
    }
    try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
      List<Future<double[]>> running = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        running.add(
            pool.submit(() -> {
              try (Block _ = Backends.use(backend)) {
                return at.pullback().apply(vector(1, 2)).toDoubleArray();
              }
            }));
      }
      for (Future<double[]> f : running) {
        assertArrayEquals(new double[] {12, 54}, f.get());
      }
    }
    at.value().close();
    assertValues(at.pullback().apply(vector(1, 1)), 12, 27);
  }

  @Test
  void aPullbackOfStructuresIsOneSweepFromAllResults() {
    record In(Tensor a, Tensor b) {}
    record Out(Tensor product, Map<String, Tensor> more, Tensor b) {}
    In x = new In(vector(2, 3), vector(5, 7));
    var at =
        Grad.<In, Out>vjp(
            in -> {
              Tensor p = in.a.mul(in.b);
              // One result is made of another, one is a variable, one stands still.
              return new Out(p, Map.of("square", p.mul(p), "none", vector(1)), in.b);
            },
            x);
    In g =
        at.pullback()
            .apply(
                new Out(
                    vector(1, 1),
                    Map.of("none", vector(9), "square", vector(1, 10)),
                    vector(100, 200)));
    // g_p = 1 + 2·p·ct with p = (10, 21).
    assertValues(g.a, 21 * 5, 421 * 7);
    assertValues(g.b, 21 * 2 + 100, 421 * 3 + 200);
    assertValues(at.value().more.get("square"), 100, 441);
  }

  @Test
  void aResultMayBeTheArgument() {
    Tensor x = vector(2, 3);
    Tensor t = vector(5, 7);
    Tensor same = Grad.jvp((Tensor z) -> z, x, t);
    assertValues(same, 5, 7);
    assertNotSame(t, same);
    same.close();
    assertValues(t, 5, 7);
    var twice = Grad.vjp((Tensor z) -> List.of(z, z), x);
    assertValues(twice.pullback().apply(List.of(t, t)), 10, 14);
    assertValues(t, 5, 7);
    assertValues(twice.value().get(1), 2, 3);
  }

  @Test
  void whatDoesNotDependOnTheArgumentHasTheTangentZero() {
    Tensor c = Tensor.of(new float[] {1, 2}, 1, 2);
    Tensor t = Grad.jvp((Tensor x) -> c, vector(1), vector(1));
    assertEquals(DType.FLOAT32, t.dtype());
    assertEquals(Shape.of(1, 2), t.shape());
    assertValues(t, 0, 0);
    assertValues(Grad.jvp((Tensor x) -> x.gt(0).to(DType.FLOAT64), vector(1), vector(1)), 0);
    assertEquals(0, nodesOf(() -> c.mul(c)));
  }

  // -- Jacobians ----------------------------------------------------------------------------------

  private static Tensor polynomial(Tensor x) {
    return Tensor.stack(0, x.sum(), x.pow(2).sum(), x.pow(3).sum());
  }

  @Test
  void jacobiansHaveTheShapesOfResultAndArgument() {
    Tensor x = Tensor.of(new double[] {1, 2, 3, 4}, 2, 2);
    double[] expected = {1, 1, 1, 1, 2, 4, 6, 8, 3, 12, 27, 48};
    for (Tensor j :
        List.of(
            Grad.jacobian(GradTest::polynomial).apply(x),
            Grad.jacfwd(GradTest::polynomial).apply(x),
            Grad.jacrev(GradTest::polynomial).apply(x))) {
      assertEquals(Shape.of(3, 2, 2), j.shape());
      assertArrayEquals(expected, j.toDoubleArray());
    }
    Tensor tall = Grad.jacobian((Tensor z) -> Tensor.stack(0, z, z.mul(z), z)).apply(vector(2, 3));
    assertEquals(Shape.of(3, 2, 2), tall.shape());
    assertValues(tall, 1, 0, 0, 1, 4, 0, 0, 6, 1, 0, 0, 1);
    assertEquals(Shape.of(2, 2, 2, 2), Grad.hessian((Tensor z) -> z.pow(3).sum()).apply(x).shape());
  }

  @Test
  void aJacobianEvaluatesTheFunctionOnce() {
    for (int way = 0; way < 3; way++) {
      int[] calls = new int[1];
      Function<Tensor, Tensor> f =
          x -> {
            calls[0]++;
            return x.mul(x);
          };
      List.of(Grad.jacobian(f), Grad.<Tensor>jacfwd(f), Grad.jacrev(f))
          .get(way)
          .apply(vector(1, 2, 3));
      assertEquals(1, calls[0]);
    }
  }

  @Test
  void jacobiansOfNothingAndOfOneNumber() {
    Tensor none = Tensor.zeros(DType.FLOAT64, 0);
    UnaryOperator<Tensor> square = x -> x.mul(x);
    UnaryOperator<Tensor> fixed = x -> x.sum().add(vector(1, 2));
    for (List<Tensor> js :
        List.of(
            List.of(Grad.jacfwd(square).apply(none), Grad.jacfwd(fixed).apply(none)),
            List.of(Grad.jacrev(square).apply(none), Grad.jacrev(fixed).apply(none)))) {
      assertEquals(Shape.of(0, 0), js.get(0).shape());
      assertEquals(Shape.of(2, 0), js.get(1).shape());
    }
    assertEquals(Shape.of(0), Grad.grad((Tensor x) -> x.sum()).apply(none).shape());
    assertEquals(Shape.of(0), Grad.hvp((Tensor x) -> x.mul(x).sum(), none, none).shape());
    assertEquals(Shape.of(0, 0), Grad.hessian((Tensor x) -> x.mul(x).sum()).apply(none).shape());
    assertEquals(Shape.of(), Grad.jacobian(square).apply(Tensor.of(3)).shape());
    assertValues(Grad.hessian(Tensor::exp).apply(Tensor.of(0)), 1);
  }

  @Test
  void jacobiansOfStructures() {
    Map<String, Tensor> byX =
        Grad.jacfwd((Tensor x) -> Map.of("s", x.sum(), "p", x.mul(x))).apply(vector(2, 3));
    assertValues(byX.get("s"), 1, 1);
    assertValues(byX.get("p"), 4, 0, 0, 6);
    record In(Tensor a, Tensor b) {}
    In in =
        Grad.jacrev((In x) -> x.a.mul(x.b.sum()))
            .apply(new In(vector(2, 3), Tensor.of(new double[] {1, 1}, 1, 2)));
    assertValues(in.a, 2, 0, 0, 2);
    assertEquals(Shape.of(2, 1, 2), in.b.shape());
    assertValues(in.b, 2, 2, 3, 3);
  }

  @Test
  void float32StaysFloat32() {
    Tensor x = Tensor.of(new float[] {1, 2});
    Function<Tensor, Tensor> f = z -> z.pow(3).sum();
    for (Tensor y :
        List.of(
            Grad.grad(f).apply(x),
            Grad.jvp(f, x, x),
            Grad.vjp(f, x).pullback().apply(Tensor.full(DType.FLOAT32, 1)),
            Grad.hessian(f).apply(x),
            Grad.jacobian(f).apply(x),
            Grad.hvp(f, x, x))) {
      assertEquals(DType.FLOAT32, y.dtype());
    }
    assertArrayEquals(new float[] {6, 24}, Grad.hvp(f, x, x).toFloatArray());
  }

  // -- What is refused ----------------------------------------------------------------------------

  @Test
  void onlyOneNumberHasAGradient() {
    String message = ": the function gives [2], not one number; sum() it";
    Tensor x = vector(1, 2);
    assertEquals("grad" + message, said(() -> Grad.grad((Tensor z) -> z).apply(x)));
    assertEquals("grad" + message, said(() -> Grad.hvp((Tensor z) -> z, x, x)));
    assertEquals("directional" + message, said(() -> Grad.directional((Tensor z) -> z, x, x)));
  }

  private static String said(Runnable body) {
    return said(ShapeException.class, body);
  }

  private static String said(Class<? extends Throwable> type, Runnable body) {
    return assertThrows(type, body::run).getMessage();
  }

  @Test
  void wholeNumbersHaveNoDerivative() {
    Tensor x = vector(1, 2);
    String only = "only float32 and float64 have a derivative";
    assertEquals(
        "grad: the function gives int64 []: " + only,
        said(DTypeException.class, () -> Grad.grad((Tensor z) -> z.argmax(0)).apply(x)));
    assertEquals(
        "jacobian of bool [2]: " + only,
        said(DTypeException.class, () -> Grad.jacobian((Tensor z) -> z.gt(1.0)).apply(x)));
  }

  @Test
  void aJacobianOfTooManyAxesIsRefused() {
    Tensor x = Tensor.ones(DType.FLOAT64, 1, 1, 1, 1, 2);
    String hint = "at most 8; jvp and vjp give products with it";
    assertEquals(
        "jacobian of [1, 1, 1, 1, 2] by [1, 1, 1, 1, 2]: takes 10 axes, " + hint,
        said(() -> Grad.jacobian((Tensor z) -> z.mul(2)).apply(x)));
    assertEquals(
        "jacobian of [] by [1, 1, 1, 1, 1, 1, 1, 2]: takes 9 axes, " + hint,
        said(() -> Grad.jacrev((Tensor z) -> z.sum()).apply(x.reshape(1, 1, 1, 1, 1, 1, 1, 2))));
  }

  @Test
  void historyThatWasFreedInTheFunctionIsMissed() {
    Tensor w = vector(3).requiresGrad(true);
    String said =
        assertThrows(
                HistoryFreedException.class,
                () ->
                    Grad.jvp(
                        (Tensor x) -> {
                          Tensor y = x.mul(w);
                          y.backward(Backward.FREE_GRAPH);
                          return y;
                        },
                        vector(1),
                        vector(1)))
            .getMessage();
    assertTrue(said.contains("mul") && said.contains("FREE_GRAPH"), said);
  }

  // -- What is recorded and stored ----------------------------------------------------------------

  @Test
  void aDerivativeRecordsTheFunctionAlone() {
    Function<Tensor, Tensor> f = x -> x.sin().mul(x).sum();
    Tensor x = vector(1, 2);
    assertEquals(3, nodesOf(() -> Grad.grad(f).apply(x)));
    assertEquals(3, nodesOf(() -> Grad.jvp(f, x, x)));
    assertEquals(3, nodesOf(() -> Grad.vjp(f, x).pullback().apply(Tensor.of(1))));
    assertEquals(3, nodesOf(() -> Grad.jacobian(f).apply(x)));
    // Inside another derivative the variable is a node (1), and the sweep is recorded too: mul
    // passes ones·x to sin x (2) and ones·sin x to x (3), sin passes its cotangent times cos x on
    // (4, 5), and the two partials of x are added (6).
    assertEquals(3 + 6, nodesOf(() -> Grad.hvp(f, x, x)));
  }

  @Test
  void transformsStoreNothing() {
    Tensor x = vector(2, 3).requiresGrad(true);
    Function<Tensor, Tensor> f = z -> z.pow(3).sum();
    Tensor before = vector(1, 1);
    x.mul(1).backward();
    Tensor stored = x.grad();
    Grad.jvp(f, x, before);
    Grad.vjp(f, x).pullback().apply(Tensor.of(1));
    Grad.hessian(f).apply(x);
    Grad.hvp(f, x, before);
    assertSame(stored, x.grad());
    assertNull(before.grad());
    // A leaf is reached as always: what is computed of it is recorded for it.
    Tensor tangent = Grad.jvp(f, x, before);
    tangent.backward();
    assertValues(x.grad(), 12, 18);
    Grad.vjp(f, x).value().backward();
    assertValues(x.grad(), 12, 27);
    try (Block _ = Tensor.noGrad()) {
      Tensor quiet = Grad.jvp(f, x, before);
      assertValues(quiet, 39);
      assertFalse(quiet.requiresGrad());
    }
  }

  @Test
  void resultsLeaveTheScopeTheyWereMadeInOnlyIfKept() {
    Function<Tensor, Tensor> f = z -> z.pow(3);
    Tensor x = vector(2, 3);
    Tensor kept;
    try (Scope scope = Scope.open()) {
      kept = scope.keep(Grad.jvp(f, x, vector(1, 1)));
    }
    assertValues(kept, 12, 27);
  }

  @Test
  void theFunctionMayCloseWhatItMade() {
    Function<Tensor, Tensor> f =
        z -> {
          try (Scope scope = Scope.open()) {
            return scope.keep(z.exp().mul(z.sin()));
          }
        };
    Tensor x = Tensor.of(0.5);
    double slope = Math.exp(0.5) * (Math.sin(0.5) + Math.cos(0.5));
    assertEquals(slope, Grad.jvp(f, x, Tensor.of(1)).item(), 1e-12);
    assertEquals(slope, Grad.grad(f).apply(x).item(), 1e-12);
    assertEquals(2 * Math.exp(0.5) * Math.cos(0.5), Grad.hessian(f).apply(x).item(), 1e-12);
  }

  // -- Threads ------------------------------------------------------------------------------------

  private record Net(Tensor w1, Tensor w2) {}

  @Test
  void aThousandGradientsAtOnceAreThoseOfOneAfterTheOther() throws Exception {
    Net net =
        new Net(
            Tensor.linspace(DType.FLOAT64, -1, 1, 24).reshape(4, 6),
            Tensor.linspace(DType.FLOAT64, 1, -1, 18).reshape(6, 3));
    int count = 1000;
    List<double[]> expected = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      expected.add(gradient(net, i));
    }
    List<Future<double[]>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < count; i++) {
        int k = i;
        running.add(
            threads.submit(() -> {
              try (Block _ = Backends.use(backend)) {
                return gradient(net, k);
              }
            }));
      }
    }
    for (int i = 0; i < count; i++) {
      assertArrayEquals(expected.get(i), running.get(i).get());
    }
  }

  /** The gradient for the i-th batch, and its product with the Hessian. */
  private static double[] gradient(Net net, int i) {
    Tensor x = Tensor.linspace(DType.FLOAT64, i, i + 1, 20).sin().reshape(5, 4);
    Function<Net, Tensor> loss = n -> x.matmul(n.w1).tanh().matmul(n.w2).logsumexp(1).sum();
    Net g = Grad.grad(loss).apply(net);
    Net h = Grad.hvp(loss, net, g);
    return Tensor.concat(0, g.w1.reshape(-1), g.w2.reshape(-1), h.w1.reshape(-1), h.w2.reshape(-1))
        .toDoubleArray();
  }
}
