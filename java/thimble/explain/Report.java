package thimble.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import thimble.tensor.Binary;
import thimble.tensor.Key;
import thimble.tensor.Tensor;
import thimble.transform.ErrorCurve;
import thimble.transform.Grad;
import thimble.transform.Numeric;

/**
 * A page about a function and its derivatives: sections in the order in which they are asked for,
 * written as text, Markdown or HTML.
 *
 * <pre>{@code
 * Expr f = Expr.parse("ln(x1) + x1*x2 - sin(x2)");
 * Explanation e = Explanation.of(f, point);
 * String text = new Report(Digits.THREE).summary(e).adjoints(e).write(Format.TEXT);
 * }</pre>
 */
public final class Report {
  private final Page page = new Page();
  private final Digits digits;

  /** An empty page, for numbers with that many digits. */
  public Report(Digits digits) {
    this.digits = digits;
  }

  /** Every node with its value, tangent and adjoint in one table. */
  public Report summary(Explanation e) {
    new Traces(e, digits).all(page.title(e.title()));
    return this;
  }

  /** The forward trace: v1 = x1 = 2 and so on. */
  public Report forward(Explanation e) {
    new Traces(e, digits).forward(page.title(e.title()));
    return this;
  }

  /** The tangents of forward mode, with what comes along each edge. */
  public Report tangents(Explanation e) {
    new Traces(e, digits).tangents(page.title(e.title()));
    return this;
  }

  /** The adjoints of reverse mode, with what comes along each edge, and the counts of nodes. */
  public Report adjoints(Explanation e) {
    new Traces(e, digits).adjoints(page.title(e.title()));
    return this;
  }

  /** The drawing of the graph, which only HTML shows; of more than 300 nodes it says so instead. */
  public Report drawing(Explanation e) {
    page.title(e.title()).heading("The graph, and what reverse mode adds to it");
    int nodes = e.extended().size();
    if (nodes > Drawing.MOST) {
      page.line(
          "Not drawn: of its %d nodes at most %d can be read.".formatted(nodes, Drawing.MOST));
    } else {
      page.figure(e.svg(digits));
    }
    return this;
  }

  /** The partial derivatives as formulas, and how many operations they take. */
  public Report symbolic(Expr f) {
    page.title(Explanation.title(f)).heading("Symbolic derivatives");
    List<Page.Formula> rows = new ArrayList<>();
    rows.add(formula("y", f.simplify()));
    List<Expr> partials = Symbolic.gradient(f.symbols(), f::ofList);
    for (int i = 0; i < partials.size(); i++) {
      rows.add(formula("∂y/∂" + f.symbols().get(i), partials.get(i)));
    }
    page.formulas(rows);
    exceptions(f);
    Cost apart = partials.stream().map(Expr::cost).reduce(Cost.NONE, Cost::plus);
    page.line("The partial derivatives, each by itself, take " + text(apart) + ".");
    page.line("Reverse mode takes " + text(Cost.ofGradient(f.symbols(), f::ofList)) + ".");
    return this;
  }

  /** Single points at which the rules give something else than the formulas. */
  private void exceptions(Expr f) {
    if (f.parts().stream().anyMatch(Report::mayTie)) {
      page.line("Where the arguments of max or min are equal, the rules give each of them half.");
    }
    if (f.parts().stream().anyMatch(Report::isGeneralPower)) {
      page.line(
          "Where a in a power a^b is 0, the rules give 0 for b if b ≥ 0, and for a if b = 0.");
    }
  }

  private static boolean mayTie(Expr e) {
    return e instanceof Expr.Call c
        && List.of(Functions.nameOf(Binary.MAXIMUM), Functions.nameOf(Binary.MINIMUM))
            .contains(c.function())
        && !c.symbols().isEmpty();
  }

  /** A power of something variable by something variable. */
  private static boolean isGeneralPower(Expr e) {
    return e instanceof Expr.Power p
        && !p.base().symbols().isEmpty()
        && !p.exponent().symbols().isEmpty();
  }

  private static Page.Formula formula(String name, Expr e) {
    return new Page.Formula(name, e.toString(), e.latex());
  }

  private static String text(Cost c) {
    return "%s, %s of them multiplications"
        .formatted(c.total() == 1 ? "1 operation" : c.total() + " operations", c.multiplications());
  }

  /** Derivatives from values of the function, with their errors, and what they cost. */
  public Report numeric(Expr f, Map<String, Double> point) {
    page.title(Explanation.title(f)).heading("Numerical derivatives");
    List<String> names = List.copyOf(point.keySet());
    List<Tensor> x = point.values().stream().map(Tensor::of).toList();
    Function<List<Tensor>, Tensor> function = v -> f.apply(Explanation.named(names, v));
    List<Tensor> exact = Grad.<List<Tensor>>grad(function).apply(x);
    Numeric.Estimate<List<Tensor>> forward = Numeric.forward().gradient(function, x);
    Numeric.Estimate<List<Tensor>> central = Numeric.central().gradient(function, x);
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "by rules", "forward difference", "error", "central difference", "error"));
    for (int i = 0; i < x.size(); i++) {
      double is = exact.get(i).item();
      double ahead = forward.value().get(i).item();
      double around = central.value().get(i).item();
      rows.add(
          List.of(
              "∂y/∂" + names.get(i),
              digits.text(is),
              digits.text(ahead),
              error(ahead - is),
              digits.text(around),
              error(around - is)));
    }
    page.table(rows);
    page.line(
        "Evaluations of the function: %d for forward differences, %d for central ones."
            .formatted(forward.evaluations(), central.evaluations()));
    if (!x.isEmpty()) {
      direction(function, x);
      errors(function, x);
    }
    return this;
  }

  private void direction(Function<List<Tensor>, Tensor> f, List<Tensor> x) {
    Numeric.Directional<List<Tensor>> check = Numeric.central().check(f, x, Key.of(0));
    page.line(
        "Along a random direction: %s by rules, %s by a central difference, error %s; %d evaluations."
            .formatted(
                digits.text(check.gradient()),
                digits.text(check.difference()),
                error(check.error()),
                check.evaluations()));
  }

  /** How the errors go with the step. */
  private void errors(Function<List<Tensor>, Tensor> f, List<Tensor> x) {
    double scale = x.stream().mapToDouble(v -> Math.abs(v.item())).reduce(1, Math::max);
    double[] steps =
        IntStream.rangeClosed(1, 12).mapToDouble(k -> scale * Math.pow(10, -k)).toArray();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("step", "error of forward differences", "error of central differences"));
    for (ErrorCurve.Row r : ErrorCurve.of(f, x, steps).rows()) {
      rows.add(List.of(error(r.eps()), error(r.forward()), error(r.central())));
    }
    page.table(rows);
  }

  /** The size of an error: two digits and a power of ten. */
  private static String error(double value) {
    return value == 0 || !Double.isFinite(value)
        ? Digits.ALL.text(Math.abs(value))
        : String.format(Locale.ROOT, "%.1e", Math.abs(value)).replace('-', '−');
  }

  /** The page. */
  public String write(Format format) {
    return page.write(format);
  }
}
