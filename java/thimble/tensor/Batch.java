package thimble.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The vectorising map: from a function of one example to one of many.
 *
 * <p>For writers of transforms; {@code thimble.transform} is made of it.
 */
public final class Batch {
  private Batch() {}

  /**
   * The results of f for all examples, which have one more axis, the first. f is run once, without
   * values; then each of its ops is applied to all examples at once.
   *
   * @param each which arguments have one for each example, along the first axis; the others are
   *     there once
   * @param size how many examples there are
   * @throws TraceException if f looks at a value that depends on its arguments
   * @throws ShapeException if the examples' axis would be a ninth one
   */
  public static List<Tensor> map(
      UnaryOperator<List<Tensor>> f, List<Tensor> x, boolean[] each, long size) {
    List<Tensor> like = new ArrayList<>();
    List<Examples.Value> values = new ArrayList<>();
    for (int i = 0; i < each.length; i++) {
      like.add(each[i] ? example(x.get(i)) : x.get(i));
      values.add(new Examples.Value(x.get(i), each[i]));
    }
    Examples all = new Examples(size);
    try (Trace trace = Trace.of(f, like)) {
      return trace.run(values, all).stream().map(all::all).toList();
    }
  }

  /** What stands for one example of x. */
  static Tensor example(Tensor x) {
    return Trace.input(x.dtype(), x.shape().without(1));
  }
}
