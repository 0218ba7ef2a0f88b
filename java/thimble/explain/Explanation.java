package thimble.explain;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import thimble.tensor.Tensor;
import thimble.transform.Tree;

/**
 * How a function and its derivatives are computed at a point, node by node: the forward trace v1,
 * v2, …, the tangents v̇ of forward mode in one direction, and the adjoints v̄ of reverse mode with
 * what each of them is summed up from.
 *
 * <p>The rules that are shown are those of the ops, traced; the counts are those of real sweeps.
 * Holds numbers and texts, no tensors.
 *
 * @param formula what is computed, if that is known as one expression
 * @param direction of the tangents, in words, with a blank in front
 * @param inputs the variables, in order
 * @param nodes in topological order, the variables first: v1 is the first of the list
 * @param extended the forward graph with what reverse mode adds to it
 * @param recorded how many nodes reverse-mode differentiation has added to the graph
 * @param swept how many nodes the plain backward sweep has added to the graph
 */
public record Explanation(
    Optional<Expr> formula,
    String direction,
    List<Input> inputs,
    List<Node> nodes,
    List<Vertex> extended,
    long recorded,
    long swept) {

  /**
   * A variable.
   *
   * @param name as it was given, or where it is in a structure
   * @param touched whether the value depends on it
   */
  public record Input(String name, boolean touched) {}

  /**
   * A node of the forward graph.
   *
   * @param name v and its number
   * @param what the op with its inputs
   * @param value what was computed
   * @param tangent its derivative in the direction, with the products that it is the sum of; absent
   *     if it cannot have one
   * @param adjoint the derivative of the result with respect to it; absent if it has none
   */
  public record Node(
      String name, Expr what, Quantity value, Optional<Sum> tangent, Optional<Sum> adjoint) {}

  /**
   * A tangent or adjoint.
   *
   * @param name v̇ or v̄ with the number of its node
   * @param value the sum
   * @param terms what it is the sum of; empty where it was given: that of a variable, that of the
   *     result
   */
  public record Sum(String name, Quantity value, List<Term> terms) {}

  /**
   * A part of a tangent or adjoint that comes along one edge.
   *
   * @param name v̄(i→j) for the part of v̄i that comes from vj, and likewise for tangents
   * @param rule how it is computed
   * @param value what it is worth
   */
  public record Term(String name, Expr rule, Quantity value) {}

  /** Which part of the extended graph a node belongs to. */
  public enum Part {
    /** A variable. */
    INPUT,
    /** Computed from them. */
    FORWARD,
    /** The adjoint of the result, which is given. */
    SEED,
    /** Added by reverse mode, computes nothing. */
    IDENTITY,
    /** Added by reverse mode. */
    REVERSE
  }

  /**
   * A node of the extended graph.
   *
   * @param part where it belongs
   * @param label what it is
   * @param value what it is worth
   * @param from the places of its inputs in the list
   */
  public record Vertex(Part part, String label, Quantity value, List<Integer> from) {}

  /**
   * Of an expression at a point, the tangents for the first variable.
   *
   * @param point the values of the variables, in the order in which they are to be numbered; may
   *     have more than the expression needs
   */
  public static Explanation of(Expr f, Map<String, Double> point) {
    Map<String, Double> first = new LinkedHashMap<>();
    point.keySet().stream().limit(1).forEach(name -> first.put(name, 1.0));
    return of(f, point, first);
  }

  /**
   * Of an expression at a point.
   *
   * @param point the values of the variables, in the order in which they are to be numbered
   * @param direction of the tangents; 0 for variables that it does not name
   */
  public static Explanation of(Expr f, Map<String, Double> point, Map<String, Double> direction) {
    List<String> names = List.copyOf(point.keySet());
    List<Tensor> at = point.values().stream().map(Tensor::of).toList();
    List<Tensor> along =
        names.stream().map(n -> Tensor.of(direction.getOrDefault(n, 0.0))).toList();
    Function<List<Tensor>, Tensor> function = x -> f.apply(named(names, x));
    return new Tracer(names, function, at, along)
        .explain(Optional.of(f), Directions.text(direction));
  }

  static Map<String, Tensor> named(List<String> names, List<Tensor> x) {
    Map<String, Tensor> named = new LinkedHashMap<>();
    for (int i = 0; i < x.size(); i++) {
      named.put(names.get(i), x.get(i));
    }
    return named;
  }

  /**
   * Of any function at any structure of tensors; the tangents are for the first leaf, all its
   * elements at once. Of a result with several elements the sum is differentiated.
   *
   * @param f computes the same each time that it is called: it is called several times
   */
  public static <T> Explanation of(Function<? super T, Tensor> f, T at) {
    List<Tensor> leaves = Tree.leaves(at);
    List<String> names =
        Tree.paths(at).stream().map(p -> p.replaceFirst("^argument", "x")).toList();
    List<Tensor> along = new ArrayList<>();
    for (Tensor x : leaves) {
      along.add(Tensor.full(x.dtype(), along.isEmpty() ? 1 : 0, x.shape()));
    }
    Tracer tracer = new Tracer(names, x -> f.apply(Tree.like(at, x)), leaves, along);
    Map<String, Double> first = new LinkedHashMap<>();
    names.stream().limit(1).forEach(name -> first.put(name, 1.0));
    return tracer.explain(Optional.empty(), Directions.text(first));
  }

  /**
   * The extended graph as an SVG drawing.
   *
   * @throws IllegalArgumentException if it has more than 300 nodes, which nobody could read
   */
  public String svg(Digits digits) {
    return Drawing.svg(title(), extended, digits);
  }

  /** The extended graph in Graphviz' language. */
  public String dot(Digits digits) {
    return Dot.text(title(), extended, digits);
  }

  /** y = and the formula, if that is known. */
  String title() {
    return formula.map(Explanation::title).orElse("y = f(x)");
  }

  static String title(Expr f) {
    return "y = " + f.print(Notation.TYPESET);
  }
}
