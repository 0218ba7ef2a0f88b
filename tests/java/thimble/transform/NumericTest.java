package thimble.transform;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.tensor.DTypeException;
import thimble.tensor.Key;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;

class NumericTest extends InBothBackends {
  /** Counts the calls of a function. */
  private record Counted(UnaryOperator<Tensor> f, AtomicLong calls)
      implements UnaryOperator<Tensor> {
    static Counted of(UnaryOperator<Tensor> f) {
      return new Counted(f, new AtomicLong());
    }

    @Override
    public Tensor apply(Tensor x) {
      calls.incrementAndGet();
      return f.apply(x);
    }
  }

  /** ln x1 + x1·x2 − sin x2. */
  private static Tensor example(Tensor x) {
    Tensor x1 = x.slice(0, 0, 1);
    Tensor x2 = x.slice(0, 1, 2);
    return x1.log().add(x1.mul(x2)).sub(x2.sin());
  }

  private static final Tensor AT = Tensor.of(new double[] {2, 5});
  private static final double[] GRADIENT = {5.5, 1.7163378145367738};

  @Test
  void differencesAreNearTheGradient() {
    assertArrayEquals(
        GRADIENT,
        Numeric.forward().gradient(NumericTest::example, AT).value().toDoubleArray(),
        1e-6);
    assertArrayEquals(
        GRADIENT,
        Numeric.central().gradient(NumericTest::example, AT).value().toDoubleArray(),
        1e-9);
  }

  @Test
  void aGradientTakesOneOrTwoEvaluationsForEachElement() {
    for (int n : new int[] {1, 2, 7}) {
      Tensor x = Tensor.linspace(FLOAT64, 1, 2, n);
      Counted f = Counted.of(v -> v.pow(2).sum());
      assertEquals(n + 1, Numeric.forward().gradient(f, x).evaluations());
      assertEquals(n + 1, f.calls.getAndSet(0));
      assertEquals(2 * n, Numeric.central().gradient(f, x).evaluations());
      assertEquals(2 * n, f.calls.getAndSet(0));
      assertEquals(2, Numeric.central().along(f, x, x).evaluations());
      assertEquals(2, f.calls.getAndSet(0));
      assertEquals(2, Numeric.central().check(f, x, Key.of(1)).evaluations());
      assertEquals(3, f.calls.get(), "two for the difference, one for reverse mode");
    }
  }

  @Test
  void aStepIsTakenAsItIsGiven() {
    // Of x³ at 1: forward 3 + 3ε + ε², central 3 + ε².
    UnaryOperator<Tensor> cube = x -> x.pow(3);
    Tensor one = Tensor.of(1);
    assertEquals(4.75, Numeric.forward(0.5).gradient(cube, one).value().item());
    assertEquals(3.25, Numeric.central(0.5).gradient(cube, one).value().item());
    assertEquals(4.75, Numeric.forward(0.5).along(cube, one, one).value().item());
    assertEquals(3.25, Numeric.central(0.5).along(cube, one, one).value().item());
  }

  @Test
  void theStepGoesWithTheNumber() {
    Tensor large = Tensor.of(new double[] {1e9, -1e9, 1e-9});
    double[] slope = Numeric.central().gradient(x -> x.pow(2).sum(), large).value().toDoubleArray();
    assertArrayEquals(new double[] {2e9, -2e9, 2e-9}, slope, 1);
    double small = Numeric.central().gradient(x -> x.pow(2), Tensor.of(1e-9)).value().item();
    assertEquals(2e-9, small, 1e-17);
  }

