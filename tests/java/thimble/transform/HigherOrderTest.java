package thimble.transform;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thimble.InBothBackends;
import thimble.tensor.DType;
import thimble.tensor.Graph;
import thimble.tensor.Index;
import thimble.tensor.Key;
import thimble.tensor.Shape;
import thimble.tensor.Tensor;

/** Derivatives of derivatives, in every nesting of forward and reverse mode. */
class HigherOrderTest extends InBothBackends {
  private static Tensor vector(double... x) {
    return Tensor.of(x);
  }

  private static void assertValues(Tensor x, double... expected) {
    assertArrayEquals(expected, x.toDoubleArray(), 1e-12);
  }

  /** A function of one number, and its n-th derivative. */
  private record Known(
      String name, UnaryOperator<Tensor> f, BiFunction<Double, Integer, Double> derivative) {}

  private static final List<Known> KNOWN =
      List.of(
          new Known("sin", Tensor::sin, (x, n) -> Math.sin(x + n * Math.PI / 2)),
          new Known(
              "1/x",
              Tensor::reciprocal,
              (x, n) -> (n % 2 == 0 ? 1 : -1) * factorial(n) / Math.pow(x, n + 1)),
          new Known(
              "exp(-x²)",
              x -> x.mul(x).neg().exp(),
              (x, n) -> (n % 2 == 0 ? 1 : -1) * hermite(n, x) * Math.exp(-x * x)),
          new Known("tanh", Tensor::tanh, HigherOrderTest::tanh));

  private static double factorial(int n) {
    return n == 0 ? 1 : n * factorial(n - 1);
  }

  /** Hₙ₊₁ = 2x·Hₙ − 2n·Hₙ₋₁. */
  private static double hermite(int n, double x) {
    return switch (n) {
      case 0 -> 1;
      case 1 -> 2 * x;
      default -> 2 * x * hermite(n - 1, x) - 2 * (n - 1) * hermite(n - 2, x);
    };
  }

  /** The derivative of p(tanh x) is p'(tanh x)·(1 − tanh² x), a polynomial again. */
  private static double tanh(double x, int n) {
    double[] p = {0, 1};
    for (int k = 0; k < n; k++) {
      double[] next = new double[p.length + 1];
      for (int i = 1; i < p.length; i++) {
        next[i - 1] += i * p[i];
        next[i + 1] -= i * p[i];
      }
      p = next;
    }
    double y = 0;
    for (int i = p.length - 1; i >= 0; i--) {
      y = y * Math.tanh(x) + p[i];
    }
    return y;
  }

  private static UnaryOperator<Tensor> derivative(UnaryOperator<Tensor> f, boolean forward) {
    return forward ? x -> Grad.jvp(f, x, Tensor.of(1)) : Grad.grad(f);
  }

  /** A letter for each order, F or R; the first is the innermost. */
  @ParameterizedTest
  @ValueSource(
      strings = {"FFFFFF", "RRRRRR", "FRFRFR", "RFRFRF", "FFFRRR", "RRRFFF", "RFFFFR", "FRRRRF"})
  void derivativesUpToTheSixthAreThoseOfTheClosedForms(String modes) {
    for (Known known : KNOWN) {
      UnaryOperator<Tensor> f = known.f;
      for (int n = 1; n <= modes.length(); n++) {
        f = derivative(f, modes.charAt(n - 1) == 'F');
        for (double x : new double[] {-1.3, 0.4, 0.9}) {
          double expected = known.derivative.apply(x, n);
          String what = "%s, order %d at %s, %s".formatted(known.name, n, x, modes);
          assertEquals(
              expected, f.apply(Tensor.of(x)).item(), 1e-11 * (1 + Math.abs(expected)), what);
        }
      }
    }
  }

  /** d/dx [x·d/dy (x + y)] = 1, and d/dx [x·d/dy (x·y²)] = 4xy. */
  @ParameterizedTest
  @ValueSource(strings = {"FF", "FR", "RF", "RR"})
  void nestedDerivativesDoNotConfuseTheirVariables(String modes) {
    boolean inner = modes.charAt(0) == 'F';
    boolean outer = modes.charAt(1) == 'F';
    UnaryOperator<Tensor> one =
        derivative(x -> x.mul(derivative(x::add, inner).apply(Tensor.of(1))), outer);
    assertValues(one.apply(Tensor.of(7)), 1);
    UnaryOperator<Tensor> mixed =
        derivative(x -> x.mul(derivative(y -> x.mul(y.mul(y)), inner).apply(Tensor.of(3))), outer);
    assertValues(mixed.apply(Tensor.of(2)), 24);
    // The inner point depends on the outer variable: d/dx [d/dy y³ at y = 2x] = d/dx 12x² = 24x.
    UnaryOperator<Tensor> chained =
        derivative(x -> derivative(y -> y.pow(3), inner).apply(x.mul(2)), outer);
    assertValues(chained.apply(Tensor.of(5)), 120);
  }

