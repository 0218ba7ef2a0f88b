package thimble.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An array of numbers of one type, and a node of the graph that it was computed by.
 *
 * <p>Tensors are immutable: every op gives a new one. An op computes at once; it keeps its inputs
 * only if a derivative may still ask for them, that is if one of them reaches a tensor with {@link
 * #requiresGrad(boolean)} or the variable of an open transform.
 *
 * <p>Elementwise ops broadcast as NumPy does, and promote float32 with float64 to float64; numbers
 * that the program writes down ({@code x.mul(2)}) take the tensor's dtype. Axes may be negative,
 * counted from the last. Arguments that do not fit give a {@link ShapeException} or {@link
 * DTypeException} that names op, operands and axis, before anything is computed.
 *
 * <p>Memory is reclaimed when a tensor is forgotten; {@link #close()} and {@link Scope} only do it
 * earlier. A tensor may be read by any number of threads.
 */
public final class Tensor implements AutoCloseable {
  private static final Tensor[] NONE = {};
  private static final VarHandle OTHERS;
  private static final VarHandle CLOSED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      OTHERS = lookup.findVarHandle(Tensor.class, "others", long.class);
      CLOSED = lookup.findVarHandle(Tensor.class, "closed", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private Op op;
  private Tensor[] in;
  private final Buffer value;
  private Reach reach;

  /**
   * Holders but one: of the handle, and of each recorded node that has this for an input. −1 is
   * nobody. Counted from 0, so that a new tensor needs no volatile write.
   */
  private volatile long others;

  private volatile boolean closed;
  private boolean retainsGrad;
  private @Nullable Tensor grad;

  /** The scope that closes it. */
  @Nullable Scope owner;

  Tensor(Mode mode, Op op, Buffer value, Reach reach, Tensor... in) {
    this.op = op;
    this.value = value;
    this.reach = reach;
    this.in = in;
    Scope scope = mode.scope;
    if (scope != null) {
      scope.add(this);
    }
  }

  /** A value without history. */
  static Tensor leaf(Mode mode, Buffer value) {
    return new Tensor(mode, Constant.CONSTANT, value, Reach.NONE, NONE);
  }

  // -- Making -------------------------------------------------------------------------------------

  /** A float64 tensor of rank 0. */
  public static Tensor of(double value) {
    return full(DType.FLOAT64, value);
  }

  /**
   * A float32 tensor with a copy of these elements, row-major.
   *
   * @param shape the sizes; left out, the tensor has one axis
   * @throws ShapeException if the shape does not hold as many elements
   */
  public static Tensor of(float[] elements, long... shape) {
    return of(MemorySegment.ofArray(elements), DType.FLOAT32, sizes(elements.length, shape));
  }

  /** A float64 tensor; as {@link #of(float[], long...)}. */
  public static Tensor of(double[] elements, long... shape) {
    return of(MemorySegment.ofArray(elements), DType.FLOAT64, sizes(elements.length, shape));
  }

  /** An int32 tensor; as {@link #of(float[], long...)}. */
  public static Tensor of(int[] elements, long... shape) {
    return of(MemorySegment.ofArray(elements), DType.INT32, sizes(elements.length, shape));
  }

  /** An int64 tensor; as {@link #of(float[], long...)}. */
  public static Tensor of(long[] elements, long... shape) {
    return of(MemorySegment.ofArray(elements), DType.INT64, sizes(elements.length, shape));
  }

  /** A uint8 tensor, bytes taken as 0 to 255; as {@link #of(float[], long...)}. */
  public static Tensor of(byte[] elements, long... shape) {
    return of(MemorySegment.ofArray(elements), DType.UINT8, sizes(elements.length, shape));
  }

  /** A bool tensor; as {@link #of(float[], long...)}. */
  public static Tensor of(boolean[] elements, long... shape) {
    byte[] bytes = new byte[elements.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (elements[i] ? 1 : 0);
    }
    return of(MemorySegment.ofArray(bytes), DType.BOOL, sizes(elements.length, shape));
  }

  /**
   * A float32 tensor of rank 2, a row each.
   *
   * @throws ShapeException if the rows differ in length
   */
  public static Tensor of(float[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    float[] all = new float[Math.multiplyExact(rows.length, columns)];
    for (int i = 0; i < rows.length; i++) {
      checkRow(i, rows[i].length, columns);
      System.arraycopy(rows[i], 0, all, i * columns, columns);
    }
    return of(all, rows.length, columns);
  }

  /** A float64 tensor of rank 2; as {@link #of(float[][])}. */
  public static Tensor of(double[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    double[] all = new double[Math.multiplyExact(rows.length, columns)];
    for (int i = 0; i < rows.length; i++) {
      checkRow(i, rows[i].length, columns);
      System.arraycopy(rows[i], 0, all, i * columns, columns);
    }
    return of(all, rows.length, columns);
  }

  private static void checkRow(int i, int length, int columns) {
    if (length != columns) {
      throw new ShapeException(
          "of: row 0 has %d elements, row %d has %d".formatted(columns, i, length));
    }
  }

  private static long[] sizes(int length, long[] shape) {
    return shape.length == 0 ? new long[] {length} : shape;
  }

  /**
   * A tensor with a copy of the elements of a memory segment, row-major, in native byte order.
   *
   * @throws ShapeException if the segment has not exactly that many bytes
   */
  public static Tensor of(MemorySegment elements, DType dtype, long... shape) {
    Shape s = Shape.of(shape);
    if (!fits(elements.byteSize(), s, dtype)) {
      throw new ShapeException(
          "of: shape %s of %s takes %d elements, %d bytes are given"
              .formatted(s, dtype, s.count(), elements.byteSize()));
    }
    Mode mode = Mode.get();
    Buffer b = Eager.allocate(mode, "of", dtype, s);
    Tensor x = leaf(mode, b);
    boolean done = false;
    try {
      MemorySegment.copy(elements, 0, b.storage().segment(), 0, elements.byteSize());
      done = true;
      return x;
    } finally {
      if (!done) { // the segment's arena is closed
        x.close();
      }
    }
  }

  private static boolean fits(long bytes, Shape s, DType dtype) {
    return bytes % dtype.bytes() == 0 && bytes / dtype.bytes() == s.count();
  }

  /** The same number everywhere, held once. */
  public static Tensor full(DType dtype, double number, long... shape) {
    return full(dtype, number, Shape.of(shape));
  }

  /** The same number everywhere, held once. */
  public static Tensor full(DType dtype, double number, Shape shape) {
    Mode mode = Mode.get();
    Buffer one = Eager.allocate(mode, "full", dtype, Shape.of());
    dtype.set(one.storage().segment(), number);
    Buffer all = one.with(one.layout().broadcastTo(shape));
    return leaf(mode, all);
  }

  /** Zeros. */
  public static Tensor zeros(DType dtype, Shape shape) {
    return full(dtype, 0, shape);
  }

  /** Ones. */
  public static Tensor ones(DType dtype, Shape shape) {
    return full(dtype, 1, shape);
  }

  // -- What it is ---------------------------------------------------------------------------------

  /** The sizes of the axes. */
  public Shape shape() {
    return value.shape();
  }

  /** The size of one axis; negative axes count from the last. */
  public long size(int axis) {
    return shape().size(axis);
  }

  /** The number of axes. */
  public int rank() {
    return shape().rank();
  }

  /** The number of elements. */
  public long count() {
    return value.count();
  }

  /** The type of the elements. */
  public DType dtype() {
    return value.dtype();
  }

  /** The op that made it, if its history is kept; otherwise {@link Constant}. */
  public Op op() {
    return op;
  }

  /** The number of inputs that are kept. */
  public int inputs() {
    return in.length;
  }

  /** Input i of {@link #op()}. */
  public Tensor in(int i) {
    return in[i];
  }

  Reach reach() {
    return reach;
  }

  Buffer value() {
    return value;
  }

  // -- Reading ------------------------------------------------------------------------------------

  /**
   * The only element.
   *
   * @throws ShapeException if there is not exactly one
   */
  public double item() {
    if (count() != 1) {
      throw new ShapeException("item: %s has %d elements, not one".formatted(shape(), count()));
    }
    return reading(() -> dtype().get(value.storage().segment(), value.layout().offset()));
  }

  /** The elements in row-major order, converted to float. */
  public float[] toFloatArray() {
    float[] out = new float[arrayLength()];
    read(DType.FLOAT32, MemorySegment.ofArray(out));
    return out;
  }

  /** The elements in row-major order, converted to double. */
  public double[] toDoubleArray() {
    double[] out = new double[arrayLength()];
    read(DType.FLOAT64, MemorySegment.ofArray(out));
    return out;
  }

  /** The elements in row-major order, converted to long as Java's casts do. */
  public long[] toLongArray() {
    long[] out = new long[arrayLength()];
    read(DType.INT64, MemorySegment.ofArray(out));
    return out;
  }

  /** The elements in row-major order, converted to int as Java's casts do. */
  public int[] toIntArray() {
    int[] out = new int[arrayLength()];
    read(DType.INT32, MemorySegment.ofArray(out));
    return out;
  }

  /** The elements in row-major order, converted to 0 to 255. */
  public byte[] toByteArray() {
    byte[] out = new byte[arrayLength()];
    read(DType.UINT8, MemorySegment.ofArray(out));
    return out;
  }

  /**
   * Copies the elements, row-major, in their own dtype and native byte order, to a segment.
   *
   * @throws ShapeException if the segment has not exactly that many bytes
   */
  public void copyTo(MemorySegment target) {
    if (!fits(target.byteSize(), shape(), dtype())) {
      throw new ShapeException(
          "copyTo: %s %s into a segment of %d bytes"
              .formatted(dtype(), shape(), target.byteSize()));
    }
    read(dtype(), target);
  }

  private int arrayLength() {
    if (count() > Integer.MAX_VALUE - 8) {
      throw new ShapeException(
          "%s has more elements than a Java array holds; use copyTo".formatted(shape()));
    }
    return (int) count();
  }

  private void read(DType as, MemorySegment target) {
    reading(() -> {
      if (value.dtype() == as && value.layout().isContiguous()) {
        copy(value, target);
      } else {
        Op convert = value.dtype() == as ? Linears.Copy.COPY : new Linears.Cast(as);
        Buffer whole = Eager.run(Mode.get(), convert, as, shape(), value);
        copy(whole, target);
        whole.storage().release();
      }
      return target;
    });
  }

  /** Holds the value while something reads it. */
  private <R> R reading(Supplier<R> body) {
    check(Mode.get(), "read", 0);
    Eager.hold(value, this, "read", 0);
    try {
      return body.get();
    } finally {
      value.storage().release();
    }
  }

  private static void copy(Buffer from, MemorySegment to) {
    long start = from.layout().offset() * from.dtype().bytes();
    MemorySegment.copy(from.storage().segment(), start, to, 0, to.byteSize());
  }

  // -- Elementwise --------------------------------------------------------------------------------

  /** −x. */
  public Tensor neg() {
    return Eager.apply(Unary.NEG, Checks.floating("neg", this));
  }

  /** e^x. */
  public Tensor exp() {
    return Eager.apply(Unary.EXP, Checks.floating("exp", this));
  }

  /** The natural logarithm; −inf at 0, NaN below. */
  public Tensor log() {
    return Eager.apply(Unary.LOG, Checks.floating("log", this));
  }

  /** |x|. */
  public Tensor abs() {
    return Eager.apply(Unary.ABS, Checks.floating("abs", this));
  }

  /** −1, 0 or 1 by the sign; NaN of NaN. */
  public Tensor sign() {
    return Eager.apply(Unary.SIGN, Checks.floating("sign", this));
  }

  /** The largest integer ≤ x. */
  public Tensor floor() {
    return Eager.apply(Unary.FLOOR, Checks.floating("floor", this));
  }

  /** The smallest integer ≥ x. */
  public Tensor ceil() {
    return Eager.apply(Unary.CEIL, Checks.floating("ceil", this));
  }

  /** The nearest integer, the even one of two. */
  public Tensor round() {
    return Eager.apply(Unary.ROUND, Checks.floating("round", this));
  }

  /** √x; NaN below 0. */
  public Tensor sqrt() {
    return Eager.apply(Unary.SQRT, Checks.floating("sqrt", this));
  }

  /** 1/√x. */
  public Tensor rsqrt() {
    return Eager.apply(Unary.RSQRT, Checks.floating("rsqrt", this));
  }

  /** 1/x by IEEE. */
  public Tensor reciprocal() {
    return Eager.apply(Unary.RECIPROCAL, Checks.floating("reciprocal", this));
  }

  /** e^x − 1, exact near 0. */
  public Tensor expm1() {
    return Eager.apply(Unary.EXPM1, Checks.floating("expm1", this));
  }

  /** log(1 + x), exact near 0. */
  public Tensor log1p() {
    return Eager.apply(Unary.LOG1P, Checks.floating("log1p", this));
  }

  /** The sine of x in radians. */
  public Tensor sin() {
    return Eager.apply(Unary.SIN, Checks.floating("sin", this));
  }

  /** The cosine of x in radians. */
  public Tensor cos() {
    return Eager.apply(Unary.COS, Checks.floating("cos", this));
  }

  /** The tangent of x in radians. */
  public Tensor tan() {
    return Eager.apply(Unary.TAN, Checks.floating("tan", this));
  }

  /** The arc sine in radians; NaN outside of −1 to 1. */
  public Tensor asin() {
    return Eager.apply(Unary.ASIN, Checks.floating("asin", this));
  }

  /** The arc cosine in radians; NaN outside of −1 to 1. */
  public Tensor acos() {
    return Eager.apply(Unary.ACOS, Checks.floating("acos", this));
  }

  /** The arc tangent in radians. */
  public Tensor atan() {
    return Eager.apply(Unary.ATAN, Checks.floating("atan", this));
  }

  /** The hyperbolic sine. */
  public Tensor sinh() {
    return Eager.apply(Unary.SINH, Checks.floating("sinh", this));
  }

  /** The hyperbolic cosine. */
  public Tensor cosh() {
    return Eager.apply(Unary.COSH, Checks.floating("cosh", this));
  }

  /** max(x, 0). */
  public Tensor relu() {
    return Eager.apply(Unary.RELU, Checks.floating("relu", this));
  }

  /** this + b. */
  public Tensor add(Tensor b) {
    return binary(Binary.ADD, this, b);
  }

  /** this − b. */
  public Tensor sub(Tensor b) {
    return binary(Binary.SUB, this, b);
  }

  /** this · b, element by element; see {@link #matmul} for the matrix product. */
  public Tensor mul(Tensor b) {
    return binary(Binary.MUL, this, b);
  }

  /** this / b by IEEE: x/0 is ±inf or NaN, never an exception. */
  public Tensor div(Tensor b) {
    return binary(Binary.DIV, this, b);
  }

  /** this^b. */
  public Tensor pow(Tensor b) {
    return binary(Binary.POW, this, b);
  }

  /** this + s. */
  public Tensor add(double s) {
    return Eager.apply(new Scaled(Scalar.ADD, s), Checks.floating("add", this));
  }

  /** this − s. */
  public Tensor sub(double s) {
    return Eager.apply(new Scaled(Scalar.ADD, -s), Checks.floating("sub", this));
  }

  /** s − this. */
  public Tensor rsub(double s) {
    return Eager.apply(new Scaled(Scalar.RSUB, s), Checks.floating("rsub", this));
  }

  /** this · s. */
  public Tensor mul(double s) {
    return Eager.apply(new Scaled(Scalar.MUL, s), Checks.floating("mul", this));
  }

  /** this / s. */
  public Tensor div(double s) {
    return Eager.apply(new Scaled(Scalar.DIV, s), Checks.floating("div", this));
  }

  /** s / this. */
  public Tensor rdiv(double s) {
    return Eager.apply(new Scaled(Scalar.RDIV, s), Checks.floating("rdiv", this));
  }

  /** this^s; the derivative of the power 0 is 0, at 0 too. */
  public Tensor pow(double s) {
    return Eager.apply(new Scaled(Scalar.POW, s), Checks.floating("pow", this));
  }

  /** The larger of two elements; NaN if one is. Ties share the derivative evenly. */
  public Tensor maximum(Tensor b) {
    return binary(Binary.MAXIMUM, this, b);
  }

  /** The smaller of two elements; NaN if one is. Ties share the derivative evenly. */
  public Tensor minimum(Tensor b) {
    return binary(Binary.MINIMUM, this, b);
  }

  /** The angle of the point (x, this) from the x axis, in radians, −π to π. */
  public Tensor atan2(Tensor x) {
    return binary(Binary.ATAN2, this, x);
  }

  /** Whether this = b, element by element. */
  public Tensor eq(Tensor b) {
    return compare(Compare.EQ, b);
  }

  /** Whether this ≠ b; NaN differs from everything. */
  public Tensor ne(Tensor b) {
    return compare(Compare.NE, b);
  }

  /** Whether this &lt; b. */
  public Tensor lt(Tensor b) {
    return compare(Compare.LT, b);
  }

  /** Whether this ≤ b. */
  public Tensor le(Tensor b) {
    return compare(Compare.LE, b);
  }

  /** Whether this &gt; b. */
  public Tensor gt(Tensor b) {
    return compare(Compare.GT, b);
  }

  /** Whether this ≥ b. */
  public Tensor ge(Tensor b) {
    return compare(Compare.GE, b);
  }

  /** Whether this = s. */
  public Tensor eq(double s) {
    return eq(full(Checks.floating("eq", this).dtype(), s));
  }

  /** Whether this &gt; s. */
  public Tensor gt(double s) {
    return gt(full(Checks.floating("gt", this).dtype(), s));
  }

  /** Whether this ≥ s. */
  public Tensor ge(double s) {
    return ge(full(Checks.floating("ge", this).dtype(), s));
  }

  /** Elements of a where the mask is true, of b elsewhere; the three are broadcast together. */
  public static Tensor where(Tensor mask, Tensor a, Tensor b) {
    if (mask.dtype() != DType.BOOL) {
      throw new DTypeException("where: the mask is %s, not bool".formatted(mask.dtype()));
    }
    DType dtype = Checks.promote("where", a, b);
    Shape s =
        Shape.broadcast("where", mask.shape(), Shape.broadcast("where", a.shape(), b.shape()));
    return Eager.apply(
        Select.SELECT, mask.broadcastTo(s), a.to(dtype).broadcastTo(s), b.to(dtype).broadcastTo(s));
  }

  /** Converted to that dtype as Java's casts do; itself if it has it already. */
  public Tensor to(DType dtype) {
    return dtype == dtype() ? this : Eager.apply(new Linears.Cast(dtype), this);
  }

  private static Tensor binary(Binary op, Tensor a, Tensor b) {
    DType dtype = Checks.promote(op.toString(), a, b);
    Shape s = Shape.broadcast(op.toString(), a.shape(), b.shape());
    Checks.floating(op.toString(), a);
    return Eager.apply(op, a.to(dtype).broadcastTo(s), b.to(dtype).broadcastTo(s));
  }

  private Tensor compare(Compare op, Tensor b) {
    DType dtype = Checks.promote(op.toString(), this, b);
    Shape s = Shape.broadcast(op.toString(), shape(), b.shape());
    return Eager.apply(op, to(dtype).broadcastTo(s), b.to(dtype).broadcastTo(s));
  }

  // -- Moving -------------------------------------------------------------------------------------

  /**
   * The same elements, row-major, under another shape; a size of −1 is worked out from the others.
   *
   * @throws ShapeException if the number of elements differs
   */
  public Tensor reshape(long... sizes) {
    return reshape(Checks.sizes(this, sizes));
  }

  /** The same elements under that shape. */
  public Tensor reshape(Shape to) {
    if (to.count() != count()) {
      throw new ShapeException(
          "reshape: %s to %s: %d elements, not %d".formatted(shape(), to, count(), to.count()));
    }
    return to.equals(shape()) ? this : Eager.apply(new Views.Reshape(to), this);
  }

  /**
   * The axes in another order: axis d of the result is axis order[d].
   *
   * @throws ShapeException unless order names every axis once
   */
  public Tensor permute(int... order) {
    if (order.length != rank()) {
      throw new ShapeException(
          "permute: %d axes are given for %s".formatted(order.length, shape()));
    }
    shape().axes("permute", order);
    int[] from = Arrays.stream(order).map(a -> a < 0 ? a + rank() : a).toArray();
    return Arrays.equals(from, IntStream.range(0, rank()).toArray())
        ? this
        : Eager.apply(new Views.Permute(from), this);
  }

  /** Swaps two axes. */
  public Tensor transpose(int axis0, int axis1) {
    int a = shape().axis("transpose", axis0);
    int b = shape().axis("transpose", axis1);
    int[] order = IntStream.range(0, rank()).toArray();
    order[a] = b;
    order[b] = a;
    return permute(order);
  }

  /**
   * Swaps the last two axes.
   *
   * @throws ShapeException if there are fewer than two
   */
  public Tensor transpose() {
    if (rank() < 2) {
      throw new ShapeException("transpose: %s has no two axes".formatted(shape()));
    }
    return transpose(-2, -1);
  }

  /** The elements repeated along axes of size 1 and along new leading axes. */
  public Tensor broadcastTo(long... sizes) {
    return broadcastTo(
        Checks.shape(
            () -> "broadcastTo: %s to %s".formatted(shape(), Arrays.toString(sizes)),
            () -> Shape.of(sizes)));
  }

  /**
   * The elements repeated along axes of size 1 and along new leading axes.
   *
   * @throws ShapeException if another axis differs
   */
  public Tensor broadcastTo(Shape to) {
    if (to.equals(shape())) {
      return this;
    }
    if (to.rank() < rank() || !Shape.broadcast("broadcastTo", shape(), to).equals(to)) {
      throw new ShapeException("broadcastTo: %s does not broadcast to %s".formatted(shape(), to));
    }
    return Eager.apply(new Views.BroadcastTo(to), this);
  }

  /**
   * Elements from, …, to − 1 of one axis, as a view.
   *
   * @throws ShapeException unless 0 ≤ from ≤ to ≤ size(axis)
   */
  public Tensor slice(int axis, long from, long to) {
    int a = shape().axis("slice", axis);
    if (from < 0 || to < from || to > size(a)) {
      throw new ShapeException(
          "slice: %d to %d of axis %d of %s: must be 0 <= from <= to <= %d"
              .formatted(from, to, axis, shape(), size(a)));
    }
    return from == 0 && to == size(a) ? this : Eager.apply(new Views.Slice(a, from, to), this);
  }

  /**
   * Zeros before and after along one axis.
   *
   * @throws ShapeException if a number is negative, or the result too large
   */
  public Tensor pad(int axis, long before, long after) {
    int a = shape().axis("pad", axis);
    if (Math.min(before, after) < 0 || Math.max(before, after) > Shape.MAX_COUNT) {
      throw new ShapeException(
          "pad: axis %d of %s: %d before and %d after".formatted(axis, shape(), before, after));
    }
    Linears.Pad op = new Linears.Pad(a, before, after);
    Checks.shape(() -> "%s of %s".formatted(op, shape()), () -> op.shape(this));
    return before == 0 && after == 0 ? this : Eager.apply(op, this);
  }

  /**
   * Along one axis, the element that the index names: y[.., i, ..] = x[.., index[.., i, ..], ..].
   *
   * @param index int64, of the same sizes as this on the other axes
   * @throws IndexOutOfBoundsException if an index is not in [0, size(axis))
   */
  public Tensor gather(int axis, Tensor index) {
    int a = Checks.index("gather", this, axis, index);
    return Eager.apply(new Linears.Gather(a), this, index);
  }

  /**
   * Zeros, to which this is added where the index says: y[.., index[.., i, ..], ..] += x[.., i,
   * ..].
   *
   * @param index int64, of this shape
   * @param size the size of that axis in the result
   * @throws IndexOutOfBoundsException if an index is not in [0, size)
   */
  public Tensor scatterAdd(int axis, Tensor index, long size) {
    int a = Checks.index("scatterAdd", this, axis, index);
    if (size < 0 || !index.shape().equals(shape())) {
      throw new ShapeException(
          "scatterAdd: %s with index %s and size %d".formatted(shape(), index.shape(), size));
    }
    Linears.ScatterAdd op = new Linears.ScatterAdd(a, size);
    Checks.shape(() -> "%s of %s".formatted(op, shape()), () -> op.shape(this));
    return Eager.apply(op, Checks.floating("scatterAdd", this), index);
  }

  /** With the elements row-major and without gaps; itself if they are. */
  public Tensor contiguous() {
    return value.layout().isContiguous() ? this : Eager.apply(Linears.Copy.COPY, this);
  }

  /** A node of its own with the same value: the identity. */
  public Tensor identity() {
    return Eager.apply(Views.Identity.IDENTITY, this);
  }

  // -- Reducing -----------------------------------------------------------------------------------

  /** The sum over these axes, which the result lacks; over all without any. Of nothing it is 0. */
  public Tensor sum(int... axes) {
    int set = shape().axes("sum", axes);
    return set == 0
        ? Checks.floating("sum", this)
        : Eager.apply(new Linears.Sum(set), Checks.floating("sum", this));
  }

  /**
   * The mean over these axes, which the result lacks; over all without any. Of nothing it is NaN.
   */
  public Tensor mean(int... axes) {
    int set = shape().axes("mean", axes);
    return Checks.floating("mean", this).sum(axes).div((double) shape().countOf(set));
  }

  /**
   * The maximum over these axes, which the result lacks; over all without any. NaN if there is one.
   *
   * @throws ShapeException if it is over no element
   */
  public Tensor max(int... axes) {
    int set = shape().axes("max", axes);
    Checks.some("max", this, set);
    return set == 0
        ? Checks.floating("max", this)
        : Eager.apply(new Reductions.Max(set), Checks.floating("max", this));
  }

  /**
   * log Σ e^x over these axes, which the result lacks; over all without any. Of nothing it is −inf.
   */
  public Tensor logsumexp(int... axes) {
    int set = shape().axes("logsumexp", axes);
    return set == 0
        ? Checks.floating("logsumexp", this)
        : Eager.apply(new Reductions.LogSumExp(set), Checks.floating("logsumexp", this));
  }

  /**
   * The index of the maximum along one axis, which the result lacks; int64, the first of several.
   *
   * @throws ShapeException if the axis is empty
   */
  public Tensor argmax(int axis) {
    int a = shape().axis("argmax", axis);
    Checks.some("argmax", this, 1 << a);
    return Eager.apply(new Reductions.ArgMax(a), Checks.floating("argmax", this));
  }

  // -- Matrix product -----------------------------------------------------------------------------

  /**
   * C[…, m, n] = A[…, m, k] · B[…, k, n]. Leading axes are broadcast; an operand with one axis is a
   * row on the left and a column on the right, and the result lacks that axis.
   *
   * @throws ShapeException if an operand has rank 0, the inner sizes differ, or leading axes do not
   *     fit
   */
  public Tensor matmul(Tensor b) {
    return MatMuls.matmul(this, b);
  }

  // -- Derivatives --------------------------------------------------------------------------------

  /** Whether {@link #backward} goes through here: a leaf that was marked, or made from one. */
  public boolean requiresGrad() {
    return reach.has(Reach.LEAVES) && dtype().isFloating();
  }

  /**
   * Marks a leaf as one whose gradient {@link #backward} is to find, or takes the mark away.
   *
   * @return this
   * @throws IllegalStateException if this is not a leaf
   * @throws DTypeException unless float32 or float64
   */
  public Tensor requiresGrad(boolean wanted) {
    if (in.length > 0) {
      throw new IllegalStateException(
          "requiresGrad: %s is no leaf; detach() it first".formatted(describe()));
    }
    Checks.floating("requiresGrad", this);
    reach = wanted ? reach.or(Reach.LEAF) : reach.less(Reach.LEAF);
    return this;
  }

  /** Makes {@link #backward} store a gradient here although this is no leaf. Returns this. */
  public Tensor retainGrad() {
    retainsGrad = true;
    return this;
  }

  /** The gradient that the last {@link #backward} stored, or null. */
  public @Nullable Tensor grad() {
    return grad;
  }

  /**
   * Finds the gradients of the sum of this: as {@link #backward(Tensor, Backward...)} with ones.
   */
  public void backward(Backward... options) {
    backward(ones(Checks.floating("backward", this).dtype(), shape()), options);
  }

  /**
   * Finds, by one sweep back through the graph, the gradient of Σ outGrad·this for every leaf with
   * {@link #requiresGrad} that it reaches, and stores it in that leaf's {@link #grad}, instead of
   * what was there. A gradient has its leaf's shape and dtype. May be called again.
   *
   * @param outGrad of this shape and dtype
   * @throws IllegalStateException if no such leaf is reached
   */
  public void backward(Tensor outGrad, Backward... options) {
    if (!outGrad.shape().equals(shape()) || outGrad.dtype() != dtype()) {
      throw new ShapeException(
          "backward: %s %s with an outGrad of %s %s"
              .formatted(dtype(), shape(), outGrad.dtype(), outGrad.shape()));
    }
    check(Mode.get(), "backward", 0);
    outGrad.check(Mode.get(), "backward", 1);
    if (!requiresGrad()) {
      throw new IllegalStateException(
          "backward: %s reaches no leaf with requiresGrad(true)".formatted(describe()));
    }
    boolean accumulate = Arrays.asList(options).contains(Backward.ACCUMULATE);
    boolean createGraph = Arrays.asList(options).contains(Backward.CREATE_GRAPH);
    Reverse.sweep(
        this,
        outGrad,
        Reach.LEAVES,
        createGraph,
        x -> x.in.length == 0 || x.retainsGrad,
        (x, g) -> x.store(g, accumulate));
  }

  private void store(Tensor g, boolean accumulate) {
    Tensor before = grad;
    grad = accumulate && before != null && !before.closed ? before.add(g) : g;
    Scope.liveWith(this, grad);
  }

  /** The same value as a leaf without history; shares the storage. */
  public Tensor detach() {
    Mode mode = Mode.get();
    check(mode, "detach", 0);
    Eager.hold(value, this, "detach", 0);
    return leaf(mode, value);
  }

  /** No history is kept, on this thread, until the block is closed. */
  public static Block noGrad() {
    return Mode.get().mute(Reach.LEAF);
  }

  static Tensor variable(Tensor x, Reach.Target target) {
    Tensor v = x.identity();
    if (v.in.length == 0) {
      v.in = new Tensor[] {x};
      v.op = Views.Identity.IDENTITY;
      x.addHolder("variable", 0);
    }
    v.reach = v.reach.or(Reach.of(target));
    return v;
  }

  /** No longer for these targets; without any left, the history goes. */
  void forget(Reach targets) {
    reach = reach.less(targets);
    if (reach.isEmpty() && in.length > 0) {
      Tensor[] before = in;
      in = NONE;
      op = Constant.CONSTANT;
      release(before);
    }
  }

  // -- Building and life --------------------------------------------------------------------------

  void check(Mode mode, Object op, int i) {
    if (closed && mode.sweeps == 0) {
      throw closedIn(op, i);
    }
  }

  ClosedException closedIn(Object op, int i) {
    return new ClosedException(
        "%s: operand %d, %s %s, is closed".formatted(op, i, dtype(), shape()));
  }

  void addHolder(Object op, int i) {
    for (long n = others; n >= 0; n = others) {
      if (OTHERS.compareAndSet(this, n, n + 1)) {
        return;
      }
    }
    throw closedIn(op, i);
  }

  /** Takes a holder off each; what nobody holds any more lets go of its value and its inputs. */
  static void release(Tensor... tensors) {
    ArrayDeque<Tensor> freed = null; // seldom needed: a chain has one at a time
    for (Tensor[] next = tensors; ; ) {
      Tensor one = null;
      for (Tensor x : next) {
        if ((long) OTHERS.getAndAdd(x, -1L) != 0) {
          continue;
        }
        x.value.storage().release();
        if (one == null) {
          one = x;
        } else {
          freed = freed == null ? new ArrayDeque<>() : freed;
          freed.push(x);
        }
      }
      one = one == null && freed != null ? freed.poll() : one;
      if (one == null) {
        return;
      }
      next = one.in;
      one.in = NONE;
    }
  }

  /**
   * Gives the memory back now, as far as no graph or view needs it. Using the tensor afterwards is
   * a {@link ClosedException}; closing it again does nothing. Never necessary.
   */
  @Override
  public void close() {
    if (CLOSED.compareAndSet(this, false, true)) {
      release(this);
    }
  }

  private String describe() {
    return "%s %s %s".formatted(op, dtype(), shape());
  }

  /** The elements as NumPy prints them, the middle of long axes left out; then dtype and shape. */
  @Override
  public String toString() {
    return closed
        ? "Tensor(closed, %s, %s)".formatted(dtype(), shape())
        : reading(() -> Print.text(value));
  }
}
