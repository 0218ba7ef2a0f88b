package thimble.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.tensor.DType;
import thimble.tensor.Key;
import thimble.tensor.Tensor;
import thimble.testing.GradCheck.Mistake;
import thimble.testing.GradCheck.Property;
import thimble.testing.GradCheck.Report;

class GradCheckFindingsTest extends InBothBackends {
  private static final GradCheck CHECK = GradCheck.standard();

  private static Tensor normal(int seed, long... shape) {
    return Key.of(seed).normal(DType.FLOAT64, shape);
  }

  // -- What is right ------------------------------------------------------------------------------

  @Test
  void rightDerivativesPass() {
    CHECK.check(x -> x.mul(x.sigmoid()), normal(1, 3, 4));
    CHECK.check(x -> x.softmax(1).log(), normal(2, 3, 4));
    CHECK.check(x -> x.mul(3).sub(1), normal(3, 5));
    CHECK.check((a, b) -> a.matmul(b), normal(4, 3, 4), normal(5, 4, 2));
    CHECK.check((a, b) -> a.add(b).exp(), normal(4, 3, 4), normal(5, 4));
    CHECK.check(
        (Tensor x, Tensor w, Tensor b) -> x.matmul(w).add(b).tanh().pow(2).mean(),
        normal(6, 3, 4),
        normal(7, 4, 2),
        normal(8, 2));
    CHECK.check(x -> x.sum(), Tensor.of(2));
  }

  @Test
  void aFunctionMayTakeAndGiveStructures() {
    Map<String, Tensor> x = Map.of("a", normal(1, 2), "b", normal(2, 2, 2));
    CHECK.check(
        (Map<String, Tensor> m) -> List.of(m.get("a").exp(), m.get("b").matmul(m.get("a"))), x);
  }

  @Test
  void whatIsNotFloatingStandsStill() {
    Tensor index = Tensor.of(new long[] {2, 0});
    CHECK.check((x, i) -> x.take(0, i).pow(2), normal(1, 3, 2), index);
    assertThrows(IllegalArgumentException.class, () -> CHECK.check(x -> x, index));
    assertThrows(IllegalArgumentException.class, () -> CHECK.check(x -> x.gt(0), normal(1, 2)));
  }

  @Test
  void anArgumentOfFloat32IsConverted() {
    CHECK.check(x -> x.exp(), Tensor.of(new float[] {1, 2, 3}));
  }

  @Test
  void aFunctionThatGoesThroughFloat32TakesLongStepsAndLessExactness() {
    UnaryOperator<Tensor> f = x -> x.to(DType.FLOAT32).mul(3).to(DType.FLOAT64);
    Tensor x = Tensor.of(new double[] {1.5, -2});
    GradCheck rough = CHECK.step(0.5).exactness(1e-6).order(1);
    rough.check(f, x);
    assertFalse(CHECK.order(1).report(f, x).isRight());
  }

  @Test
  void emptyTensorsHaveEmptyDerivatives() {
    CHECK.check(x -> x.exp(), Tensor.zeros(DType.FLOAT64, 0, 3));
    CHECK.check((a, b) -> a.matmul(b), Tensor.zeros(DType.FLOAT64, 2, 0), normal(1, 0, 3));
  }

  @Test
  void largeAndSteepFunctionsPass() {
    CHECK.check(x -> x.pow(2).mul(1e6).add(1e9), normal(1, 20));
    CHECK.check(x -> x.exp(), Tensor.of(new double[] {-20, 0, 20}));
    CHECK.check(x -> x.reciprocal(), Tensor.of(new double[] {1e-2, 1, 1e3}));
  }

  // -- Reports ------------------------------------------------------------------------------------

  /** x³, with a derivative that is forgotten for the second factor. */
  private static Tensor wrongCube(Tensor x) {
    return x.pow(2).mul(x.detach());
  }

  @Test
  void aReportNamesFunctionOpsInputIndexExpectedGotAndStep() {
    Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    GradCheckError e =
        assertThrows(
            GradCheckError.class,
            () -> CHECK.named("cube").seed(7).check((a, b) -> a.add(wrongCube(b)), x, x));
    Report report = e.report();
    assertFalse(report.isRight());
    assertFalse(report.isNearKink());
    assertEquals("cube", report.name());
    assertEquals(7, report.seed());
    assertTrue(report.ops().containsAll(List.of("add", "mul", "pow")), report.toString());
    Mistake first = report.mistakes().getFirst();
    assertEquals(Property.GRADIENT, first.property());
    assertEquals("x[1] at [0, 0]", first.where());
    assertEquals(5, report.mistakes().size(), report.toString());
    for (String part :
        List.of(
            "gradient check of cube, made of [",
            "seed 7: wrong",
            "gradient, x[1] at [1, 0]: expected ",
            "(central difference, ε = 1.8E-5), got ")) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
    double expected = Double.parseDouble(first.expected().replaceFirst(" .*", ""));
    assertEquals(1.5, expected / Double.parseDouble(first.got()), 1e-6);
  }

