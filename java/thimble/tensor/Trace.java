package thimble.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The graph of a function: what it does to any arguments of certain shapes and dtypes, found by
 * running it once on inputs that have no values. Derivatives that the function takes are part of
 * the graph. Ops on other tensors are computed once and become constants.
 *
 * <p>For writers of transforms; {@code thimble.transform} and {@code thimble.program} are made of
 * it. Immutable, and may be replayed by several threads at once. It holds the constants of the
 * function; nobody has to close one, but a closed one gives them back at once.
 */
public final class Trace implements AutoCloseable {
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;
  private final List<Tensor> nodes;
  private final Step[] steps;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Where the outputs are among the nodes; −1 for one that does not depend on the inputs. */
  private final int[] results;

  /**
   * What becomes of a node.
   *
   * @param argument which one it is, or −1
   * @param from where its inputs are among the nodes, or −1 for a constant
   * @param done what is not needed after it
   */
  private record Step(int argument, int[] from, int[] done) {}

  private Trace(List<Tensor> inputs, List<Tensor> outputs) {
    this.inputs = List.copyOf(inputs);
    this.outputs = List.copyOf(outputs);
    this.nodes = dependent(inputs, outputs);
    IdentityHashMap<Tensor, Integer> places = new IdentityHashMap<>();
    for (Tensor n : nodes) {
      places.put(n, places.size());
    }
    this.results = outputs.stream().mapToInt(y -> places.getOrDefault(y, -1)).toArray();
    this.steps = steps(places);
  }

  /** What the outputs are made of and depends on the inputs; not what an outer trace has built. */
  private static List<Tensor> dependent(List<Tensor> inputs, List<Tensor> outputs) {
    Set<Tensor> depend = Collections.newSetFromMap(new IdentityHashMap<>());
    depend.addAll(inputs);
    List<Tensor> nodes = Graph.order(Tensor::isPending, outputs.toArray(Tensor[]::new));
    for (Tensor n : nodes) {
      if (n.inputList().stream().anyMatch(depend::contains)) {
        depend.add(n);
      }
    }
    return nodes.stream().filter(depend::contains).toList();
  }

  private Step[] steps(IdentityHashMap<Tensor, Integer> places) {
    int[][] from = new int[nodes.size()][];
    int[] last = new int[nodes.size()];
    for (int k = 0; k < from.length; k++) {
      Tensor n = nodes.get(k);
      from[k] = new int[n.inputs()];
      for (int i = 0; i < from[k].length; i++) {
        from[k][i] = places.getOrDefault(n.in(i), -1);
        if (from[k][i] >= 0) {
          last[from[k][i]] = k;
        }
      }
    }
    for (int y : results) {
      if (y >= 0) {
        last[y] = Integer.MAX_VALUE;
      }
    }
    Step[] steps = new Step[from.length];
    for (int k = 0; k < steps.length; k++) {
      int now = k;
      int[] done =
          Arrays.stream(from[k]).filter(i -> i >= 0 && last[i] == now).distinct().toArray();
      steps[k] = new Step(argument(nodes.get(k)), from[k], done);
    }
    return steps;
  }

  private int argument(Tensor n) {
    for (int i = 0; i < inputs.size(); i++) {
      if (inputs.get(i).equals(n)) {
        return i;
      }
    }
    return -1;
  }

  /** An input: a tensor without a value, which stands for any of that dtype and shape. */
  public static Tensor input(DType dtype, Shape shape) {
    return Tensor.pending(Mode.get(), new Input(dtype, shape), dtype, shape, Reach.NONE);
  }

  /**
   * The graph of f.
   *
   * @param like gives the shapes and dtypes of the arguments; values are not looked at
   * @throws TraceException if f looks at a value that depends on its arguments
   */
  public static Trace of(UnaryOperator<List<Tensor>> f, List<Tensor> like) {
    List<Tensor> inputs = like.stream().map(x -> input(x.dtype(), x.shape())).toList();
    List<Tensor> outputs = f.apply(inputs);
    for (Tensor y : outputs) {
      y.addHolder("trace", 0); // whatever scope it was made in
    }
    return new Trace(inputs, outputs);
  }

  /** Lets go of the function, which is not replayed any more. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      Tensor.release(outputs.toArray(Tensor[]::new));
    }
  }

  /** The inputs, which have no values. */
  public List<Tensor> inputs() {
    return inputs;
  }

  /** The outputs. */
  public List<Tensor> outputs() {
    return outputs;
  }

  /** The nodes that depend on the inputs, and these, each after what it is made of. */
  public List<Tensor> nodes() {
    return nodes;
  }

