package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DerivativeTest.along;
import static thimble.tensor.DerivativeTest.dot;
import static thimble.tensor.DerivativeTest.functions;
import static thimble.tensor.DerivativeTest.largest;
import static thimble.tensor.DerivativeTest.length;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.InBothBackends;
import thimble.tensor.DerivativeTest.Function;
import thimble.transform.Grad;

/**
 * The tangent of every row of {@link OpTable}: against reverse mode, of which it is the transpose,
 * and against central differences; and forward and reverse mode through each other.
 */
class ForwardTest extends InBothBackends {
  static List<Row> rows() {
    return OpTable.differentiable();
  }

  /** A function of some of its variables, the others standing still. */
  private static Function of(Function f, int mask) {
    int[] own =
        IntStream.range(0, f.variables().length)
            .filter(k -> (mask >> k & 1) != 0)
            .map(k -> f.variables()[k])
            .toArray();
    return new Function(f.row(), f.at(), f.in(), own);
  }

  private static Tensor jvp(Function f, List<Tensor> t) {
    return Grad.jvp(f::apply, f.point(), t);
  }

  // -- First order --------------------------------------------------------------------------------

  @ParameterizedTest
  @MethodSource("rows")
  void theTangentMapIsTheTransposeOfTheCotangentMapInEverySetOfOperands(Row row) {
    for (Function all : functions(row, FLOAT64)) {
      for (int mask = 1; mask < 1 << all.variables().length; mask++) {
        Function f = of(all, mask);
        List<Tensor> u = f.direction(mask);
        Tensor ju = jvp(f, u);
        Tensor v = f.weights(ju);
        List<Tensor> back = f.gradient(); // Jᵀv
        double scale = v.mul(ju).abs().sum().item() + length(back);
        assertEquals(
            dot(back, u).item(),
            v.mul(ju).sum().item(),
            f.exactly(1e-12) * scale,
            () -> f + " in " + Arrays.toString(f.variables()));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theTangentAgreesWithCentralDifferences(Row row) {
    for (Function f : functions(row, FLOAT64)) {
      List<Tensor> u = f.direction(0);
      Tensor ju = jvp(f, u);
      Tensor ahead = f.apply(along(f.point(), f.step(), u));
      Tensor behind = f.apply(along(f.point(), -f.step(), u));
      assertArrayEquals(
          ahead.sub(behind).div(2 * f.step()).toDoubleArray(),
          ju.toDoubleArray(),
          1e-6 * largest(ju) + 1e-8,
          f.toString());
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theTangentHasTheShapeAndDtypeOfTheResult(Row row) {
    for (At at : row.at().stream().filter(a -> a.count() <= 40).toList()) {
      Function exactly = Function.of(row, at, FLOAT64);
      List<Tensor> u = exactly.direction(0);
      Tensor exact = jvp(exactly, u);
      for (DType dtype : List.of(FLOAT32, FLOAT64)) {
        if (row.dtypes().contains(dtype)) {
          Function f = Function.of(row, at, dtype);
          Tensor y = f.apply(f.point());
          Tensor t = jvp(f, u.stream().map(x -> x.to(dtype)).toList());
          assertEquals(y.shape(), t.shape(), f.toString());
          assertEquals(y.dtype(), t.dtype(), f.toString());
          assertArrayEquals(
              exact.toDoubleArray(), t.toDoubleArray(), 1e-5 * largest(exact), f.toString());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void thePushItselfRecordsNothing(Row row) {
    Function f = functions(row, FLOAT64).getFirst();
    List<Tensor> u = f.direction(0);
    Tensor[] t = new Tensor[1];
    long before = Graph.nodesRecorded();
    try (Level level = Level.open()) {
      List<Tensor> x = f.point().stream().map(level::variable).toList();
      Tensor y = f.apply(x);
      long forward = Graph.nodesRecorded() - before;
      t[0] = level.jvp(List.of(y), x, u).getFirst();
      assertEquals(forward, Graph.nodesRecorded() - before);
    }
    assertEquals(0, t[0].inputs());
  }

  // -- Second order -------------------------------------------------------------------------------

  @ParameterizedTest
  @MethodSource("rows")
  void forwardAndReverseModeGoThroughEachOther(Row row) {
    for (Function f : functions(row, FLOAT64)) {
      List<Tensor> u = f.direction(0);
      List<Tensor> v = f.direction(1);
      UnaryOperator<List<Tensor>> gradient = Grad.grad(f::quadratic);
      List<Tensor> reverseOverReverse = f.hessian(v);
      List<Tensor> forwardOverReverse = Grad.jvp(gradient, f.point(), v);
      List<Tensor> reverseOverForward =
          Grad.grad((List<Tensor> x) -> Grad.jvp(f::quadratic, x, v)).apply(f.point());
      Tensor forwardOverForward =
          Grad.jvp((List<Tensor> x) -> Grad.jvp(f::quadratic, x, v), f.point(), u);
      double bound = f.exactly(1e-10) * (length(reverseOverReverse) + 1e-9);
      for (int k = 0; k < u.size(); k++) {
        double[] expected = reverseOverReverse.get(k).toDoubleArray();
        assertArrayEquals(expected, forwardOverReverse.get(k).toDoubleArray(), bound, f.toString());
        assertArrayEquals(expected, reverseOverForward.get(k).toDoubleArray(), bound, f.toString());
      }
      assertEquals(
          dot(u, reverseOverReverse).item(), forwardOverForward.item(), bound, f.toString());
    }
  }
}
