package thimble.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a node computes: pure data, and the derivative rules that go with it.
 *
 * <p>Ops come in families. A family carries the form of the rules, an op of it is a row: an {@link
 * Elementwise} op says its derivative, a {@link Linear} one its transpose, {@link General} ones
 * both maps. Rules are written with ordinary tensor ops, so derivatives can be differentiated. In
 * rules {@code y} is the node, {@code g} the tangent or cotangent, {@code i} the input it is about.
 */
public sealed interface Op
    permits Op.Leaf, Op.Elementwise, Op.Linear, MatMul, Op.General, Op.Custom {
  /** The shape of the result; the inputs have been checked. */
  Shape shape(Tensor... in);

  /** The dtype of the result. */
  default DType dtype(Tensor... in) {
    return in[0].dtype();
  }

  /** Whether the result can have a derivative with respect to input i. */
  default boolean differentiable(int i) {
    return true;
  }

  /** No inputs: a value that is simply there. */
  sealed interface Leaf extends Op permits Constant, Random, Input {}

  /** y[i] = f(a[i], b[i], …), all of one shape: the Jacobian is diagonal. */
  sealed interface Elementwise extends Op permits Unary, Binary, Scaled, Compare, Select {
    @Override
    default Shape shape(Tensor... in) {
      return in[0].shape();
    }

    /** The derivative with respect to input i at y, applied to g: a tangent or a cotangent. */
    Tensor derivative(Tensor y, int i, Tensor g);
  }

  /** y = A·x for a fixed A: the tangent map is the op itself, the cotangent map its transpose. */
  sealed interface Linear extends Op
      permits View,
          Linears.Embed,
          Linears.Update,
          Linears.Concat,
          Linears.Copy,
          Linears.Cast,
          Linears.Sum,
          Linears.CumSum,
          Linears.Gather,
          Linears.ScatterAdd {
    /** Aᵀ·g for input i of y. */
    Tensor transpose(Tensor y, int i, Tensor g);
  }

  /** A linear op that moves nothing: another layout on the same storage. */
  sealed interface View extends Linear
      permits Views.Identity,
          Views.Detach,
          Views.Reshape,
          Views.Permute,
          Views.BroadcastTo,
          Views.Slice,
          Views.AsStrided {
    /**
     * Where the elements of the result lie, given those of the input; null if that takes a copy.
     */
    @Nullable Layout layout(Layout x);
  }

  /** An op that is none of the above and says its tangent and its cotangent itself. */
  sealed interface General extends Op
      permits Reductions.Prod,
          Reductions.Extremum,
          Reductions.LogSumExp,
          Reductions.Norm,
          Reductions.Softmax,
          Reductions.ArgExtremum {
    /** The tangent of y, given that of input i. */
    Tensor jvp(Tensor y, int i, Tensor t);

    /** The cotangent of input i, given y's. */
    Tensor vjp(Tensor y, int i, Tensor g);
  }

  /**
   * An op of a user's own, for what cannot be said, or not well enough, by composing others. It is
   * applied by {@link Tensor#apply}, and works in every transform.
   *
   * <p>Its methods are given tensors and must use nothing else that a derivative is taken of: what
   * a lambda captures gets none.
   */
  non-sealed interface Custom extends Op {
    /**
     * The value; what is done here is not recorded.
     *
     * @return of the shape and dtype that this op says
     */
    Tensor compute(Tensor... x);

    /**
     * The tangent of y, of its shape and dtype; linear in the tangents.
     *
     * @param t one for each input, zeros where there is none
     */
    Tensor jvp(Tensor y, List<Tensor> t);

    /**
     * The cotangents of the inputs, of their shapes and dtypes, given y's; linear in g. What is
     * said of an input that is not {@link #differentiable}, or not floating, is not looked at.
     */
    List<Tensor> vjp(Tensor y, Tensor g);

    /**
     * The results for many examples at once, along a new first axis. Here {@link #compute}, {@link
     * #jvp} and {@link #vjp} are mapped; a better way may take its place.
     *
     * @param size how many examples there are
     * @param x inputs, with one more axis, the first, if there is one for each example
     * @param each which inputs these are
     */
    default Tensor batch(long size, Tensor[] x, boolean[] each) {
      return Tensor.apply(new Batched(this, size, each), x);
    }
  }
}