  /**
   * The function's results for these arguments, by the ordinary ops: computed, recorded for
   * derivatives or traced again as any others would be. What lies between is closed when it has
   * been used.
   *
   * @throws ShapeException if an argument has another shape or dtype than the input
   */
  public List<Tensor> replay(List<Tensor> arguments) {
    check(arguments);
    return run(arguments, Values.VALUES);
  }

  /** Refuses arguments that are not of the inputs' shapes and dtypes. */
  void check(List<Tensor> arguments) {
    if (arguments.size() != inputs.size()) {
      throw new ShapeException(
          "a trace of %d tensors is given %d".formatted(inputs.size(), arguments.size()));
    }
    for (int i = 0; i < arguments.size(); i++) {
      Tensor want = inputs.get(i);
      Tensor got = arguments.get(i);
      if (!got.shape().equals(want.shape()) || got.dtype() != want.dtype()) {
        throw new ShapeException(
            "argument %d of a trace: %s %s, traced for %s %s"
                .formatted(i, got.dtype(), got.shape(), want.dtype(), want.shape()));
      }
    }
  }

  /**
   * What the function uses without being given it, although it is no constant: a derivative is
   * being taken of it, it reaches a leaf with requiresGrad, or it depends on an input of an outer
   * trace.
   */
  public List<Tensor> captured() {
    return constants().stream()
        .filter(x -> varies(x) || (x.isPending() && reachesInput(x)))
        .toList();
  }

  /** What the function uses without being given it. */
  List<Tensor> constants() {
    Set<Tensor> own = Collections.newSetFromMap(new IdentityHashMap<>());
    own.addAll(nodes);
    return Stream.concat(nodes.stream().flatMap(n -> n.inputList().stream()), outputs.stream())
        .filter(x -> !own.contains(x))
        .distinct()
        .toList();
  }

  /** Whether a derivative may be asked for with respect to it. */
  private static boolean varies(Tensor x) {
    return x.dtype().isFloating() && !x.reach().less(Reach.NONE).isEmpty();
  }

  /** What nodes come to. */
  interface Meaning<V> {
    /** What a tensor comes to that does not depend on the inputs. */
    V constant(Tensor x);

    /** What a node comes to, given what its inputs have come to. */
    V of(Tensor node, List<V> in);

    /** It is not needed any more. */
    void done(V v);
  }

  private enum Values implements Meaning<Tensor> {
    VALUES;

    @Override
    public Tensor constant(Tensor x) {
      return x;
    }

    @Override
    public Tensor of(Tensor node, List<Tensor> in) {
      return Eager.apply(node.op(), in.toArray(Tensor[]::new));
    }

    @Override
    public void done(Tensor x) {
      x.close();
    }
  }

  /** What the outputs come to. */
  <V> List<V> run(List<V> arguments, Meaning<V> meaning) {
    Mode mode = Mode.get();
    List<V> values = new ArrayList<>(steps.length);
    mode.sweeps++; // constants may have been closed; they are held
    try {
      for (int k = 0; k < steps.length; k++) {
        Step step = steps[k];
        if (step.argument >= 0) {
          values.add(arguments.get(step.argument));
          continue;
        }
        List<V> in = new ArrayList<>(step.from.length);
        for (int i = 0; i < step.from.length; i++) {
          int at = step.from[i];
          in.add(at < 0 ? meaning.constant(nodes.get(k).in(i)) : values.get(at));
        }
        values.add(meaning.of(nodes.get(k), in));
        for (int at : step.done) {
          if (steps[at].argument < 0) {
            meaning.done(values.get(at));
          }
        }
      }
    } finally {
      mode.sweeps--;
    }
    List<V> out = new ArrayList<>(results.length);
    for (int i = 0; i < results.length; i++) {
      out.add(results[i] < 0 ? meaning.constant(outputs.get(i)) : values.get(results[i]));
    }
    return out;
  }

  /** Whether the value depends on an input, so that there is none. */
  static boolean reachesInput(Tensor x) {
    return Graph.order(Tensor::isPending, x).stream().anyMatch(n -> n.op() instanceof Input);
  }

  /** The error where a value is asked for that depends on an input. */
  static TraceException refused(Tensor input) {
    return new TraceException(
        "a value was asked for%s that depends on %s %s, an argument of a traced function: it must not go by what its arguments hold; Tensor.where chooses without looking"
            .formatted(
                Site.ofUser().map(at -> " at " + Site.text(at)).orElse(""),
                input.dtype(),
                input.shape()));
  }
}
