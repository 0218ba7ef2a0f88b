package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.InBothBackends;
import thimble.tensor.OpTable.Note;
import thimble.tensor.OpTable.Row;
import thimble.transform.Grad;

/** First and second derivatives of every row of {@link OpTable}, and the conventions at kinks. */
class DerivativeTest extends InBothBackends {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;

  static List<Row> rows() {
    return OpTable.rows();
  }

  // -- Each row -----------------------------------------------------------------------------------

  @ParameterizedTest
  @MethodSource("rows")
  void theGradientAgreesWithCentralDifferences(Row row) {
    Tensor x = row.point(FLOAT64);
    UnaryOperator<Tensor> f = z -> linear(row, z);
    Tensor gradient = Grad.<Tensor>grad(f::apply).apply(x);
    double norm = Math.sqrt(dot(gradient, gradient));
    assertEquals(row.note() == Note.FLAT, norm < 1e-3, () -> "gradient of norm " + norm);
    for (int i = 0; i < 3; i++) {
      Tensor d = direction(row, i, x);
      double difference =
          (f.apply(x.add(d.mul(step(row)))).item() - f.apply(x.sub(d.mul(step(row)))).item())
              / (2 * step(row));
      assertEquals(difference, dot(gradient, d), 1e-6 * norm + 1e-9);
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theSecondDerivativeIsSymmetric(Row row) {
    Tensor x = row.point(FLOAT64);
    Tensor u = direction(row, 0, x);
    Tensor v = direction(row, 1, x);
    Tensor hu = hessian(row, x, u);
    Tensor hv = hessian(row, x, v);
    double scale = Math.sqrt(dot(hu, hu)) + Math.sqrt(dot(hv, hv));
    assertEquals(row.note() == Note.FLAT, scale < 1e-3, () -> "second derivative of " + scale);
    assertEquals(dot(u, hv), dot(v, hu), (row.note() == Note.ROUNDED ? 1e-6 : 1e-10) * scale);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theSecondDerivativeAgreesWithDifferencesOfGradients(Row row) {
    Tensor x = row.point(FLOAT64);
    Tensor v = direction(row, 2, x);
    Tensor hv = hessian(row, x, v);
    UnaryOperator<Tensor> gradient = Grad.grad(z -> quadratic(row, z));
    Tensor step = v.mul(step(row));
    Tensor difference =
        gradient.apply(x.add(step)).sub(gradient.apply(x.sub(step))).div(2 * step(row));
    double bound = 1e-5 * Math.sqrt(dot(hv, hv)) + 1e-8;
    assertArrayEquals(difference.toDoubleArray(), hv.toDoubleArray(), bound);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theGradientHasTheShapeAndDtypeOfTheVariable(Row row) {
    double[] exact =
        Grad.<Tensor>grad(z -> linear(row, z)).apply(row.point(FLOAT64)).toDoubleArray();
    double largest = Arrays.stream(exact).map(Math::abs).max().orElse(0);
    for (DType dtype : List.of(FLOAT32, FLOAT64)) {
      Tensor gradient = Grad.<Tensor>grad(z -> linear(row, z)).apply(row.point(dtype));
      assertEquals(row.shape(), gradient.shape());
      assertEquals(dtype, gradient.dtype());
      assertArrayEquals(exact, gradient.toDoubleArray(), 1e-5 * largest);
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void backwardStoresTheSameGradient(Row row) {
    Tensor leaf = row.point(FLOAT64).detach().requiresGrad(true);
    linear(row, leaf).backward();
    Tensor gradient = Grad.<Tensor>grad(z -> linear(row, z)).apply(row.point(FLOAT64));
    assertEquals(row.shape(), leaf.grad().shape());
    assertArrayEquals(gradient.toDoubleArray(), leaf.grad().toDoubleArray());
  }

  /** Σ f(x)·u for fixed weights u. */
  private static Tensor linear(Row row, Tensor x) {
    Tensor y = row.f().apply(x);
    return y.mul(weights(row, y)).sum();
  }

  /** Σ (f(x) + f(x)²)·u: where f is linear, its rule's rule shows all the same. */
  private static Tensor quadratic(Row row, Tensor x) {
    Tensor y = row.f().apply(x);
    return y.add(y.mul(y)).mul(weights(row, y)).sum();
  }

  private static Tensor hessian(Row row, Tensor x, Tensor v) {
    UnaryOperator<Tensor> gradient = Grad.grad(z -> quadratic(row, z));
    return Grad.<Tensor>grad(z -> gradient.apply(z).mul(v).sum()).apply(x);
  }

  private static Tensor weights(Row row, Tensor y) {
    Random random = new Random(row.name().hashCode() + 1);
    return random(random, y.shape()).add(2).to(y.dtype());
  }

  private static Tensor direction(Row row, int i, Tensor x) {
    Tensor d = random(new Random(row.name().hashCode() + 10 + i), x.shape());
    return d.div(Math.sqrt(dot(d, d)));
  }

  private static Tensor random(Random random, Shape shape) {
    double[] v = random.doubles(shape.count(), -1, 1).toArray();
    return Tensor.of(v).reshape(shape);
  }

  private static double step(Row row) {
    return row.note() == Note.ROUNDED ? 0.5 : 6e-6;
  }

  private static double dot(Tensor a, Tensor b) {
    return a.mul(b).sum().item();
  }

  // -- Completeness -------------------------------------------------------------------------------

  @Test
  void everyOpHasARow() {
    Set<Object> covered = new HashSet<>();
    rows().forEach(row -> covered.addAll(row.ops()));
    Set<String> missing = new TreeSet<>();
    families(Op.class)
        .filter(family -> !covered.contains(family))
        .forEach(family -> missing.add(family.getName()));
    Stream.of(Unary.values(), Binary.values(), Scalar.values(), Compare.values())
        .flatMap(Arrays::stream)
        .filter(op -> !covered.contains(op))
        .forEach(op -> missing.add(op.getClass().getSimpleName() + "." + op));
    assertEquals(Set.of(), missing, "add a row to OpTable for each");
  }

  @Test
  void rowsHaveNamesOfTheirOwn() {
    Set<String> names = new HashSet<>();
    rows().forEach(row -> assertTrue(names.add(row.name()), row.name()));
  }

  private static Stream<Class<?>> families(Class<?> op) {
    return op.isSealed()
        ? Arrays.stream(op.getPermittedSubclasses()).flatMap(DerivativeTest::families)
        : Stream.of(op);
  }

  // -- Kinks --------------------------------------------------------------------------------------

  private static double[] grad(UnaryOperator<Tensor> f, double... x) {
    return Grad.<Tensor>grad(z -> f.apply(z).sum()).apply(Tensor.of(x)).toDoubleArray();
  }

  private static double[] second(UnaryOperator<Tensor> f, double... x) {
    UnaryOperator<Tensor> gradient = Grad.grad(z -> f.apply(z).sum());
    return Grad.<Tensor>grad(z -> gradient.apply(z).sum()).apply(Tensor.of(x)).toDoubleArray();
  }

  private static void assertGrad(double[] expected, double[] actual) {
    assertArrayEquals(expected, actual, 1e-15);
  }

  @Test
  void reluHasDerivativeZeroAtZero() {
    assertGrad(new double[] {0, 0, 0, 1}, grad(Tensor::relu, -1, 0, -0.0, 2));
    assertGrad(new double[] {0, 0, 0, 0}, second(Tensor::relu, -1, 0, -0.0, 2));
  }

  @Test
  void aDeadUnitPassesNoInfinityOrNan() {
    // d/dx relu(x)·(1/0) would be 0·inf at x = −1.
    assertGrad(new double[] {0, INF}, grad(x -> x.relu().div(0.0), -1, 1));
    assertGrad(new double[] {0, NAN}, grad(x -> x.relu().mul(NAN), -1, 1));
  }

  @Test
  void tiesOfAMaximumShareEvenly() {
    assertGrad(new double[] {0.5, 0, 0.5}, grad(x -> x.max(), 3, 1, 3));
    assertGrad(new double[] {0.25, 0.25, 0.25, 0.25}, grad(x -> x.max(), 2, 2, 2, 2));
    assertGrad(new double[] {0.5, 0.5}, grad(x -> x.max(), 0.0, -0.0));
    assertGrad(new double[] {1, 0, 0.5, 0.5}, grad(x -> x.reshape(2, 2).max(1), 5, 4, 7, 7));
    assertGrad(new double[] {0, 0, 0}, second(x -> x.max(), 3, 1, 3));
  }

  @Test
  void tiesOfInfinitiesShareEvenly() {
    assertGrad(new double[] {0.5, 0.5, 0}, grad(x -> x.max(), INF, INF, 1));
    assertGrad(new double[] {0.5, 0.5}, grad(x -> x.max(), -INF, -INF));
  }

  @Test
  void nanIsTheMaximumAndTakesItsGradient() {
    assertTrue(Double.isNaN(Tensor.of(new double[] {3, NAN, 5}).max().item()));
    assertGrad(new double[] {0, 1, 0}, grad(x -> x.max(), 3, NAN, 5));
    assertGrad(new double[] {0.5, 0.5, 0}, grad(x -> x.max(), NAN, NAN, INF));
    assertGrad(new double[] {0, 1, 0, 1}, grad(x -> x.reshape(2, 2).max(1), 5, NAN, 7, 8));
  }

  @Test
  void thePowerZeroIsFlatAtZeroToo() {
    assertGrad(new double[] {1, 1, 1}, Tensor.of(new double[] {0, -2, NAN}).pow(0).toDoubleArray());
    assertGrad(new double[] {0, 0}, grad(x -> x.pow(0), 0, -2));
    assertGrad(new double[] {0, 0}, second(x -> x.pow(0), 0, -2));
    Tensor zeros = Tensor.of(new double[] {0, 0});
    assertGrad(new double[] {0, 0}, grad(x -> x.pow(zeros), 0, 3));
    assertGrad(new double[] {0, 0}, second(x -> x.pow(zeros), 0, 3));
  }

  @Test
  void smallPowersAreExactAtZero() {
    assertGrad(new double[] {1}, grad(x -> x.pow(1), 0));
    assertGrad(new double[] {0}, second(x -> x.pow(1), 0));
    assertGrad(new double[] {0}, grad(x -> x.pow(2), 0));
    assertGrad(new double[] {2}, second(x -> x.pow(2), 0));
    assertGrad(new double[] {0}, second(x -> x.pow(3), 0));
    Tensor exponents = Tensor.of(new double[] {1, 2, 3});
    assertGrad(new double[] {1, 0, 0}, grad(x -> x.pow(exponents), 0, 0, 0));
    assertGrad(new double[] {0, 2, 0}, second(x -> x.pow(exponents), 0, 0, 0));
  }

  @Test
  void aRootIsVerticalAtZero() {
    assertGrad(new double[] {INF}, grad(x -> x.pow(0.5), 0));
  }

  @Test
  void thePowersOfZeroAreFlatInTheExponent() {
    Tensor zero = Tensor.full(FLOAT64, 0, 4);
    assertGrad(new double[] {0, 0, 0, 0}, grad(zero::pow, 0, 0.5, 1, 2));
    assertGrad(new double[] {0, 0, 0, 0}, second(zero::pow, 0, 0.5, 1, 2));
  }

  @Test
  void theMixedDerivativeOfAPowerIsTheSameEitherWayAtExponentZero() {
    // ∂²/∂a∂b a^b = a^(b−1)·(1 + b·log a), which is 1/a at b = 0.
    Tensor a = Tensor.of(new double[] {0.5, 2, 4});
    Tensor b = Tensor.of(new double[] {0, 0, 0});
    double[] expected = {2, 0.5, 0.25};
    UnaryOperator<List<Tensor>> gradient =
        Grad.grad((List<Tensor> in) -> in.get(0).pow(in.get(1)).sum());
    UnaryOperator<List<Tensor>> ofFirst =
        Grad.grad((List<Tensor> in) -> gradient.apply(in).get(0).sum());
    UnaryOperator<List<Tensor>> ofSecond =
        Grad.grad((List<Tensor> in) -> gradient.apply(in).get(1).sum());
    assertGrad(expected, ofSecond.apply(List.of(a, b)).get(0).toDoubleArray());
    assertGrad(expected, ofFirst.apply(List.of(a, b)).get(1).toDoubleArray());
  }

  @Test
  void whereSelectsZerosForTheBranchNotTaken() {
    Tensor mask = Tensor.of(new boolean[] {true, false});
    Tensor nan = Tensor.of(new double[] {NAN, NAN});
    assertGrad(new double[] {2, 0}, grad(x -> Tensor.where(mask, x.mul(2), nan), NAN, NAN));
    assertGrad(new double[] {0, 2}, grad(x -> Tensor.where(mask, nan, x.mul(2)), NAN, NAN));
    assertGrad(new double[] {0, 0}, second(x -> Tensor.where(mask, nan, x.mul(2)), NAN, NAN));
  }

  @Test
  void aSingleWhereLetsTheDerivativeOfTheBranchNotTakenThrough() {
    Tensor zero = Tensor.full(FLOAT64, 0);
    assertGrad(new double[] {NAN, 0.5}, grad(x -> Tensor.where(x.gt(0), x.log(), zero), 0, 2));
  }

  @Test
  void theDoubleWhereKeepsNanOutOfTheGradient() {
    UnaryOperator<Tensor> safeLog =
        x -> {
          Tensor positive = x.gt(0);
          Tensor one = Tensor.full(FLOAT64, 1);
          Tensor zero = Tensor.full(FLOAT64, 0);
          return Tensor.where(positive, Tensor.where(positive, x, one).log(), zero);
        };
    assertGrad(new double[] {0, 0, 0.5}, grad(safeLog, -1, 0, 2));
    assertGrad(new double[] {0, 0, -0.25}, second(safeLog, -1, 0, 2));
  }

  @Test
  void comparisonsCutTheDerivative() {
    assertGrad(new double[] {0, 0}, grad(x -> x.gt(1).to(FLOAT64), 0, 2));
    assertGrad(new double[] {0, 0}, grad(x -> x.to(DType.INT32).to(FLOAT64), 0.5, 2));
  }

  @Test
  void logsumexpOfMinusInfinityHasDerivativeZero() {
    assertGrad(new double[] {0, 0}, grad(x -> x.logsumexp(), -INF, -INF));
    assertGrad(new double[] {0, 1}, grad(x -> x.logsumexp(), -INF, 3));
    assertGrad(new double[] {0, 0}, second(x -> x.logsumexp(), -INF, 3));
  }

  @Test
  void divisionByZeroFollowsIeee() {
    assertGrad(new double[] {INF, -INF}, grad(x -> x.div(Tensor.of(new double[] {0, -0.0})), 1, 1));
    assertGrad(new double[] {-INF}, grad(x -> x.rdiv(1), 0));
  }
}
