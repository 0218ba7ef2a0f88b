package thimble.program;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import thimble.tensor.Executor;
import thimble.tensor.Input;
import thimble.tensor.Plan;
import thimble.tensor.Shape;
import thimble.tensor.Tensor;
import thimble.tensor.Trace;
import thimble.transform.Function3;
import thimble.transform.Function4;
import thimble.transform.Tree;

/**
 * A function as a graph: traced once, compiled, and run for any number of arguments. The
 * derivatives that it takes are nodes like all others (forward, identity and adjoint ones), so that
 * a run differentiates nothing and makes no node; on the native backend it is one call of the
 * library, however many nodes there are, and results have the bits of the ops one by one.
 *
 * <pre>{@code
 * Program step = Program.trace((Net n, Tensor x, Tensor y) -> sgd(n, Grad.grad(loss).apply(n, x, y)), net, x, y);
 * System.out.println(step.plan());       // kernels, operations, bytes: known before it runs
 * net = step.donate(0).run(net, x, y);   // the new weights lie where the old ones did
 * }</pre>
 *
 * <p>For arguments of other sizes the function is traced anew, once for each; the last {@value
 * #SIZES} kinds are kept. What the function uses without being given it is part of the program as
 * it was. Immutable; may be run by several threads at once.
 */
public final class Program {
  /** For how many kinds of sizes beside the first it is kept. */
  private static final int SIZES = 16;

  private final Function<List<?>, ?> f;
  private final List<Object> form;
  private final Traced first;

  /** Of other sizes, what was run last at the end. */
  private final Map<List<Shape>, Traced> others;

  /** Which leaves of the arguments are donated. */
  private final boolean[] donated;

  /** What the arguments are called in messages. */
  private final String[] names;

  /** The function for arguments of certain sizes, and the form of its result. */
  private record Traced(Trace trace, Executor code, Object result) {
    static Traced of(Function<List<?>, ?> f, List<Object> form, List<Tensor> like) {
      Object[] result = new Object[1];
      Trace trace =
          Trace.of(
              in -> {
                result[0] = f.apply(Tree.like(form, in));
                return Tree.leaves(result[0]);
              },
              like);
      return new Traced(trace, new Executor(trace), result[0]);
    }
  }

  private Program(Function<List<?>, ?> f, Object... like) {
    this.f = f;
    this.form = List.of(like);
    List<Tensor> leaves = Tree.leaves(form);
    this.first = Traced.of(f, form, leaves);
    this.others = new LinkedHashMap<>(SIZES, 0.75f, true);
    this.donated = new boolean[leaves.size()];
    this.names =
        IntStream.range(0, like.length)
            .mapToObj("run: argument[%d]"::formatted)
            .toArray(String[]::new);
  }

  private Program(Program p, boolean[] donated) {
    this.f = p.f;
    this.form = p.form;
    this.first = p.first;
    this.others = p.others;
    this.donated = donated;
    this.names = p.names;
  }

  /**
   * The program of a function of one argument.
   *
   * @param like of the argument's form, with tensors of its shapes and dtypes; values are not
   *     looked at, so {@link Tensor#input} does
   * @throws thimble.tensor.TraceException if the function goes by what its arguments hold
   */
  @SuppressWarnings("unchecked") // an argument is rebuilt in its own form
  public static <T> Program trace(Function<? super T, ?> f, T like) {
    return new Program(in -> f.apply((T) in.getFirst()), like);
  }

  /** The program of a function of two arguments. */
  @SuppressWarnings("unchecked") // an argument is rebuilt in its own form
  public static <A, B> Program trace(BiFunction<? super A, ? super B, ?> f, A a, B b) {
    return new Program(in -> f.apply((A) in.get(0), (B) in.get(1)), a, b);
  }

  /** The program of a function of three arguments. */
  @SuppressWarnings("unchecked") // an argument is rebuilt in its own form
  public static <A, B, C> Program trace(
      Function3<? super A, ? super B, ? super C, ?> f, A a, B b, C c) {
    return new Program(in -> f.apply((A) in.get(0), (B) in.get(1), (C) in.get(2)), a, b, c);
  }

