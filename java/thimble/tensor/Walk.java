package thimble.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A depth-first walk from roots back to what they were made of. Iterative, so depth is unbounded;
 * linear in nodes and edges.
 *
 * @param order the nodes in post-order: each once, after its inputs
 * @param roots where it began, for each root; null where it did not
 */
record Walk(List<Visit> order, List<@Nullable Visit> roots) {
  /** Which inputs of a node it goes on to. */
  interface Edges {
    boolean pass(Tensor node, int i);
  }

  /** Inputs from left to right, roots in the order given. */
  static Walk from(List<Tensor> roots, Predicate<Tensor> starts, Edges edges) {
    Walk walk = new Walk(new ArrayList<>(), new ArrayList<>());
    Map<Tensor, Visit> seen = new HashMap<>();
    ArrayDeque<Visit> path = new ArrayDeque<>();
    for (Tensor root : roots) {
      walk.roots.add(starts.test(root) ? come(root, seen, path) : null);
      while (!path.isEmpty()) {
        Visit v = path.peek();
        if (v.done == v.inputs.length) {
          walk.order.add(path.pop());
        } else {
          int i = v.done++;
          v.inputs[i] = edges.pass(v.node, i) ? come(v.node.in(i), seen, path) : null;
        }
      }
    }
    return walk;
  }

  /** The visit to x; if it is the first, the walk goes on there. */
  private static Visit come(Tensor x, Map<Tensor, Visit> seen, ArrayDeque<Visit> path) {
    Visit first = new Visit(x);
    Visit known = seen.putIfAbsent(x, first);
    if (known != null) {
      return known;
    }
    path.push(first);
    return first;
  }

  /**
   * Along the edges that derivatives pass, to the nodes that reach a target.
   *
   * @throws HistoryFreedException if history that a derivative needs is gone
   */
  static Walk to(Reach.Target target, List<Tensor> roots) {
    Walk walk =
        from(
            roots,
            y -> y.reach().has(target),
            (y, i) -> y.in(i).reach().has(target) && Reverse.passes(y, i));
    for (Visit v : walk.order) {
      Tensor n = v.node;
      if (n.isFreed()) {
        throw new HistoryFreedException(
            "the history of %s, %s %s, was freed by a backward(FREE_GRAPH): leave FREE_GRAPH out there to keep it"
                .formatted(n.op(), n.dtype(), n.shape()));
      }
    }
    return walk;
  }

  /** The way that a cotangent comes to a node from a root, a line a node; for messages. */
  String told(Visit v) {
    Anomaly anomaly = Mode.get().anomaly;
    StringBuilder text = new StringBuilder("in the backward sweep, where it passes");
    for (Visit at = v; at != null; at = taker(at)) {
      Tensor n = at.node;
      text.append("\n  ")
          .append(
              anomaly == null
                  ? "%s %s %s".formatted(n.op(), n.dtype(), n.shape())
                  : anomaly.describe(n.op(), n));
    }
    return text.toString();
  }

  /** A node that has this one for an input. */
  private @Nullable Visit taker(Visit v) {
    for (Visit y : order) {
      if (Arrays.asList(y.inputs).contains(v)) {
        return y;
      }
    }
    return null;
  }
}
