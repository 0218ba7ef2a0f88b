package thimble.transform;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import thimble.InBothBackends;
import thimble.program.Program;
import thimble.tensor.Block;
import thimble.tensor.DType;
import thimble.tensor.Index;
import thimble.tensor.Lazy;
import thimble.tensor.Op;
import thimble.tensor.Shape;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;
import thimble.testing.GradCheck;

/** Derivatives that are said rather than found. */
class RulesTest extends InBothBackends {
  private final Tensor x = Tensor.of(new double[] {-1.5, 0.25, 2, -0.125, 3});

  /** x³ as an op of its own. */
  record Cube() implements Op.Custom {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public Tensor compute(Tensor... x) {
      return x[0].mul(x[0]).mul(x[0]);
    }

    @Override
    public Tensor jvp(Tensor y, List<Tensor> t) {
      return y.in(0).pow(2).mul(3).mul(t.getFirst());
    }

    @Override
    public List<Tensor> vjp(Tensor y, Tensor g) {
      return List.of(y.in(0).pow(2).mul(3).mul(g));
    }
  }

  private static Tensor cube(Tensor x) {
    return Tensor.apply(new Cube(), x);
  }

  /** Every mode on a function that gives x³, whatever it is made of. */
  private void checkCubes(Function<Tensor, Tensor> cubes) {
    Function<Tensor, Tensor> f = v -> cubes.apply(v).sum();
    double[] first = x.pow(2).mul(3).toDoubleArray();
    double[] second = x.mul(6).toDoubleArray();
    Tensor ones = Tensor.ones(DType.FLOAT64, 5);
    assertEquals(x.pow(3).sum().item(), f.apply(x).item(), 1e-12);
    assertArrayEquals(first, Grad.grad(f).apply(x).toDoubleArray(), 1e-12);
    assertArrayEquals(first, Grad.jvp(cubes, x, ones).toDoubleArray(), 1e-12);
    assertArrayEquals(second, Grad.hvp(f, x, ones).toDoubleArray(), 1e-12);
    Tensor reverse = Grad.grad((Tensor v) -> Grad.grad(f).apply(v).sum()).apply(x);
    assertArrayEquals(second, reverse.toDoubleArray(), 1e-12);
    Tensor forward = Grad.jvp((Tensor v) -> Grad.jvp(cubes, v, ones), x, ones);
    assertArrayEquals(second, forward.toDoubleArray(), 1e-12);
    Tensor g = Grad.vmap(Grad.grad(f)).apply(Tensor.stack(0, x, x.neg(), x.mul(2)));
    assertArrayEquals(first, g.get(Index.at(0)).toDoubleArray(), 1e-12);
    assertArrayEquals(x.pow(2).mul(12).toDoubleArray(), g.get(Index.at(2)).toDoubleArray(), 1e-12);
    Tensor h = Grad.hessian(f).apply(x);
    Tensor diagonal = h.mul(Tensor.eye(DType.FLOAT64, 5, 5)).sum(1);
    assertArrayEquals(second, diagonal.toDoubleArray(), 1e-12);
    Tensor leaf = x.detach().requiresGrad(true);
    f.apply(leaf).backward();
    Tensor stored = leaf.grad();
    assertNotNull(stored);
    assertArrayEquals(first, stored.toDoubleArray(), 1e-12);
    try (Block _ = Lazy.open()) {
      assertArrayEquals(first, Grad.grad(f).apply(x).toDoubleArray(), 1e-12);
    }
  }

  @Test
  void anOpOfAUsersWorksInEveryMode() {
    checkCubes(RulesTest::cube);
  }

  /** x·s for a number s. */
  record Times() implements Op.Custom {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public Tensor compute(Tensor... x) {
      return x[0].mul(x[1]);
    }

    @Override
    public Tensor jvp(Tensor y, List<Tensor> t) {
      return t.get(0).mul(y.in(1)).add(y.in(0).mul(t.get(1)));
    }

    @Override
    public List<Tensor> vjp(Tensor y, Tensor g) {
      return List.of(g.mul(y.in(1)), g.mul(y.in(0)).sum());
    }
  }

