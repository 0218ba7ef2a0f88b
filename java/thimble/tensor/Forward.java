package thimble.tensor;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Forward mode: tangents from variables along the recorded graph to results, each node once, in
 * topological order, by the same rows as reverse mode. A tangent is made of tensor ops like any
 * other value; whether these are recorded is a matter of what is muted.
 */
final class Forward {
  private final Paths paths;
  private final boolean plain;
  private final IdentityHashMap<Tensor, Tensor> tangents = new IdentityHashMap<>();

  private Forward(Paths paths, boolean plain) {
    this.paths = paths;
    this.plain = plain;
  }

  /**
   * Σ ∂y/∂x·t over the variables x with tangents t, for each y: a tensor of its own, or null where
   * y does not depend on them.
   *
   * @throws HistoryFreedException if history that it needs is gone
   */
  static List<@Nullable Tensor> push(
      List<Tensor> ys, List<Tensor> variables, List<Tensor> ts, Reach.Target target) {
    Mode mode = Mode.get();
    int held = 0;
    mode.sweeps++;
    try (Block _ = mode.mute(Reach.of(target))) {
      for (; held < ys.size(); held++) {
        ys.get(held).addHolder("jvp", held); // another thread may close it meanwhile
      }
      Reach reach = Reach.NONE;
      for (Tensor x : ys) {
        reach = reach.or(x.reach());
      }
      for (Tensor t : ts) {
        reach = reach.or(t.reach());
      }
      Forward forward = new Forward(Paths.to(target, ys), reach.less(mode.muted).isEmpty());
      for (int k = 0; k < ts.size(); k++) {
        forward.tangents.put(variables.get(k), ts.get(k));
      }
      return forward.run(ys);
    } finally {
      mode.sweeps--;
      Tensor.release(ys.subList(0, held).toArray(Tensor[]::new));
    }
  }

  /** Nobody sees the tangents of a plain push but those of the results: it ends the others. */
  private List<@Nullable Tensor> run(List<Tensor> ys) {
    if (!plain) {
      paths.order().forEach(n -> pass(n));
      return results(ys);
    }
    try (Scope all = Scope.open()) {
      for (Tensor n : paths.order()) {
        try (Scope own = Scope.open()) {
          Tensor t = pass(n);
          if (t != null) {
            own.keep(t);
          }
        }
      }
      List<@Nullable Tensor> results = results(ys);
      for (Tensor t : results) {
        if (t != null) {
          all.keep(t);
        }
      }
      return results;
    }
  }

  private List<@Nullable Tensor> results(List<Tensor> ys) {
    List<@Nullable Tensor> results = new ArrayList<>();
    for (Tensor y : ys) {
      Tensor t = tangents.get(y);
      results.add(t == null ? null : t.identity());
    }
    return results;
  }

  /** The tangent of n from those of its inputs; null if none of them has one. */
  private @Nullable Tensor pass(Tensor n) {
    Tensor known = tangents.get(n); // a variable's
    if (known != null) {
      return known;
    }
    @Nullable Tensor[] t = new Tensor[n.inputs()];
    boolean any = false;
    for (int i = 0; i < t.length; i++) {
      t[i] = paths.passes(n, i) ? tangents.get(n.in(i)) : null;
      any |= t[i] != null;
    }
    if (!any) {
      return null;
    }
    Tensor y = pushforward(n, t);
    tangents.put(n, y);
    return y;
  }

  /**
   * The tangent of y, given those of its inputs, at least one; null is zero. All of forward mode
   * that depends on ops.
   */
  static Tensor pushforward(Tensor y, @Nullable Tensor... t) {
    return switch (y.op()) {
      case Op.Leaf leaf -> throw new AssertionError(leaf + " has no inputs");
      case Op.Elementwise e -> sum(t, (i, own) -> e.derivative(y, i, own));
      case Op.Linear l -> Eager.apply(l, operands(y, t));
      case MatMul m -> sum(t, (i, own) -> m.tangent(y, i, own));
      case Op.General e -> sum(t, (i, own) -> e.jvp(y, i, own));
      case Op.Custom c -> Checks.derivative(c, "jvp", c.jvp(y, List.of(operands(y, t))), y);
    };
  }

  /** Of y = A·x, tangents for x; an operand that A depends on, such as an index, is itself. */
  private static Tensor[] operands(Tensor y, @Nullable Tensor[] t) {
    Tensor[] in = new Tensor[t.length];
    for (int i = 0; i < in.length; i++) {
      Tensor x = y.in(i);
      Tensor own = t[i];
      boolean moves = y.op().differentiable(i) || y.op() instanceof Op.Custom;
      in[i] = own != null ? own : moves ? Tensor.zeros(x.dtype(), x.shape()) : x;
    }
    return in;
  }

  /** What an input contributes, given its tangent. */
  private interface Rule {
    Tensor apply(int i, Tensor t);
  }

  /** The sum over the inputs that have a tangent. */
  private static Tensor sum(@Nullable Tensor[] t, Rule rule) {
    Tensor sum = null;
    for (int i = 0; i < t.length; i++) {
      Tensor own = t[i];
      if (own != null) {
        Tensor part = rule.apply(i, own);
        sum = sum == null ? part : sum.add(part);
      }
    }
    if (sum == null) {
      throw new AssertionError("no input has a tangent");
    }
    return sum;
  }
}
