package thimble.tensor;

/**
 * The ops of a {@link Tensor} that make one number of many. They take axes, which the result lacks;
 * without any they are over all. {@link Tensor#unsqueeze} brings axes of size 1 back.
 */
public sealed interface ReductionOps permits Tensor {

  private Tensor self() {
    return (Tensor) this;
  }

  /** The sum; of nothing 0. Of bools and integers it is int64, and wraps around. */
  default Tensor sum(int... axes) {
    int set = self().shape().axes("sum", axes);
    return set == 0 ? self().to(self().dtype().sum()) : Eager.apply(new Linears.Sum(set), self());
  }

  /** The mean of floats; of nothing NaN. */
  default Tensor mean(int... axes) {
    int set = self().shape().axes("mean", axes);
    return Checks.floating("mean", self()).sum(axes).div((double) self().shape().countOf(set));
  }

  /** The product; of nothing 1. Of bools and integers it is int64, and wraps around. */
  default Tensor prod(int... axes) {
    int set = self().shape().axes("prod", axes);
    return set == 0
        ? self().to(self().dtype().sum())
        : Eager.apply(new Reductions.Prod(set), self());
  }

  /**
   * The maximum; NaN if there is one. Ties share the derivative evenly.
   *
   * @throws ShapeException if it is over no element
   */
  default Tensor max(int... axes) {
    return Reductions.extremum(Reductions.End.MAX, self(), axes);
  }

  /**
   * The minimum; NaN if there is one. Ties share the derivative evenly.
   *
   * @throws ShapeException if it is over no element
   */
  default Tensor min(int... axes) {
    return Reductions.extremum(Reductions.End.MIN, self(), axes);
  }

  /**
   * The variance of floats, Σ (x − mean)² / n, in two passes; of nothing NaN. For an estimate from
   * a sample multiply by n/(n − 1).
   */
  default Tensor var(int... axes) {
    return Reductions.variance("var", self(), axes);
  }

  /** The standard deviation, √var. */
  default Tensor std(int... axes) {
    return Reductions.variance("std", self(), axes).sqrt();
  }

  /** √Σ x² of floats, without overflow; the derivative at 0 is 0. */
  default Tensor norm(int... axes) {
    int set = self().shape().axes("norm", axes);
    Tensor x = Checks.floating("norm", self());
    return set == 0 ? x.abs() : Eager.apply(new Reductions.Norm(set), x);
  }

  /** log Σ e^x of floats, without overflow; of nothing −inf. */
  default Tensor logsumexp(int... axes) {
    int set = self().shape().axes("logsumexp", axes);
    Tensor x = Checks.floating("logsumexp", self());
    return set == 0 ? x : Eager.apply(new Reductions.LogSumExp(set), x);
  }

  /** Whether one is true, a number if it is not 0; of nothing false. */
  default Tensor any(int... axes) {
    return Reductions.truth(Reductions.End.MAX, "any", self(), axes);
  }

  /** Whether all are true, a number if it is not 0; of nothing true. */
  default Tensor all(int... axes) {
    return Reductions.truth(Reductions.End.MIN, "all", self(), axes);
  }

  /**
   * The index of the maximum along one axis, which the result lacks; int64, the first of several,
   * the first NaN if there is one.
   *
   * @throws ShapeException if the axis is empty
   */
  default Tensor argmax(int axis) {
    return Reductions.argExtremum(Reductions.End.MAX, self(), axis);
  }

  /**
   * The index of the minimum along one axis, which the result lacks; int64, the first of several,
   * the first NaN if there is one.
   *
   * @throws ShapeException if the axis is empty
   */
  default Tensor argmin(int axis) {
    return Reductions.argExtremum(Reductions.End.MIN, self(), axis);
  }

  /** e^x / Σ e^x along one axis, without overflow; floats. */
  default Tensor softmax(int axis) {
    int a = self().shape().axis("softmax", axis);
    return Eager.apply(new Reductions.Softmax(false, a), Checks.floating("softmax", self()));
  }

  /** log(e^x / Σ e^x) along one axis, without overflow; floats. */
  default Tensor logSoftmax(int axis) {
    int a = self().shape().axis("logSoftmax", axis);
    return Eager.apply(new Reductions.Softmax(true, a), Checks.floating("logSoftmax", self()));
  }

  /**
   * The sums of the first 1, 2, 3 … elements along one axis. Of bools and integers it is int64, and
   * wraps around.
   */
  default Tensor cumsum(int axis) {
    int a = self().shape().axis("cumsum", axis);
    return Eager.apply(new Linears.CumSum(a), self());
  }
}
