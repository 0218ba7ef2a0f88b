package thimble.transform;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import thimble.tensor.Batch;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;

/** A function of one example applied to many: {@link Grad#vmap}. */
final class Mapped {
  private Mapped() {}

  /**
   * The results of f for all examples.
   *
   * @param arguments structures
   * @param inAxes along which axis of its leaves each argument has the examples, or {@link
   *     Grad#NONE}
   * @param outAxis along which axis of the leaves of the result they are to be
   */
  static <R> R of(List<?> arguments, int[] inAxes, int outAxis, Function<List<?>, R> f) {
    if (inAxes.length != arguments.size()) {
      throw new IllegalArgumentException(
          "vmap: %d axes for %d arguments".formatted(inAxes.length, arguments.size()));
    }
    List<Tensor> x = new ArrayList<>();
    List<Boolean> each = new ArrayList<>();
    for (int k = 0; k < inAxes.length; k++) {
      for (Tensor leaf : Tree.leaves(arguments.get(k))) {
        boolean has = inAxes[k] != Grad.NONE;
        each.add(has);
        x.add(has ? moved(leaf, axis("argument " + k, leaf, inAxes[k]), 0) : leaf);
      }
    }
    boolean[] flags = new boolean[x.size()];
    IntStream.range(0, flags.length).forEach(i -> flags[i] = each.get(i));
    List<R> form = new ArrayList<>();
    List<Tensor> y =
        Batch.map(
            in -> {
              R result = f.apply(Tree.like(arguments, in));
              form.add(result);
              return Tree.leaves(result, "y");
            },
            x,
            flags,
            size(x, flags));
    return Tree.like(
        form.getFirst(), y.stream().map(t -> moved(t, 0, axis("result", t, outAxis))).toList());
  }

  /** An axis counted from the first. */
  private static int axis(String what, Tensor x, int axis) {
    if (axis < -x.rank() || axis >= x.rank()) {
      throw new ShapeException("vmap: %s: %s has no axis %d".formatted(what, x.shape(), axis));
    }
    return axis < 0 ? axis + x.rank() : axis;
  }

  /** How many examples there are. */
  private static long size(List<Tensor> x, boolean[] each) {
    long[] sizes =
        IntStream.range(0, each.length)
            .filter(i -> each[i])
            .mapToLong(i -> x.get(i).size(0))
            .distinct()
            .toArray();
    if (sizes.length != 1) {
      throw new ShapeException(
          sizes.length == 0
              ? "vmap: no argument has examples along an axis"
              : "vmap: the numbers of examples differ: " + Arrays.toString(sizes));
    }
    return sizes[0];
  }

  /** With an axis at another place, the others in their order. */
  private static Tensor moved(Tensor x, int from, int to) {
    if (from == to) {
      return x;
    }
    List<Integer> order = new ArrayList<>();
    IntStream.range(0, x.rank()).filter(d -> d != from).forEach(order::add);
    order.add(to, from);
    return x.permute(order.stream().mapToInt(d -> d).toArray());
  }
}
