package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.Backward.ACCUMULATE;
import static thimble.tensor.Backward.CREATE_GRAPH;
import static thimble.tensor.Backward.FREE_GRAPH;
import static thimble.tensor.DType.FLOAT32;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.transform.Grad;

/** A backward sweep that lets go of the history it has passed. */
class FreeGraphTest extends InBothBackends {
  private static Tensor leaf(double... x) {
    return Tensor.of(x.clone()).requiresGrad(true);
  }

  @Test
  void gradientsAreTheSameAndValuesStay() {
    Tensor x = leaf(1, 2);
    Tensor a = x.exp();
    Tensor y = a.mul(a).add(x);
    y.backward();
    double[] expected = x.grad().toDoubleArray();
    double[] value = y.toDoubleArray();
    y.backward(FREE_GRAPH);
    assertArrayEquals(expected, x.grad().toDoubleArray());
    assertArrayEquals(value, y.toDoubleArray());
    assertEquals(Math.exp(2), a.slice(0, 1, 2).item(), 1e-12);
    assertEquals(0, y.inputs());
    assertEquals(Binary.ADD, y.op());
    assertTrue(y.requiresGrad());
    assertEquals(0, x.inputs());
    assertEquals(Constant.CONSTANT, x.op());
  }

  @Test
  void everyOpIsPassedOnce() {
    for (Row row : OpTable.differentiable()) {
      At at = row.small().get(0);
      Tensor[] x = row.leaves(at, DType.FLOAT64);
      Tensor y = row.apply(at, x);
      y.backward();
      List<Tensor> expected = Arrays.stream(row.variables(at)).mapToObj(i -> x[i].grad()).toList();
      y.backward(FREE_GRAPH);
      for (int k = 0; k < expected.size(); k++) {
        double[] again = x[row.variables(at)[k]].grad().toDoubleArray();
        assertArrayEquals(expected.get(k).toDoubleArray(), again, row.name());
      }
    }
  }

  @Test
  void aSecondSweepSaysWhatIsGone() {
    Tensor x = leaf(1, 2);
    Tensor y = x.exp().sum();
    y.backward(FREE_GRAPH);
    Tensor before = x.grad();
    for (Tensor again : new Tensor[] {y, y.mul(2)}) {
      String said = assertThrows(HistoryFreedException.class, again::backward).getMessage();
      assertTrue(said.contains("sum") && said.contains("float64 []"), said);
      assertTrue(said.contains("FREE_GRAPH"), said);
    }
    assertEquals(before, x.grad(), "nothing was stored");
  }

  @Test
  void nothingIsStoredIfAnyHistoryIsGone() {
    Tensor x = leaf(1);
    Tensor w = leaf(3);
    Tensor shared = x.exp();
    shared.mul(2).backward(FREE_GRAPH);
    assertThrows(HistoryFreedException.class, () -> w.mul(w).add(shared).backward());
    assertNull(w.grad());
  }

  @Test
  void whatNoDerivativePassesThroughMayBeGone() {
    Tensor x = leaf(1, -1);
    Tensor freed = x.mul(2);
    freed.backward(FREE_GRAPH);
    Tensor w = leaf(3, 4);
    Tensor.where(freed.gt(0), w, w.mul(5)).backward();
    assertArrayEquals(new double[] {1, 5}, w.grad().toDoubleArray());
    freed.detach().mul(w).backward(ACCUMULATE);
    assertArrayEquals(new double[] {3, 3}, w.grad().toDoubleArray());
  }

  @Test
  void optionsThatContradict() {
    Tensor y = leaf(1).exp();
    String said =
        assertThrows(IllegalArgumentException.class, () -> y.backward(CREATE_GRAPH, FREE_GRAPH))
            .getMessage();
    assertTrue(said.contains("CREATE_GRAPH") && said.contains("FREE_GRAPH"), said);
    y.backward();
  }

  @Test
  void aFreedNodeIsNoLeaf() {
    Tensor y = leaf(1).exp();
    y.backward(FREE_GRAPH);
    assertEquals(Unary.EXP, y.op());
    assertThrows(IllegalStateException.class, () -> y.requiresGrad(false));
    Tensor leaf = y.detach().requiresGrad(true);
    leaf.mul(2).backward();
    assertEquals(2, leaf.grad().item());
  }

  @Test
  void aFunctionalDerivativeNeedsTheHistoryToo() {
    Tensor x = leaf(2);
    Tensor freed = x.exp();
    freed.backward(FREE_GRAPH);
    assertEquals(
        Math.exp(2), Grad.grad((Tensor v) -> v.mul(freed).sum()).apply(leaf(5)).item(), 1e-12);
    assertThrows(
        HistoryFreedException.class,
        () ->
            Grad.grad(
                    (Tensor v) -> {
                      Tensor y = v.mul(v);
                      y.sum().backward(FREE_GRAPH);
                      return y.sum();
                    })
                .apply(leaf(3)));
  }

  @Test
  void gradientsOfInteriorNodesAreStored() {
    Tensor x = leaf(2);
    Tensor a = x.mul(x).retainGrad();
    a.mul(3).backward(FREE_GRAPH);
    assertEquals(3, a.grad().item());
    assertEquals(12, x.grad().item());
  }

  @Test
  void aDeepChainIsFreed() {
    Tensor x = leaf(0);
    Tensor y = x;
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < 100_000; i++) {
        y = y.add(1);
      }
      scope.keep(y);
    }
    y.backward(FREE_GRAPH);
    assertEquals(1, x.grad().item());
    assertEquals(100_000, y.item());
  }

  /** Native memory in use when a sweep over a chain computes its last op. */
  private static long liveAtTheEndOfTheSweep(Backward... options) {
    Tensor x = Tensor.ones(FLOAT32, 20_000).contiguous().requiresGrad(true);
    Tensor y = x;
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < 40; i++) {
        y = y.exp().mul(0.25);
      }
      scope.keep(y);
    }
    Watch watch = new Watch(Backends.current());
    try (Block _ = Mode.get().use(watch)) {
      y.backward(options);
    }
    y.close();
    x.close();
    return watch.live;
  }

  /** Notes how much is in use when the last ops of a sweep are computed. */
  private static final class Watch implements Backend {
    private final Backend backend;
    private long live;

    Watch(Backend backend) {
      this.backend = backend;
    }

    @Override
    public String name() {
      return backend.name();
    }

    @Override
    public String describe() {
      return backend.describe();
    }

    @Override
    public Storage allocate(Object user, DType dtype, Shape shape) {
      return backend.allocate(user, dtype, shape);
    }

    @Override
    public boolean writes(Storage s) {
      return backend.writes(s);
    }

    @Override
    public Pool pool() {
      return backend.pool();
    }

    @Override
    public void run(Op op, Buffer[] in, Buffer out) {
      backend.run(op, in, out);
      live = backend.pool().stats().live();
    }

    @Override
    public void threads(int count) {
      backend.threads(count);
    }

    @Override
    public int threads() {
      return backend.threads();
    }
  }

  @Test
  void memoryFallsDuringTheSweep() {
    long kept = liveAtTheEndOfTheSweep();
    long freed = liveAtTheEndOfTheSweep(FREE_GRAPH);
    assertTrue(
        backend.equals("java") || freed < kept / 2,
        () -> freed + " bytes at the end of the sweep, " + kept + " kept");
  }
}
