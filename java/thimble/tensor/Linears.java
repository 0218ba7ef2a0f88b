package thimble.tensor;

/** Linear ops with a kernel. */
public final class Linears {
  private Linears() {}

  /**
   * Zeros but for a region, which is the input; the transpose of {@link Views.Slice}.
   *
   * @param region where the input goes
   * @param to the shape of the result
   */
  public record Embed(Region region, Shape to) implements Op.Linear {
    @Override
    public Shape shape(Tensor... in) {
      return to;
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      return Eager.apply(new Views.Slice(region), g);
    }

    @Override
    public String toString() {
      return "embed(%s in %s)".formatted(region, to);
    }
  }

  /**
   * The first input but for a region, which is the second. Linear in both together.
   *
   * @param region where the second input goes
   */
  public record Update(Region region) implements Op.Linear {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      if (i == 1) {
        return Eager.apply(new Views.Slice(region), g);
      }
      return Eager.apply(this, g, Tensor.zeros(g.dtype(), region.shape()));
    }

    @Override
    public String toString() {
      return "update(%s)".formatted(region);
    }
  }

  /**
   * The inputs one after the other along an axis.
   *
   * @param axis counted from the first
   */
  public record Concat(int axis) implements Op.Linear {
    /** The part of a result of that shape that an input goes to which begins there. */
    public Region place(Shape y, long from, Shape x) {
      return Region.all(y).with(axis, from, 1, x.at(axis));
    }

    @Override
    public Shape shape(Tensor... in) {
      long size = 0;
      for (Tensor x : in) {
        size += x.shape().at(axis);
      }
      return in[0].shape().with(axis, size);
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      long from = 0;
      for (int k = 0; k < i; k++) {
        from += y.in(k).shape().at(axis);
      }
      return g.slice(axis, from, from + y.in(i).shape().at(axis));
    }

    @Override
    public String toString() {
      return "concat(axis %d)".formatted(axis);
    }
  }

  /**
   * y[.., i, ..] = Σ x[.., j, ..] over j ≤ i along an axis.
   *
   * @param axis counted from the first
   */
  public record CumSum(int axis) implements Op.Linear {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public DType dtype(Tensor... in) {
      return in[0].dtype().sum();
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      return g.flip(axis).cumsum(axis).flip(axis);
    }

    @Override
    public String toString() {
      return "cumsum(axis %d)".formatted(axis);
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
    public DType dtype(Tensor... in) {
      return in[0].dtype().sum();
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