  /** The program of a function of four arguments. */
  @SuppressWarnings("unchecked") // an argument is rebuilt in its own form
  public static <A, B, C, D> Program trace(
      Function4<? super A, ? super B, ? super C, ? super D, ?> f, A a, B b, C c, D d) {
    return new Program(
        in -> f.apply((A) in.get(0), (B) in.get(1), (C) in.get(2), (D) in.get(3)), a, b, c, d);
  }

  /**
   * The same program, whose arguments of these numbers, counted from 0, are given away: their
   * memory goes to results that fit, and they are closed when it has run. Using them afterwards is
   * a {@link thimble.tensor.ClosedException}.
   *
   * @throws IllegalArgumentException if there is no such argument
   */
  public Program donate(int... arguments) {
    boolean[] given = donated.clone();
    for (int a : arguments) {
      if (a < 0 || a >= form.size()) {
        throw new IllegalArgumentException(
            "donate: argument %d: the program has %d, counted from 0".formatted(a, form.size()));
      }
      int from = Tree.leaves(form.subList(0, a)).size();
      Arrays.fill(given, from, from + Tree.leaves(form.get(a)).size(), true);
    }
    return new Program(this, given);
  }

  /**
   * The function's result for these arguments.
   *
   * @param arguments of the forms, ranks and dtypes that were traced
   * @return of the type that the function gives
   * @throws IllegalArgumentException naming where an argument is of another form
   * @throws IllegalStateException if an argument that is donated has another holder: a derivative,
   *     a view, another handle
   */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the result has its own form
  public <R> R run(Object... arguments) {
    List<Tensor> leaves = leaves(arguments);
    Traced t = traced(leaves);
    return (R) Tree.like(t.result(), t.code().run(leaves, donated));
  }

  private List<Tensor> leaves(Object[] arguments) {
    if (arguments.length != form.size()) {
      throw new IllegalArgumentException(
          "run: %d arguments, must be %d".formatted(arguments.length, form.size()));
    }
    List<Tensor> leaves = new ArrayList<>(donated.length);
    for (int i = 0; i < arguments.length; i++) {
      Tree.leavesOfForm(arguments[i], names[i], form.get(i), leaves);
    }
    return leaves;
  }

  private Traced traced(List<Tensor> leaves) {
    if (first.code().takes(leaves)) {
      return first;
    }
    List<Shape> sizes = leaves.stream().map(Tensor::shape).toList();
    synchronized (others) {
      Traced known = others.get(sizes);
      if (known != null) {
        return known;
      }
    }
    Traced made = Traced.of(f, form, leaves);
    synchronized (others) {
      others.putIfAbsent(sizes, made);
      if (others.size() > SIZES) {
        others.remove(others.keySet().iterator().next());
      }
    }
    return made;
  }

  /** What a run does, and what memory it takes: known before it is run. */
  public Plan plan() {
    return first.code().plan(Tree.leaves(form), donated);
  }

  /** How many nodes it has, inputs not counted. */
  public int size() {
    return (int) first.trace().nodes().stream().filter(n -> !(n.op() instanceof Input)).count();
  }

  /** A line a node: {@code v3 = mul(v1, v2) float64 [3]}; c is a constant. */
  @Override
  public String toString() {
    IdentityHashMap<Tensor, String> names = new IdentityHashMap<>();
    Trace trace = first.trace();
    StringBuilder text = new StringBuilder();
    for (Tensor x : trace.inputs()) {
      names.put(x, "x" + (names.size() + 1));
      text.append("%s : %s %s%n".formatted(names.get(x), x.dtype(), x.shape()));
    }
    for (Tensor n : trace.nodes()) {
      if (!names.containsKey(n)) {
        String in =
            IntStream.range(0, n.inputs())
                .mapToObj(i -> names.getOrDefault(n.in(i), "c"))
                .collect(Collectors.joining(", "));
        names.put(n, "v" + (names.size() + 1));
        text.append(
            "%s = %s(%s)  %s %s%n".formatted(names.get(n), n.op(), in, n.dtype(), n.shape()));
      }
    }
    String out =
        trace.outputs().stream()
            .map(y -> names.getOrDefault(y, "c"))
            .collect(Collectors.joining(", "));
    return text.append("gives ").append(out).toString();
  }
}
