package thimble.transform;

import java.util.Iterator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import thimble.tensor.Tensor;

/**
 * Functions whose derivatives are said rather than found: by a rule of the user's, by computing
 * again instead of storing, or not at all. They work in every transform. An op with a shape rule
 * and a batching rule of its own is a {@link thimble.tensor.Op.Custom}.
 */
public final class Rules {
  private Rules() {}

  /**
   * f with a rule for its tangent in place of its own derivative. Reverse mode transposes the rule.
   *
   * @param tangent from x and t to J(x)·t, linear in t
   */
  public static <T> Function<T, Tensor> customJvp(
      Function<T, Tensor> f, BiFunction<T, T, Tensor> tangent) {
    return x ->
        Ruled.apply(
            "customJvp",
            f,
            tangent,
            (at, ct) -> {
              T zero = Tree.map(at, v -> Tensor.zeros(v.dtype(), v.shape()));
              return back(zero, t -> tangent.apply(at, t), ct);
            },
            x);
  }

  /**
   * f with a rule for its cotangent in place of its own derivative. Forward mode transposes the
   * rule.
   *
   * @param cotangent from x and ct to ctᵀ·J(x), linear in ct, of the form of x
   */
  public static <T> Function<T, Tensor> customVjp(
      Function<T, Tensor> f, BiFunction<T, Tensor, T> cotangent) {
    return x ->
        Ruled.apply(
            "customVjp",
            f,
            (at, t) -> {
              Tensor y = f.apply(at);
              Tensor zero = Tensor.zeros(y.dtype(), y.shape());
              return Grad.vjp((Tensor ct) -> cotangent.apply(at, ct), zero).pullback().apply(t);
            },
            cotangent,
            x);
  }

  /**
   * f without what is stored for its derivative between its argument and its result: reverse mode
   * computes f again when it gets there. Memory for time.
   */
  public static <T> Function<T, Tensor> checkpoint(Function<T, Tensor> f) {
    return x ->
        Ruled.apply(
            "checkpoint",
            f,
            (at, t) -> Grad.jvp(v -> f.apply(with(at, v)), moving(at), moving(t)),
            (at, ct) -> back(at, f, ct),
            x);
  }

  /**
   * x itself, whose cotangent passes through {@code hook} on its way back: to look at it, clip it,
   * scale it.
   *
   * @param hook gives a tensor of the same shape and dtype
   */
  public static Tensor hook(Tensor x, UnaryOperator<Tensor> hook) {
    return Ruled.apply(
        "hook", (Tensor v) -> v.identity(), (at, t) -> t, (at, ct) -> hook.apply(ct), x);
  }

  /** x as a constant: no derivative passes through any of its leaves. */
  public static <T> T stopGradient(T x) {
    return Tree.map(x, Tensor::detach);
  }

  /** The cotangent of f at x; a leaf that is not floating, and has none, stands for its own. */
  private static <T> T back(T x, Function<T, Tensor> f, Tensor ct) {
    Function<List<Tensor>, Tensor> ofMoving = v -> f.apply(with(x, v));
    return with(x, Grad.vjp(ofMoving, moving(x)).pullback().apply(ct));
  }

  /** The leaves that have a derivative. */
  private static List<Tensor> moving(Object x) {
    return Tree.leaves(x).stream().filter(v -> v.dtype().isFloating()).toList();
  }

  /** x with others for these. */
  private static <T> T with(T x, List<Tensor> moving) {
    Iterator<Tensor> next = moving.iterator();
    return Tree.map(x, v -> v.dtype().isFloating() ? next.next() : v);
  }
}
