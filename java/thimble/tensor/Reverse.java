package thimble.tensor;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reverse mode: cotangents from results back to what they were made of, each node once, in reverse
 * topological order. A cotangent is made of tensor ops like any other value; whether these are
 * recorded, and so extend the graph, or merely computed, is a matter of what is muted.
 */
final class Reverse {
  private final Mode mode;
  private final Walk walk;
  private final Predicate<Tensor> wanted;
  private final BiConsumer<Tensor, Tensor> found;

  /** Open during a plain sweep, for what is made for a partial: nobody else sees temporaries. */
  private final @Nullable Scope scratch;

  private Reverse(
      Mode mode,
      Walk walk,
      boolean plain,
      Predicate<Tensor> wanted,
      BiConsumer<Tensor, Tensor> found) {
    this.mode = mode;
    this.walk = walk;
    this.wanted = wanted;
    this.found = found;
    this.scratch = plain ? new Scope(mode) : null;
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
      new Reverse(mode, Walk.to(target, ys), plain, wanted, found)
          .run(cts, how.contains(Backward.FREE_GRAPH));
    } finally {
      mode.sweeps--;
      Tensor.release(ys.subList(0, held).toArray(Tensor[]::new));
    }
  }

  private void run(List<Tensor> cts, boolean free) {
    try (Scope _ = scratch == null ? null : scratch.begin()) {
      for (int k = 0; k < cts.size(); k++) {
        Visit root = walk.roots().get(k);
        if (root != null) {
          add(root, share(cts.get(k)));
        }
      }
      if (free) {
        runAndFree();
      } else {
        for (int k = walk.order().size() - 1; k >= 0; k--) {
          pass(walk.order().get(k));
        }
      }
    } finally {
      for (Visit v : walk.order()) { // where it was cut short
        if (v.derivative != null) {
          done(v.derivative);
        }
      }
    }
  }

  /**
   * All nodes, each let go of when it has been passed; what a later one needs is held until then.
   */
  private void runAndFree() {
    List<Visit> order = walk.order();
    int held = 0;
    try {
      for (; held < order.size(); held++) {
        order.get(held).node.addHolder("backward", 0);
      }
      while (held > 0) {
        pass(order.getLast());
        Tensor n = order.removeLast().node;
        held--;
        n.freeHistory();
        Tensor.release(n);
      }
    } finally {
      while (held > 0) {
        Tensor.release(order.get(--held).node);
      }
    }
  }

  /** Passes the cotangent of a node on to its inputs, and hands it over if it is wanted. */
  private void pass(Visit v) {
    Tensor g = Objects.requireNonNull(v.derivative, () -> "no cotangent: " + v.node.op());
    try {
      passOn(v, g);
    } catch (AnomalyException e) {
      throw new AnomalyException(e, walk.told(v));
    }
    v.derivative = null;
    if (wanted.test(v.node)) {
      found.accept(v.node, handed(g));
    } else {
      done(g);
    }
  }

  private void passOn(Visit v, Tensor g) {
    Op.Custom custom = v.node.op() instanceof Op.Custom c ? c : null;
    List<Tensor> all = custom == null ? List.of() : cotangents(custom, v.node, g);
    for (int i = 0; i < v.inputs.length; i++) {
      Visit x = v.inputs[i];
      if (x != null) {
        add(x, custom == null ? partial(v.node, i, g) : share(all.get(i)));
      }
    }
  }

  // -- Temporaries --------------------------------------------------------------------------------

  // In a plain sweep a cotangent belongs to the sweep, which has a hold on it for each node that it
  // is the cotangent of: it ends with the last of these.

  /** What is passed to an input by a rule. */
  private Tensor partial(Tensor y, int i, Tensor g) {
    if (scratch == null) {
      Tensor p = pullback(y, i, g);
      return p == g ? g.identity() : p;
    }
    int before = scratch.size();
    Tensor p = pullback(y, i, g);
    if (p == g) {
      p.addHolder("backward", 0);
      scratch.closeFrom(before, null);
      return p;
    }
    Tensor own = scratch.owns(p) ? p : p.identity();
    scratch.closeFrom(before, own);
    return scratch.release(own);
  }

  /** The same value as a tensor of the sweep's own, where x is somebody's. */
  private Tensor share(Tensor x) {
    Tensor same = x.identity();
    return scratch == null ? same : scratch.release(same);
  }

  /** Adds a partial to the cotangent of a node. */
  private void add(Visit x, Tensor partial) {
    Tensor before = x.derivative;
    boolean added = false;
    try {
      x.derivative = before == null ? partial : sum(before, partial);
      added = true;
    } finally {
      if (!added) {
        done(partial); // what was there before ends with the sweep
      }
    }
  }

  /** a + b, in the place of one of them if that can be; both end here, unless it fails. */
  private Tensor sum(Tensor a, Tensor b) {
    if (scratch == null) {
      return a.add(b);
    }
    boolean now = !mode.lazy && mode.anomaly == null && !a.isPending() && !b.isPending();
    if (now && (a.isAlone() || b.isAlone())) {
      Tensor place = a.isAlone() ? a : b;
      Tensor other = a.isAlone() ? b : a;
      Eager.addTo(mode, place, other);
      other.letGo();
      return place;
    }
    Tensor sum = scratch.release(a.add(b));
    a.letGo();
    b.letGo();
    return sum;
  }

  /** A cotangent for whoever wants it. */
  private Tensor handed(Tensor g) {
    if (scratch == null) {
      return g;
    }
    Tensor own = g;
    if (!g.isHeldOnce()) {
      own = g.identity();
      g.letGo();
    }
    scratch.pass(own);
    return own;
  }

  /** Ends the hold of a node that has been passed. */
  private void done(Tensor g) {
    if (scratch != null) {
      g.letGo();
    }
  }

  // -- Rules --------------------------------------------------------------------------------------

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
