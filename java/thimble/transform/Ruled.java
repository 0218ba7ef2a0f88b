package thimble.transform;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;
import thimble.tensor.DType;
import thimble.tensor.Op;
import thimble.tensor.Shape;
import thimble.tensor.Tensor;
import thimble.tensor.Trace;

/**
 * A function as one op, with rules for its derivatives.
 *
 * @param name for messages
 * @param like gives the form of the argument, whose leaves are the inputs
 * @param type of the result: a tensor without a value
 * @param tangent from x and t
 * @param cotangent from x and ct
 */
record Ruled<T>(
    String name,
    T like,
    Tensor type,
    Function<T, Tensor> f,
    BiFunction<T, T, Tensor> tangent,
    BiFunction<T, Tensor, T> cotangent)
    implements Op.Custom {

  /**
   * The op of f on x.
   *
   * @throws IllegalArgumentException if f uses, without being given it, what a derivative is taken
   *     of, which would get none, or what an outer trace has for an input
   */
  static <T> Tensor apply(
      String name,
      Function<T, Tensor> f,
      BiFunction<T, T, Tensor> tangent,
      BiFunction<T, Tensor, T> cotangent,
      T x) {
    List<Tensor> leaves = Tree.leaves(x);
    try (Trace trace = Trace.of(in -> List.of(f.apply(Tree.like(x, in))), leaves)) {
      for (Tensor other : trace.captured()) {
        throw new IllegalArgumentException(
            "%s: the function uses %s %s, which is no constant, without being given it: make it part of the argument"
                .formatted(name, other.dtype(), other.shape()));
      }
      Ruled<T> op =
          new Ruled<>(
              name,
              Tree.map(x, Ruled::withoutValue),
              withoutValue(trace.outputs().getFirst()),
              f,
              tangent,
              cotangent);
      return Tensor.apply(op, leaves.toArray(Tensor[]::new));
    }
  }

  /** What stands for a tensor, so that the op keeps no values. */
  private static Tensor withoutValue(Tensor x) {
    return Trace.input(x.dtype(), x.shape());
  }

  @Override
  public Shape shape(Tensor... in) {
    return type.shape();
  }

  @Override
  public DType dtype(Tensor... in) {
    return type.dtype();
  }

  @Override
  public Tensor compute(Tensor... x) {
    return f.apply(Tree.like(like, List.of(x)));
  }

  @Override
  public Tensor jvp(Tensor y, List<Tensor> t) {
    return tangent.apply(point(y), Tree.like(like, t));
  }

  @Override
  public List<Tensor> vjp(Tensor y, Tensor g) {
    T x = point(y);
    return Tree.leavesLike(cotangent.apply(x, g), name + ": cotangent", x);
  }

  private T point(Tensor y) {
    return Tree.like(like, IntStream.range(0, y.inputs()).mapToObj(y::in).toList());
  }

  @Override
  public String toString() {
    return name;
  }
}