  @Test
  void anInputMayBeThereOnceForAllExamples() {
    Tensor rows = Tensor.stack(0, x, x.exp());
    Function<Tensor, Tensor> f =
        s -> Grad.vmap((Tensor v) -> Tensor.apply(new Times(), v, s)).apply(rows);
    Tensor g = Grad.grad((Tensor s) -> f.apply(s).sum()).apply(Tensor.of(3));
    assertEquals(rows.sum().item(), g.item(), 1e-12);
    Tensor t = Grad.jvp(f, Tensor.of(3), Tensor.of(2));
    assertArrayEquals(rows.mul(2).toDoubleArray(), t.toDoubleArray(), 1e-12);
  }

  /** Says one shape and gives another. */
  record Wrong(boolean value) implements Op.Custom {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public Tensor compute(Tensor... x) {
      return value ? x[0].sum() : x[0].neg();
    }

    @Override
    public Tensor jvp(Tensor y, List<Tensor> t) {
      return t.getFirst().sum();
    }

    @Override
    public List<Tensor> vjp(Tensor y, Tensor g) {
      return List.of(g.sum());
    }
  }

  @Test
  void rulesThatGiveAnotherShapeAreTold() {
    assertThrows(ShapeException.class, () -> Tensor.apply(new Wrong(true), x));
    Function<Tensor, Tensor> f = v -> Tensor.apply(new Wrong(false), v).sum();
    String said = assertThrows(ShapeException.class, () -> Grad.grad(f).apply(x)).getMessage();
    assertTrue(said.contains("its vjp gives float64 [] for float64 [5]"), said);
    assertThrows(ShapeException.class, () -> Grad.jvp(f, x, x));
  }

  @Test
  void gradCheckTakesAUsersOp() {
    GradCheck.standard().check((Tensor v) -> cube(v), x);
    GradCheck.standard().check((Tensor v) -> Grad.vmap(RulesTest::cube).apply(v), x);
    GradCheck.Report report =
        GradCheck.standard()
            .report(Rules.customVjp((Tensor v) -> v.sin(), (v, ct) -> v.sin().mul(ct)), x);
    assertFalse(report.isRight());
    assertEquals(GradCheck.Property.GRADIENT, report.mistakes().getFirst().property());
  }

  /** Elements by their numbers; what it says of the numbers is nothing. */
  record Taken() implements Op.Custom {
    @Override
    public Shape shape(Tensor... in) {
      return in[1].shape();
    }

    @Override
    public boolean differentiable(int i) {
      return i == 0;
    }

    @Override
    public Tensor compute(Tensor... x) {
      return x[0].gather(0, x[1]);
    }

    @Override
    public Tensor jvp(Tensor y, List<Tensor> t) {
      return t.getFirst().gather(0, y.in(1));
    }

    @Override
    public List<Tensor> vjp(Tensor y, Tensor g) {
      return Arrays.asList(g.scatterAdd(0, y.in(1), y.in(0).size(0)), null);
    }
  }

  @Test
  void whatARuleSaysOfAnInputWithoutADerivativeIsNotLookedAt() {
    Tensor index = Tensor.of(new long[] {0, 1, 2, 2}, 2, 2);
    Function<Tensor, Tensor> f =
        v -> Grad.vmap((Tensor i) -> Tensor.apply(new Taken(), v, i)).apply(index).pow(2).sum();
    double[] expected = {2 * x.get(Index.at(0)).item(), 2 * x.get(Index.at(1)).item(), 8, 0, 0};
    assertArrayEquals(expected, Grad.grad(f).apply(x).toDoubleArray());
    assertEquals(2 * f.apply(x).item(), Grad.jvp(f, x, x).item());
  }

  /** Gives null for its value, or for its derivatives. */
  record Nothing(boolean value) implements Op.Custom {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    @SuppressWarnings("NullAway") // as it may come from other code
    public Tensor compute(Tensor... x) {
      return value ? null : x[0].neg();
    }

    @Override
    @SuppressWarnings("NullAway")
    public Tensor jvp(Tensor y, List<Tensor> t) {
      return null;
    }

    @Override
    @SuppressWarnings("NullAway")
    public List<Tensor> vjp(Tensor y, Tensor g) {
      return null;
    }

    @Override
    public String toString() {
      return "nothing";
    }
  }

  @Test
  void rulesThatGiveNullAreNamed() {
    Function<Tensor, Tensor> f = v -> Tensor.apply(new Nothing(false), v).sum();
    assertNull("nothing: its value is null", () -> Tensor.apply(new Nothing(true), x));
    assertNull("nothing: its vjp gives null", () -> Grad.grad(f).apply(x));
    assertNull("nothing: its jvp gives null", () -> Grad.jvp(f, x, x));
    assertNull("nothing: its vjp gives null", () -> Grad.vmap(Grad.grad(f)).apply(x.reshape(5, 1)));
  }

