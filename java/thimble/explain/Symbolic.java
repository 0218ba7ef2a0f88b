package thimble.explain;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import thimble.tensor.Block;
import thimble.tensor.DType;
import thimble.tensor.Graph;
import thimble.tensor.Level;
import thimble.tensor.Tensor;

/**
 * Functions of tensors as expressions: they run once on symbols, and the graph that they record is
 * the expression. A derivative is the graph that reverse mode adds, so its rules are those of the
 * ops.
 *
 * <p>A symbol is an input of rank 0 without a value, so a function that looks at values is refused.
 * It may compare tensors and select by {@link Tensor#where}, which is recorded.
 */
final class Symbolic {
  private Symbolic() {}

  /** f of symbols of these names, as it is computed. */
  static Expr value(List<String> names, Function<? super List<Tensor>, ? extends Tensor> f) {
    List<Tensor> x = symbols(names);
    return expressions(names, x, List.of(one(f.apply(x)))).getFirst();
  }

  /** ∂f/∂x for each of these names, simplified. */
  static List<Expr> gradient(
      List<String> names, Function<? super List<Tensor>, ? extends Tensor> f) {
    return reverse(names, f, (x, gradient) -> expressions(names, x, gradient)).stream()
        .map(e -> new Simplifier(true).simplify(e))
        .toList();
  }

  /** How many operations the gradient takes by reverse mode, as it is recorded. */
  static Cost reverseCost(List<String> names, Function<? super List<Tensor>, ? extends Tensor> f) {
    return reverse(names, f, (x, gradient) -> Cost.of(gradient));
  }

  /** What there is to be said of the gradient as a graph over the variables. */
  private static <R> R reverse(
      List<String> names,
      Function<? super List<Tensor>, ? extends Tensor> f,
      BiFunction<List<Tensor>, List<Tensor>, R> result) {
    try (Level outer = Level.open();
        Level inner = Level.open()) {
      List<Tensor> x = symbols(names);
      List<Tensor> variables = x.stream().map(inner::variable).toList();
      Tensor y = one(f.apply(variables));
      // A variable too, or products with it would be numbers and not recorded.
      Tensor seed = outer.variable(Tensor.ones(y.dtype(), y.shape()));
      return result.apply(x, inner.vjp(List.of(y), List.of(seed), variables));
    }
  }

  private static List<Tensor> symbols(List<String> names) {
    if (names.stream().distinct().count() < names.size()) {
      throw new IllegalArgumentException("symbolic: two variables of one name: " + names);
    }
    return names.stream().map(_ -> Tensor.input(DType.FLOAT64)).toList();
  }

  private static Tensor one(Tensor y) {
    if (y.count() != 1) {
      throw new UnsupportedOperationException(
          "symbolic: the function gives %s, not one number".formatted(y.shape()));
    }
    return y;
  }

  /** What these tensors are in terms of the variables x. */
  private static List<Expr> expressions(List<String> names, List<Tensor> x, List<Tensor> of) {
    IdentityHashMap<Tensor, Expr> found = new IdentityHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      found.put(x.get(i), new Expr.Symbol(names.get(i)));
    }
    try (Block _ = Graph.reading()) { // what f has closed meanwhile
      for (Tensor node : Graph.topologicalOrder(of.toArray(Tensor[]::new))) {
        if (!found.containsKey(node)) {
          List<Expr> in = new ArrayList<>();
          for (int i = 0; i < node.inputs(); i++) {
            in.add(found.get(node.in(i)));
          }
          found.put(node, Meaning.scalar(node, in));
        }
      }
    }
    return of.stream().map(found::get).toList();
  }
}
