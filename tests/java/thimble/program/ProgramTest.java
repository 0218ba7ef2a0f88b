package thimble.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.nn.Loss;
import thimble.tensor.Backends;
import thimble.tensor.Block;
import thimble.tensor.ClosedException;
import thimble.tensor.DType;
import thimble.tensor.Graph;
import thimble.tensor.Key;
import thimble.tensor.Plan;
import thimble.tensor.Tensor;
import thimble.tensor.TraceException;
import thimble.transform.Grad;

/** Functions traced once and run many times. */
class ProgramTest extends InBothBackends {
  record Net(Tensor w1, Tensor w2, Map<String, Tensor> heads) {}

  private static Tensor article(Tensor x1, Tensor x2) {
    return x1.log().add(x1.mul(x2)).sub(x2.sin());
  }

  @Test
  void theExtendedGraphIsEvaluatedForAThousandInputsWithoutANewNode() {
    Program gradient =
        Program.trace(
            (List<Tensor> x) ->
                Grad.valueAndGrad((List<Tensor> v) -> article(v.get(0), v.get(1))).apply(x),
            List.of(Tensor.input(DType.FLOAT64), Tensor.input(DType.FLOAT64)));
    long nodes = Graph.nodesRecorded();
    for (int i = 1; i <= 1000; i++) {
      double x1 = i * 0.01;
      double x2 = i * 0.02;
      Grad.ValueAndGrad<List<Tensor>> at = gradient.run(List.of(Tensor.of(x1), Tensor.of(x2)));
      assertEquals(Math.log(x1) + x1 * x2 - Math.sin(x2), at.value().item(), 1e-13);
      assertEquals(1 / x1 + x2, at.grad().get(0).item(), 1e-11);
      assertEquals(x1 - Math.cos(x2), at.grad().get(1).item(), 1e-13);
    }
    assertEquals(nodes, Graph.nodesRecorded());
  }

  @Test
  void aTrainingStepIsAProgram() {
    Tensor x = Key.of(1).normal(DType.FLOAT64, 20, 5);
    Tensor y = Key.of(2).integers(0, 3, 20);
    Net net =
        new Net(
            Key.of(3).normal(DType.FLOAT64, 5, 8),
            Key.of(4).normal(DType.FLOAT64, 8, 3),
            Map.of("bias", Tensor.zeros(DType.FLOAT64, 3)));
    Program step = Program.trace(ProgramTest::step, net, x, y);
    Net eager = net;
    Net run = net;
    for (int i = 0; i < 20; i++) {
      eager = step(eager, x, y);
      run = step.run(run, x, y);
    }
    assertArrayEquals(eager.w1().toDoubleArray(), run.w1().toDoubleArray());
    assertArrayEquals(
        eager.heads().get("bias").toDoubleArray(), run.heads().get("bias").toDoubleArray());
    assertTrue(loss(run, x, y).item() < loss(net, x, y).item());
  }

  private static Net step(Net net, Tensor x, Tensor y) {
    Net g = Grad.grad((Net n) -> loss(n, x, y)).apply(net);
    return new Net(
        net.w1().sub(g.w1().mul(0.1)),
        net.w2().sub(g.w2().mul(0.1)),
        Map.of("bias", net.heads().get("bias").sub(g.heads().get("bias").mul(0.1))));
  }

  private static Tensor loss(Net n, Tensor x, Tensor y) {
    return Loss.softmaxLoss(x.matmul(n.w1()).relu().matmul(n.w2()).add(n.heads().get("bias")), y);
  }

  @Test
  void aProgramMayBeDifferentiatedAndMapped() {
    Program f = Program.trace((Tensor x) -> x.pow(3).sum(), Tensor.input(DType.FLOAT64, 2));
    Tensor x = Tensor.of(new double[] {1, 2});
    assertArrayEquals(
        new double[] {3, 12}, Grad.grad((Tensor v) -> f.<Tensor>run(v)).apply(x).toDoubleArray());
    Tensor rows = Tensor.of(new double[] {1, 2, 3, 4}, 2, 2);
    assertArrayEquals(
        new double[] {9, 91},
        Grad.vmap((Tensor v) -> f.<Tensor>run(v)).apply(rows).toDoubleArray());
  }