  private static void assertNull(String message, Executable run) {
    assertEquals(message, assertThrows(NullPointerException.class, run).getMessage());
  }

  /** x² of all examples at once; as many as it says. */
  record Squares(long wrong, AtomicInteger batches) implements Op.Custom {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public Tensor compute(Tensor... x) {
      return x[0].mul(x[0]);
    }

    @Override
    public Tensor jvp(Tensor y, List<Tensor> t) {
      return y.in(0).mul(2).mul(t.getFirst());
    }

    @Override
    public List<Tensor> vjp(Tensor y, Tensor g) {
      return List.of(y.in(0).mul(2).mul(g));
    }

    @Override
    public Tensor batch(long size, Tensor[] x, boolean[] each) {
      batches.incrementAndGet();
      return x[0].pow(2).slice(0, 0, size - wrong);
    }

    @Override
    public String toString() {
      return "squares";
    }
  }

  @Test
  void aBatchingRuleOfItsOwnTakesThePlaceOfTheMap() {
    AtomicInteger batches = new AtomicInteger();
    Function<Tensor, Tensor> f = v -> Tensor.apply(new Squares(0, batches), v);
    assertArrayEquals(x.pow(2).toDoubleArray(), Grad.vmap(f).apply(x).toDoubleArray());
    assertEquals(1, batches.get());
    Tensor g = Grad.grad((Tensor v) -> Grad.vmap(f).apply(v).sum()).apply(x);
    assertArrayEquals(x.mul(2).toDoubleArray(), g.toDoubleArray());
    Function<Tensor, Tensor> wrong = v -> Tensor.apply(new Squares(1, batches), v);
    String said = assertThrows(ShapeException.class, () -> Grad.vmap(wrong).apply(x)).getMessage();
    assertEquals("squares: its batch gives float64 [4] for 5 examples of float64 []", said);
  }

  @Test
  void customJvpWorksInEveryMode() {
    checkCubes(Rules.customJvp((Tensor v) -> v.mul(v).mul(v), (v, t) -> v.mul(v).mul(3).mul(t)));
  }

  @Test
  void customVjpWorksInEveryMode() {
    checkCubes(Rules.customVjp((Tensor v) -> v.mul(v).mul(v), (v, ct) -> v.mul(v).mul(3).mul(ct)));
  }

  @Test
  void theRuleTakesThePlaceOfTheDerivative() {
    Function<Tensor, Tensor> straightThrough =
        Rules.customVjp((Tensor v) -> v.round(), (v, ct) -> ct);
    Tensor g = Grad.grad((Tensor v) -> straightThrough.apply(v).sum()).apply(x);
    assertArrayEquals(new double[] {1, 1, 1, 1, 1}, g.toDoubleArray());
  }

  @Test
  void checkpointWorksInEveryMode() {
    checkCubes(Rules.checkpoint((Tensor v) -> v.mul(v).mul(v)));
  }

  @Test
  void checkpointKeepsTheArgumentAlone() {
    Tensor leaf = x.detach().requiresGrad(true);
    Tensor y = Rules.checkpoint((Tensor v) -> v.sin().exp().tanh().mul(v)).apply(leaf);
    assertEquals(1, y.inputs());
    assertSame(leaf, y.in(0));
  }

  @Test
  void whatAFunctionUsesWithoutBeingGivenItIsRefusedIfADerivativeIsTakenOfIt() {
    Tensor w = Tensor.of(2).requiresGrad(true);
    Function<Tensor, Tensor> f = Rules.checkpoint((Tensor v) -> v.mul(w));
    String said = assertThrows(IllegalArgumentException.class, () -> f.apply(x)).getMessage();
    assertTrue(said.contains("checkpoint: the function uses float64 [5], which"), said);
    Tensor c = Tensor.of(2);
    Tensor y = Rules.checkpoint((Tensor v) -> v.mul(c)).apply(x);
    assertArrayEquals(x.mul(2).toDoubleArray(), y.toDoubleArray());
  }

  @Test
  void whatAFunctionUsesOfAnOuterMapOrTraceIsRefused() {
    Function<Tensor, Tensor> f = v -> Rules.checkpoint((Tensor h) -> h.mul(v)).apply(x);
    String rule = "which is no constant, without being given it: make it part of the argument";
    for (Runnable run :
        List.<Runnable>of(
            () -> Grad.vmap(f).apply(Tensor.stack(0, x, x)), () -> Program.trace(f, x))) {
      String said = assertThrows(IllegalArgumentException.class, run::run).getMessage();
      assertEquals("checkpoint: the function uses float64 [5], " + rule, said);
    }
  }

