package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.InBothBackends;
import thimble.tensor.Kind.Slope;
import thimble.tensor.Row.Trait;
import thimble.testing.GradCheck;
import thimble.transform.Grad;

/**
 * First and second derivatives of every row of {@link OpTable}, in every set of its operands: by
 * {@link GradCheck}, by transposition, which needs no differences, and in every layout and type.
 */
class DerivativeTest extends InBothBackends {
  /** Rows that have a derivative. */
  static List<Row> rows() {
    return OpTable.differentiable();
  }

  /** A row at a setting: functions of those operands that are variables. */
  record Function(Row row, At at, Tensor[] in, int[] variables) {
    static Function of(Row row, At at, DType dtype) {
      Tensor[] in = row.operands(at, dtype, Values.DOMAIN, row.name().hashCode());
      return new Function(row, at, in, row.variables(at));
    }

    List<Tensor> point() {
      return Arrays.stream(variables).mapToObj(i -> in[i]).toList();
    }

    Tensor apply(List<Tensor> x) {
      Tensor[] all = in.clone();
      for (int k = 0; k < variables.length; k++) {
        all[variables[k]] = x.get(k);
      }
      return row.apply(at, all);
    }

    /** Σ f(x)·w for fixed weights w. */
    Tensor linear(List<Tensor> x) {
      Tensor y = apply(x);
      return y.mul(weights(y)).sum();
    }

    /** Σ (f(x) + f(x)²)·w: where f is linear, its rule's rule shows all the same. */
    Tensor quadratic(List<Tensor> x) {
      Tensor y = apply(x);
      return y.add(y.mul(y)).mul(weights(y)).sum();
    }

    List<Tensor> gradient() {
      return Grad.grad(this::linear).apply(point());
    }

    List<Tensor> gradientOfQuadratic(List<Tensor> x) {
      return Grad.grad(this::quadratic).apply(x);
    }

    /** The Hessian of the quadratic times v. */
    List<Tensor> hessian(List<Tensor> v) {
      return Grad.grad((List<Tensor> x) -> dot(gradientOfQuadratic(x), v)).apply(point());
    }

    Tensor weights(Tensor y) {
      return random(row.name().hashCode() + 1, y.shape()).add(2).to(y.dtype());
    }

    /** A direction, one tensor for each variable, of length 1. */
    List<Tensor> direction(int i) {
      List<Tensor> d =
          point().stream().map(x -> random(row.name().hashCode() + 10 + i, x.shape())).toList();
      double length = Math.sqrt(dot(d, d).item());
      return d.stream().map(x -> x.div(length)).toList();
    }

    /** How far differences go: through float32 only whole steps are exact. */
    double step() {
      return row.is(Trait.ROUNDED) ? 0.5 : 6e-6;
    }

    /** Through float32 nothing is as exact. */
    double exactly(double bound) {
      return row.is(Trait.ROUNDED) ? 1e-6 : bound;
    }

    /**
     * J·u for the only variable: as the derivative of w ↦ ⟨Jᵀw, u⟩, which is linear, and, where f
     * is, as f(u) − f(0).
     */
    List<Tensor> tangents(Tensor u, Tensor y) {
      List<Tensor> all = new ArrayList<>();
      all.add(
          Grad.<Tensor>grad(
                  w -> {
                    List<Tensor> back =
                        Grad.grad((List<Tensor> x) -> apply(x).mul(w).sum()).apply(point());
                    return dot(back, List.of(u));
                  })
              .apply(y.detach()));
      if (row.kind(variables[0]).slope() == Slope.LINEAR) {
        Tensor zero = Tensor.zeros(FLOAT64, u.shape());
        all.add(apply(List.of(u)).sub(apply(List.of(zero))));
      }
      return all;
    }

    @Override
    public String toString() {
      return row + " at " + at;
    }
  }

  static Tensor random(int seed, Shape shape) {
    double[] v = new SplittableRandom(seed).doubles(shape.count(), -1, 1).toArray();
    return Tensor.of(v).reshape(shape);
  }

  static Tensor dot(List<Tensor> a, List<Tensor> b) {
    Tensor sum = Tensor.of(0);
    for (int i = 0; i < a.size(); i++) {
      sum = sum.add(a.get(i).mul(b.get(i)).sum());
    }
    return sum;
  }

