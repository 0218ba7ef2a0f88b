package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.Index.at;

import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.transform.Grad;

/** Values and derivatives where mathematics leaves a choice: kinks, ties, zeros, NaN, nothing. */
class ConventionsTest extends InBothBackends {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;

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
  void absHasDerivativeZeroAtZero() {
    assertGrad(new double[] {-1, 0, 0, 1}, grad(Tensor::abs, -1, 0, -0.0, 2));
    assertGrad(new double[] {0, 0, 0, 0}, second(Tensor::abs, -1, 0, -0.0, 2));
  }

  @Test
  void whatIsFlatHasDerivativeZeroAtItsJumpsToo() {
    double[] zeros = {0, 0, 0, 0};
    for (UnaryOperator<Tensor> f :
        List.<UnaryOperator<Tensor>>of(Tensor::sign, Tensor::floor, Tensor::ceil, Tensor::round)) {
      assertGrad(zeros, grad(f, -1, 0, 0.5, 2));
      assertGrad(zeros, second(f, -1, 0, 0.5, 2));
    }
  }

  @Test
  void clampHasDerivativeOneAtItsBounds() {
    assertGrad(new double[] {0, 1, 1, 1, 0}, grad(x -> x.clamp(-1, 2), -2, -1, 0, 2, 3));
    assertGrad(new double[] {0, 0, 0, 0, 0}, second(x -> x.clamp(-1, 2), -2, -1, 0, 2, 3));
    assertGrad(new double[] {0, 1, 0}, grad(x -> x.clamp(1, 1), 0, 1, 2));
  }

  @Test
  void tiesOfTwoTensorsShareEvenly() {
    Tensor two = Tensor.of(new double[] {2, 2, 2, -0.0});
    assertGrad(new double[] {0, 0.5, 1, 0.5}, grad(x -> x.maximum(two), 1, 2, 3, 0));
    assertGrad(new double[] {0, 0.5, 1, 0.5}, grad(x -> two.maximum(x), 1, 2, 3, 0));
    assertGrad(new double[] {1, 0.5, 0, 0.5}, grad(x -> x.minimum(two), 1, 2, 3, 0));
    assertGrad(new double[] {1, 0.5, 0, 0.5}, grad(x -> two.minimum(x), 1, 2, 3, 0));
    assertGrad(new double[] {0, 0, 0, 0}, second(x -> x.maximum(two), 1, 2, 3, 0));
    assertGrad(new double[] {0, 0, 0, 0}, second(x -> x.minimum(two), 1, 2, 3, 0));
  }

  @Test
  void tiesWithANumberShareEvenly() {
    assertGrad(new double[] {0, 0.5, 1}, grad(x -> x.maximum(2), 1, 2, 3));
    assertGrad(new double[] {1, 0.5, 0}, grad(x -> x.minimum(2.0), 1, 2, 3));
  }

  @Test
  void aNanOfTwoTensorsTakesTheGradient() {
    Tensor other = Tensor.of(new double[] {1, NAN, NAN});
    assertGrad(new double[] {1, 0, 1}, grad(x -> x.maximum(other), NAN, 1, NAN));
    assertGrad(new double[] {1, 0, 1}, grad(x -> x.minimum(other), NAN, 1, NAN));
  }

  @Test
  void theNormIsFlatAtZero() {
    assertGrad(new double[] {0, 0}, grad(x -> x.norm(), 0, 0));
    assertGrad(new double[] {0.6, 0.8}, grad(x -> x.norm(), 3, 4));
    assertGrad(new double[] {0, 0, 1, 0}, grad(x -> x.reshape(2, 2).norm(1), 0, 0, 5, 0));
    assertGrad(new double[] {0, 0}, second(x -> x.norm(), 0, 0));
  }

  @Test
  void theSquareRootIsVerticalAtZero() {
    assertGrad(new double[] {INF}, grad(Tensor::sqrt, 0));
  }

  @Test
  void theProductHasADerivativeWhereFactorsAreZero() {
    assertGrad(new double[] {6, 0, 0}, grad(x -> x.prod(), 0, 2, 3));
    assertGrad(new double[] {0, 0, 0}, grad(x -> x.prod(), 0, 0, 3));
    assertGrad(new double[] {5, 3, 2}, second(x -> x.prod(), 0, 2, 3));
  }

  @Test
  void theIndexOfAnExtremeIsTheFirst() {
    Tensor x = Tensor.of(new double[] {1, 3, 3, 0, 0});
    assertEquals(1, x.argmax(0).item());
    assertEquals(3, x.argmin(0).item());
    Tensor nan = Tensor.of(new double[] {1, NAN, 9, NAN});
    assertEquals(1, nan.argmax(0).item());
    assertEquals(1, nan.argmin(0).item());
  }

  @Test
  void ofNothingSumIsZeroProductOneMeanNan() {
    Tensor none = Tensor.zeros(FLOAT64, 2, 0);
    assertGrad(new double[] {0, 0}, none.sum(1).toDoubleArray());
    assertGrad(new double[] {1, 1}, none.prod(1).toDoubleArray());
    assertGrad(new double[] {NAN, NAN}, none.mean(1).toDoubleArray());
    assertGrad(new double[] {-INF, -INF}, none.logsumexp(1).toDoubleArray());
    assertGrad(new double[] {0, 0}, none.any(1).toDoubleArray());
    assertGrad(new double[] {1, 1}, none.all(1).toDoubleArray());
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
  void tiesOfAMinimumShareEvenly() {
    assertGrad(new double[] {0, 0.5, 0.5}, grad(x -> x.min(), 3, 1, 1));
    assertGrad(new double[] {0, 1, 0.5, 0.5}, grad(x -> x.reshape(2, 2).min(1), 5, 4, 7, 7));
    assertGrad(new double[] {0, 0, 0}, second(x -> x.min(), 3, 1, 1));
    assertGrad(new double[] {0, 1, 0}, grad(x -> x.min(), 3, NAN, 5));
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
  void nanIsTheMaximumWhereverItIs() {
    for (int length : new int[] {40, 100, 400}) {
      for (int i = 0; i < length; i++) {
        double[] x = new double[length];
        x[i] = NAN;
        x[length - 1 - i] += INF;
        for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
          Tensor row = Tensor.of(x).to(dtype), column = row.reshape(length, 1);
          assertTrue(Double.isNaN(row.max().item()), dtype + " " + length + " at " + i);
          assertTrue(Double.isNaN(row.min().item()), dtype + " " + length + " at " + i);
          Tensor beside = column.broadcastTo(length, 40).contiguous();
          assertTrue(Double.isNaN(beside.max(0).get(at(39)).item()), dtype + " down " + i);
        }
      }
    }
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
