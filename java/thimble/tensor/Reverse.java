package thimble.tensor;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reverse mode: cotangents from a result back to what it was made of, each node once, in reverse
 * topological order. A cotangent is made of tensor ops like any other value; whether these are
 * recorded, and so extend the graph, or merely computed, is a matter of what is muted.
 */
final class Reverse {
  private final Reach.Target target;
  private final boolean plain;
  private final IdentityHashMap<Tensor, Tensor> cotangents = new IdentityHashMap<>();

  private Reverse(Reach.Target target, boolean plain) {
    this.target = target;
    this.plain = plain;
  }

  /**
   * Sweeps from y, whose cotangent is {@code ct}, along the nodes that reach {@code target}, and
   * hands over the cotangent of each wanted node, summed over all paths.
   *
   * @param how whether the sweep itself is recorded for that target, and history let go of
   * @throws HistoryFreedException if history that it needs is gone; before anything is handed over
   */
  static void sweep(
      Tensor y,
      Tensor ct,
      Reach.Target target,
      Set<Backward> how,
      Predicate<Tensor> wanted,
      BiConsumer<Tensor, Tensor> found) {
    Mode mode = Mode.get();
    boolean record = how.contains(Backward.CREATE_GRAPH);
    y.addHolder("backward", 0); // another thread may close it meanwhile
    mode.sweeps++;
    try (Block _ = mode.mute(record ? Reach.NONE : Reach.of(target))) {
      boolean plain = y.reach().or(ct.reach()).less(mode.muted).isEmpty();
      Reverse reverse = new Reverse(target, plain);
      List<Tensor> order = Graph.order(x -> x.reach().has(target), y);
      reverse.checkHistory(order, y);
      reverse.cotangents.put(y, ct);
      if (how.contains(Backward.FREE_GRAPH)) {
        reverse.runAndFree(order, ct, wanted, found);
      } else {
        order.reversed().forEach(n -> reverse.pass(n, ct, wanted, found));
      }
    } finally {
      mode.sweeps--;
      Tensor.release(y);
    }
  }

  /** Whether a derivative passes from n to its input i. */
  private boolean passes(Tensor n, int i) {
    Tensor x = n.in(i);
    return x.reach().has(target) && n.op().differentiable(i) && x.dtype().isFloating();
  }

  private void checkHistory(List<Tensor> order, Tensor y) {
    if (order.stream().noneMatch(Tensor::isFreed)) {
      return;
    }
    Set<Tensor> needed = Collections.newSetFromMap(new IdentityHashMap<>());
    needed.add(y);
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

  /**
   * All nodes, each let go of when it has been passed; what a later one needs is held until then.
   */
  private void runAndFree(
      List<Tensor> order, Tensor ct, Predicate<Tensor> wanted, BiConsumer<Tensor, Tensor> found) {
    int held = 0;
    try {
      for (; held < order.size(); held++) {
        order.get(held).addHolder("backward", 0);
      }
      while (held > 0) {
        pass(order.getLast(), ct, wanted, found);
        Tensor n = order.removeLast();
        held--;
        n.freeHistory();
        Tensor.release(n);
      }
    } finally {
      while (held > 0) {
        Tensor.release(order.get(--held));
      }
    }
  }

  /** Passes the cotangent of n on to its inputs, and hands it over if it is wanted. */
  private void pass(
      Tensor n, Tensor ct, Predicate<Tensor> wanted, BiConsumer<Tensor, Tensor> found) {
    Tensor g = cotangents.remove(n);
    if (g == null) {
      return; // reached only through an op that cuts the derivative
    }
    for (int i = 0; i < n.inputs(); i++) {
      if (passes(n, i)) {
        Tensor x = n.in(i);
        Tensor partial = partial(n, i, g);
        Tensor sum = cotangents.get(x);
        cotangents.put(x, sum == null ? partial : add(sum, partial));
      }
    }
    if (wanted.test(n)) {
      found.accept(n, g == ct ? ct.identity() : g);
    } else if (g != ct) {
      done(g);
    }
  }

  /** What n passes to its input i: a tensor of its own, so that it can be released by itself. */
  private Tensor partial(Tensor n, int i, Tensor g) {
    if (!plain) {
      Tensor p = pullback(n, i, g);
      return p == g ? g.identity() : p;
    }
    try (Scope scope = Scope.open()) {
      Tensor p = pullback(n, i, g);
      return scope.keep(scope.owns(p) ? p : p.identity());
    }
  }

  private Tensor add(Tensor a, Tensor b) {
    Tensor sum = a.add(b);
    done(a);
    done(b);
    return sum;
  }

  /** Releases a temporary of the plain sweep, which nobody else has seen. */
  private void done(@Nullable Tensor g) {
    if (plain && g != null) {
      g.close();
    }
  }

  /** The cotangent of input i of y, given y's: all of reverse mode that depends on ops. */
  private static Tensor pullback(Tensor y, int i, Tensor g) {
    return switch (y.op()) {
      case Op.Leaf leaf -> throw new AssertionError(leaf + " has no inputs");
      case Op.Elementwise e -> e.derivative(y, i, g);
      case Op.Linear l -> l.transpose(y, i, g);
      case MatMul m -> m.transpose(y, i, g);
      case Op.General e -> e.vjp(y, i, g);
      case Op.Custom c -> Checks.derivative(c, "vjp", c.vjp(y, i, g), y.in(i));
    };
  }
}
