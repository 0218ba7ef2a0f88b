package thimble.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A graph as a backend compiles it: straight-line code over numbered values, the arguments first,
 * then what each step gives. What is the same twice is computed once, what changes no bit (x·1, x −
 * 0, −−x, aliases) or is not wanted is gone. Equal where the code is equal, whatever tensors it was
 * made from.
 *
 * @param arguments what the values are that it is given
 * @param steps in an order in which they can be computed
 * @param results which values are wanted
 */
public record Routine(List<Argument> arguments, List<Step> steps, List<Integer> results) {
  /**
   * What a routine is given.
   *
   * @param dtype of its elements
   * @param layout where they lie, from the first one on
   * @param number what each of them is known to be; null if that is not known
   * @param donated whether a result may take its memory
   */
  public record Argument(DType dtype, Layout layout, @Nullable Double number, boolean donated) {
    /** What can be said of any value that lies like this one. */
    static Argument like(Buffer b, boolean donated) {
      return new Argument(b.dtype(), b.layout().from(0), null, donated);
    }

    /** What can be said of a value that will be the same in every run. */
    static Argument constant(Buffer b) {
      Layout l = b.layout();
      boolean repeated = b.count() > 0 && l.extent() == 1;
      Double number = repeated ? b.dtype().get(b.storage().segment(), l.offset()) : null;
      return new Argument(b.dtype(), l.from(0), number, false);
    }
  }

  /**
   * An op on values.
   *
   * @param op with a kernel, a view, or a user's own
   * @param in the numbers of its operands
   * @param dtype of its result
   * @param shape of its result
   */
  public record Step(Op op, List<Integer> in, DType dtype, Shape shape) {
    /** Keeps a copy. */
    public Step {
      in = List.copyOf(in);
    }
  }

  /** Keeps copies. */
  public Routine {
    arguments = List.copyOf(arguments);
    steps = List.copyOf(steps);
    results = List.copyOf(results);
  }

  /** How many values there are. */
  public int values() {
    return arguments.size() + steps.size();
  }

  /** The step that gives a value that is no argument. */
  public Step step(int value) {
    return steps.get(value - arguments.size());
  }

  /** How many steps compute something, rather than view it. */
  public int kernels() {
    return (int) steps.stream().filter(s -> !(s.op() instanceof Op.View)).count();
  }

  /** The dtype of a value. */
  public DType dtype(int value) {
    return value < arguments.size() ? arguments.get(value).dtype() : step(value).dtype();
  }

  /** The shape of a value. */
  public Shape shape(int value) {
    return value < arguments.size() ? arguments.get(value).layout().shape() : step(value).shape();
  }

  /** What each element of a value is known to be in every run, if that is known. */
  public Optional<Double> number(int value) {
    return number(arguments, steps, value);
  }

  private static Optional<Double> number(List<Argument> arguments, List<Step> steps, int value) {
    int v = value;
    while (v >= arguments.size()) {
      Step s = steps.get(v - arguments.size());
      if (!(s.op() instanceof Op.View)) {
        return Optional.empty();
      }
      v = s.in().getFirst();
    }
    return Optional.ofNullable(arguments.get(v).number());
  }

  /** Operations on elements: 2·m·n·k of a product; of others one for each element gone over. */
  public double flops(Step s) {
    if (s.op() instanceof MatMul) {
      return 2.0 * s.shape().count() * shape(s.in().getFirst()).size(-1);
    }
    long most = s.shape().count();
    for (int i : s.in()) {
      most = Math.max(most, shape(i).count());
    }
    return most;
  }

  /** What a step reads and writes. */
  public long bytes(Step s) {
    long sum = s.shape().count() * s.dtype().bytes();
    for (int i : s.in()) {
      sum += shape(i).count() * dtype(i).bytes();
    }
    return sum;
  }

  /** The last step that takes each value, −1 for none; of a result, past the last. */
  public int[] lastUses() {
    int[] last = new int[values()];
    Arrays.fill(last, -1);
    for (int k = 0; k < steps.size(); k++) {
      for (int i : steps.get(k).in()) {
        last[i] = k;
      }
    }
    for (int y : results) {
      last[y] = steps.size();
    }
    return last;
  }

