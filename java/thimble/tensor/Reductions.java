package thimble.tensor;

/** Reductions that are not linear. */
public final class Reductions {
  private Reductions() {}

  /**
   * The maximum over a set of axes. Ties share the cotangent evenly; a NaN is the maximum and takes
   * it.
   *
   * @param axes the set, a bit for each axis
   */
  public record Max(int axes) implements Op.General {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape().without(axes);
    }

    @Override
    public Tensor vjp(Tensor y, int i, Tensor g) {
      Tensor x = y.in(0);
      Shape kept = x.shape().keeping(axes);
      Tensor max = y.reshape(kept);
      // A maximum that is NaN is at the NaNs of x, which equal nothing, themselves included.
      Tensor isMax = Tensor.where(max.eq(max), x.eq(max), x.ne(x));
      Tensor ties = isMax.to(g.dtype()).sum(Axes.of(axes));
      return Tensor.where(isMax, g.div(ties).reshape(kept), Tensor.full(g.dtype(), 0));
    }

    @Override
    public String toString() {
      return "max(%s)".formatted(Axes.text(axes));
    }
  }

  /**
   * log Σ exp x over a set of axes, without overflow.
   *
   * @param axes the set, a bit for each axis
   */
  public record LogSumExp(int axes) implements Op.General {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape().without(axes);
    }

    @Override
    public Tensor vjp(Tensor y, int i, Tensor g) {
      // softmax x; where all of x is -inf, so is y, and the derivative is 0.
      Tensor x = y.in(0);
      Shape kept = x.shape().keeping(axes);
      Tensor empty = y.eq(Double.NEGATIVE_INFINITY);
      Tensor shift = Tensor.where(empty, Tensor.full(y.dtype(), 0), y);
      return x.sub(shift.reshape(kept)).exp().mul(g.reshape(kept));
    }

    @Override
    public String toString() {
      return "logsumexp(%s)".formatted(Axes.text(axes));
    }
  }

  /**
   * The index of the maximum along one axis, {@link DType#INT64}: the first of several, the first
   * NaN where there is one.
   *
   * @param axis counted from the first
   */
  public record ArgMax(int axis) implements Op.General {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape().without(1 << axis);
    }

    @Override
    public DType dtype(Tensor... in) {
      return DType.INT64;
    }

    @Override
    public boolean differentiable(int i) {
      return false;
    }

    @Override
    public Tensor vjp(Tensor y, int i, Tensor g) {
      throw new AssertionError("an index has no derivative");
    }

    @Override
    public String toString() {
      return "argmax(%d)".formatted(axis);
    }
  }
}
