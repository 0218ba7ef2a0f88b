package thimble.examples;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import thimble.explain.Cost;
import thimble.explain.Explanation;
import thimble.explain.Expr;
import thimble.tensor.Tensor;

/**
 * Derivatives as formulas, what they cost, and where their values come from. The v̄ of an adjoint
 * is UTF-8: where no locale says so, Java needs {@code -Dstdout.encoding=UTF-8} to print it.
 */
public final class Formulas {
  private Formulas() {}

  /** Prints derivatives, counts of operations, and contributions to an adjoint. */
  public static void main(String[] args) {
    formulas();
    costs();
    contributions();
  }

  private static void formulas() {
    Expr f = Expr.parse("ln(x1) + x1*x2 - sin(x2)");
    System.out.println(f.derivative("x1")); // 1/x1 + x2
    System.out.println(f.derivative("x2")); // x1 - cos x2
    System.out.println(f.derivative("x1").latex()); // \frac{1}{x_1} + x_2

    Expr traced = Expr.trace(List.of("x"), x -> x.get(0).mul(x.get(0)).exp());
    System.out.println(traced.derivative("x")); // 2*x*e^(x^2)
  }

  private static void costs() {
    List<String> names = IntStream.rangeClosed(1, 10).mapToObj(i -> "x" + i).toList();
    Expr product = Expr.parse(String.join("*", names));
    int naive = names.stream().mapToInt(x -> product.derivative(x).cost().multiplications()).sum();
    System.out.println(naive); // 80

    Function<List<Tensor>, Tensor> f = x -> x.stream().reduce(Tensor::mul).orElseThrow();
    System.out.println(Cost.ofGradient(names, f).multiplications()); // 26
  }

  private static void contributions() {
    Expr f = Expr.parse("ln(x1) + x1*x2 - sin(x2)");
    Map<String, Double> point = new LinkedHashMap<>();
    point.put("x1", 2.0);
    point.put("x2", 5.0);
    Explanation e = Explanation.of(f, point);
    Explanation.Sum adjoint = e.nodes().get(1).adjoint().orElseThrow(); // of v2
    System.out.println(adjoint.terms().get(0).rule()); // v̄5*cos v2
    System.out.println(e.swept()); // 0
    System.out.println(e.recorded() > 0); // true
  }
}
