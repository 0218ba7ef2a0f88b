package thimble.explain;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import thimble.explain.Explanation.Input;
import thimble.explain.Explanation.Node;
import thimble.explain.Explanation.Sum;
import thimble.explain.Explanation.Term;
import thimble.tensor.Block;
import thimble.tensor.DTypeException;
import thimble.tensor.Graph;
import thimble.tensor.Level;
import thimble.tensor.Tensor;

/**
 * Runs a function with everything recorded, and passes tangents and adjoints along its graph edge
 * by edge, recorded too: what a rule has added to the graph is how it reads.
 */
final class Tracer {
  private static final String TANGENT = "v\u0307";
  private static final String ADJOINT = "v\u0304";

  private final List<String> names;
  private final Function<List<Tensor>, Tensor> f;
  private final List<Tensor> at;
  private final List<Tensor> along;

  Tracer(
      List<String> names, Function<List<Tensor>, Tensor> f, List<Tensor> at, List<Tensor> along) {
    this.names = names;
    this.f = f;
    this.at = at;
    this.along = along;
  }

  Explanation explain(Optional<Expr> formula, String direction) {
    long swept = nodesOfPlainSweep();
    try (Level level = Level.open()) {
      List<Tensor> x = at.stream().map(level::variable).toList();
      Tensor y = value(x);
      try (Block _ = Graph.reading()) { // what f has closed meanwhile
        return explain(formula, direction, level, x, y, swept);
      }
    }
  }

  private Explanation explain(
      Optional<Expr> formula, String direction, Level level, List<Tensor> x, Tensor y, long swept) {
    Recording recording = new Recording(x, names, y);
    IdentityHashMap<Tensor, Sum> tangents = new Tangents(recording).of(level);
    Tensor seed = level.variable(Tensor.ones(y.dtype(), y.shape()));
    Adjoints reverse = new Adjoints(recording, seed);
    long before = Graph.nodesRecorded();
    reverse.sweep(y);
    long recorded = Graph.nodesRecorded() - before;
    return new Explanation(
        formula,
        direction,
        inputs(x, reverse),
        nodes(recording, tangents, reverse.found),
        recording.vertices(reverse.tensors, seed),
        recorded,
        swept);
  }

  /** How many nodes the sweep of backpropagation records: none, and this counts them. */
  private long nodesOfPlainSweep() {
    try (Level level = Level.open()) {
      List<Tensor> x = at.stream().map(level::variable).toList();
      Tensor y = value(x);
      Tensor one = Tensor.ones(y.dtype(), y.shape());
      long before = Graph.nodesRecorded();
      level.vjp(List.of(y), List.of(one), x);
      return Graph.nodesRecorded() - before;
    }
  }

  private Tensor value(List<Tensor> x) {
    Tensor y = f.apply(x);
    if (!y.dtype().isFloating()) {
      throw new DTypeException(
          "explain: the function gives %s %s: only float32 and float64 have a derivative"
              .formatted(y.dtype(), y.shape()));
    }
    return y;
  }

  private List<Input> inputs(List<Tensor> x, Adjoints reverse) {
    List<Input> inputs = new ArrayList<>();
    for (int k = 0; k < names.size(); k++) {
      inputs.add(new Input(names.get(k), reverse.found.containsKey(x.get(k))));
    }
    return inputs;
  }

  private static List<Node> nodes(
      Recording recording,
      IdentityHashMap<Tensor, Sum> tangents,
      IdentityHashMap<Tensor, Sum> adjoints) {
    return recording.nodes().stream()
        .map(n ->
            new Node(
                "v" + recording.number(n),
                recording.meaningOf(n),
                Quantity.of(n),
                Optional.ofNullable(tangents.get(n)),
                Optional.ofNullable(adjoints.get(n))))
        .toList();
  }

  /** Whether a derivative passes between a node and its input i. */
  private static boolean passes(Recording recording, Tensor n, int i) {
    return recording.isNode(n.in(i))
        && n.op().differentiable(i)
        && n.dtype().isFloating()
        && n.in(i).dtype().isFloating();
  }

