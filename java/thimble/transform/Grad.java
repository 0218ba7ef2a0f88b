package thimble.transform;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import thimble.tensor.DTypeException;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;

/**
 * Derivatives of functions, as functions and values.
 *
 * <p>A function takes and gives structures: a {@link Tensor}, or records, lists, maps and arrays of
 * tensors, see {@link Tree}. A derivative has the form of what it belongs to: the gradient of a
 * {@code Net} is a {@code Net}, with zeros for what the function did not touch. Nothing is stored
 * anywhere, so these may run on any number of threads, and they may be nested in any way: {@code
 * grad(grad(f))} is the second derivative, and so is {@code x -> jvp(grad(f), x, one)}.
 *
 * <table>
 * <caption>Which to take for f from n to m numbers</caption>
 * <tr><th>what</th><th>gives</th><th>costs</th></tr>
 * <tr><td>{@link #grad}</td><td>∇f, m = 1</td><td>one reverse sweep</td></tr>
 * <tr><td>{@link #jvp}</td><td>J·t</td><td>one forward push</td></tr>
 * <tr><td>{@link #vjp}</td><td>ctᵀ·J</td><td>one reverse sweep</td></tr>
 * <tr><td>{@link #jacfwd}</td><td>J</td><td>n forward pushes</td></tr>
 * <tr><td>{@link #jacrev}</td><td>J</td><td>m reverse sweeps</td></tr>
 * <tr><td>{@link #hvp}</td><td>H·v, m = 1</td><td>a push along a sweep</td></tr>
 * <tr><td>{@link #hessian}</td><td>H, m = 1</td><td>n pushes along a sweep</td></tr>
 * </table>
 */
public final class Grad {
  private Grad() {}

  /**
   * A function's value and gradient.
   *
   * @param value f(x), one number
   * @param grad ∂f/∂x, of the form of x
   */
  public record ValueAndGrad<T>(Tensor value, T grad) {}

  /**
   * A function's value and its derivative in one direction.
   *
   * @param value f(x)
   * @param tangent J·t, of the form of the value
   */
  public record ValueAndTangent<R>(R value, R tangent) {}

  /**
   * A function's value and the transpose of its derivative.
   *
   * @param value f(x)
   * @param pullback ct ↦ ctᵀ·J, from the form of the value to that of x; may be called any number
   *     of times, by any thread
   */
  public record ValueAndPullback<T, R>(R value, Function<R, T> pullback) {}

  // -- Gradients ----------------------------------------------------------------------------------

  /**
   * The gradient of f: x ↦ ∂f/∂x, with the form, shapes and dtypes of x, zeros where f does not
   * depend on x.
   *
   * @param f gives a tensor with one element, of float32 or float64
   */
  public static <T> UnaryOperator<T> grad(Function<? super T, Tensor> f) {
    Function<T, ValueAndGrad<T>> both = valueAndGrad(f);
    return x -> both.apply(x).grad();
  }

  /**
   * f with its gradient, by one forward and one backward sweep.
   *
   * @param f gives a tensor with one element; otherwise the result throws a {@link ShapeException}
   */
  public static <T> Function<T, ValueAndGrad<T>> valueAndGrad(Function<? super T, Tensor> f) {
    return x -> {
      Recorded<T, Tensor> at = Recorded.of("grad", f, x);
      Tensor y = number("grad", floating("grad", at.y()));
      List<Tensor> gradients = at.pull(List.of(Tensor.ones(y.dtype(), y.shape())));
      return new ValueAndGrad<>(at.end(), Tree.like(x, gradients));
    };
  }

  private static Tensor number(String transform, Tensor y) {
    if (y.count() != 1) {
      throw new ShapeException(
          "%s: the function gives %s, not one number; sum() it".formatted(transform, y.shape()));
    }
    return y;
  }

  private static Tensor floating(String transform, Tensor y) {
    if (!y.dtype().isFloating()) {
      throw new DTypeException(
          "%s: the function gives %s %s: only float32 and float64 have a derivative"
              .formatted(transform, y.dtype(), y.shape()));
    }
    return y;
  }

