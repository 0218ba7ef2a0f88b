package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.explain.Expr;
import thimble.tensor.Row.Trait;
import thimble.transform.Grad;

/**
 * Every elementwise row of {@link OpTable} as a formula of scalars: its value, and its first and
 * second derivatives, simplified, printed and read again, are those of the tensors. A row that is
 * no formula is named here with its reason.
 */
class SymbolicTest {
  private static final List<String> NAMES = List.of("a", "b", "c");
  private static final int POINTS = 5;

  static List<Row> rows() {
    return OpTable.rows().stream().filter(row -> row.is(Trait.POINTWISE)).toList();
  }

  static List<Row> formulas() {
    return rows().stream().filter(row -> reason(row).isEmpty()).toList();
  }

  static List<Row> others() {
    return rows().stream().filter(row -> reason(row).isPresent()).toList();
  }

  /** Why a row is no formula. */
  private static Optional<String> reason(Row row) {
    return Optional.ofNullable(
        switch (row.name()) {
          case "to int32", "to int64", "to uint8" -> "mathematics has no sign for it";
          default -> null;
        });
  }

  /** A row as a function of scalars, at one point. */
  private record Formula(Row row, List<Tensor> point) {
    static Formula of(Row row, int k) {
      At at = At.of(IntStream.range(0, operands(row)).mapToObj(i -> At.shape(POINTS)).toList());
      List<Tensor> point = new ArrayList<>();
      for (int i = 0; i < operands(row); i++) {
        DType dtype = row.kind(i).dtype().orElse(DType.FLOAT64);
        double x = row.operand(i, at, dtype, Values.DOMAIN, row.name().hashCode()).get(k);
        point.add(Tensor.full(dtype, x));
      }
      return new Formula(row, point);
    }

    private static int operands(Row row) {
      return row.at().getFirst().shapes().size();
    }

    /** The operands that are variables: floating ones, whether or not they have a derivative. */
    List<Integer> variables() {
      return IntStream.range(0, point.size())
          .filter(i -> row.kind(i).domain() != Domain.MASK && row.kind(i).domain() != Domain.WHOLE)
          .boxed()
          .toList();
    }

    /** Mathematics does not round, float32 does. */
    double bound(double exactly) {
      return row.name().contains("float32") ? 1e-7 : exactly;
    }

    List<String> names() {
      return variables().stream().map(NAMES::get).toList();
    }

    List<Tensor> values() {
      return variables().stream().map(point::get).toList();
    }

    Map<String, Double> named() {
      Map<String, Double> named = new HashMap<>();
      variables().forEach(i -> named.put(NAMES.get(i), point.get(i).item()));
      return named;
    }

    /** The row's value; of one that gives truth, a choice by it. */
    Tensor apply(List<Tensor> x) {
      Tensor[] in = point.toArray(Tensor[]::new);
      for (int k = 0; k < x.size(); k++) {
        in[variables().get(k)] = x.get(k);
      }
      Tensor y = row.apply(row.at().getFirst(), in);
      return y.dtype() == DType.BOOL ? Tensor.where(y, x.getFirst().exp(), x.getFirst().sin()) : y;
    }

    Function<List<Tensor>, Tensor> derivative(int i) {
      return x -> Grad.grad(this::apply).apply(x).get(i);
    }
  }

  private static void assertSame(double expected, Expr e, Formula f, double bound) {
    double tolerance = f.bound(bound) * (1 + Math.abs(expected));
    assertEquals(expected, e.at(f.named()), tolerance, f + ": " + e);
    assertEquals(expected, e.simplify().at(f.named()), tolerance, f + ": " + e.simplify());
    for (Expr written : List.of(e, e.simplify())) {
      Expr read = Expr.parse(written.toString());
      assertEquals(expected, read.at(f.named()), tolerance, f + ": " + written + " reads " + read);
    }
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void theValueIsThatOfTheTensor(Row row) {
    for (int k = 0; k < POINTS; k++) {
      Formula f = Formula.of(row, k);
      Expr e = Expr.trace(f.names(), f::apply);
      assertSame(f.apply(f.values()).item(), e, f, 1e-13);
    }
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void firstAndSecondDerivativesAreThoseOfTheTensor(Row row) {
    for (int k = 0; k < POINTS; k++) {
      Formula f = Formula.of(row, k);
      Expr e = Expr.trace(f.names(), f::apply);
      for (int i = 0; i < f.names().size(); i++) {
        Expr first = e.derivative(f.names().get(i));
        assertSame(f.derivative(i).apply(f.values()).item(), first, f, 1e-9);
        for (int j = 0; j < f.names().size(); j++) {
          double expected = Grad.grad(f.derivative(i)).apply(f.values()).get(j).item();
          assertSame(expected, first.derivative(f.names().get(j)), f, 1e-9);
        }
      }
    }
  }

  /** So that what is named here stays true. */
  @ParameterizedTest
  @MethodSource("others")
  void whatIsNoFormulaHasNoDerivativeAndIsRefused(Row row) {
    Formula f = Formula.of(row, 0);
    assertTrue(
        IntStream.range(0, f.point.size()).allMatch(i -> row.kind(i).slope() == Kind.Slope.NONE));
    assertFalse(reason(row).orElseThrow().isEmpty());
    assertThrows(
        RuntimeException.class, () -> Expr.parse(Expr.trace(f.names(), f::apply).toString()));
  }
}