  @Test
  void tangentsAndCotangentsMayBeDifferentiatedToo() {
    // d/dt (J·t) = J, and J·t itself depends on x and t at once.
    Tensor x = vector(2, 3);
    assertValues(
        Grad.jacrev((Tensor t) -> Grad.jvp((Tensor z) -> z.mul(z), x, t)).apply(vector(1, 1)),
        4,
        0,
        0,
        6);
    assertValues(
        Grad.grad((Tensor z) -> Grad.jvp((Tensor u) -> u.pow(3), z, z).sum()).apply(x),
        9 * 4,
        9 * 9);
    assertValues(
        Grad.jvp(
            (Tensor ct) -> Grad.vjp((Tensor z) -> z.mul(z), x).pullback().apply(ct),
            vector(1, 1),
            vector(10, 1)),
        40,
        6);
  }

  private record Net(Tensor w1, Tensor b, Tensor w2) {}

  private static Tensor loss(Net n, Tensor x) {
    return x.matmul(n.w1).add(n.b).tanh().matmul(n.w2).logSoftmax(1).get(Index.all(), Index.at(0));
  }

  private static Tensor chain(Tensor x) {
    for (int i = 0; i < 250; i++) {
      x = x.sin().mul(x).add(1).mul(0.5);
    }
    return x;
  }

  /** How many ops something hands to the backend. */
  private static long ops(Runnable run) {
    long before = Graph.opsComputed();
    run.run();
    return Graph.opsComputed() - before;
  }

  /** In ops, whatever they cost: of a network, and of a thousand elementwise ones. */
  @Test
  void aGradientIsASmallMultipleOfTheFunctionAndAHessianTimesAVectorOfTheGradient() {
    Key key = Key.of(5);
    Tensor rows = key.normal(DType.FLOAT64, 4, 6);
    Net net =
        new Net(
            key.fold(1).normal(DType.FLOAT64, 6, 5),
            key.fold(2).normal(DType.FLOAT64, 5),
            key.fold(3).normal(DType.FLOAT64, 5, 3));
    Function<Net, Tensor> f = n -> loss(n, rows).sum();
    long gradient = ops(() -> Grad.grad(f).apply(net));
    assertTrue(gradient <= 4 * ops(() -> f.apply(net)), "a gradient: " + gradient);
    long product = ops(() -> Grad.hvp(f, net, net));
    assertTrue(product <= 3 * gradient, "H·v: " + product + ", a gradient: " + gradient);
    Tensor x = vector(0.3, -0.7);
    long slope = ops(() -> Grad.grad((Tensor v) -> chain(v).sum()).apply(x));
    assertTrue(slope <= 3 * ops(() -> chain(x)), "a gradient: " + slope);
    long along = ops(() -> Grad.hvp((Tensor v) -> chain(v).sum(), x, x));
    assertTrue(along <= 3 * slope, "H·v: " + along + ", a gradient: " + slope);
  }

  @Test
  void rosenbrocksValleyInAHundredDimensions() {
    int n = 100;
    Function<Tensor, Tensor> f =
        x -> {
          Tensor a = x.slice(0, 0, n - 1);
          Tensor b = x.slice(0, 1, n);
          return b.sub(a.pow(2)).pow(2).mul(100).add(a.rsub(1).pow(2)).sum();
        };
    double[] x = new double[n];
    double[] v = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = Math.sin(i + 1);
      v[i] = Math.cos(3 * i);
    }
    double[] gradient = new double[n];
    double[][] hessian = new double[n][n];
    for (int i = 0; i < n - 1; i++) {
      double r = x[i + 1] - x[i] * x[i];
      gradient[i] += -400 * x[i] * r - 2 * (1 - x[i]);
      gradient[i + 1] += 200 * r;
      hessian[i][i] += -400 * r + 800 * x[i] * x[i] + 2;
      hessian[i][i + 1] -= 400 * x[i];
      hessian[i + 1][i] -= 400 * x[i];
      hessian[i + 1][i + 1] += 200;
    }
    double[] product = new double[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        product[i] += hessian[i][j] * v[j];
      }
    }
    assertArrayEquals(gradient, Grad.grad(f).apply(vector(x)).toDoubleArray(), 1e-10);
    Tensor h = Grad.hessian(f).apply(vector(x));
    assertEquals(Shape.of(n, n), h.shape());
    assertArrayEquals(
        Arrays.stream(hessian).flatMapToDouble(Arrays::stream).toArray(), h.toDoubleArray(), 1e-10);
    assertArrayEquals(product, Grad.hvp(f, vector(x), vector(v)).toDoubleArray(), 1e-9);
    assertValues(Grad.grad(f).apply(Tensor.ones(DType.FLOAT64, n)), new double[n]);
  }
}
