package thimble.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An array of numbers of one type, and a node of the graph that it was computed by.
 *
 * <p>Tensors are immutable: every op gives a new one. An op computes at once, unless a {@link Lazy}
 * block is open or an operand is itself not computed yet; it keeps its inputs only as long as it is
 * not computed, or if a derivative may still ask for them, that is if one of them reaches a tensor
 * with {@link #requiresGrad(boolean)} or the variable of an open transform.
 *
 * <p>The ops are in {@link ElementwiseOps}, {@link MovementOps} and {@link ReductionOps}.
 * Elementwise ones broadcast as NumPy does, and convert operands to one dtype by {@link
 * DType#promote}; numbers that the program writes down ({@code x.mul(2)}) take the tensor's dtype.
 * Axes may be negative, counted from the last. Arguments that do not fit give a {@link
 * ShapeException} or {@link DTypeException} that names op, operands and axis, before anything is
 * computed.
 *
 * <p>Memory is reclaimed when a tensor is forgotten; {@link #close()} and {@link Scope} only do it
 * earlier. A tensor may be read by any number of threads.
 */
public final class Tensor implements ElementwiseOps, MovementOps, ReductionOps, AutoCloseable {
  private static final Tensor[] NONE = {};
  private static final String RECORDED = "a recorded op has it for an operand";
  private static final VarHandle HELD;

  /** In {@link #held}: the handle is closed; one node more holds this; nobody does. */
  private static final long CLOSED = 1;

  private static final long NODE = 2;
  private static final long GONE = CLOSED;

  static {
    try {
      HELD = MethodHandles.lookup().findVarHandle(Tensor.class, "held", long.class);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private final int hash;
  private Op op;
  private Tensor[] in;

  /** Without a storage until it is computed. */
  private Buffer value;

  private Reach reach;

  /**
   * Who holds this: {@link #NODE} for each recorded node that has it for an input, and {@link
   * #CLOSED} when the handle does no more. So it is 0 for a new tensor, which needs no volatile
   * write.
   */
  private volatile long held;

  private boolean retainsGrad;

  /** Whether a batch needed the value of this, and did not keep it. */
  private boolean passed;

  private @Nullable Tensor grad;

  /** Of a tensor that was donated, and of the one that was given for it. */
  private @Nullable Donation donation;

  /** The scope that closes it. */
  @Nullable Scope owner;

  Tensor(Mode mode, Op op, Buffer value, Reach reach, Tensor... in) {
    this.hash = mode.made++;
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

  /** A node that is not computed yet. */
  static Tensor pending(Mode mode, Op op, DType dtype, Shape shape, Reach reach, Tensor... in) {
    return new Tensor(mode, op, Buffer.absent(dtype, shape), reach, in);
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
   * A tensor with a copy of the elements of a memory segment, row-major, in native byte order; of
   * bool, every byte but 0 is true.
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
      MemorySegment to = b.storage().segment();
      MemorySegment.copy(elements, 0, to, 0, elements.byteSize());
      for (long i = 0; dtype == DType.BOOL && i < s.count(); i++) {
        to.set(ValueLayout.JAVA_BYTE, i, (byte) (to.get(ValueLayout.JAVA_BYTE, i) == 0 ? 0 : 1));
      }
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

  /** The same number everywhere, held once; converted to the dtype as Java's casts do. */
  public static Tensor full(DType dtype, double number, Shape shape) {
    Mode mode = Mode.get();
    Buffer one = Eager.allocate(mode, "full", dtype, Shape.of());
    dtype.set(one.storage().segment(), number);
    return leaf(mode, one.with(one.layout().broadcastTo(shape)));
  }

  /**
   * The same integer everywhere, held once.
   *
   * @throws DTypeException if the dtype does not hold it
   */
  public static Tensor full(DType dtype, long number, long... shape) {
    return full(dtype, number, Shape.of(shape));
  }

  /**
   * The same integer everywhere, held once.
   *
   * @throws DTypeException if the dtype does not hold it
   */
  public static Tensor full(DType dtype, long number, Shape shape) {
    if (!dtype.holds(number)) {
      throw new DTypeException("full: %s does not hold %d".formatted(dtype, number));
    }
    Mode mode = Mode.get();
    Buffer one = Eager.allocate(mode, "full", dtype, Shape.of());
    dtype.set(one.storage().segment(), number);
    return leaf(mode, one.with(one.layout().broadcastTo(shape)));
  }

  /** Zeros. */
  public static Tensor zeros(DType dtype, long... shape) {
    return zeros(dtype, Shape.of(shape));
  }

  /** Zeros. */
  public static Tensor zeros(DType dtype, Shape shape) {
    return full(dtype, 0L, shape);
  }

  /** Ones. */
  public static Tensor ones(DType dtype, long... shape) {
    return ones(dtype, Shape.of(shape));
  }

  /** Ones. */
  public static Tensor ones(DType dtype, Shape shape) {
    return full(dtype, 1L, shape);
  }

  /** 0, 1, …, n − 1 as int64. */
  public static Tensor arange(long n) {
    return Make.arange(n);
  }

  /**
   * start, start + step, … before stop; of integer dtypes in exact arithmetic.
   *
   * @throws IllegalArgumentException if step is 0, or a number is not finite
   */
  public static Tensor arange(DType dtype, double start, double stop, double step) {
    return Make.arange(dtype, start, stop, step);
  }

  /**
   * count numbers from start to stop, both included, at even distances.
   *
   * @param dtype floating
   * @throws IllegalArgumentException if a number is not finite
   */
  public static Tensor linspace(DType dtype, double start, double stop, long count) {
    return Make.linspace(dtype, start, stop, count);
  }

  /** Ones where row and column are the same, zeros elsewhere. */
  public static Tensor eye(DType dtype, long rows, long columns) {
    return Make.eye(dtype, rows, columns);
  }

  /**
   * No values: stands for any tensor of that dtype and shape, where a function is to be traced.
   * Asking for its elements is a {@link TraceException}.
   */
  public static Tensor input(DType dtype, long... shape) {
    return Trace.input(dtype, Shape.of(shape));
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

  /** The op that made it, if its history is or was kept; otherwise a leaf. */
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

  /** The inputs that are kept. */
  List<Tensor> inputList() {
    return List.of(in);
  }

  /** Whether there never was an input, or the history was not kept. */
  boolean isLeaf() {
    return op instanceof Op.Leaf;
  }

  /** Whether a sweep with {@link Backward#FREE_GRAPH} has let go of the inputs. */
  boolean isFreed() {
    return in.length == 0 && !isLeaf();
  }

  Reach reach() {
    return reach;
  }

  /** The value, computed now if it was not. */
  Buffer value() {
    Buffer v = value;
    return v.isAbsent() ? Lazy.compute(this) : v;
  }

  /** Whether the value is still to be computed. */
  boolean isPending() {
    return value.isAbsent();
  }

  /** Whether a batch that needs the value of this is to keep it. */
  boolean isWantedAgain() {
    return passed || !reach.isEmpty();
  }

  /** A batch has needed the value of this. */
  void passed() {
    passed = true;
  }

  /** What was pending has been computed; without a derivative that may ask, its history goes. */
  void computed(Buffer v) {
    value = v;
    forget(Reach.NONE);
  }

  /**
   * Computes the value now, with all that it needs, if a {@link Lazy} block has left it uncomputed.
   * Reading does the same.
   *
   * @return this
   * @throws TraceException if it depends on an input of a trace
   */
  public Tensor realize() {
    check(Mode.get(), "realize", 0);
    value();
    return this;
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
    return reading(v -> v.dtype().get(v.storage().segment(), v.layout().offset()));
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
    reading(v -> {
      if (v.dtype() == as && v.layout().isContiguous()) {
        copy(v, target);
      } else {
        Op convert = v.dtype() == as ? Linears.Copy.COPY : new Linears.Cast(as);
        Buffer whole = Eager.run(Mode.get(), convert, as, v.shape(), v);
        try {
          copy(whole, target);
        } finally {
          whole.storage().drop();
        }
      }
      return target;
    });
  }

  /** Holds the value while something reads it. */
  private <R> R reading(Function<Buffer, R> body) {
    check(Mode.get(), "read", 0);
    Buffer v = value();
    Eager.hold(v, this, "read", 0);
    try {
      return body.apply(v);
    } finally {
      v.storage().release();
    }
  }

  private static void copy(Buffer from, MemorySegment to) {
    long start = from.layout().offset() * from.dtype().bytes();
    MemorySegment.copy(from.storage().segment(), start, to, 0, to.byteSize());
  }

  // -- Ops of several tensors ---------------------------------------------------------------------

  /**
   * Elements of a where the mask is true, of b elsewhere; the three are broadcast together, a and b
   * converted to one dtype.
   *
   * @throws DTypeException if the mask is not bool
   */
  public static Tensor where(Tensor mask, Tensor a, Tensor b) {
    return Elementwises.where(mask, a, b);
  }

  /**
   * The tensors one after the other along an axis, converted to one dtype.
   *
   * @throws ShapeException if there are none, or their shapes differ on another axis
   */
  public static Tensor concat(int axis, Tensor... parts) {
    return Moves.concat(axis, parts);
  }

  /**
   * The tensors side by side along a new axis, converted to one dtype.
   *
   * @param axis where the new axis is in the result
   * @throws ShapeException if there are none, or their shapes differ
   */
  public static Tensor stack(int axis, Tensor... parts) {
    return Moves.stack(axis, parts);
  }

  /**
   * A user's own op on these.
   *
   * @throws ShapeException if it computes another shape or dtype than it says
   */
  public static Tensor apply(Op.Custom op, Tensor... in) {
    return Eager.apply(op, in.clone());
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

  /**
   * Σ aᵢ·bᵢ of two tensors with one axis.
   *
   * @throws ShapeException if they have not one axis each, of the same size
   */
  public Tensor dot(Tensor b) {
    if (rank() != 1 || b.rank() != 1) {
      throw new ShapeException("dot: %s and %s: takes one axis each".formatted(shape(), b.shape()));
    }
    return matmul(b);
  }

  /**
   * y[i, j] = aᵢ·bⱼ of two tensors with one axis.
   *
   * @throws ShapeException if they have not one axis each
   */
  public Tensor outer(Tensor b) {
    if (rank() != 1 || b.rank() != 1) {
      throw new ShapeException(
          "outer: %s and %s: takes one axis each".formatted(shape(), b.shape()));
    }
    return reshape(-1, 1).mul(b);
  }

  /**
   * Einstein's summation: {@code einsum("ij,jk->ik", a, b)} is the matrix product. Each operand has
   * a letter for each axis; axes of one letter run together, and letters that the result lacks are
   * summed over. Without {@code ->} the result has the letters that occur once, in alphabetical
   * order. Computed by matrix products where there are several operands, from left to right.
   *
   * @throws ShapeException if letters and axes do not fit
   * @throws IllegalArgumentException if the equation is none, or the number of operands is another
   */
  public static Tensor einsum(String equation, Tensor... in) {
    return Einsum.of(equation, in);
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
    if (isPending() && reach.isEmpty()) {
      value(); // after which it is a leaf
    }
    if (!isLeaf()) {
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
   * what was there. A gradient has its leaf's shape and dtype. May be called again, unless {@link
   * Backward#FREE_GRAPH} is among the options.
   *
   * @param outGrad of this shape and dtype
   * @throws IllegalStateException if no such leaf is reached
   * @throws HistoryFreedException if history that it needs was freed by an earlier call
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
    Set<Backward> how = EnumSet.noneOf(Backward.class);
    how.addAll(Arrays.asList(options));
    if (how.containsAll(List.of(Backward.CREATE_GRAPH, Backward.FREE_GRAPH))) {
      throw new IllegalArgumentException(
          "backward: CREATE_GRAPH extends the history that FREE_GRAPH lets go of: take one");
    }
    boolean accumulate = how.contains(Backward.ACCUMULATE);
    Reverse.sweep(
        List.of(this),
        List.of(outGrad),
        Reach.LEAVES,
        how,
        x -> x.isLeaf() || x.retainsGrad,
        (x, g) -> x.store(g, accumulate));
  }

  private void store(Tensor g, boolean accumulate) {
    Tensor before = grad;
    grad = accumulate && before != null && !before.isClosed() ? before.add(g) : g;
    Scope.liveWith(this, grad);
  }

  /** The same value as a leaf without history; shares the storage. */
  public Tensor detach() {
    Mode mode = Mode.get();
    Buffer v = value;
    if (v.isAbsent() || mode.lazy) {
      return Eager.apply(Views.Detach.DETACH, this);
    }
    check(mode, "detach", 0);
    Eager.share(v, this, "detach");
    return leaf(mode, v);
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
    if (reach.isEmpty() && !isPending() && !isLeaf()) {
      Tensor[] before = in;
      in = NONE;
      op = Constant.CONSTANT;
      release(before);
    }
  }

  /** Lets go of the history after a sweep that was its last. */
  void freeHistory() {
    if (in.length > 0 && !isPending()) {
      Tensor[] before = in;
      in = NONE; // the op stays, and says what is missing
      release(before);
    }
  }

  // -- Building and life --------------------------------------------------------------------------

  void check(Mode mode, Object op, int i) {
    if (isClosed() && mode.sweeps == 0) {
      throw closedIn(op, i);
    }
  }

  ClosedException closedIn(Object op, int i) {
    return new ClosedException(
        "%s: operand %d, %s %s, %s"
            .formatted(op, i, dtype(), shape(), donation == null ? "is closed" : donation));
  }

  private boolean isClosed() {
    return (held & CLOSED) != 0;
  }

  /** Holds this for a node. */
  void addHolder(Object op, int i) {
    for (long n = held; n != GONE; n = held) {
      if (HELD.compareAndSet(this, n, n + NODE)) {
        return;
      }
    }
    throw closedIn(op, i);
  }

  /** Takes a node's hold off each; what nobody holds any more ends, and so takes one off others. */
  static void release(Tensor... tensors) {
    ArrayDeque<Tensor[]> more = null; // seldom needed: a chain has one at a time
    for (Tensor[] next = tensors; next != null; ) {
      Tensor[] then = null;
      for (Tensor x : next) {
        if ((long) HELD.getAndAdd(x, -NODE) == NODE + CLOSED) {
          if (then != null) {
            more = more == null ? new ArrayDeque<>() : more;
            more.push(then);
          }
          then = x.end();
        }
      }
      next = then == null && more != null ? more.poll() : then;
    }
  }

  /** Lets go of the value, as nobody holds this any more; gives the inputs, to be released. */
  private Tensor[] end() {
    Buffer v = value;
    if (!v.isAbsent()) {
      v.storage().drop();
    }
    Tensor[] before = in;
    in = NONE;
    return before;
  }

  /**
   * Gives the memory back now, as far as no graph or view needs it. Using the tensor afterwards is
   * a {@link ClosedException}; closing it again does nothing. Never necessary.
   */
  @Override
  public void close() {
    if ((long) HELD.getAndBitwiseOr(this, CLOSED) == 0) {
      release(end());
    }
  }

  /** Whether there is this handle and nothing else. */
  boolean isHeldOnce() {
    return held == 0;
  }

  /** Whether, besides, its elements are nobody else's, and lie one after another. */
  boolean isAlone() {
    Buffer v = value;
    return held == 0 && !v.storage().isShared() && v.layout().isContiguous();
  }

  /** Takes a holder off a tensor that this thread alone has; the last one closes it. */
  void letGo() {
    if (held >= NODE) {
      release(this);
    } else {
      close();
    }
  }

  /**
   * The same value for an op that may write its result over it: the next op that takes the result
   * of this call ends it, and spares memory if the values fit. This tensor is closed; using it, or
   * the result after that op, is a {@link ClosedException} that says where it went.
   *
   * @throws IllegalStateException if a derivative may need the value, or a view, another handle or
   *     a recorded op shares the memory
   */
  public Tensor donate() {
    Buffer v = checkDonation();
    endAsOnlyHandle("donate", 0);
    donation = new Donation();
    Tensor given = leaf(Mode.get(), v); // which takes over the hold on the memory
    given.donation = donation;
    return given;
  }

  /** The value, if nothing but this handle is seen to hold it. */
  Buffer checkDonation() {
    check(Mode.get(), "donate", 0);
    if (!reach.isEmpty()) {
      throw notDonated("a derivative may need its value; detach() makes a tensor without history");
    }
    Buffer v = value();
    if (v.storage().isShared()) {
      throw notDonated("a view or another handle shares its memory, or it is being computed with");
    }
    if (held >= NODE) {
      throw notDonated(RECORDED);
    }
    return v;
  }

  /** Ends this, but not its hold on the memory, if nothing but this handle holds it. */
  private void endAsOnlyHandle(Object op, int i) {
    long before = (long) HELD.compareAndExchange(this, 0L, GONE);
    if ((before & CLOSED) != 0) {
      throw closedIn(op, i);
    }
    if (before != 0) {
      throw notDonated(RECORDED);
    }
  }

  private IllegalStateException notDonated(String why) {
    return new IllegalStateException("donate: %s %s: %s".formatted(dtype(), shape(), why));
  }

  /** Whether the next op is to end it. */
  boolean isDonated() {
    return donation != null;
  }

  /** A donated tensor ends, and another with its value is for the op alone; other ones stay. */
  Tensor taken(Mode mode, Op op, int i) {
    return donation == null ? this : leaf(mode, given(op, i));
  }

  /** The value of a donated tensor, which ends; its hold on the memory is the caller's now. */
  Buffer given(Object op, int i) {
    endAsOnlyHandle(op, i);
    if (donation != null) {
      donation.takenBy(op);
    }
    Buffer v = value();
    Storage storage = v.storage();
    return new Buffer(storage.take().orElse(storage), v.dtype(), v.layout());
  }

  private String describe() {
    return "%s %s %s".formatted(op, dtype(), shape());
  }

  /**
   * A number of its own: maps of tensors are what walks over graphs are made of, and the one that
   * the JVM gives to an object costs a call into the VM. A tensor is equal to itself alone; {@link
   * #eq} compares elements.
   */
  @Override
  public int hashCode() {
    return hash;
  }

  /**
   * The elements as NumPy prints them, the middle of long axes left out; then dtype and shape. Of a
   * traced tensor, which has no elements, what computes it.
   */
  @Override
  public String toString() {
    if (isClosed()) {
      return "Tensor(closed, %s, %s)".formatted(dtype(), shape());
    }
    return isPending() && Trace.reachesInput(this)
        ? "Tensor(traced %s, %s, %s)".formatted(op, dtype(), shape())
        : reading(Print::text);
  }
}