  static double length(List<Tensor> a) {
    return Math.sqrt(dot(a, a).item());
  }

  /** a + s·b. */
  static List<Tensor> along(List<Tensor> a, double s, List<Tensor> b) {
    return IntStream.range(0, a.size()).mapToObj(i -> a.get(i).add(b.get(i).mul(s))).toList();
  }

  static List<Function> functions(Row row, DType dtype) {
    return row.small().stream().map(at -> Function.of(row, at, dtype)).toList();
  }

  /** By differences in each element and along directions, transposition, symmetry, composition. */
  @ParameterizedTest
  @MethodSource("rows")
  void gradCheckFindsNothingWrong(Row row) {
    for (Function f : functions(row, FLOAT64)) {
      GradCheck check = GradCheck.standard().named(f.toString()).seed(row.name().hashCode());
      if (row.is(Trait.ROUNDED)) {
        check = check.step(f.step()).exactness(1e-6);
      }
      check.moves(0).check(f::apply, f.point());
    }
  }

  // -- First order --------------------------------------------------------------------------------

  @ParameterizedTest
  @MethodSource("rows")
  void theGradientIsZeroExactlyWhereTheRowSaysSo(Row row) {
    List<Function> functions = functions(row, FLOAT64);
    int most = functions.stream().mapToInt(f -> f.variables.length).max().orElseThrow();
    for (int k = 0; k < most; k++) {
      int operand = k;
      double largest =
          functions.stream()
              .filter(f -> f.variables.length > operand)
              .mapToDouble(f -> length(List.of(f.gradient().get(operand))))
              .max()
              .orElseThrow();
      Slope slope =
          row.kind(functions.get(0).variables[Math.min(k, functions.get(0).variables.length - 1)])
              .slope();
      assertEquals(slope == Slope.FLAT, largest == 0, "largest gradient " + largest);
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theGradientInSomeOperandsIsThatInAll(Row row) {
    for (Function f : functions(row, FLOAT64)) {
      List<Tensor> all = f.gradient();
      for (int set = 1; set < 1 << f.variables.length; set++) {
        int mask = set;
        int[] some =
            IntStream.range(0, f.variables.length).filter(k -> (mask >> k & 1) != 0).toArray();
        int[] own = Arrays.stream(some).map(k -> f.variables[k]).toArray();
        List<Tensor> gradient = new Function(f.row, f.at, f.in, own).gradient();
        for (int k = 0; k < some.length; k++) {
          assertArrayEquals(
              all.get(some[k]).toDoubleArray(), gradient.get(k).toDoubleArray(), f.toString());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theCotangentMapIsTheTransposeOfTheTangentMap(Row row) {
    for (Function f : functions(row, FLOAT64)) {
      Tensor y = f.apply(f.point());
      Tensor v = f.weights(y);
      for (int k = 0; k < f.variables.length; k++) {
        Function one = new Function(f.row, f.at, f.in, new int[] {f.variables[k]});
        Tensor u = one.direction(k).get(0);
        double back = dot(one.gradient(), List.of(u)).item(); // <Jᵀv, u>
        for (Tensor ju : one.tangents(u, y)) {
          double scale = v.mul(ju).abs().sum().item() + v.mul(y).abs().sum().item();
          assertEquals(
              back, v.mul(ju).sum().item(), f.exactly(1e-12) * scale, f + ", operand " + k);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theGradientHasTheShapeAndDtypeOfEachOperand(Row row) {
    for (At at : row.at().stream().filter(a -> a.count() <= 40).toList()) {
      List<Tensor> exact = Function.of(row, at, FLOAT64).gradient();
      for (DType dtype : List.of(FLOAT32, FLOAT64)) {
        if (row.dtypes().contains(dtype)) {
          Function f = Function.of(row, at, dtype);
          List<Tensor> gradient = f.gradient();
          double largest = exact.stream().mapToDouble(DerivativeTest::largest).max().orElse(1);
          for (int k = 0; k < gradient.size(); k++) {
            assertEquals(f.point().get(k).shape(), gradient.get(k).shape(), f.toString());
            assertEquals(dtype, gradient.get(k).dtype(), f.toString());
            assertArrayEquals(
                exact.get(k).toDoubleArray(),
                gradient.get(k).toDoubleArray(),
                1e-5 * largest,
                f.toString());
          }
        }
      }
    }
  }

  /** The largest magnitude; 1 where all are 0 or, at a vertical slope, NaN. */
  static double largest(Tensor x) {
    return Arrays.stream(x.toDoubleArray()).map(Math::abs).filter(v -> v > 0).max().orElse(1);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theGradientOfOperandsOfTwoTypesHasTheTypeOfEach(Row row) {
    if (row.mixes(FLOAT32, FLOAT64)) {
      for (At at : row.small().stream().filter(a -> a.shapes().size() > 1).limit(4).toList()) {
        Tensor[] in = Function.of(row, at, FLOAT64).in.clone();
        int last = in.length - 1;
        in[last] = in[last].to(FLOAT32);
        Function f = new Function(row, at, in, row.variables(at));
        List<Tensor> gradient = f.gradient();
        for (int k = 0; k < gradient.size(); k++) {
          assertEquals(f.point().get(k).dtype(), gradient.get(k).dtype(), f.toString());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theGradientIsTheSameInEveryLayout(Row row) {
    for (At at : row.small().stream().limit(4).toList()) {
      for (Lie.Named lie : Lie.Named.values()) {
        Case c =
            Case.of(
                row,
                at,
                row.dtypes(at, FLOAT64),
                Case.lying(at, lie),
                Case.all(at, Values.DOMAIN),
                row.name().hashCode());
        int[] own = row.variables(at);
        List<Tensor> expected = new Function(row, at, c.contiguous().operands(), own).gradient();
        List<Tensor> actual = new Function(row, at, c.operands(), own).gradient();
        for (int k = 0; k < own.length; k++) {
          double[] e = expected.get(k).toDoubleArray();
          assertArrayEquals(
              e, actual.get(k).toDoubleArray(), 1e-12 * largest(expected.get(k)), c.toString());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theGradientOfAnOperandGivenTwiceIsTheSumOfBoth(Row row) {
    for (Function f : functions(row, FLOAT64)) {
      if (f.variables.length == 2
          && Arrays.equals(f.at.shapes().get(f.variables[0]), f.at.shapes().get(f.variables[1]))
          && row.kind(f.variables[0]).domain() == row.kind(f.variables[1]).domain()) {
        Tensor[] in = f.in.clone();
        in[f.variables[1]] = in[f.variables[0]];
        Function both = new Function(row, f.at, in, f.variables);
        List<Tensor> apart = both.gradient();
        Tensor together =
            Grad.<Tensor>grad(x -> both.linear(List.of(x, x))).apply(in[f.variables[0]]);
        assertArrayEquals(
            apart.get(0).add(apart.get(1)).toDoubleArray(),
            together.toDoubleArray(),
            1e-14 * (largest(apart.get(0)) + largest(apart.get(1))),
            f.toString());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void backwardStoresTheSameGradient(Row row) {
    for (Function f : functions(row, FLOAT64)) {
      List<Tensor> leaves = f.point().stream().map(x -> x.detach().requiresGrad(true)).toList();
      f.linear(leaves).backward();
      List<Tensor> gradient = f.gradient();
      for (int k = 0; k < leaves.size(); k++) {
        assertEquals(leaves.get(k).shape(), leaves.get(k).grad().shape());
        assertArrayEquals(
            gradient.get(k).toDoubleArray(), leaves.get(k).grad().toDoubleArray(), f.toString());
      }
    }
  }

  // -- Second order -------------------------------------------------------------------------------

  @ParameterizedTest
  @MethodSource("rows")
  void theSecondDerivativeIsZeroExactlyWhereTheRowSaysSo(Row row) {
    double largest =
        functions(row, FLOAT64).stream()
            .mapToDouble(f -> length(f.hessian(f.direction(0))))
            .max()
            .orElseThrow();
    boolean flat = row.kinds().stream().allMatch(k -> k.slope() == Slope.FLAT);
    assertEquals(flat, largest == 0, "largest second derivative " + largest);
  }
}
