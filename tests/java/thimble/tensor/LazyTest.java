package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.InBothBackends;
import thimble.transform.Grad;

/** Nodes that are built and not computed until someone looks. */
class LazyTest extends InBothBackends {
  static List<Row> rows() {
    return OpTable.rows();
  }

  /** The settings of few elements, empty ones among them. */
  static List<At> settings(Row row) {
    return row.at().stream().filter(at -> at.count() <= 40).toList();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void aLazyOpComputesNothingUntilItIsLookedAtAndThenTheSameBits(Row row) {
    for (DType dtype : row.dtypes()) {
      for (At at : settings(row)) {
        Tensor[] x = row.operands(at, dtype, Values.DOMAIN, 1);
        Expected expected = Expected.exactly(Tensors.read(row.apply(at, x)));
        long computed = Graph.opsComputed();
        Tensor y;
        try (Block _ = Lazy.open()) {
          y = row.apply(at, x);
          assertEquals(expected.y().dtype(), y.dtype());
          assertEquals(Shape.of(expected.y().shape()), y.shape());
        }
        assertEquals(computed, Graph.opsComputed(), row + " " + at);
        expected.differs(Tensors.read(y)).ifPresent(what -> fail(row + " " + at + ": " + what));
        assertFalse(y.isPending());
        assertTrue(y.isLeaf(), "history that nobody can ask for has gone");
      }
    }
  }

  @Test
  void oneLookComputesAllThatIsNeededOnce() {
    Tensor x = Tensor.of(new double[] {1, 2, 3});
    try (Block _ = Lazy.open()) {
      long before = Graph.opsComputed();
      Tensor shared = x.exp();
      Tensor y = shared.mul(shared).add(shared);
      Tensor unused = y.sin();
      assertEquals(Shape.of(3), unused.shape());
      assertEquals(before, Graph.opsComputed());
      double[] v = y.toDoubleArray();
      assertEquals(before + 3, Graph.opsComputed());
      assertEquals(Math.exp(2) + Math.exp(1), v[0], 1e-14);
      assertEquals(Math.exp(3), shared.toDoubleArray()[2], 1e-14);
      assertEquals(before + 4, Graph.opsComputed(), "what was on the way is computed again");
      assertEquals(Math.exp(1), shared.toDoubleArray()[0], 1e-14);
      assertEquals(before + 4, Graph.opsComputed(), "and then has its value");
      assertTrue(unused.isPending());
    }
  }

  @Test
  void theGradientOfALazyLossIsLazyToo() {
    Tensor x = Tensor.of(new double[] {1, 2, 3}).requiresGrad(true);
    x.mul(x).mul(x).sum().backward();
    Tensor eager = x.grad();
    assertNotNull(eager);
    try (Block _ = Lazy.open()) {
      long before = Graph.opsComputed();
      Tensor loss = x.mul(x).mul(x).sum();
      loss.backward();
      Tensor g = x.grad();
      Tensor h = Grad.grad((Tensor t) -> t.pow(3).sum()).apply(x);
      assertEquals(before, Graph.opsComputed());
      assertNotNull(g);
      Expected.exactly(Tensors.read(eager)).differs(Tensors.read(g)).ifPresent(m -> fail(m));
      assertEquals(27, h.toDoubleArray()[2], 1e-12);
      assertEquals(36, loss.item());
    }
  }

  @Test
  void anEagerOpOnALazyTensorIsLazy() {
    Tensor y;
    try (Block _ = Lazy.open()) {
      y = Tensor.of(3).exp();
    }
    Tensor z = y.log();
    assertTrue(z.isPending());
    assertEquals(3, z.item(), 1e-15);
    assertTrue(y.isPending(), "it lay on the way");
  }

  @Test
  void whatIsClosedIsComputedWhereItIsNeededAndNowhereElse() {
    try (Block _ = Lazy.open()) {
      Tensor y;
      try (Scope scope = Scope.open()) {
        y = scope.keep(Tensor.ones(DType.FLOAT32, 3).add(1).mul(2));
      }
      assertEquals(12, y.sum().item());
      Tensor z = y.exp();
      z.close();
      assertThrows(ClosedException.class, z::toDoubleArray);
      assertThrows(ClosedException.class, z::realize);
      assertEquals("Tensor(closed, float32, [3])", z.toString());
    }
  }

  @Test
  void anErrorThatTheValuesMakeComesWhenTheyAreComputedAndAgain() {
    Tensor x = Tensor.of(new int[] {1, 2});
    try (Block _ = Lazy.open()) {
      Tensor y = x.remainder(Tensor.of(new int[] {0, 1}));
      Tensor z = y.add(1L);
      String said = assertThrows(ArithmeticException.class, z::realize).getMessage();
      assertEquals("remainder: int32 [2]: the divisor at [0] is 0; floats would give NaN", said);
      assertThrows(ArithmeticException.class, z::realize);
      assertThrows(ShapeException.class, () -> x.reshape(3), "shapes are checked at once");
    }
  }

  @Test
  void aDetachedLazyTensorMayBecomeALeaf() {
    try (Block _ = Lazy.open()) {
      Tensor w = Tensor.of(new double[] {1, 2}).requiresGrad(true);
      for (int i = 0; i < 3; i++) {
        w.mul(w).sum().backward();
        Tensor g = w.grad();
        assertNotNull(g);
        w = w.detach().sub(g.mul(0.25)).requiresGrad(true);
      }
      assertEquals(0.125, w.toDoubleArray()[0]);
    }
  }

  @Test
  void aLongLazyChainIsBuiltAndComputedWithoutAStack() {
    Tensor y = Tensor.of(1);
    try (Block _ = Lazy.open()) {
      for (int i = 0; i < 100_000; i++) {
        y = y.add(1);
      }
    }
    assertEquals(100_001, y.item());
  }

  @Test
  void severalThreadsMayLookAtOneLazyTensor() throws Exception {
    for (int round = 0; round < 50; round++) {
      Tensor y;
      try (Block _ = Lazy.open()) {
        y = Tensor.ones(DType.FLOAT32, 1000).exp().log().add(1).sum();
      }
      try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
        List<Future<Double>> all =
            IntStream.range(0, 4).mapToObj(i -> threads.submit(y::item)).toList();
        for (Future<Double> one : all) {
          assertEquals(2000, one.get(), 1e-2);
        }
      }
    }
  }

