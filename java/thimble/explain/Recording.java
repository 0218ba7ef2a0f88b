package thimble.explain;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import thimble.explain.Explanation.Part;
import thimble.explain.Explanation.Vertex;
import thimble.tensor.Graph;
import thimble.tensor.Tensor;
import thimble.tensor.Views;

/**
 * The graph of a value over some variables, its nodes numbered, and what other tensors that are
 * made of these nodes are in terms of them.
 */
final class Recording {
  /** Up to that many elements of a constant are looked at, whether they are all the same. */
  private static final int FEW = 4096;

  /** A formula up to this length is written where it is used; a longer one gets a name, w1. */
  private static final int SHORT = 24;

  private final List<Tensor> variables;
  private final List<Tensor> nodes;
  private final IdentityHashMap<Tensor, Integer> numbers = new IdentityHashMap<>();

  /** What a tensor is called. */
  private final IdentityHashMap<Tensor, Expr> names = new IdentityHashMap<>();

  /** How a tensor that is called something is computed. */
  private final IdentityHashMap<Tensor, Expr> meanings = new IdentityHashMap<>();

  Recording(List<Tensor> variables, List<String> names, Tensor y) {
    this.variables = variables;
    this.nodes = found(y);
    for (int k = 0; k < nodes.size(); k++) {
      numbers.put(nodes.get(k), k + 1);
      Expr what = k < names.size() ? new Expr.Symbol(names.get(k)) : meaning(nodes.get(k));
      call(nodes.get(k), "v" + (k + 1), what);
    }
  }

  /** The variables, then what depends on them and the value, by how far they are from them. */
  private List<Tensor> found(Tensor y) {
    IdentityHashMap<Tensor, Integer> depth = new IdentityHashMap<>();
    variables.forEach(x -> depth.put(x, 0));
    List<Tensor> found = new ArrayList<>();
    for (Tensor n : above(List.of(y))) {
      int deepest = -1;
      for (int i = 0; i < n.inputs(); i++) {
        deepest = Math.max(deepest, depth.getOrDefault(n.in(i), -1));
      }
      if ((deepest >= 0 || n == y) && !depth.containsKey(n)) {
        depth.put(n, deepest + 1);
        found.add(n);
      } else if (!depth.containsKey(n)) {
        names.put(n, constant(n)); // whatever history it has of its own
      }
    }
    found.sort(Comparator.comparingInt(n -> Objects.requireNonNull(depth.get(n))));
    found.addAll(0, variables);
    return found;
  }

  /** What these are made of down to the variables, each after its inputs. */
  private List<Tensor> above(List<Tensor> roots) {
    List<Tensor> order = Graph.topologicalOrder(roots.toArray(Tensor[]::new));
    Set<Tensor> needed = Collections.newSetFromMap(new IdentityHashMap<>());
    needed.addAll(roots);
    for (Tensor n : order.reversed()) {
      for (int i = 0; i < n.inputs() && needed.contains(n) && !variables.contains(n); i++) {
        needed.add(n.in(i));
      }
    }
    return order.stream().filter(needed::contains).toList();
  }

  /** The nodes in topological order, the variables first. */
  List<Tensor> nodes() {
    return nodes;
  }

  /** Whether a tensor is a node: computed from the variables, or one of them. */
  boolean isNode(Tensor x) {
    return numbers.containsKey(x);
  }

  /** The number of a node, from 1. */
  int number(Tensor node) {
    return Objects.requireNonNull(numbers.get(node));
  }

  /** Whether a tensor has a name. */
  boolean isCalled(Tensor x) {
    return names.containsKey(x);
  }

  /** From now on the tensor is a symbol. */
  void call(Tensor x, String name, Expr meaning) {
    names.put(x, new Expr.Symbol(name));
    meanings.put(x, meaning);
  }

  /** How a tensor that has a name is computed. */
  Expr meaningOf(Tensor called) {
    return Objects.requireNonNull(meanings.get(called));
  }

  /** What a tensor is in terms of those that have a name. */
  Expr expression(Tensor x) {
    Expr name = names.get(x);
    return name != null ? name : meaning(x);
  }

  /** How a tensor is computed, whether it has a name or not. Iterative: sums may be long chains. */
  private Expr meaning(Tensor x) {
    IdentityHashMap<Tensor, Expr> found = new IdentityHashMap<>();
    ArrayDeque<Tensor> path = new ArrayDeque<>(List.of(x));
    while (!path.isEmpty()) {
      Tensor top = path.peek();
      List<Expr> in = new ArrayList<>();
      for (int i = 0; i < top.inputs(); i++) {
        Expr known = names.getOrDefault(top.in(i), found.get(top.in(i)));
        if (known == null) {
          path.push(top.in(i));
        } else {
          in.add(known);
        }
      }
      if (in.size() == top.inputs()) {
        found.put(top, top.inputs() == 0 ? constant(top) : Meaning.of(top, in));
        path.pop();
      }
    }
    return Objects.requireNonNull(found.get(x));
  }

  /** A number, if it is the same everywhere; otherwise what kind of data it is. */
  private static Expr constant(Tensor x) {
    if (x.count() > 0 && x.count() <= FEW) {
      double[] elements = x.toDoubleArray();
      if (Arrays.stream(elements).allMatch(e -> e == elements[0])) {
        return Meaning.number(x.dtype(), elements[0]);
      }
    }
    return new Expr.Symbol("%s %s".formatted(x.dtype(), x.shape()));
  }

  /**
   * The graph of these tensors with the nodes.
   *
   * @param seed one of them, which is given
   */
  List<Vertex> vertices(List<Tensor> tensors, Tensor seed) {
    List<Tensor> all = new ArrayList<>(nodes);
    above(tensors).stream()
        .filter(x -> !isNode(x) && (x.inputs() > 0) && !isBelow(x, seed))
        .forEach(all::add);
    int others = 0;
    IdentityHashMap<Tensor, Integer> places = new IdentityHashMap<>();
    List<Vertex> vertices = new ArrayList<>();
    for (Tensor x : all) {
      List<Integer> from = new ArrayList<>();
      for (int i = 0; i < x.inputs(); i++) {
        if (places.containsKey(x.in(i))) {
          from.add(places.get(x.in(i)));
        }
      }
      places.put(x, vertices.size());
      String formula = text(formula(x, seed));
      if (!isCalled(x) && formula.length() > SHORT) {
        call(x, "w" + ++others, formula(x, seed));
      }
      vertices.add(new Vertex(part(x, seed), label(x, formula), Quantity.of(x), from));
    }
    return vertices;
  }

  private static boolean isBelow(Tensor x, Tensor seed) {
    return x != seed && seed.inputs() > 0 && seed.in(0) == x;
  }

  private Part part(Tensor x, Tensor seed) {
    if (variables.contains(x)) {
      return Part.INPUT;
    }
    return isNode(x)
        ? Part.FORWARD
        : x == seed ? Part.SEED : x.op() == Views.Identity.IDENTITY ? Part.IDENTITY : Part.REVERSE;
  }

  /** How it is computed, from what has a name by now or is short. */
  private Expr formula(Tensor x, Tensor seed) {
    int k = variables.indexOf(x);
    return k >= 0 || x == seed ? meaningOf(x) : meaning(x);
  }

  private String label(Tensor x, String formula) {
    return isCalled(x) ? "%s = %s".formatted(text(expression(x)), formula) : formula;
  }

  private static String text(Expr e) {
    return e.print(Notation.TYPESET);
  }
}
