package thimble.tensor;

import org.jspecify.annotations.Nullable;

/**
 * What a node computes: pure data, and the derivative rules that go with it.
 *
 * <p>Ops come in families. A family carries the form of the rules, an op of it is a row: an {@link
 * Elementwise} op says its derivative, a {@link Linear} one its transpose, {@link General} ones
 * both maps. Rules are written with ordinary tensor ops, so derivatives can be differentiated. In
 * rules {@code y} is the node, {@code g} the tangent or cotangent, {@code i} the input it is about.
 */
public sealed interface Op permits Op.Leaf, Op.Elementwise, Op.Linear, MatMul, Op.General {
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
  sealed interface Leaf extends Op permits Constant, Random {}

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
}
