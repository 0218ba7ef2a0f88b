package thimble.tensor;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a node computes: pure data, and the derivative rules that go with it.
 *
 * <p>Ops come in families. A family carries the form of the rules, an op of it is a row: an {@link
 * Elementwise} op says its derivative, a {@link Linear} one its transpose, {@link General} ones a
 * whole cotangent rule. Rules are written with ordinary tensor ops, so derivatives can be
 * differentiated. In rules {@code y} is the node, {@code g} the tangent or cotangent, {@code i} the
 * input it is about.
 */
public sealed interface Op {
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

  // -- Leaves -------------------------------------------------------------------------------------

  /** No inputs: a value that is simply there. */
  sealed interface Leaf extends Op {}

  /** A value that was given, or whose history is not kept. */
  enum Constant implements Leaf {
    /** The only one. */
    CONSTANT;

    @Override
    public Shape shape(Tensor... in) {
      throw new AssertionError("a leaf has its own shape");
    }

    @Override
    public String toString() {
      return "constant";
    }
  }

  // -- Elementwise --------------------------------------------------------------------------------

  /** y[i] = f(a[i], b[i], …), all of one shape: the Jacobian is diagonal. */
  sealed interface Elementwise extends Op permits Unary, Binary, Scaled, Compare, Select {
    @Override
    default Shape shape(Tensor... in) {
      return in[0].shape();
    }

    /** The derivative with respect to input i at y, applied to g: a tangent or a cotangent. */
    Tensor derivative(Tensor y, int i, Tensor g);
  }

  /**
   * A binary row with a number for one operand; see {@link Scalar}.
   *
   * @param row which
   * @param scalar the number, converted to the tensor's dtype when computed
   */
  record Scaled(Scalar row, double scalar) implements Elementwise {
    @Override
    public Tensor derivative(Tensor y, int i, Tensor g) {
      return row.derivative(g, y.in(0), scalar, y);
    }

    @Override
    public String toString() {
      return "%s(%s)".formatted(row, Print.number(scalar));
    }
  }

  /** A comparison, element by element; the result is a {@link DType#BOOL} mask. */
  enum Compare implements Elementwise {
    /** a = b. */
    EQ,
    /** a ≠ b. */
    NE,
    /** a &lt; b. */
    LT,
    /** a ≤ b. */
    LE,
    /** a &gt; b. */
    GT,
    /** a ≥ b. */
    GE;

    @Override
    public DType dtype(Tensor... in) {
      return DType.BOOL;
    }

    @Override
    public boolean differentiable(int i) {
      return false;
    }

