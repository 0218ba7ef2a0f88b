package thimble.tensor;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Ops that move nothing: another layout on the same storage. */
public final class Views {
  private Views() {}

  /** y = x: the node where a cotangent passes unchanged, and the variable of a transform. */
  public enum Identity implements Op.View {
    /** The only one. */
    IDENTITY;

    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public Layout layout(Layout x) {
      return x;
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      return g;
    }

    @Override
    public String toString() {
      return "id";
    }
  }

  /** y = x, through which no derivative passes. */
  public enum Detach implements Op.View {
    /** The only one. */
    DETACH;

    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public boolean differentiable(int i) {
      return false;
    }

    @Override
    public Layout layout(Layout x) {
      return x;
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      throw new AssertionError("no derivative passes");
    }

    @Override
    public String toString() {
      return "detach";
    }
  }

  /**
   * The same elements in row-major order under another shape.
   *
   * @param to that shape
   */
  public record Reshape(Shape to) implements Op.View {
    @Override
    public Shape shape(Tensor... in) {
      return to;
    }

    @Override
    public @Nullable Layout layout(Layout x) {
      return x.reshape(to);
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      return g.reshape(y.in(0).shape());
    }

    @Override
    public String toString() {
      return "reshape(%s)".formatted(to);
    }
  }

  /** Axis d of the result is axis order[d] of the input. */
  public static final class Permute implements Op.View {
    private final int[] order;

    Permute(int... order) {
      this.order = order;
    }

    /** Which axis of the input each axis of the result is. */
    public int[] order() {
      return order.clone();
    }

    @Override
    public Shape shape(Tensor... in) {
      return Shape.of(Arrays.stream(order).mapToLong(in[0].shape()::at).toArray());
    }

    @Override
    public Layout layout(Layout x) {
      return x.permute(order);
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      int[] inverse = new int[order.length];
      for (int d = 0; d < order.length; d++) {
        inverse[order[d]] = d;
      }
      return g.permute(inverse);
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof Permute p && Arrays.equals(order, p.order);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(order);
    }

    @Override
    public String toString() {
      return "permute(%s)".formatted(Arrays.toString(order));
    }
  }

  /**
   * Repeats axes of size 1 and adds leading ones; the sum over those axes is its transpose.
   *
   * @param to the shape of the result
   */
  public record BroadcastTo(Shape to) implements Op.View {
    @Override
    public Shape shape(Tensor... in) {
      return to;
    }

    @Override
    public Layout layout(Layout x) {
      return x.broadcastTo(to);
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      Shape from = y.in(0).shape();
      int added = to.rank() - from.rank();
      int[] repeated =
          IntStream.range(0, to.rank())
              .filter(d -> d < added || from.at(d - added) != to.at(d))
              .toArray();
      return repeated.length == 0 ? g : g.sum(repeated).reshape(from);
    }

    @Override
    public String toString() {
      return "broadcastTo(%s)".formatted(to);
    }
  }

  /**
   * A part: {@link Linears.Embed} is its transpose.
   *
   * @param region which
   */
  public record Slice(Region region) implements Op.View {
    @Override
    public Shape shape(Tensor... in) {
      return region.shape();
    }

    @Override
    public Layout layout(Layout x) {
      return region.of(x);
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      return Eager.apply(new Linears.Embed(region, y.in(0).shape()), g);
    }

    @Override
    public String toString() {
      return "slice(%s)".formatted(region);
    }
  }

  /**
   * y[i, j, …] = the element of x, counted row-major, at offset + i·strides[0] + j·strides[1] + ….
   * Elements may be taken several times; they are added up in the transpose.
   */
  public static final class AsStrided implements Op.View {
    private final Shape to;
    private final long[] strides;
    private final long offset;

    AsStrided(Shape to, long[] strides, long offset) {
      this.to = to;
      this.strides = strides;
      this.offset = offset;
    }

    /** The shape of the result. */
    public Shape to() {
      return to;
    }

    /** Elements of the input from one of the result to the next along each axis. */
    public long[] strides() {
      return strides.clone();
    }

    /** The element of the input that the first one of the result is. */
    public long offset() {
      return offset;
    }

    @Override
    public Shape shape(Tensor... in) {
      return to;
    }

    @Override
    public @Nullable Layout layout(Layout x) {
      return x.isContiguous() ? x.strided(to, strides, offset) : null;
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      Tensor at = Tensor.full(DType.INT64, offset, to);
      for (int d = 0; d < strides.length; d++) {
        long[] along = new long[strides.length - d];
        Arrays.fill(along, 1);
        along[0] = to.at(d);
        at = at.add(Tensor.arange(to.at(d)).mul(strides[d]).reshape(along));
      }
      Shape x = y.in(0).shape();
      return g.reshape(-1).scatterAdd(0, at.reshape(-1), x.count()).reshape(x);
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof AsStrided a
          && to.equals(a.to)
          && Arrays.equals(strides, a.strides)
          && offset == a.offset;
    }

    @Override
    public int hashCode() {
      return (to.hashCode() * 31 + Arrays.hashCode(strides)) * 31 + Long.hashCode(offset);
    }

    @Override
    public String toString() {
      return "asStrided(%s, %s, %d)".formatted(to, Arrays.toString(strides), offset);
    }
  }
}