  // -- Products with the Jacobian -----------------------------------------------------------------

  /**
   * J·t, the derivative of f at x in the direction t: one forward push.
   *
   * @param t of the form, shapes and dtypes of x
   * @return of the form of f(x), zeros where that does not depend on x
   */
  public static <T, R> R jvp(Function<? super T, ? extends R> f, T x, T t) {
    return Grad.<T, R>valueAndJvp(f, x, t).tangent();
  }

  /** f(x) together with {@link #jvp}. */
  public static <T, R> ValueAndTangent<R> valueAndJvp(
      Function<? super T, ? extends R> f, T x, T t) {
    List<Tensor> tangents = Tree.leavesLike(t, "jvp: tangent", x);
    Recorded<T, R> at = Recorded.of("jvp", f, x);
    R tangent = Tree.like(at.y(), at.push(tangents));
    return new ValueAndTangent<>(at.end(), tangent);
  }

  /**
   * ∇f(x)·v, the rate at which f changes at x in the direction v: {@link #jvp} of a function that
   * gives one number. Per length if v has length 1.
   *
   * @param v of the form, shapes and dtypes of x
   */
  public static <T> Tensor directional(Function<? super T, Tensor> f, T x, T v) {
    return number("directional", jvp(f, x, v));
  }

  /**
   * f(x) and ct ↦ ctᵀ·J there: one forward sweep now, one reverse sweep for each call.
   *
   * <p>A cotangent has the form, shapes and dtypes of f(x); what comes back those of x, zeros where
   * f(x) does not depend on it.
   */
  public static <T, R> ValueAndPullback<T, R> vjp(Function<? super T, ? extends R> f, T x) {
    Recorded<T, R> at = Recorded.of("vjp", f, x);
    return new ValueAndPullback<>(
        at.value(), ct -> Tree.like(x, at.pull(Tree.leavesLike(ct, "vjp: cotangent", at.y()))));
  }

  // -- Jacobians ----------------------------------------------------------------------------------

  /**
   * The Jacobian of f, ∂yᵢ/∂xⱼ, of shape y.shape + x.shape: by columns or by rows, whichever are
   * fewer.
   */
  public static UnaryOperator<Tensor> jacobian(Function<? super Tensor, Tensor> f) {
    return x -> {
      Recorded<Tensor, Tensor> at = Recorded.of("jacobian", f, x);
      boolean wide = x.count() > at.y().count();
      return (wide ? Jacobians.reverse(at) : Jacobians.forward(at)).getFirst();
    };
  }

  /**
   * The Jacobian by forward mode, a push for each element of x: for few variables and many results.
   * It has the form of f(x), and for each leaf y the shape y.shape + x.shape.
   */
  public static <R> Function<Tensor, R> jacfwd(Function<? super Tensor, ? extends R> f) {
    return x -> {
      Recorded<Tensor, R> at = Recorded.of("jacfwd", f, x);
      return Tree.like(at.y(), Jacobians.forward(at));
    };
  }

  /**
   * The Jacobian by reverse mode, a sweep for each element of the result: for many variables and
   * few results. It has the form of x, and for each leaf of x the shape y.shape + leaf.shape.
   */
  public static <T> UnaryOperator<T> jacrev(Function<? super T, Tensor> f) {
    return x -> Tree.like(x, Jacobians.reverse(Recorded.of("jacrev", f, x)));
  }

  // -- Second order -------------------------------------------------------------------------------

  /**
   * The matrix of second derivatives of f, ∂²f/∂xᵢ∂xⱼ, of shape x.shape + x.shape: forward over
   * reverse. Of structures there is {@link #hvp}.
   *
   * @param f gives a tensor with one element
   */
  public static UnaryOperator<Tensor> hessian(Function<? super Tensor, Tensor> f) {
    Function<Tensor, Tensor> jacobian = jacfwd(Grad.<Tensor>grad(f));
    return jacobian::apply;
  }

