package thimble.examples;

import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.Index.at;

import java.util.List;
import java.util.function.UnaryOperator;
import thimble.tensor.Key;
import thimble.tensor.Tensor;
import thimble.testing.GradCheck;
import thimble.transform.ErrorCurve;
import thimble.transform.Numeric;

/** Derivatives from values alone, and what they are good for: checking others. */
public final class NumericalDifferentiation {
  private NumericalDifferentiation() {}

  /** ln x₁ + x₁·x₂ − sin x₂. */
  private static Tensor f(Tensor x) {
    Tensor x1 = x.get(at(0));
    Tensor x2 = x.get(at(1));
    return x1.log().add(x1.mul(x2)).sub(x2.sin());
  }

  /**
   * Prints differences, how far they are off, and what a check says of a right and a wrong rule.
   */
  public static void main(String[] args) {
    Tensor x = Tensor.of(new double[] {2, 5});
    differences(x);
    steps(x);
    directions(x);
    checks();
  }

  private static void differences(Tensor x) {
    Numeric.Estimate<Tensor> forward =
        Numeric.forward(1e-4).gradient(NumericalDifferentiation::f, x);
    Numeric.Estimate<Tensor> central =
        Numeric.central(1e-4).gradient(NumericalDifferentiation::f, x);
    System.out.printf("%.6f%n", forward.value().get(at(0)).item()); // 5.499988
    System.out.printf("%.6f%n", central.value().get(at(0)).item()); // 5.500000
    System.out.println(forward.evaluations()); // 3
    System.out.println(central.evaluations()); // 4

    UnaryOperator<Tensor> squares = v -> v.pow(2);
    Tensor jacobian = Numeric.central().jacobian(squares, x).value();
    System.out.printf("%.6f%n", jacobian.get(at(1), at(1)).item()); // 10.000000
  }

  private static void steps(Tensor x) {
    ErrorCurve curve = ErrorCurve.of(NumericalDifferentiation::f, x);
    System.out.printf("%.2f%n", curve.forward().slope()); // 1.00
    System.out.printf("%.2f%n", curve.central().slope()); // 2.00
    System.out.println(curve.central().error() < 1e-9); // true
    String svg = curve.svg("ln x1 + x1·x2 − sin x2 at (2, 5)");
    System.out.println(svg.startsWith("<svg")); // true
  }

  private static void directions(Tensor x) {
    Numeric.Directional<Tensor> check =
        Numeric.central().check(NumericalDifferentiation::f, x, Key.of(1));
    System.out.println(check.error() < 1e-8); // true
    System.out.println(check.evaluations()); // 2
  }

  private static void checks() {
    UnaryOperator<Tensor> swish = x -> x.mul(x.sigmoid());
    Tensor at = Key.of(1).normal(FLOAT64, 3, 4);
    GradCheck.standard().check(swish, at); // right: nothing happens

    UnaryOperator<Tensor> cube = x -> x.pow(2).mul(x.detach()); // detach cuts a derivative off
    GradCheck.Report report = GradCheck.standard().named("cube").report(cube, Tensor.of(2));
    List<GradCheck.Mistake> mistakes = report.mistakes();
    System.out.println(report.isRight()); // false
    System.out.println(mistakes.getFirst().property()); // gradient
    System.out.println(mistakes.getFirst().got()); // 8.0
  }
}