  @Test
  void controlFlowThatWentByDataIsRefused() {
    TraceException e =
        assertThrows(
            TraceException.class,
            () ->
                Program.trace(
                    (Tensor x) -> x.sum().item() > 0 ? x : x.neg(),
                    Tensor.input(DType.FLOAT32, 3)));
    assertTrue(e.getMessage().contains("float32 [3]"), e.getMessage());
  }

  @Test
  void argumentsOfAnotherFormAreRefused() {
    Program f =
        Program.trace(
            (Tensor a, Tensor b) -> a.add(b),
            Tensor.input(DType.FLOAT32, 3),
            Tensor.input(DType.FLOAT32, 3));
    Tensor x = Tensor.zeros(DType.FLOAT32, 3);
    assertThrows(IllegalArgumentException.class, () -> f.run(x));
    RuntimeException e =
        assertThrows(RuntimeException.class, () -> f.run(x, Tensor.zeros(DType.FLOAT32, 4)));
    assertTrue(e.getMessage().contains("[4]") && e.getMessage().contains("[3]"), e.getMessage());
  }

  @Test
  void otherSizesAreTracedOnceAndKeptWithABound() {
    AtomicInteger traces = new AtomicInteger();
    Program f =
        Program.trace(
            (Tensor x) -> {
              traces.incrementAndGet();
              return x.exp().sum(0).div(x.size(0));
            },
            Tensor.input(DType.FLOAT64, 10, 2));
    for (int round = 0; round < 2; round++) {
      for (int n = 8; n <= 12; n++) {
        Tensor x = Key.of(n).normal(DType.FLOAT64, n, 2);
        assertArrayEquals(x.exp().sum(0).div(n).toDoubleArray(), f.<Tensor>run(x).toDoubleArray());
      }
    }
    assertEquals(5, traces.get());
    for (int n = 100; n < 130; n++) {
      f.<Tensor>run(Tensor.zeros(DType.FLOAT64, n, 2));
    }
    f.<Tensor>run(Tensor.zeros(DType.FLOAT64, 129, 2));
    assertEquals(35, traces.get());
    f.<Tensor>run(Tensor.zeros(DType.FLOAT64, 8, 2));
    assertEquals(36, traces.get(), "what was not run for long is forgotten");
    RuntimeException e =
        assertThrows(RuntimeException.class, () -> f.run(Tensor.zeros(DType.FLOAT64, 8)));
    assertTrue(e.getMessage().contains("2 axes"), e.getMessage());
  }

  @Test
  void whatADerivativeMayNeedIsNotDonated() {
    Program step =
        Program.trace(
                (Tensor w, Tensor x) -> w.sub(x),
                Tensor.input(DType.FLOAT32, 3),
                Tensor.input(DType.FLOAT32, 3))
            .donate(0);
    Tensor w = Tensor.of(new float[] {1, 2, 3}).requiresGrad(true);
    Tensor x = Tensor.of(new float[] {1, 1, 1});
    IllegalStateException e = assertThrows(IllegalStateException.class, () -> step.run(w, x));
    assertEquals(
        "run: argument 0 is donated, but a derivative may need its value; detach() makes a tensor without history",
        e.getMessage());
    assertArrayEquals(new float[] {1, 2, 3}, w.toFloatArray());
    assertArrayEquals(
        new float[] {0, 1, 2},
        step.<Tensor>run(w.detach().add(0), x.requiresGrad(true)).toFloatArray());
  }

  @Test
  void donatedArgumentsAreClosedAndTheirMemoryIsTheResults() {
    Program step =
        Program.trace(
                (Tensor w, Tensor x) -> w.sub(x.mul(0.5)),
                Tensor.input(DType.FLOAT32, 64, 64),
                Tensor.input(DType.FLOAT32, 64, 64))
            .donate(0);
    Tensor x = Key.of(1).normal(DType.FLOAT32, 64, 64);
    Tensor w = Key.of(2).normal(DType.FLOAT32, 64, 64);
    Tensor expected = w.mul(1);
    for (int i = 0; i < 5; i++) {
      Tensor before = w;
      w = step.run(w, x);
      expected = expected.sub(x.mul(0.5));
      ClosedException e = assertThrows(ClosedException.class, before::toFloatArray);
      assertTrue(e.getMessage().contains("donated to run"), e.getMessage());
      assertArrayEquals(expected.toFloatArray(), w.toFloatArray());
    }
    assertEquals(64 * 64 * 4, step.plan().donated() + step.plan().results());
    Tensor shared = w;
    Tensor view = w.reshape(-1);
    assertThrows(IllegalStateException.class, () -> step.run(shared, x));
    assertThrows(IllegalStateException.class, () -> step.run(x, x));
    assertEquals(64 * 64, view.count());
    assertThrows(IllegalArgumentException.class, () -> step.donate(2));
    assertArrayEquals(expected.toFloatArray(), shared.toFloatArray(), "a refusal takes nothing");
  }