  @Test
  void whatIsLeftOfADerivativeThatIsOverIsAConstant() {
    List<Tensor> seen = new ArrayList<>();
    Grad.grad(
            (Tensor v) -> {
              seen.add(v.mul(3));
              return seen.getFirst().sum();
            })
        .apply(x);
    Tensor y = Rules.checkpoint((Tensor v) -> v.mul(seen.getFirst())).apply(x);
    assertArrayEquals(x.mul(x).mul(3).toDoubleArray(), y.toDoubleArray(), 1e-14);
  }

  /** Elements of a table, cubed where a mask says so. */
  record Chosen(Tensor table, Tensor index, Tensor mask) {
    Tensor value() {
      Tensor chosen = table.gather(0, index);
      return Tensor.where(mask, chosen.pow(3), chosen);
    }

    Chosen with(Tensor other) {
      return new Chosen(other, index, mask);
    }
  }

  /** Whole numbers and masks may be in the argument; they have no derivative. */
  @Test
  void functionsWithRulesTakeWholeNumbersToo() {
    Tensor index = Tensor.of(new long[] {4, 0, 4});
    Tensor mask = Tensor.of(new boolean[] {true, false, true});
    Chosen at = new Chosen(x, index, mask);
    Function<Tensor, Tensor> plain = v -> at.with(v).value().sum();
    List<Function<Chosen, Tensor>> ruled =
        List.of(
            Rules.checkpoint(Chosen::value),
            Rules.customJvp(
                Chosen::value,
                (c, t) -> Grad.jvp((Tensor v) -> c.with(v).value(), c.table, t.table)),
            Rules.customVjp(
                Chosen::value,
                (c, ct) ->
                    c.with(
                        Grad.vjp((Tensor v) -> c.with(v).value(), c.table).pullback().apply(ct))));
    for (Function<Chosen, Tensor> f : ruled) {
      Function<Tensor, Tensor> g = v -> f.apply(at.with(v)).sum();
      double[] first = Grad.grad(plain).apply(x).toDoubleArray();
      assertArrayEquals(first, Grad.grad(g).apply(x).toDoubleArray(), 1e-12);
      assertEquals(Grad.jvp(plain, x, x.exp()).item(), Grad.jvp(g, x, x.exp()).item(), 1e-12);
      assertArrayEquals(
          Grad.hessian(plain).apply(x).toDoubleArray(),
          Grad.hessian(g).apply(x).toDoubleArray(),
          1e-12);
      Tensor rows = Tensor.stack(0, x, x.neg());
      Tensor mapped = Grad.vmap(Grad.grad(g)).apply(rows);
      assertArrayEquals(first, mapped.get(Index.at(0)).toDoubleArray(), 1e-12);
      Tensor masks = Tensor.stack(0, mask, mask.not());
      Tensor sums = Grad.vmap((Tensor m) -> f.apply(new Chosen(x, index, m)).sum()).apply(masks);
      assertEquals(plain.apply(x).item(), sums.get(Index.at(0)).item(), 1e-12);
    }
  }

  @Test
  void aHookSeesAndChangesACotangent() {
    List<Tensor> seen = new ArrayList<>();
    Function<Tensor, Tensor> f =
        v ->
            Rules.hook(
                    v.mul(2),
                    ct -> {
                      seen.add(ct);
                      return ct.clamp(-1, 1);
                    })
                .mul(5)
                .sum();
    assertArrayEquals(new double[] {2, 2, 2, 2, 2}, Grad.grad(f).apply(x).toDoubleArray());
    assertEquals(1, seen.size());
  }

  @Test
  void stopGradientIsAConstant() {
    Tensor g = Grad.grad((Tensor v) -> v.mul(Rules.stopGradient(v)).sum()).apply(x);
    assertArrayEquals(x.toDoubleArray(), g.toDoubleArray());
    Tensor rows = x.reshape(5, 1);
    Tensor mapped =
        Grad.grad(
                (Tensor v) -> Grad.vmap((Tensor u) -> u.mul(Rules.stopGradient(u))).apply(v).sum())
            .apply(rows);
    assertArrayEquals(x.toDoubleArray(), mapped.toDoubleArray());
  }
}
