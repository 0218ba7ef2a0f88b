package thimble.tensor;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

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
   * ctᵀ·∂y/∂x for each of these variables x, of x's shape; zeros where y does not depend on it. The
   * sweep is recorded exactly as far as an outer transform, or a leaf with requiresGrad, is
   * reached.
   *
   * @param ct of y's shape and dtype
   */
  public List<Tensor> vjp(Tensor y, Tensor ct, List<Tensor> variables) {
    IdentityHashMap<Tensor, Tensor> found = new IdentityHashMap<>();
    for (Tensor x : variables) {
      found.put(x, x);
    }
    IdentityHashMap<Tensor, Tensor> cotangents = new IdentityHashMap<>();
    Reverse.sweep(y, ct, target, Set.of(), found::containsKey, cotangents::put);
    return variables.stream()
        .map(x -> {
          Tensor g = cotangents.get(x);
          return g != null ? g : Tensor.zeros(x.dtype(), x.shape());
        })
        .toList();
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
