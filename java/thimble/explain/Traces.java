package thimble.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import thimble.explain.Explanation.Node;
import thimble.explain.Explanation.Sum;
import thimble.explain.Explanation.Term;

/** The tables of an explanation. */
final class Traces {
  /** Up to that many nodes are the columns of the table of all; more are its rows. */
  private static final int MOST_COLUMNS = 12;

  private final Explanation e;
  private final Digits digits;
  private final boolean numbers;

  Traces(Explanation e, Digits digits) {
    this.e = e;
    this.digits = digits;
    this.numbers = e.nodes().stream().allMatch(n -> n.value() instanceof Quantity.Scalar);
  }

  /** Every node with its value, tangent and adjoint. */
  void all(Page page) {
    page.heading(title());
    List<List<String>> rows = new ArrayList<>();
    rows.add(row("node", n -> Optional.of(equation(n))));
    rows.add(row("value", n -> Optional.of(value(n.value()))));
    rows.add(row("tangent" + e.direction(), n -> n.tangent().map(s -> value(s.value()))));
    rows.add(row("adjoint", n -> n.adjoint().map(s -> value(s.value()))));
    page.table(numbers && e.nodes().size() <= MOST_COLUMNS ? rows : transposed(rows));
  }

  private String title() {
    String what = e.formula().map(f -> "y = " + text(f)).orElse("y = f(x)");
    if (!numbers) {
      return what;
    }
    String at =
        e.nodes().stream()
            .limit(e.inputs().size())
            .map(n -> "%s = %s".formatted(text(n.what()), value(n.value())))
            .collect(Collectors.joining(", "));
    return at.isEmpty() ? what : what + " at " + at;
  }

  private List<String> row(String name, Function<Node, Optional<String>> cell) {
    return Stream.concat(Stream.of(name), e.nodes().stream().map(n -> cell.apply(n).orElse("–")))
        .toList();
  }

  private static List<List<String>> transposed(List<List<String>> rows) {
    List<List<String>> columns = new ArrayList<>();
    for (int c = 0; c < rows.getFirst().size(); c++) {
      int column = c;
      columns.add(rows.stream().map(r -> r.get(column)).toList());
    }
    return columns;
  }

  /** v1 = x1 = 2 and so on. */
  void forward(Page page) {
    page.heading("Forward trace");
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("node", "computed as", "value"));
    e.nodes().forEach(n -> rows.add(List.of(n.name(), text(n.what()), value(n.value()))));
    page.table(rows);
  }

  /** The tangents of forward mode. */
  void tangents(Page page) {
    page.heading("Tangent trace" + e.direction() + ": forward mode");
    sums(page, "tangent", e.nodes(), Node::tangent);
    page.line(
        "One pass for each direction: %d for the whole gradient."
            .formatted(e.nodes().stream().limit(e.inputs().size()).mapToLong(Traces::count).sum()));
  }

  private static long count(Node n) {
    return switch (n.value()) {
      case Quantity.Scalar _ -> 1;
      case Quantity.Array a -> a.shape().count();
    };
  }

  /** The adjoints of reverse mode. */
  void adjoints(Page page) {
    page.heading("Adjoint trace: reverse mode");
    sums(page, "adjoint", e.nodes().reversed(), Node::adjoint);
    page.line("One pass for the whole gradient.");
    page.line(
        "Backpropagation adds %s to the graph; reverse-mode differentiation adds %s."
            .formatted(count(e.swept()), count(e.recorded())));
    touched(page);
  }

  private static String count(long nodes) {
    return nodes == 1 ? "1 node" : nodes + " nodes";
  }

  private void touched(Page page) {
    String untouched =
        e.inputs().stream()
            .filter(x -> !x.touched())
            .map(Explanation.Input::name)
            .collect(Collectors.joining(", "));
    if (!untouched.isEmpty()) {
      String touched =
          e.inputs().stream()
              .filter(Explanation.Input::touched)
              .map(Explanation.Input::name)
              .collect(Collectors.joining(", "));
      page.line(
          "Touched: %s. Not touched, so the gradient is zero: %s."
              .formatted(touched.isEmpty() ? "none" : touched, untouched));
    }
  }

  private void sums(Page page, String what, List<Node> nodes, Function<Node, Optional<Sum>> of) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of(what, "from", "computed as", "terms", "value"));
    for (Node n : nodes) {
      of.apply(n).ifPresent(s -> rows.add(sum(s)));
    }
    if (!numbers) {
      rows.replaceAll(r -> List.of(r.get(0), r.get(1), r.get(2), r.get(4)));
    }
    page.table(rows);
  }

  private List<String> sum(Sum s) {
    if (s.terms().isEmpty()) {
      return List.of(s.name(), "given", "", "", value(s.value()));
    }
    return List.of(
        s.name(),
        s.terms().stream().map(Term::name).collect(Collectors.joining(" + ")),
        joined(s.terms().stream().map(t -> text(t.rule())).toList()),
        joined(s.terms().stream().map(t -> value(t.value())).toList()),
        value(s.value()));
  }

  /** Terms as a sum in their order: −0.284 + 2, and 2 − 0.284. */
  private static String joined(List<String> terms) {
    return terms.stream()
        .reduce((a, b) -> b.startsWith("−") ? a + " − " + b.substring(1) : a + " + " + b)
        .orElseThrow();
  }

  private static String equation(Node n) {
    return "%s = %s".formatted(n.name(), text(n.what()));
  }

  private static String text(Expr what) {
    return what.print(Notation.TYPESET);
  }

  private String value(Quantity q) {
    return switch (q) {
      case Quantity.Scalar(double v) -> digits.text(v);
      case Quantity.Array a ->
          "%s %s, norm %s".formatted(a.dtype(), a.shape(), digits.text(a.norm()));
    };
  }
}
