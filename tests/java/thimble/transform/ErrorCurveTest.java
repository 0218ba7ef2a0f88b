package thimble.transform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.draw.SvgElement;
import thimble.tensor.DType;
import thimble.tensor.Tensor;

class ErrorCurveTest extends InBothBackends {
  private static ErrorCurve example() {
    Tensor x = Tensor.linspace(DType.FLOAT64, -1, 1.5, 5);
    return ErrorCurve.of((Tensor v) -> v.exp().sin().sum(), x);
  }

  @Test
  void forwardDifferencesHaveSlopeOneAndCentralOnesTwo() {
    ErrorCurve curve = example();
    assertEquals(1, curve.forward().slope(), 0.02);
    assertEquals(2, curve.central().slope(), 0.02);
  }

  @Test
  void theFloorLiesNearTheRootsOfTheRoundingError() {
    ErrorCurve curve = example(); // at √u = 1.5e-8 and ∛u = 6e-6, within what luck does
    assertTrue(curve.forward().eps() < 1e-6, curve.toString());
    assertTrue(curve.forward().eps() > 1e-10, curve.toString());
    assertTrue(curve.forward().error() < 1e-6, curve.toString());
    assertTrue(curve.central().eps() < 1e-3, curve.toString());
    assertTrue(curve.central().eps() > 1e-8, curve.toString());
    assertTrue(curve.central().error() < 1e-8, curve.toString());
    assertTrue(curve.central().rounding() < 1e-14, curve.toString());
    for (ErrorCurve.Row row : curve.rows()) {
      boolean rounded = row.eps() < 1e-10;
      assertTrue(!rounded || row.central() > 1e-10 && row.central() < 1, curve.toString());
    }
  }

  @Test
  void theErrorsAreThoseOfTaylorsSeries() {
    // Of x³ at 1, whose gradient is 3: 3ε + ε² and ε².
    ErrorCurve curve = ErrorCurve.of((Tensor x) -> x.pow(3), Tensor.of(1), 0.25, 0.5, 2, 1);
    assertEquals(
        List.of(
            new ErrorCurve.Row(2, 10, 4),
            new ErrorCurve.Row(1, 4, 1),
            new ErrorCurve.Row(0.5, 1.75, 0.25),
            new ErrorCurve.Row(0.25, 0.8125, 0.0625)),
        curve.rows());
  }

  @Test
  void theTableHasALineForEachStep() {
    Function<Tensor, Tensor> cube = x -> x.pow(3);
    String expected =
        """
             ε    forward    central
         1e-01   3.10e-01   1.00e-02
         1e-02   3.01e-02   1.00e-04
         1e-03   3.00e-03   1.00e-06
        """;
    ErrorCurve curve = ErrorCurve.of(cube, Tensor.of(1), 1e-1, 1e-2, 1e-3, 1e-9, 1e-10, 1e-11);
    assertEquals(expected, curve.toString().substring(0, expected.length()));
    String[] last = curve.toString().split("\n");
    assertEquals("slope        1.01       2.00", last[7]);
    assertTrue(last[8].startsWith("least "), curve.toString());
    assertTrue(last[9].startsWith("at ε "), curve.toString());
  }

  @Test
  void withoutStepsAboveRoundingThereIsNoSlope() {
    ErrorCurve flat = ErrorCurve.of((Tensor x) -> x.mul(3), Tensor.of(1), 0.5, 0.25, 0.125, 1);
    assertTrue(Double.isNaN(flat.forward().slope()));
    assertEquals(0, flat.central().error());
    assertThrows(
        IllegalArgumentException.class,
        () -> ErrorCurve.of((Tensor x) -> x.mul(3), Tensor.of(1), 0.5, 0.25, 0.125));
  }

  @Test
  void theDrawingShowsBothCurvesAndTheirSlopes() throws Exception {
    List<SvgElement> svg = SvgElement.parse(example().svg("sin & exp"));
    List<String> texts =
        svg.stream().filter(e -> e.name().equals("text")).map(SvgElement::text).toList();
    assertTrue(
        texts.containsAll(
            List.of(
                "sin & exp",
                "forward, slope 1.00",
                "central, slope 2.00",
                "rounding, slope −1",
                "step ε",
                "1e-13",
                "0.1")),
        texts.toString());
    assertEquals(2, svg.stream().filter(e -> e.name().equals("path")).count());
    assertEquals(50, svg.stream().filter(e -> e.name().equals("circle")).count());
    for (SvgElement dot : svg.stream().filter(e -> e.name().equals("circle")).toList()) {
      assertTrue(dot.number("cx") > 72 && dot.number("cx") < 608);
      assertTrue(dot.number("cy") >= 92 && dot.number("cy") <= 404);
    }
  }

  @Test
  void aCurveWithoutAnyErrorIsDrawnToo() throws Exception {
    ErrorCurve flat = ErrorCurve.of((Tensor x) -> x.mul(3), Tensor.of(1), 0.5, 0.25, 0.125, 1);
    assertTrue(SvgElement.parse(flat.svg("3x")).size() > 10);
  }
}
