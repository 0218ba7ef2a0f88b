package thimble.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.IntStream;
import thimble.tensor.DType;
import thimble.tensor.Key;
import thimble.tensor.Tensor;
import thimble.transform.Tree;

/**
 * A function at a point, as one of the floating tensors of its argument to those of its result.
 *
 * @param x the argument, in float64
 * @param variables which of its leaves are floating
 * @param calls how often the function was called
 */
record Point<T>(Function<? super T, ?> f, T x, int[] variables, AtomicLong calls) {
  static <T> Point<T> of(Function<? super T, ?> f, T x) {
    List<Tensor> leaves = Tree.leaves(x);
    int[] variables =
        IntStream.range(0, leaves.size()).filter(i -> leaves.get(i).dtype().isFloating()).toArray();
    if (variables.length == 0) {
      throw new IllegalArgumentException(
          "gradient check: no argument is float32 or float64, so there is no derivative");
    }
    T wide = Tree.map(x, v -> v.dtype().isFloating() ? v.to(DType.FLOAT64).detach() : v);
    return new Point<>(f, wide, variables, new AtomicLong());
  }

  /** Another point not far from here: further with each move. */
  Point<T> near(Key key, int move) {
    double far = 1e-3 * Math.pow(4, move - 1);
    List<Tensor> moved = new ArrayList<>();
    for (Tensor v : at()) {
      double[] by = key.fold(-1 - moved.size()).uniform(DType.FLOAT64, v.count()).toDoubleArray();
      double[] numbers = v.toDoubleArray();
      for (int i = 0; i < by.length; i++) {
        numbers[i] += far * Math.max(1, Math.abs(numbers[i])) * (2 * by[i] - 1);
      }
      moved.add(Tensor.of(numbers).reshape(v.shape().toArray()));
    }
    return new Point<>(f, with(moved), variables, new AtomicLong());
  }

  /** The variables' values. */
  List<Tensor> at() {
    List<Tensor> leaves = Tree.leaves(x);
    return Arrays.stream(variables).mapToObj(leaves::get).toList();
  }

  /** What variable k is called. */
  String name(int k) {
    return Tree.paths(x).get(variables[k]);
  }

  private T with(List<Tensor> values) {
    List<Tensor> leaves = new ArrayList<>(Tree.leaves(x));
    for (int k = 0; k < variables.length; k++) {
      leaves.set(variables[k], values.get(k));
    }
    return Tree.like(x, leaves);
  }

  /** The function's value for these variables. */
  List<Tensor> value(List<Tensor> values) {
    calls.incrementAndGet();
    List<Tensor> all = Tree.leaves(f.apply(with(values)));
    List<Tensor> y = all.stream().filter(v -> v.dtype().isFloating()).toList();
    if (y.isEmpty()) {
      throw new IllegalArgumentException(
          "gradient check: the function gives nothing of float32 or float64");
    }
    return y;
  }
}