  /**
   * H·v, the derivative of the gradient of f at x in the direction v: forward over reverse, at a
   * small multiple of the cost of the gradient.
   *
   * @param f gives a tensor with one element
   * @param v of the form, shapes and dtypes of x
   */
  public static <T> T hvp(Function<? super T, Tensor> f, T x, T v) {
    return jvp(Grad.<T>grad(f), x, v);
  }

  // -- Many examples at once ----------------------------------------------------------------------

  /** In place of an axis: the argument is there once, for all examples. */
  public static final int NONE = Integer.MIN_VALUE;

  /**
   * f of many examples at once: every leaf of the argument, and of the result, has one more axis,
   * the first, along which they are. {@code vmap(grad(f))} gives a gradient for each example.
   *
   * <p>f is run once, without values, so it must not go by what its argument holds ({@link
   * thimble.tensor.TraceException}); its ops are then applied to all examples together. What does
   * not depend on the argument is the same for all of them, random numbers among it.
   */
  public static <T, R> Function<T, R> vmap(Function<T, R> f) {
    return vmap(f, 0, 0);
  }

  /**
   * The same, with the examples along other axes.
   *
   * @param inAxis of each leaf of the argument; negative axes count from the last
   * @param outAxis of each leaf of the result
   */
  @SuppressWarnings("unchecked") // an argument is rebuilt in its own form
  public static <T, R> Function<T, R> vmap(Function<T, R> f, int inAxis, int outAxis) {
    return x ->
        Mapped.of(List.of(x), new int[] {inAxis}, outAxis, all -> f.apply((T) all.getFirst()));
  }

  /**
   * A function of two arguments of many examples at once, which are the first axis of the result.
   *
   * @param inAxes an axis for each argument, or {@link #NONE}; left out, the first of both
   */
  @SuppressWarnings("unchecked") // an argument is rebuilt in its own form
  public static <A, B, R> BiFunction<A, B, R> vmap(BiFunction<A, B, R> f, int... inAxes) {
    int[] axes = inAxes.length == 0 ? new int[2] : inAxes.clone();
    return (a, b) ->
        Mapped.of(List.of(a, b), axes, 0, all -> f.apply((A) all.get(0), (B) all.get(1)));
  }

  /** The same for a function of three arguments. */
  @SuppressWarnings("unchecked") // an argument is rebuilt in its own form
  public static <A, B, C, R> Function3<A, B, C, R> vmap(Function3<A, B, C, R> f, int... inAxes) {
    int[] axes = inAxes.length == 0 ? new int[3] : inAxes.clone();
    return (a, b, c) ->
        Mapped.of(
            List.of(a, b, c),
            axes,
            0,
            all -> f.apply((A) all.get(0), (B) all.get(1), (C) all.get(2)));
  }

  // -- Functions of several arguments -------------------------------------------------------------

  /** The gradient of a function of two arguments with respect to the first. */
  public static <A, B> BiFunction<A, B, A> grad(BiFunction<A, B, Tensor> f) {
    return (a, b) -> Grad.<A>grad(x -> f.apply(x, b)).apply(a);
  }

  /** The value of a function of two arguments, and its gradient with respect to the first. */
  public static <A, B> BiFunction<A, B, ValueAndGrad<A>> valueAndGrad(BiFunction<A, B, Tensor> f) {
    return (a, b) -> Grad.<A>valueAndGrad(x -> f.apply(x, b)).apply(a);
  }

  /** The gradients of a function of two arguments with respect to those with these numbers. */
  public static <A, B> BiFunction<A, B, Gradients.Of2<A, B>> grad(
      BiFunction<A, B, Tensor> f, int... argnums) {
    return (a, b) -> valueAndGrad(f, argnums).apply(a, b).grad();
  }

