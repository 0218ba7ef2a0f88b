package thimble.tensor;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Reverse mode: cotangents from results back to what they were made of, each node once, in reverse
 * topological order. A cotangent is made of tensor ops like any other value; whether these are
 * recorded, and so extend the graph, or merely computed, is a matter of what is muted.
 */
final class Reverse {
  private final Paths paths;
  private final boolean plain;
  private final Predicate<Tensor> wanted;
  private final BiConsumer<Tensor, Tensor> found;
  private final IdentityHashMap<Tensor, Tensor> cotangents = new IdentityHashMap<>();

  private Reverse(
      Paths paths, boolean plain, Predicate<Tensor> wanted, BiConsumer<Tensor, Tensor> found) {
    this.paths = paths;
    this.plain = plain;
    this.wanted = wanted;
    this.found = found;
  }

  /**
   * Sweeps from these results, whose cotangents are {@code cts}, along the nodes that reach {@code
   * target}, and hands over the cotangent of each wanted node, summed over all paths from all
   * results.
   *
   * @param how whether the sweep itself is recorded for that target, and history let go of
   * @throws HistoryFreedException if history that it needs is gone; before anything is handed over
   */
  static void sweep(
      List<Tensor> ys,
      List<Tensor> cts,
      Reach.Target target,
      Set<Backward> how,
      Predicate<Tensor> wanted,
      BiConsumer<Tensor, Tensor> found) {
    Mode mode = Mode.get();
    boolean record = how.contains(Backward.CREATE_GRAPH);
    int held = 0;
    mode.sweeps++;
    try (Block _ = mode.mute(record ? Reach.NONE : Reach.of(target))) {
      for (; held < ys.size(); held++) {
        ys.get(held).addHolder("backward", held); // another thread may close it meanwhile
      }
      Reach reach = Reach.NONE;
      for (int k = 0; k < ys.size(); k++) {
        reach = reach.or(ys.get(k).reach()).or(cts.get(k).reach());
      }
      boolean plain = reach.less(mode.muted).isEmpty();
      Reverse reverse = new Reverse(Paths.to(target, ys), plain, wanted, found);
      for (int k = 0; k < ys.size(); k++) {
        if (ys.get(k).reach().has(target)) {
          reverse.add(ys.get(k), cts.get(k).identity()); // the caller's own stays the caller's
        }
      }
      if (how.contains(Backward.FREE_GRAPH)) {
        reverse.runAndFree();
      } else {
        reverse.paths.order().reversed().forEach(reverse::pass);
      }
    } finally {
      mode.sweeps--;
      Tensor.release(ys.subList(0, held).toArray(Tensor[]::new));
    }
  }

  /**
   * All nodes, each let go of when it has been passed; what a later one needs is held until then.
   */
  private void runAndFree() {
    List<Tensor> order = paths.order();
    int held = 0;
    try {
      for (; held < order.size(); held++) {
        order.get(held).addHolder("backward", 0);
      }
      while (held > 0) {
        pass(order.getLast());
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
  private void pass(Tensor n) {
    Tensor g = cotangents.remove(n);
    if (g == null) {
      return; // reached only through an op that cuts the derivative
    }
    try {
      passOn(n, g);
    } catch (AnomalyException e) {
      throw new AnomalyException(e, paths.told(n));
    }
    if (wanted.test(n)) {
      found.accept(n, g);
    } else {
      done(g);
    }
  }

  private void passOn(Tensor n, Tensor g) {
    if (n.op() instanceof Op.Custom custom) {
      passAll(custom, n, g);
    } else {
      for (int i = 0; i < n.inputs(); i++) {
        if (paths.passes(n, i)) {
          int input = i;
          add(n.in(i), own(g, () -> pullback(n, input, g)));
        }
      }
    }
  }

  /** A user's op says what it passes to all of its inputs together. */
  private void passAll(Op.Custom op, Tensor n, Tensor g) {
    List<Tensor> all = cotangents(op, n, g);
    for (int i = 0; i < n.inputs(); i++) {
      if (paths.passes(n, i)) {
        Tensor p = all.get(i);
        add(n.in(i), own(g, p::identity));
      }
    }
  }

  /** Whether input i of y can have a cotangent. */
  static boolean passes(Tensor y, int i) {
    return y.op().differentiable(i) && y.in(i).dtype().isFloating();
  }

  /** What a user's op says of all of its inputs. */
  static List<Tensor> cotangents(Op.Custom op, Tensor y, Tensor g) {
    List<Tensor> all = Objects.requireNonNull(op.vjp(y, g), () -> op + ": its vjp gives null");
    for (int i = 0; i < Math.max(all.size(), y.inputs()); i++) {
      if (all.size() != y.inputs()) {
        throw new ShapeException(
            "%s: its vjp gives %d cotangents for %d inputs".formatted(op, all.size(), y.inputs()));
      }
      if (passes(y, i)) {
        Checks.derivative(op, "vjp", all.get(i), y.in(i));
      }
    }
    return all;
  }

  /** What is passed to an input: a tensor of its own, so that it can be released by itself. */
  private Tensor own(Tensor g, Supplier<Tensor> partial) {
    if (!plain) {
      Tensor p = partial.get();
      return p == g ? g.identity() : p;
    }
    try (Scope scope = Scope.open()) {
      Tensor p = partial.get();
      return scope.keep(scope.owns(p) ? p : p.identity());
    }
  }

  /** Adds a partial to the cotangent of x. */
  private void add(Tensor x, Tensor partial) {
    Tensor before = cotangents.get(x);
    if (before == null) {
      cotangents.put(x, partial);
    } else {
      cotangents.put(x, before.add(partial));
      done(before);
      done(partial);
    }
  }

  /** Releases a temporary of the plain sweep, which nobody else has seen. */
  private void done(Tensor g) {
    if (plain) {
      g.close();
    }
  }

  /** The cotangent of input i of y, given y's: all of reverse mode that depends on ops. */
  static Tensor pullback(Tensor y, int i, Tensor g) {
    return switch (y.op()) {
      case Op.Leaf leaf -> throw new AssertionError(leaf + " has no inputs");
      case Op.Elementwise e -> e.derivative(y, i, g);
      case Op.Linear l -> l.transpose(y, i, g);
      case MatMul m -> m.transpose(y, i, g);
      case Op.General e -> e.vjp(y, i, g);
      case Op.Custom c -> cotangents(c, y, g).get(i);
    };
  }
}