  /** A part as a node of its own: an identity where the rule hands on what it was given. */
  private static Tensor own(Recording recording, Tensor part) {
    return recording.isCalled(part) ? part.identity() : part;
  }

  /** Forward mode, edge by edge. */
  private final class Tangents {
    private final Recording recording;
    private final IdentityHashMap<Tensor, Tensor> tangents = new IdentityHashMap<>();
    private final IdentityHashMap<Tensor, Sum> found = new IdentityHashMap<>();

    Tangents(Recording recording) {
      this.recording = recording;
    }

    IdentityHashMap<Tensor, Sum> of(Level level) {
      List<Tensor> nodes = recording.nodes();
      for (int k = 0; k < along.size(); k++) {
        add(nodes.get(k), level.variable(along.get(k)), List.of());
      }
      for (Tensor n : nodes.subList(along.size(), nodes.size())) {
        List<Term> terms = new ArrayList<>();
        List<Tensor> parts = new ArrayList<>();
        for (int i = 0; i < n.inputs(); i++) {
          Tensor t = tangents.get(n.in(i));
          if (t != null && passes(recording, n, i)) {
            Tensor part = own(recording, Level.pushforward(n, i, t));
            terms.add(term(n, n.in(i), part));
            parts.add(part);
          }
        }
        if (!parts.isEmpty()) {
          add(n, parts.stream().reduce(Tensor::add).orElseThrow(), terms);
        }
      }
      return found;
    }

    private void add(Tensor n, Tensor tangent, List<Term> terms) {
      String name = TANGENT + recording.number(n);
      recording.call(tangent, name, recording.expression(tangent));
      tangents.put(n, tangent);
      found.put(n, new Sum(name, Quantity.of(tangent), terms));
    }

    private Term term(Tensor n, Tensor x, Tensor part) {
      return new Term(
          "%s(%d→%d)".formatted(TANGENT, recording.number(x), recording.number(n)),
          recording.expression(part),
          Quantity.of(part));
    }
  }

  /** Reverse mode, edge by edge. */
  private static final class Adjoints {
    private final Recording recording;
    private final Tensor seed;
    private final IdentityHashMap<Tensor, List<Part>> parts = new IdentityHashMap<>();
    final IdentityHashMap<Tensor, Sum> found = new IdentityHashMap<>();

    /** All adjoints, that of the value first. */
    final List<Tensor> tensors = new ArrayList<>();

    Adjoints(Recording recording, Tensor seed) {
      this.recording = recording;
      this.seed = seed;
    }

    /** What comes to an adjoint along an edge. */
    private record Part(Tensor value, Term term) {}

    void sweep(Tensor y) {
      for (Tensor n : recording.nodes().reversed()) {
        if (n == y) {
          call(n, seed, List.of());
        } else if (parts.containsKey(n)) {
          collect(n, parts.get(n));
        }
      }
    }

    private void collect(Tensor n, List<Part> own) {
      if (own.size() > 1) {
        own.forEach(p -> recording.call(p.value, p.term.name(), p.term.rule()));
      }
      Tensor sum = own.stream().map(Part::value).reduce(Tensor::add).orElseThrow();
      call(n, sum, own.stream().map(Part::term).toList());
    }

    private void call(Tensor n, Tensor adjoint, List<Term> terms) {
      String name = ADJOINT + recording.number(n);
      Expr meaning = adjoint == seed ? Expr.Numeral.ONE : recording.expression(adjoint);
      recording.call(adjoint, name, meaning);
      tensors.add(adjoint);
      found.put(n, new Sum(name, Quantity.of(adjoint), terms));
      for (int i = 0; i < n.inputs(); i++) {
        if (passes(recording, n, i)) {
          pass(n, n.in(i), own(recording, Level.pullback(n, i, adjoint)));
        }
      }
    }

    private void pass(Tensor n, Tensor x, Tensor part) {
      String name = "%s(%d→%d)".formatted(ADJOINT, recording.number(x), recording.number(n));
      Term term = new Term(name, recording.expression(part), Quantity.of(part));
      parts.computeIfAbsent(x, k -> new ArrayList<>()).add(new Part(part, term));
    }
  }
}
