package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.transform.Grad;

/** What transforms are made of: pushes and sweeps of several tensors, and the rules of one edge. */
class LevelTest extends InBothBackends {
  private static Tensor vector(double... x) {
    return Tensor.of(x);
  }

  private static void assertValues(Tensor x, double... expected) {
    assertArrayEquals(expected, x.toDoubleArray(), 1e-12);
  }

  @Test
  void severalResultsArePulledBackInOneSweep() {
    try (Level level = Level.open()) {
      Tensor x = level.variable(vector(2, 3));
      Tensor a = x.exp();
      Tensor b = a.mul(a); // an ancestor of c, and a result itself
      Tensor c = b.sum();
      Tensor ct = vector(1, 1);
      CountingBackend counting = CountingBackend.ofCurrent();
      Tensor g;
      try (Block _ = Mode.get().use(counting)) {
        g = level.vjp(List.of(b, c, b), List.of(ct, Tensor.of(10), ct), List.of(x)).getFirst();
      }
      double[] expected = {12 * 2 * Math.exp(4), 12 * 2 * Math.exp(6)};
      assertArrayEquals(expected, g.toDoubleArray(), 1e-9);
      assertEquals(1 + 1 + 2 + 1 + 1, counting.ops().size(), "" + counting.ops());
      assertValues(ct, 1, 1); // the caller's own
    }
  }

  @Test
  void severalVariablesArePushedAtOnce() {
    try (Level level = Level.open()) {
      Tensor x = level.variable(vector(2, 3));
      Tensor y = level.variable(vector(5, 7));
      Tensor z = level.variable(vector(1));
      List<Tensor> t =
          level.jvp(
              List.of(x.mul(y), x, vector(4).add(1), x.to(DType.INT32), x.mul(y)),
              List.of(x, y, z),
              List.of(vector(1, 10), vector(100, 1000), vector(9)));
      assertValues(t.get(0), 205, 3070);
      assertValues(t.get(1), 1, 10);
      assertValues(t.get(2), 0);
      assertValues(t.get(3), 0, 0);
      assertEquals(DType.INT32, t.get(3).dtype());
      assertValues(t.get(4), 205, 3070);
      t.get(0).close();
      assertValues(t.get(4), 205, 3070);
    }
  }

  @Test
  void nothingIsPushedAndPulledToo() {
    try (Level level = Level.open()) {
      Tensor x = level.variable(vector(2));
      assertEquals(List.of(), level.jvp(List.of(), List.of(x), List.of(vector(1))));
      assertEquals(List.of(), level.vjp(List.of(x), List.of(vector(1)), List.of()));
      assertValues(level.vjp(List.of(), List.of(), List.of(x)).getFirst(), 0);
      assertValues(level.jvp(List.of(x.exp()), List.of(), List.of()).getFirst(), 0);
    }
  }

  @Test
  void tangentsAndCotangentsMustBeLikeTheirTensors() {
    try (Level level = Level.open()) {
      Tensor x = level.variable(vector(2, 3));
      assertEquals(
          "jvp: tangent 0 is float64 [1], its tensor float64 [2]: must be alike",
          said(() -> level.jvp(List.of(x), List.of(x), List.of(vector(1)))));
      assertEquals(
          "vjp: cotangent 1 is float32 [2], its tensor float64 [2]: must be alike",
          said(() ->
              level.vjp(
                  List.of(x, x),
                  List.of(vector(1, 1), Tensor.of(new float[] {1, 1})),
                  List.of(x))));
      assertEquals(
          "jvp: 1 tensors with 0 tangents",
          said(() -> level.jvp(List.of(x), List.of(x), List.of())));
    }
  }

  private static String said(Runnable body) {
    return assertThrows(IllegalArgumentException.class, body::run).getMessage();
  }

  @Test
  void aClosedResultIsNamed() {
    try (Level level = Level.open()) {
      Tensor x = level.variable(vector(2));
      Tensor y = x.exp();
      Tensor z = x.sin();
      z.close();
      String said =
          assertThrows(
                  ClosedException.class,
                  () -> level.jvp(List.of(y, z), List.of(x), List.of(vector(1))))
              .getMessage();
      assertTrue(said.startsWith("jvp: operand 1, float64 [1], is closed"), said);
      said =
          assertThrows(
                  ClosedException.class,
                  () -> level.vjp(List.of(z), List.of(vector(1)), List.of(x)))
              .getMessage();
      assertTrue(said.startsWith("backward: operand 0"), said);
      y.close(); // nobody holds it any more: its memory goes, and a leak would show
    }
  }

  @Test
  void theRuleOfAnEdgeGoesBothWays() {
    try (Level level = Level.open()) {
      Tensor a = level.variable(vector(2, 3));
      Tensor b = level.variable(vector(5));
      Tensor y = a.mul(a);
      assertValues(Level.pushforward(y, 0, vector(1, 10)), 2, 30);
      assertValues(Level.pullback(y, 1, vector(1, 10)), 2, 30);
      Tensor joined = Tensor.concat(0, a, b);
      assertValues(Level.pushforward(joined, 1, vector(7)), 0, 0, 7);
      assertValues(Level.pullback(joined, 0, vector(1, 2, 3)), 1, 2);
      Tensor picked = a.gather(0, Tensor.of(new long[] {1, 1, 0}));
      assertValues(Level.pushforward(picked, 0, vector(1, 10)), 10, 10, 1);
      assertValues(Level.pullback(picked, 0, vector(1, 2, 4)), 4, 3);
    }
  }

  /** What the conventions say of cotangents holds for tangents: the derivative is one. */
  @Test
  void tangentsWhereADerivativeIsNotDefined() {
    Tensor t = vector(2, 4, 8);
    assertTangent(3, x -> x.max(), t, 5, 5, 1);
    assertTangent(4, x -> x.min(), t, 5, 1, 5);
    assertTangent(8, x -> x.max(), t, 1, 2, Double.NaN);
    assertTangent(0, x -> x.norm(), t, 0, 0, 0);
    double low = Double.NEGATIVE_INFINITY;
    assertTangent(0, x -> x.logsumexp(), t, low, low, low);
    assertTangent(3, x -> x.logsumexp(), t, 1, 1, low);
    assertTangent(6 * 2, x -> x.prod(), t, 0, 2, 3);
    assertTangent(0, x -> x.prod(), t, 0, 0, 3);
    assertTangent(0, x -> x.relu().sum(), t, 0, 0, -1);
    assertTangent(0, x -> x.abs().sum(), t, 0, 0, 0);
    assertTangent(0, x -> x.pow(0).sum(), t, 0, 1, 0);
    assertTangent(2 + 4 + 8.0 / 4, x -> Tensor.where(x.gt(0), x.log(), x).sum(), t, -1, -1, 4);
    assertTangent(14, x -> x.pow(1).sum(), t, 0, 0, 0);
    assertTangent(7, x -> x.maximum(vector(0, 0, 0)).sum(), t, 0, 0, 0);
  }

  private static void assertTangent(
      double expected, UnaryOperator<Tensor> f, Tensor t, double... x) {
    assertValues(Grad.jvp(f, vector(x), t), expected);
  }
}