  /** An op whose value is that of a task on another thread. */
  private record Elsewhere(Callable<Tensor> task) implements Op.Custom {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public Tensor compute(Tensor... x) {
      FutureTask<Tensor> value = new FutureTask<>(task);
      Thread.ofPlatform().daemon().start(value);
      try {
        return value.get(20, TimeUnit.SECONDS).add(x[0]);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public Tensor jvp(Tensor y, List<Tensor> t) {
      return t.getFirst();
    }

    @Override
    public List<Tensor> vjp(Tensor y, Tensor g) {
      return List.of(g);
    }
  }

  @Test
  void aUsersOpMayWaitForTheLazyValuesOfAnotherThread() {
    try (Block _ = Lazy.open()) {
      Tensor x = Tensor.of(2).add(1);
      Tensor shared = x.mul(x);
      Tensor y = Tensor.apply(new Elsewhere(() -> shared.add(1).realize()), x).add(shared);
      assertEquals(3 + 10 + 9, y.item());
    }
  }

  /** Each of two threads computes an op that waits for the other thread. */
  @Test
  void twoUsersOpsMayWaitForEachOthersThreads() throws Exception {
    CyclicBarrier both = new CyclicBarrier(2);
    Tensor a;
    Tensor b;
    try (Block _ = Lazy.open()) {
      a = Tensor.apply(new Elsewhere(() -> met(both, Tensor.of(1))), Tensor.of(10).neg());
      b = Tensor.apply(new Elsewhere(() -> met(both, Tensor.of(2))), Tensor.of(20).neg());
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Double> first = threads.submit(a::item);
      assertEquals(-18, b.item());
      assertEquals(-9, first.get());
    }
  }

  private static Tensor met(CyclicBarrier both, Tensor x) throws Exception {
    both.await(20, TimeUnit.SECONDS);
    return x;
  }

  @Test
  void severalThreadsComputeAUsersOpOnce() throws Exception {
    AtomicInteger computed = new AtomicInteger();
    Tensor y;
    try (Block _ = Lazy.open()) {
      Tensor x = Tensor.of(2).add(1);
      y =
          Tensor.apply(
              new Elsewhere(() -> {
                computed.incrementAndGet();
                return Tensor.of(1);
              }),
              x);
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Double>> all =
          IntStream.range(0, 8).mapToObj(i -> threads.submit(() -> y.add(1).item())).toList();
      for (Future<Double> one : all) {
        assertEquals(5, one.get());
      }
    }
    assertEquals(1, computed.get());
  }

  @Test
  void aUsersOpThatAsksForItsOwnValueIsTold() {
    Tensor[] itself = new Tensor[1];
    try (Block _ = Lazy.open()) {
      itself[0] = Tensor.apply(new Own(itself), Tensor.of(2).add(1));
    }
    IllegalStateException e = assertThrows(IllegalStateException.class, itself[0]::item);
    assertEquals("own: its value is asked for while it is being computed", e.getMessage());
    assertThrows(IllegalStateException.class, itself[0]::item, "and again");
  }

  /** An op that looks at its own result. */
  private record Own(Tensor[] itself) implements Op.Custom {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public Tensor compute(Tensor... x) {
      return x[0].add(itself[0].item());
    }

    @Override
    public Tensor jvp(Tensor y, List<Tensor> t) {
      return t.getFirst();
    }

    @Override
    public List<Tensor> vjp(Tensor y, Tensor g) {
      return List.of(g);
    }

    @Override
    public String toString() {
      return "own";
    }
  }

  @Test
  void printingLooks() {
    try (Block _ = Lazy.open()) {
      Tensor y = Tensor.of(new double[] {1, 2}).add(1);
      assertTrue(y.toString().contains("2, 3") || y.toString().contains("2., 3."), y.toString());
    }
  }
}
