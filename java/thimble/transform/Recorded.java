package thimble.transform;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import thimble.tensor.DTypeException;
import thimble.tensor.Level;
import thimble.tensor.Tensor;

/**
 * A function evaluated at a point, with the history from there to its result: tangents can be
 * pushed forward along it and cotangents pulled back, any number of times and by any thread.
 *
 * @param variables the leaves of the point, as the function saw them
 * @param y what it gave
 * @param results the leaves of that
 */
record Recorded<T, R>(Level level, T point, List<Tensor> variables, R y, List<Tensor> results) {
  /**
   * f at x.
   *
   * @param name of the transform, for messages
   */
  static <T, R> Recorded<T, R> of(String name, Function<? super T, ? extends R> f, T x) {
    try (Level level = Level.open()) {
      List<Tensor> leaves = Tree.leaves(x);
      List<Tensor> variables = new ArrayList<>();
      for (Tensor leaf : leaves) {
        if (!leaf.dtype().isFloating()) {
          throw new DTypeException(
              "%s: %s is %s %s: only float32 and float64 have a derivative"
                  .formatted(
                      name, Tree.paths(x).get(variables.size()), leaf.dtype(), leaf.shape()));
        }
        variables.add(level.variable(leaf));
      }
      R y = f.apply(Tree.like(x, variables));
      return new Recorded<>(level, x, variables, y, Tree.leaves(y, "y"));
    }
  }

  /** The tangents of the leaves of the result, from those of the leaves of the point. */
  List<Tensor> push(List<Tensor> tangents) {
    return level.jvp(results, variables, tangents);
  }

  /** The cotangents of the leaves of the point, from those of the leaves of the result. */
  List<Tensor> pull(List<Tensor> cts) {
    return level.vjp(results, cts, variables);
  }

  /** The result without this history, which ends here. */
  R end() {
    return Tree.map(y, level::result);
  }

  /** The result without this history, which stays. */
  R value() {
    return Tree.map(y, t -> level.result(t.identity()));
  }
}