  @Test
  void withoutGradALeafThatRequiresOneIsAnArgumentLikeAnyOther() {
    Program f = Program.trace((Tensor x) -> x.mul(1).exp().sum(), Tensor.input(DType.FLOAT64, 3));
    Tensor x = Tensor.of(new double[] {1, 2, 3}).requiresGrad(true);
    long before = Graph.opsComputed();
    Tensor recorded = f.run(x);
    assertTrue(recorded.requiresGrad());
    assertEquals(before + 3, Graph.opsComputed(), "op by op, for a derivative");
    try (Block _ = Tensor.noGrad()) {
      Tensor y = f.run(x);
      assertEquals(before + 5, Graph.opsComputed(), "compiled, where x·1 is x");
      assertEquals(recorded.item(), y.item());
    }
  }

  @Test
  void whatFollowsAProductIsDoneForEachOfABatch() {
    Program f =
        Program.trace(
            (Tensor a, Tensor b) -> a.matmul(b).add(1).relu(),
            Tensor.input(DType.FLOAT32, 6, 64, 32),
            Tensor.input(DType.FLOAT32, 6, 32, 48));
    Tensor a = Key.of(1).normal(DType.FLOAT32, 6, 64, 32);
    Tensor b = Key.of(2).normal(DType.FLOAT32, 6, 32, 48);
    Tensor y = f.run(a, b);
    assertArrayEquals(a.matmul(b).add(1).relu().toFloatArray(), y.toFloatArray());
  }

  @Test
  void aPlanTellsWhatARunDoes() {
    Program f =
        Program.trace(
            (Tensor a, Tensor b) -> a.matmul(b).add(1).relu().mul(2),
            Tensor.input(DType.FLOAT32, 100, 50),
            Tensor.input(DType.FLOAT32, 50, 20));
    Plan plan = f.plan();
    assertEquals(4, plan.nodes());
    assertEquals(2.0 * 100 * 50 * 20 + 3 * 100 * 20, plan.flops());
    assertTrue(plan.toString().contains("matmul"), plan.toString());
    if (Backends.current().name().equals("native")) {
      assertEquals(1, plan.kernels().size());
      assertEquals(1, plan.fused());
      assertEquals(100 * 20 * 4, plan.results());
      assertEquals(0, plan.scratch(), "the product lies where its result will");
    }
  }

  @Test
  void itPrintsItsNodes() {
    Program f =
        Program.trace(
            (Tensor a, Tensor b) -> a.mul(b).add(Tensor.of(1)),
            Tensor.input(DType.FLOAT64),
            Tensor.input(DType.FLOAT64));
    assertEquals(
        """
        x1 : float64 []
        x2 : float64 []
        v3 = mul(x1, x2)  float64 []
        v4 = add(v3, c)  float64 []
        gives v4\
        """,
        f.toString().replace(System.lineSeparator(), "\n"));
    assertEquals(2, f.size());
  }

  @Test
  void severalThreadsRunOneProgram() throws Exception {
    Program f =
        Program.trace(Grad.grad((Tensor x) -> x.exp().sum()), Tensor.input(DType.FLOAT64, 100));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<double[]>> all =
          IntStream.range(0, 200)
              .mapToObj(i ->
                  threads.submit(() ->
                      f.<Tensor>run(Tensor.full(DType.FLOAT64, i * 0.01, 100)).toDoubleArray()))
              .toList();
      for (int i = 0; i < all.size(); i++) {
        assertEquals(Math.exp(i * 0.01), all.get(i).get()[99], 1e-14);
      }
    }
  }
}