    @Override
    public Tensor derivative(Tensor y, int i, Tensor g) {
      throw new AssertionError("a mask has no derivative");
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** y = c ? a : b for a mask c. The rule selects zeros: no 0·NaN is formed. */
  enum Select implements Elementwise {
    /** The only one. */
    SELECT;

    @Override
    public DType dtype(Tensor... in) {
      return in[1].dtype();
    }

    @Override
    public boolean differentiable(int i) {
      return i > 0;
    }

    @Override
    public Tensor derivative(Tensor y, int i, Tensor g) {
      Tensor zero = Tensor.full(g.dtype(), 0);
      return i == 1 ? Tensor.where(y.in(0), g, zero) : Tensor.where(y.in(0), zero, g);
    }

    @Override
    public String toString() {
      return "where";
    }
  }

  // -- Linear -------------------------------------------------------------------------------------

  /** y = A·x for a fixed A: the tangent map is the op itself, the cotangent map its transpose. */
  sealed interface Linear extends Op {
    /** Aᵀ·g for input i of y. */
    Tensor transpose(Tensor y, int i, Tensor g);
  }

  /** A linear op that moves nothing: another layout on the same storage. */
  sealed interface View extends Linear {
    /**
     * Where the elements of the result lie, given those of the input; null if that takes a copy.
     */
    @Nullable Layout layout(Layout x);
  }

  /** y = x: the node where a cotangent passes unchanged, and the variable of a transform. */
  enum Identity implements View {
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

  /**
   * The same elements in row-major order under another shape.
   *
   * @param to that shape
   */
  record Reshape(Shape to) implements View {
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
  final class Permute implements View {
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
    public String toString() {
      return "permute(%s)".formatted(Arrays.toString(order));
    }
  }

  /**
   * Repeats axes of size 1 and adds leading ones; the sum over those axes is its transpose.
   *
   * @param to the shape of the result
   */
  record BroadcastTo(Shape to) implements View {
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
   * Elements from, …, to − 1 of one axis.
   *
   * @param axis counted from the first
   * @param from the first
   * @param to one past the last
   */
  record Slice(int axis, long from, long to) implements View {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape().with(axis, to - from);
    }

    @Override
    public Layout layout(Layout x) {
      return x.slice(axis, from, to);
    }

    @Override
    public Tensor transpose(Tensor y, int i, Tensor g) {
      return g.pad(axis, from, y.in(0).shape().at(axis) - to);
    }

    @Override
    public String toString() {
      return "slice(axis %d, %d to %d)".formatted(axis, from, to);
    }
  }

  /**
   * Zeros before and after along one axis; the transpose of a slice.
   *
   * @param axis counted from the first
   * @param before how many zeros come first
   * @param after how many come last
   */
  record Pad(int axis, long before, long after) implements Linear {
    @Override
    public Shape shape(Tensor... in) {
      Shape x = in[0].shape();
      return x.with(axis, Math.addExact(x.at(axis), Math.addExact(before, after)));
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
  enum Copy implements Linear {
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
  record Cast(DType to) implements Linear {
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
  record Sum(int axes) implements Linear {
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
      return "sum(%s)".formatted(set(axes));
    }
  }

  /**
   * y[.., i, ..] = x[.., index[.., i, ..], ..] along one axis; inputs x and index. Linear in x.
   *
   * @param axis counted from the first
   */
  record Gather(int axis) implements Linear {
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
  record ScatterAdd(int axis, long size) implements Linear {
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

  // -- Bilinear -----------------------------------------------------------------------------------

  /** C[…, m, n] = A[…, m, k] · B[…, k, n], with the same leading axes. Linear in each argument. */
  enum MatMul implements Op {
    /** The only one. */
    MATMUL;

    @Override
    public Shape shape(Tensor... in) {
      Shape a = in[0].shape();
      return a.with(a.rank() - 1, in[1].shape().size(-1));
    }

    /** The transpose for argument i. */
    Tensor transpose(Tensor y, int i, Tensor g) {
      return i == 0 ? g.matmul(y.in(1).transpose()) : y.in(0).transpose().matmul(g);
    }

    @Override
    public String toString() {
      return "matmul";
    }
  }

  // -- General ------------------------------------------------------------------------------------

  /** An op that is none of the above and says its cotangent itself. */
  sealed interface General extends Op {
    /** The cotangent of input i, given y's. */
    Tensor vjp(Tensor y, int i, Tensor g);
  }

  /**
   * The maximum over a set of axes. Ties share the cotangent evenly; a NaN is the maximum and takes
   * it.
   *
   * @param axes the set, a bit for each axis
   */
  record Max(int axes) implements General {
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
      Tensor ties = isMax.to(DType.FLOAT64).sum(Op.axes(axes)).to(g.dtype());
      return Tensor.where(isMax, g.div(ties).reshape(kept), Tensor.full(g.dtype(), 0));
    }

    @Override
    public String toString() {
      return "max(%s)".formatted(set(axes));
    }
  }

  /**
   * log Σ exp x over a set of axes, without overflow.
   *
   * @param axes the set, a bit for each axis
   */
  record LogSumExp(int axes) implements General {
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
      return "logsumexp(%s)".formatted(set(axes));
    }
  }

  /**
   * The index of the maximum along one axis, {@link DType#INT64}: the first of several, the first
   * NaN where there is one.
   *
   * @param axis counted from the first
   */
  record ArgMax(int axis) implements General {
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

  /** The axes of a set, in order. */
  static int[] axes(int set) {
    return IntStream.range(0, Shape.MAX_RANK).filter(d -> ((set >> d) & 1) != 0).toArray();
  }

  private static String set(int axes) {
    return Arrays.stream(axes(axes)).mapToObj(Integer::toString).collect(Collectors.joining(", "));
  }
}