  /** The value of a function of two arguments, and its gradients with respect to some. */
  @SuppressWarnings("unchecked") // an argument is rebuilt in its own form
  public static <A, B> BiFunction<A, B, ValueAndGrad<Gradients.Of2<A, B>>> valueAndGrad(
      BiFunction<A, B, Tensor> f, int... argnums) {
    Function<List<?>, Tensor> all = v -> f.apply((A) v.get(0), (B) v.get(1));
    return (a, b) -> {
      ValueAndGrad<Partials<A, B, Void, Void>> at = Partials.of(List.of(a, b), argnums, all);
      return new ValueAndGrad<>(at.value(), at.grad());
    };
  }

  /** The gradient of a function of three arguments with respect to the first. */
  public static <A, B, C> Function3<A, B, C, A> grad(Function3<A, B, C, Tensor> f) {
    return (a, b, c) -> Grad.<A>grad(x -> f.apply(x, b, c)).apply(a);
  }

  /** The value of a function of three arguments, and its gradient with respect to the first. */
  public static <A, B, C> Function3<A, B, C, ValueAndGrad<A>> valueAndGrad(
      Function3<A, B, C, Tensor> f) {
    return (a, b, c) -> Grad.<A>valueAndGrad(x -> f.apply(x, b, c)).apply(a);
  }

  /** The gradients of a function of three arguments with respect to those with these numbers. */
  public static <A, B, C> Function3<A, B, C, Gradients.Of3<A, B, C>> grad(
      Function3<A, B, C, Tensor> f, int... argnums) {
    return (a, b, c) -> valueAndGrad(f, argnums).apply(a, b, c).grad();
  }

  /** The value of a function of three arguments, and its gradients with respect to some. */
  @SuppressWarnings("unchecked") // an argument is rebuilt in its own form
  public static <A, B, C> Function3<A, B, C, ValueAndGrad<Gradients.Of3<A, B, C>>> valueAndGrad(
      Function3<A, B, C, Tensor> f, int... argnums) {
    Function<List<?>, Tensor> all = v -> f.apply((A) v.get(0), (B) v.get(1), (C) v.get(2));
    return (a, b, c) -> {
      ValueAndGrad<Partials<A, B, C, Void>> at = Partials.of(List.of(a, b, c), argnums, all);
      return new ValueAndGrad<>(at.value(), at.grad());
    };
  }

  /** The gradient of a function of four arguments with respect to the first. */
  public static <A, B, C, D> Function4<A, B, C, D, A> grad(Function4<A, B, C, D, Tensor> f) {
    return (a, b, c, d) -> Grad.<A>grad(x -> f.apply(x, b, c, d)).apply(a);
  }

  /** The value of a function of four arguments, and its gradient with respect to the first. */
  public static <A, B, C, D> Function4<A, B, C, D, ValueAndGrad<A>> valueAndGrad(
      Function4<A, B, C, D, Tensor> f) {
    return (a, b, c, d) -> Grad.<A>valueAndGrad(x -> f.apply(x, b, c, d)).apply(a);
  }

  /** The gradients of a function of four arguments with respect to those with these numbers. */
  public static <A, B, C, D> Function4<A, B, C, D, Gradients.Of4<A, B, C, D>> grad(
      Function4<A, B, C, D, Tensor> f, int... argnums) {
    return (a, b, c, d) -> valueAndGrad(f, argnums).apply(a, b, c, d).grad();
  }

  /** The value of a function of four arguments, and its gradients with respect to some. */
  @SuppressWarnings("unchecked") // an argument is rebuilt in its own form
  public static <A, B, C, D>
      Function4<A, B, C, D, ValueAndGrad<Gradients.Of4<A, B, C, D>>> valueAndGrad(
          Function4<A, B, C, D, Tensor> f, int... argnums) {
    Function<List<?>, Tensor> all =
        v -> f.apply((A) v.get(0), (B) v.get(1), (C) v.get(2), (D) v.get(3));
    return (a, b, c, d) -> {
      ValueAndGrad<Partials<A, B, C, D>> at = Partials.of(List.of(a, b, c, d), argnums, all);
      return new ValueAndGrad<>(at.value(), at.grad());
    };
  }
}
