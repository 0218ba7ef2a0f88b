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
  private final Walk walk;
  private final IdentityHashMap<Tensor, Tensor> variables = new IdentityHashMap<>();

  private Forward(Walk walk, List<Tensor> variables, List<Tensor> ts) {
    this.walk = walk;
    for (int k = 0; k < ts.size(); k++) {
      this.variables.put(variables.get(k), ts.get(k));
    }
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
      Forward forward = new Forward(Walk.to(target, ys), variables, ts);
      return reach.less(mode.muted).isEmpty() ? forward.runPlain() : forward.run();
    } finally {
      mode.sweeps--;
      Tensor.release(ys.subList(0, held).toArray(Tensor[]::new));
    }
  }

  private List<@Nullable Tensor> run() {
    walk.order().forEach(this::pass);
    return results();
  }

  /** Nobody sees the tangents but those of the results: the others end here. */
  private List<@Nullable Tensor> runPlain() {
    try (Scope all = Scope.open()) {
      for (Visit v : walk.order()) {
        int before = all.size();
        pass(v);
        all.closeFrom(before, v.derivative);
      }
      List<@Nullable Tensor> results = results();
      for (Tensor t : results) {
        if (t != null) {
          all.keep(t);
        }
      }
      return results;
    }
  }

  private List<@Nullable Tensor> results() {
    List<@Nullable Tensor> results = new ArrayList<>();
    for (Visit y : walk.roots()) {
      results.add(y == null || y.derivative == null ? null : y.derivative.identity());
    }
    return results;
  }

  /** Finds the tangent of a node from those of its inputs; none if none of them has one. */
  private void pass(Visit v) {
    v.derivative = variables.get(v.node);
    if (v.derivative == null) {
      @Nullable Tensor[] t = new Tensor[v.inputs.length];
      boolean any = false;
      for (int i = 0; i < t.length; i++) {
        Visit x = v.inputs[i];
        t[i] = x == null ? null : x.derivative;
        any |= t[i] != null;
      }
      v.derivative = any ? pushforward(v.node, t) : null;
    }
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
