package thimble.tensor;

import java.util.List;
import java.util.function.Predicate;

/** Walks over graphs, and counts of what the current thread has added to them. */
public final class Graph {
  private Graph() {}

  /**
   * The nodes that these need, themselves included, in the post-order of a depth-first walk: every
   * node once, after its inputs, inputs from left to right, roots in the order given. Iterative, so
   * depth is unbounded; linear in nodes and edges.
   */
  public static List<Tensor> topologicalOrder(Tensor... roots) {
    return order(x -> true, roots);
  }

  /** The same, over those nodes alone that pass; a root that does not is left out. */
  static List<Tensor> order(Predicate<Tensor> passes, Tensor... roots) {
    return Walk.from(List.of(roots), passes, (n, i) -> passes.test(n.in(i))).order().stream()
        .map(v -> v.node)
        .toList();
  }

  /**
   * Lets this thread read, until the block is closed, the values of closed tensors that a graph
   * holds: for those who look at graphs.
   */
  public static Block reading() {
    return Mode.get().reading();
  }

  /** How many nodes this thread has recorded, ever: ops whose inputs are kept for a derivative. */
  public static long nodesRecorded() {
    return Mode.get().nodes;
  }

  /** How many ops this thread has handed to a backend, ever; views are not among them. */
  public static long opsComputed() {
    return Mode.get().computed;
  }
}
