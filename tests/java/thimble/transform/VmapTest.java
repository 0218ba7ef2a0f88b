package thimble.transform;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.tensor.DType;
import thimble.tensor.Index;
import thimble.tensor.Key;
import thimble.tensor.Memory;
import thimble.tensor.Scope;
import thimble.tensor.Shape;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;
import thimble.tensor.TraceException;

/** Functions of one example applied to many. */
class VmapTest extends InBothBackends {
  private final Tensor all = Tensor.linspace(DType.FLOAT64, -1, 1.2, 12).reshape(4, 3);

  private static Tensor f(Tensor x) {
    return x.mul(x).sum().exp().log1p();
  }

  @Test
  void perExampleGradients() {
    Tensor g = Grad.vmap(Grad.grad(VmapTest::f)).apply(all);
    assertEquals(all.shape(), g.shape());
    for (int i = 0; i < 4; i++) {
      Tensor x = all.get(Index.at(i));
      assertArrayEquals(
          Grad.grad(VmapTest::f).apply(x).toDoubleArray(),
          g.get(Index.at(i)).toDoubleArray(),
          1e-13);
    }
  }

  @Test
  void everyInAndOutAxis() {
    Tensor x = Key.of(2).normal(DType.FLOAT64, 2, 3, 4);
    for (int in = -3; in < 3; in++) {
      for (int out = -2; out < 2; out++) {
        Tensor y = Grad.vmap((Tensor t) -> t.sum(1).mul(2), in, out).apply(x);
        int a = in < 0 ? in + 3 : in;
        int kept = a == 0 ? 1 : 0;
        int summed = a == 2 ? 1 : 2;
        Tensor both = x.sum(summed).mul(2);
        Tensor byExample = a < kept ? both : both.transpose();
        Tensor expected = out == 0 || out == -2 ? byExample : byExample.transpose();
        assertEquals(expected.shape(), y.shape(), in + " " + out);
        assertArrayEquals(expected.toDoubleArray(), y.toDoubleArray(), 1e-14, in + " " + out);
      }
    }
  }

  @Test
  void oneArgumentMayBeThereOnceForAll() {
    Tensor w = Key.of(3).normal(DType.FLOAT64, 3, 2);
    Tensor y = Grad.vmap((Tensor x, Tensor v) -> x.matmul(v), 0, Grad.NONE).apply(all, w);
    assertArrayEquals(all.matmul(w).toDoubleArray(), y.toDoubleArray(), 1e-14);
    Tensor z = Grad.vmap((Tensor x, Tensor v) -> x.mul(v)).apply(all, all);
    assertArrayEquals(all.mul(all).toDoubleArray(), z.toDoubleArray());
    assertThrows(
        ShapeException.class,
        () -> Grad.vmap((Tensor x, Tensor v) -> x, Grad.NONE, Grad.NONE).apply(all, all));
    assertThrows(ShapeException.class, () -> Grad.vmap((Tensor x, Tensor v) -> x).apply(all, w));
    assertThrows(ShapeException.class, () -> Grad.vmap((Tensor x) -> x, 2, 0).apply(all));
  }

  record Pair(Tensor a, Map<String, Tensor> more) {}

  @Test
  void structures() {
    Pair p =
        Grad.vmap((Pair v) -> new Pair(v.a().sum(), Map.of("b", v.more().get("b").neg())))
            .apply(new Pair(all, Map.of("b", all.exp())));
    assertArrayEquals(all.sum(1).toDoubleArray(), p.a().toDoubleArray(), 1e-14);
    assertArrayEquals(all.exp().neg().toDoubleArray(), p.more().get("b").toDoubleArray());
  }

  @Test
  void transformsCompose() {
    Tensor x = all.get(Index.at(0));
    Tensor h = Grad.hessian(VmapTest::f).apply(x);
    Tensor byRows = Grad.jacrev(Grad.grad(VmapTest::f)).apply(x);
    assertArrayEquals(h.toDoubleArray(), byRows.toDoubleArray(), 1e-12);
    Tensor hs = Grad.vmap(Grad.hessian(VmapTest::f)).apply(all);
    assertEquals(Shape.of(4, 3, 3), hs.shape());
    assertArrayEquals(h.toDoubleArray(), hs.get(Index.at(0)).toDoubleArray(), 1e-12);
    Tensor ones = Tensor.ones(DType.FLOAT64, 4, 3);
    Tensor t = Grad.jvp(Grad.vmap(VmapTest::f), all, ones);
    Tensor g = Grad.vmap(Grad.grad(VmapTest::f)).apply(all);
    assertArrayEquals(g.sum(1).toDoubleArray(), t.toDoubleArray(), 1e-12);
    Tensor outer = Grad.grad((Tensor a) -> Grad.vmap(VmapTest::f).apply(a).sum()).apply(all);
    assertArrayEquals(g.toDoubleArray(), outer.toDoubleArray(), 1e-12);
  }

  @Test
  void aConstantOfAnOuterDerivativeIsSeen() {
    Tensor g =
        Grad.grad((Tensor w) -> Grad.vmap((Tensor x) -> x.mul(w).sum()).apply(all).sum())
            .apply(Tensor.of(new double[] {1, 1, 1}));
    assertArrayEquals(all.sum(0).toDoubleArray(), g.toDoubleArray(), 1e-14);
  }

  @Test
  void lookingAtAnExampleIsRefused() {
    TraceException e =
        assertThrows(
            TraceException.class, () -> Grad.vmap((Tensor x) -> x.mul(x.sum().item())).apply(all));
    assertTrue(e.getMessage().contains("float64 [3]"), e.getMessage());
  }

  @Test
  void whatDoesNotFitIsTold() {
    assertEquals(
        "vmap: 4 examples of [1, 1, 1, 1, 1, 1, 1, 3]: "
            + "shape [4, 1, 1, 1, 1, 1, 1, 1, 3]: rank 9, at most 8",
        assertThrows(
                ShapeException.class,
                () -> Grad.vmap((Tensor x) -> x.reshape(1, 1, 1, 1, 1, 1, 1, 3)).apply(all))
            .getMessage());
    assertThrows(ShapeException.class, () -> Grad.vmap((Tensor x) -> x, 0, 2).apply(all));
  }

  /** A map, a Jacobian and a checkpoint are traced: their constants go with the scope. */
  @Test
  void inAScopeNothingIsLeft() {
    List<Consumer<Tensor>> all =
        List.of(
            c -> Grad.vmap((Tensor x) -> c).apply(c.slice(0, 0, 3)),
            c -> Grad.vmap((Tensor x) -> x.mul(c).sum()).apply(c.slice(0, 0, 3)),
            c -> Grad.jacfwd((Tensor x) -> x.sum().mul(c)).apply(c.slice(0, 0, 2)),
            c -> Rules.checkpoint((Tensor x) -> x.mul(c)).apply(c),
            c ->
                Grad.grad((Tensor x) -> Rules.checkpoint((Tensor v) -> c).apply(x).sum()).apply(c));
    for (Consumer<Tensor> one : all) {
      long before = Memory.stats().live();
      try (Scope _ = Scope.open()) {
        one.accept(Tensor.ones(DType.FLOAT64, 1 << 16).add(1));
      }
      assertEquals(before, Memory.stats().live(), "bytes in use, map " + all.indexOf(one));
    }
  }

  @Test
  void noExamples() {
    Tensor none = Tensor.zeros(DType.FLOAT64, 0, 3);
    assertEquals(Shape.of(0, 3), Grad.vmap(Grad.grad(VmapTest::f)).apply(none).shape());
  }
}
