package thimble.tensor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A transform while it is open: the variables of one derivative, told apart from those of every
 * other by a mark of their own, so that nested derivatives cannot confuse each other.
 *
 * <p>For writers of transforms; {@code thimble.transform} is made of it.
 */
public final class Level implements Block {
  private volatile boolean open = true;
  private final Reach.Target target = () -> open;

  private Level() {}

  /** Opens a transform on this thread. */
  public static Level open() {
    return new Level();
  }

  /**
   * A variable with the value of x: a fresh node over it.
   *
   * @throws DTypeException unless x is floating
   */
  public Tensor variable(Tensor x) {
    if (!x.dtype().isFloating()) {
      throw new DTypeException(
          "a derivative with respect to %s %s: only float32 and float64 have one"
              .formatted(x.dtype(), x.shape()));
    }
    return Tensor.variable(x, target);
  }

  /**
   * Σ ∂y/∂x·t over these variables x, for each y of its shape; zeros where y does not depend on
   * them. What is computed is recorded exactly as far as an outer transform, or a leaf with
   * requiresGrad, is reached.
   *
   * @param tangents one for each variable, of its shape and dtype
   */
  public List<Tensor> jvp(List<Tensor> ys, List<Tensor> variables, List<Tensor> tangents) {
    checkAlike("jvp", "tangent", variables, tangents);
    List<Tensor> found = new ArrayList<>(Forward.push(ys, variables, tangents, target));
    for (int k = 0; k < found.size(); k++) {
      if (found.get(k) == null) {
        found.set(k, zeros(ys.get(k)));
      }
    }
    return found;
  }

  /**
   * Σ ctᵀ·∂y/∂x over these results y, for each variable x of its shape; zeros where no y depends on
   * it. One sweep, recorded exactly as far as an outer transform, or a leaf with requiresGrad, is
   * reached.
   *
   * @param cts one for each y, of its shape and dtype
   */
  public List<Tensor> vjp(List<Tensor> ys, List<Tensor> cts, List<Tensor> variables) {
    checkAlike("vjp", "cotangent", ys, cts);
    Map<Tensor, Tensor> found = new HashMap<>();
    for (Tensor x : variables) {
      found.put(x, x);
    }
    Map<Tensor, Tensor> cotangents = new HashMap<>();
    Reverse.sweep(ys, cts, target, Set.of(), found::containsKey, cotangents::put);
    return variables.stream()
        .map(x -> {
          Tensor g = cotangents.get(x);
          return g != null ? g : zeros(x);
        })
        .toList();
  }

  /**
   * What input i of y contributes to the tangent of y, given its own: the rule of y's op.
   *
   * @param i for which {@link Op#differentiable} holds
   * @param t of that input's shape and dtype
   */
  public static Tensor pushforward(Tensor y, int i, Tensor t) {
    @Nullable Tensor[] tangents = new Tensor[y.inputs()];
    tangents[i] = t;
    return Forward.pushforward(y, tangents);
  }

  /**
   * What y contributes to the cotangent of its input i, given its own: the rule of y's op.
   *
   * @param i for which {@link Op#differentiable} holds
   * @param g of y's shape and dtype
   */
  public static Tensor pullback(Tensor y, int i, Tensor g) {
    return Reverse.pullback(y, i, g);
  }

  private static Tensor zeros(Tensor x) {
    return Tensor.zeros(x.dtype(), x.shape());
  }

  private static void checkAlike(String op, String what, List<Tensor> xs, List<Tensor> ts) {
    if (xs.size() != ts.size()) {
      throw new IllegalArgumentException(
          "%s: %d tensors with %d %ss".formatted(op, xs.size(), ts.size(), what));
    }
    for (int k = 0; k < xs.size(); k++) {
      Tensor x = xs.get(k);
      Tensor t = ts.get(k);
      if (!x.shape().equals(t.shape()) || x.dtype() != t.dtype()) {
        throw new ShapeException(
            "%s: %s %d is %s %s, its tensor %s %s: must be alike"
                .formatted(op, what, k, t.dtype(), t.shape(), x.dtype(), x.shape()));
      }
    }
  }

  /** A result of the transform: y without the history that only this transform needed. */
  public Tensor result(Tensor y) {
    y.forget(Reach.of(target));
    return y;
  }

  /** Ends the transform. */
  @Override
  public void close() {
    open = false;
  }
}
