package thimble.tensor;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The part of a graph along which derivatives pass: from roots back to a target.
 *
 * @param order the nodes that reach it, each after its inputs
 */
record Paths(Reach.Target target, List<Tensor> order) {
  /**
   * From these roots.
   *
   * @throws HistoryFreedException if history that a derivative needs is gone
   */
  static Paths to(Reach.Target target, List<Tensor> roots) {
    Paths paths =
        new Paths(target, Graph.order(x -> x.reach().has(target), roots.toArray(Tensor[]::new)));
    if (paths.order.stream().anyMatch(Tensor::isFreed)) {
      paths.checkHistory(roots);
    }
    return paths;
  }

  /** Whether a derivative passes between n and its input i. */
  boolean passes(Tensor n, int i) {
    return n.in(i).reach().has(target) && Reverse.passes(n, i);
  }

  /** The way that a cotangent comes to n from a root, a line a node; for messages. */
  String told(Tensor n) {
    Anomaly anomaly = Mode.get().anomaly;
    StringBuilder text = new StringBuilder("in the backward sweep, where it passes");
    for (Tensor at = n; at != null; at = taker(at)) {
      text.append("\n  ")
          .append(
              anomaly == null
                  ? "%s %s %s".formatted(at.op(), at.dtype(), at.shape())
                  : anomaly.describe(at.op(), at));
    }
    return text.toString();
  }

  /** A node that has n for an input along the paths. */
  private @Nullable Tensor taker(Tensor n) {
    for (Tensor y : order) {
      for (int i = 0; i < y.inputs(); i++) {
        if (y.in(i) == n && passes(y, i)) {
          return y;
        }
      }
    }
    return null;
  }

  private void checkHistory(List<Tensor> roots) {
    Set<Tensor> needed = Collections.newSetFromMap(new IdentityHashMap<>());
    needed.addAll(roots);
    for (Tensor n : order.reversed()) {
      if (needed.contains(n)) {
        if (n.isFreed()) {
          throw new HistoryFreedException(
              "the history of %s, %s %s, was freed by a backward(FREE_GRAPH): leave FREE_GRAPH out there to keep it"
                  .formatted(n.op(), n.dtype(), n.shape()));
        }
        for (int i = 0; i < n.inputs(); i++) {
          if (passes(n, i)) {
            needed.add(n.in(i));
          }
        }
      }
    }
  }
}