  @Test
  void aLongReportIsCut() {
    Report report = CHECK.report(GradCheckFindingsTest::wrongCube, normal(1, 30));
    assertEquals(31, report.mistakes().size());
    assertTrue(report.toString().endsWith("and 21 more"), report.toString());
    assertEquals(12, report.toString().lines().count());
  }

  @Test
  void theSameSeedGivesTheSameReport() {
    Tensor x = normal(1, 4);
    Report one = CHECK.seed(3).report(GradCheckFindingsTest::wrongCube, x);
    assertEquals(one, CHECK.seed(3).report(GradCheckFindingsTest::wrongCube, x));
    assertFalse(one.equals(CHECK.seed(4).report(GradCheckFindingsTest::wrongCube, x)));
  }

  @Test
  void ofManyElementsSomeAreLookedAtAndAllInADirection() {
    Tensor x = normal(1, 50, 40);
    Report some = CHECK.order(1).elements(10).report(x1 -> x1.sin(), x);
    assertTrue(some.isRight(), some.toString());
    assertEquals(1 + 2 * 10 + 2, some.evaluations());
    // One wrong element of many is seen along a direction.
    Tensor one =
        Tensor.zeros(DType.FLOAT64, 50, 40)
            .update(
                thimble.tensor.Index.of(thimble.tensor.Index.at(3), thimble.tensor.Index.at(4)),
                Tensor.of(1));
    Report wrong = CHECK.order(1).elements(10).report(v -> v.sin().add(v.mul(one).detach()), x);
    assertEquals(
        List.of(Property.DIRECTION), wrong.mistakes().stream().map(Mistake::property).toList());
  }

  // -- Kinks --------------------------------------------------------------------------------------

  @Test
  void atAKinkAnotherPointIsTaken() {
    Report report = CHECK.report(x -> x.relu(), Tensor.of(new double[] {0, 1, -1}));
    assertTrue(report.isRight(), report.toString());
    assertTrue(report.moves() > 0);
    for (double x : new double[] {1e-6, -1e-6, 5e-6}) {
      Report near = CHECK.report(v -> v.abs().mul(v), Tensor.of(x));
      assertTrue(near.isRight(), near.toString());
      CHECK.check(v -> v.relu(), Tensor.of(x));
      CHECK.check(v -> v.abs(), Tensor.of(x));
      CHECK.check(v -> v.floor(), Tensor.of(x));
    }
    CHECK.check((a, b) -> a.maximum(b), normal(1, 5), normal(1, 5));
  }

  @Test
  void withoutMovesAKinkIsReported() {
    Report report = CHECK.moves(0).report(x -> x.relu(), Tensor.of(1e-6));
    assertTrue(report.isNearKink());
    Mistake kink = report.mistakes().getFirst();
    assertTrue(kink.kink());
    assertEquals("1.0", kink.got());
    assertTrue(report.toString().contains(": near a kink"), report.toString());
    assertTrue(report.toString().contains("behind and 1.0"), report.toString());
    assertThrows(GradCheckError.class, () -> CHECK.moves(0).check(x -> x.relu(), Tensor.of(1e-6)));
  }

  @Test
  void aKinkIsNoExcuse() {
    // The slope 1/2 lies between those of both sides at 0, and nowhere else.
    UnaryOperator<Tensor> half = x -> x.relu().sub(x.mul(0.5)).detach().add(x.mul(0.5));
    Report report = CHECK.report(half, Tensor.of(new double[] {0, 1e-7}));
    assertFalse(report.isRight());
    assertFalse(report.isNearKink(), report.toString());
    // Outside of both at once.
    UnaryOperator<Tensor> twice = x -> x.relu().sub(x.mul(2)).detach().add(x.mul(2));
    assertEquals(0, CHECK.report(twice, Tensor.of(0)).moves());
  }

  @Test
  void kinksEverywhereAreNotRight() {
    // A step of 6e-6 crosses some of its kinks wherever it is.
    UnaryOperator<Tensor> saw = x -> x.mul(1e6).sin().abs().mul(1e-6);
    assertFalse(CHECK.report(saw, Tensor.of(0.3)).isRight());
  }

  // -- What cannot be checked ---------------------------------------------------------------------

  @Test
  void theEdgeOfADomainIsNotRight() {
    Report report = CHECK.report(x -> x.sqrt(), Tensor.of(0));
    assertFalse(report.isRight());
    assertTrue(report.toString().contains("NaN"), report.toString());
  }

  @Test
  void settingsAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> CHECK.order(3));
    assertThrows(IllegalArgumentException.class, () -> CHECK.order(0));
    assertThrows(IllegalArgumentException.class, () -> CHECK.step(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> CHECK.moves(-1));
    assertThrows(IllegalArgumentException.class, () -> CHECK.tolerance(-1));
  }
}