  @Test
  void aStepThatIsLostInRoundingIsRefused() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Numeric.central(1e-9).gradient(x -> x.sum(), Tensor.of(new double[] {1, 1e9})));
    assertEquals(
        "numeric: a step of 1.0E-9 is lost in rounding: element 1 is 1.0E9", e.getMessage());
    for (double eps : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> Numeric.central(eps));
      assertThrows(IllegalArgumentException.class, () -> Numeric.forward(eps));
    }
  }

  @Test
  void theJacobianHasTheAxesOfTheResultThenThoseOfTheArgument() {
    Tensor x = Tensor.of(new double[][] {{1, 2, 3}, {4, 5, 6}});
    Numeric.Estimate<Tensor> jacobian = Numeric.central().jacobian(v -> v.pow(2).sum(1), x);
    assertEquals(List.of(2L, 2L, 3L), sizes(jacobian.value()));
    assertEquals(12, jacobian.evaluations());
    assertArrayEquals(
        new double[] {2, 4, 6, 0, 0, 0, 0, 0, 0, 8, 10, 12},
        jacobian.value().toDoubleArray(),
        1e-8);
    assertEquals(7, Numeric.forward().jacobian(v -> v.pow(2).sum(1), x).evaluations());
    assertEquals(List.of(), sizes(Numeric.central().jacobian(Tensor::exp, Tensor.of(0)).value()));
  }

  private static List<Long> sizes(Tensor x) {
    return Arrays.stream(x.shape().toArray()).boxed().toList();
  }

  @Test
  void ofNothingTheGradientIsNothing() {
    Tensor none = Tensor.zeros(FLOAT64, 0, 3);
    assertEquals(none.shape(), Numeric.central().gradient(x -> x.sum(), none).value().shape());
    assertEquals(none.shape(), Numeric.forward().gradient(x -> x.sum(), none).value().shape());
    assertEquals(
        List.of(3L, 0L, 3L), sizes(Numeric.central().jacobian(x -> x.sum(0), none).value()));
  }

  @Test
  void anArgumentMayBeAListAndOfFloat32() {
    List<Tensor> x = List.of(Tensor.of(new float[] {1, 2}), Tensor.of(3));
    List<Tensor> g =
        Numeric.central()
            .gradient((List<Tensor> v) -> v.get(0).mul(v.get(1)).pow(2).sum(), x)
            .value();
    assertEquals(FLOAT64, g.get(0).dtype());
    assertArrayEquals(new double[] {18, 36}, g.get(0).toDoubleArray(), 1e-8);
    assertEquals(30, g.get(1).item(), 1e-8);
  }

  @Test
  void aDirectionIsOfLengthOneAndFollowsFromItsKey() {
    List<Tensor> x = List.of(Tensor.zeros(FLOAT32, 3, 2), Tensor.of(3));
    List<Tensor> d = Numeric.direction(x, Key.of(5));
    double squares = d.get(0).pow(2).sum().item() + d.get(1).pow(2).item();
    assertEquals(1, squares, 1e-15);
    assertEquals(x.get(0).shape(), d.get(0).shape());
    assertArrayEquals(
        d.get(0).toDoubleArray(), Numeric.direction(x, Key.of(5)).get(0).toDoubleArray());
    assertNotEquals(d.get(1).item(), Numeric.direction(x, Key.of(6)).get(1).item());
  }

  @Test
  void theDirectionalCheckComparesWithReverseMode() {
    Numeric.Directional<Tensor> right =
        Numeric.central().check(NumericTest::example, AT, Key.of(3));
    double[] d = right.direction().toDoubleArray();
    assertEquals(GRADIENT[0] * d[0] + GRADIENT[1] * d[1], right.gradient(), 1e-14);
    assertEquals(Math.abs(right.difference() - right.gradient()), right.error());
    assertTrue(right.error() < 1e-9, right.toString());
    Tensor along = Tensor.of(new double[] {0.6, 0.8});
    assertEquals(
        4.673070251629419,
        Numeric.central().along(NumericTest::example, AT, along).value().item(),
        1e-9);
    // A factor that reverse mode does not see.
    Numeric.Directional<Tensor> wrong =
        Numeric.central().check(x -> x.pow(2).mul(x.detach()).sum(), AT, Key.of(3));
    assertTrue(wrong.error() > 1, wrong.toString());
  }

  @Test
  void alongADirectionAnyResultHasADerivative() {
    Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    Tensor d = Tensor.of(new double[][] {{0, 1}, {1, 0}});
    Tensor slope = Numeric.central().along(v -> v.pow(2), x, d).value();
    assertArrayEquals(new double[] {0, 4, 6, 0}, slope.toDoubleArray(), 1e-8);
    assertEquals(x.shape(), slope.shape());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Tensor x = Tensor.of(new double[] {1, 2});
    assertThrows(ShapeException.class, () -> Numeric.central().gradient(Tensor::exp, x));
    assertThrows(
        ShapeException.class,
        () -> Numeric.central().along(v -> v.sum(), x, Tensor.of(new double[] {1})));
    assertThrows(
        DTypeException.class, () -> Numeric.central().gradient(v -> v.sum(), Tensor.arange(2)));
    AtomicLong calls = new AtomicLong();
    assertThrows(
        ShapeException.class,
        () -> Numeric.central().jacobian(v -> v.slice(0, 0, 1 + calls.getAndIncrement() % 2), x));
  }
}
