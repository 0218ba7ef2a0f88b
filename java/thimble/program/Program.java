package thimble.program;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import thimble.tensor.Executor;
import thimble.tensor.Input;
import thimble.tensor.Plan;
import thimble.tensor.Tensor;
import thimble.tensor.Trace;
import thimble.transform.Function3;
import thimble.transform.Function4;
import thimble.transform.Tree;

/**
 * A function as a graph: traced once, run for any number of arguments of the same shapes and
 * dtypes. The derivatives that it takes are nodes like all others (forward, identity and adjoint
 * ones), so that a run differentiates nothing and makes no node.
 *
 * <pre>{@code
 * Program gradient = Program.trace(Grad.grad((Tensor x) -> x.exp().mul(x).sum()), Tensor.input(FLOAT64, 3));
 * Tensor g = gradient.run(x);
 * }</pre>
 *
 * <p>Immutable; may be run by several threads at once. What the function uses without being given
 * it is part of the program as it was.
 */
public final class Program {
  private final List<Object> form;
  private final Object result;
  private final Trace trace;
  private final Executor code;

  private Program(Function<List<?>, ?> f, Object... like) {
    this.form = List.of(like);
    Object[] traced = new Object[1];
    this.trace =
        Trace.of(
            in -> {
              traced[0] = f.apply(Tree.like(form, in));
              return Tree.leaves(traced[0]);
            },
            Tree.leaves(form));
    this.result = traced[0];
    this.code = new Executor(trace);
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
   * The function's result for these arguments.
   *
   * @param arguments of the forms, shapes and dtypes that were traced
   * @return of the type that the function gives
   * @throws IllegalArgumentException naming where an argument is of another form
   */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the result has its own form
  public <R> R run(Object... arguments) {
    List<Tensor> leaves = Tree.leavesLike(List.of(arguments), "run: argument", form);
    return (R) Tree.like(result, code.run(leaves));
  }

  /** What a run does, and what memory it takes: known before it is run. */
  public Plan plan() {
    return code.plan(Tree.leaves(form));
  }

  /** How many nodes it has, inputs not counted. */
  public int size() {
    return (int) trace.nodes().stream().filter(n -> !(n.op() instanceof Input)).count();
  }

  /** A line a node: {@code v3 = mul(v1, v2) float64 [3]}; c is a constant. */
  @Override
  public String toString() {
    IdentityHashMap<Tensor, String> names = new IdentityHashMap<>();
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
