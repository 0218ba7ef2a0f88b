package thimble.tensor;

/** Linear ops with a kernel. */
public final class Linears {
  private Linears() {}

  /**
   * Zeros before and after along one axis; the transpose of a slice.
   *
   * @param axis counted from the first
   * @param before how many zeros come first
   * @param after how many come last
   */
  public record Pad(int axis, long before, long after) implements Op.Linear {
    @Override
    public Shape shape(Tensor... in) {
      Shape x = in[0].shape();
      return x.with(axis, x.at(axis) + before + after);
    }

    /** The part of a contiguous result that the input goes to. */
    public Layout inside(Layout y) {
      return y.slice(axis, before, y.shape().at(axis) - after);
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      return g.slice(axis, before, g.shape().at(axis) - after);
    }

    @Override
    public String toString() {
      return "pad(axis %d, %d, %d)".formatted(axis, before, after);
    }
  }

  /** The elements in a storage of their own, without gaps. */
  public enum Copy implements Op.Linear {
    /** The only one. */
    COPY;

    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      return g;
    }

    @Override
    public String toString() {
      return "copy";
    }
  }

  /**
   * Conversion to another dtype. Between floating types it is linear, to and from others it cuts
   * the derivative.
   *
   * @param to the dtype of the result
   */
  public record Cast(DType to) implements Op.Linear {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public DType dtype(Tensor... in) {
      return to;
    }

    @Override
    public boolean differentiable(int i) {
      return to.isFloating();
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      return g.to(y.in(0).dtype());
    }

    @Override
    public String toString() {
      return "cast(%s)".formatted(to);
    }
  }

  /**
   * The sum over a set of axes, which the result lacks.
   *
   * @param axes the set, a bit for each axis
   */
  public record Sum(int axes) implements Op.Linear {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape().without(axes);
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      Shape x = y.in(0).shape();
      return g.reshape(x.keeping(axes)).broadcastTo(x);
    }

    @Override
    public String toString() {
      return "sum(%s)".formatted(Axes.text(axes));
    }
  }

  /**
   * y[.., i, ..] = x[.., index[.., i, ..], ..] along one axis; inputs x and index. Linear in x.
   *
   * @param axis counted from the first
   */
  public record Gather(int axis) implements Op.Linear {
    @Override
    public Shape shape(Tensor... in) {
      return in[1].shape();
    }

    @Override
    public boolean differentiable(int i) {
      return i == 0;
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      return g.scatterAdd(axis, y.in(1), y.in(0).shape().at(axis));
    }

    @Override
    public String toString() {
      return "gather(axis %d)".formatted(axis);
    }
  }

  /**
   * Zeros to which y[.., index[.., i, ..], ..] += x[.., i, ..] is done along one axis; inputs x and
   * index. The transpose of {@link Gather}.
   *
   * @param axis counted from the first
   * @param size the size of that axis in the result
   */
  public record ScatterAdd(int axis, long size) implements Op.Linear {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape().with(axis, size);
    }

    @Override
    public boolean differentiable(int i) {
      return i == 0;
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      return g.gather(axis, y.in(1));
    }

    @Override
    public String toString() {
      return "scatterAdd(axis %d, %d)".formatted(axis, size);
    }
  }
}