  /**
   * The routine of a graph.
   *
   * @param inputs the tensors that stand for arguments
   * @param arguments what is known of them
   * @param nodes what is computed, each after what it is made of
   * @param outputs inputs or nodes
   */
  static Routine of(
      List<Tensor> inputs, List<Argument> arguments, List<Tensor> nodes, List<Tensor> outputs) {
    return new Builder(inputs, arguments).build(nodes, outputs);
  }

  private static final class Builder {
    private final List<Argument> arguments;
    private final List<Step> steps = new ArrayList<>();
    private final List<Layout> layouts = new ArrayList<>();
    private final IdentityHashMap<Tensor, Integer> values = new IdentityHashMap<>();
    private final Map<Step, Integer> known = new HashMap<>();

    Builder(List<Tensor> inputs, List<Argument> arguments) {
      this.arguments = arguments;
      for (int i = 0; i < inputs.size(); i++) {
        values.put(inputs.get(i), i);
        layouts.add(arguments.get(i).layout());
      }
    }

    Routine build(List<Tensor> nodes, List<Tensor> outputs) {
      for (Tensor n : nodes) {
        Step step =
            new Step(
                n.op(), n.inputList().stream().map(values::get).toList(), n.dtype(), n.shape());
        int same = unchanged(step);
        values.put(n, same >= 0 ? same : known.computeIfAbsent(step, this::add));
      }
      return pruned(outputs.stream().map(values::get).toList());
    }

    private int add(Step step) {
      Layout view =
          step.op() instanceof Op.View v ? v.layout(layouts.get(step.in().getFirst())) : null;
      layouts.add(view != null ? view : step.shape().contiguous());
      steps.add(step);
      return layouts.size() - 1;
    }

    /**
     * Which value the result is bit for bit; −1 if it is a new one. What an op makes lies in order;
     * what does not cannot stand for it, as a sum goes by how elements lie.
     */
    private int unchanged(Step s) {
      if (s.op() instanceof Views.Identity || s.op() instanceof Views.Detach) {
        return s.in().getFirst();
      }
      int same =
          switch (s.op()) {
            case Scaled x when keeps(x) -> s.in().getFirst();
            case Unary u when u == Unary.NEG && made(s.in().getFirst(), Unary.NEG) ->
                steps.get(s.in().getFirst() - arguments.size()).in().getFirst();
            case Binary b when (b == Binary.MUL || b == Binary.DIV) && isOne(s.in().get(1)) ->
                s.in().getFirst();
            case Binary b when b == Binary.MUL && isOne(s.in().getFirst()) -> s.in().get(1);
            default -> -1;
          };
      return same >= 0 && layouts.get(same).isContiguous() ? same : -1;
    }

    /** x·1, x/1 and x − 0; not x + 0, which makes +0 of −0. */
    private static boolean keeps(Scaled x) {
      return switch (x.row()) {
        case MUL, DIV -> x.scalar() == 1;
        case SUB -> Double.compare(x.scalar(), 0) == 0;
        case ADD, RSUB, RDIV, POW -> false;
      };
    }

    private boolean made(int value, Op op) {
      return value >= arguments.size() && steps.get(value - arguments.size()).op().equals(op);
    }

    private boolean isOne(int value) {
      return number(arguments, steps, value).equals(Optional.of(1.0));
    }

    /** Only what the results need. */
    private Routine pruned(List<Integer> results) {
      int first = arguments.size();
      boolean[] needed = new boolean[first + steps.size()];
      results.forEach(y -> needed[y] = true);
      for (int v = needed.length - 1; v >= first; v--) {
        if (needed[v]) {
          steps.get(v - first).in().forEach(i -> needed[i] = true);
        }
      }
      int[] number = new int[needed.length];
      List<Step> kept = new ArrayList<>();
      for (int v = 0; v < number.length; v++) {
        number[v] = v < first ? v : first + kept.size();
        if (v >= first && needed[v]) {
          Step s = steps.get(v - first);
          kept.add(
              new Step(s.op(), s.in().stream().map(i -> number[i]).toList(), s.dtype(), s.shape()));
        }
      }
      return new Routine(arguments, kept, results.stream().map(y -> number[y]).toList());
    }
  }
}
