package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.transform.Grad;

/** The first value that is not finite is named. */
class AnomalyTest extends InBothBackends {
  private static void contains(String text, String... parts) {
    for (String part : parts) {
      assertTrue(text.contains(part), text);
    }
  }

  @Test
  void theFirstNonFiniteValueIsNamedWithTheRangesOfItsInputs() {
    Tensor x = Tensor.of(new double[] {1, 0, 4});
    try (Block _ = Anomaly.open()) {
      String said = assertThrows(AnomalyException.class, () -> x.sub(1).log().mul(2)).getMessage();
      contains(said, "log float64 [3], made at ", "1.0986122886681098, 1 NaN, 1 infinite of 3");
      contains(said, "input 0: float64 [3], -1.0 to 3.0");
    }
    x.sub(1).log();
  }

  @Test
  void inASweepThePathIsTold() {
    Tensor x = Tensor.of(new double[] {4, 0}).requiresGrad(true);
    try (Block _ = Anomaly.open()) {
      Tensor y = x.sqrt().mul(3).sum();
      String said = assertThrows(AnomalyException.class, y::backward).getMessage();
      contains(said, "div float64 [2]", "in the backward sweep, where it passes");
      int sqrt = said.indexOf("\n  sqrt float64 [2], made at ");
      int mul = said.indexOf("\n  mul", sqrt);
      int sum = said.indexOf("\n  sum", mul);
      assertTrue(0 < sqrt && sqrt < mul && mul < sum, said);
    }
  }

  @Test
  void lazyValuesAreLookedAtWhenTheyAreComputed() {
    try (Block _ = Anomaly.open();
        Block _ = Lazy.open()) {
      Tensor y = Tensor.of(-1).log().add(1);
      assertThrows(AnomalyException.class, y::item);
    }
  }

  /** A sweep closes what it has made, but what is lazy is computed later. */
  @Test
  void lazyGradientsAreLookedAtToo() {
    Tensor x = Tensor.of(new double[] {4, 0});
    try (Block _ = Anomaly.open();
        Block _ = Lazy.open()) {
      Tensor g = Grad.grad((Tensor v) -> v.sqrt().sum()).apply(x);
      String said = assertThrows(AnomalyException.class, g::realize).getMessage();
      contains(said, "div float64 [2], made at ", "1 infinite of 2");
    }
  }

  @Test
  void nothingElseChanges() {
    try (Block _ = Anomaly.open()) {
      Tensor g = Grad.grad((Tensor v) -> v.mul(v).sum()).apply(Tensor.of(new double[] {1, 2}));
      assertEquals(4, g.toDoubleArray()[1]);
      assertTrue(Tensor.of(new double[] {1, Double.NaN}).isNan().any().item() != 0);
    }
  }
}
