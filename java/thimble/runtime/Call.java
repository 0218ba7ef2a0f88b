package thimble.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.runtime.ffi.gen.th_error;
import thimble.tensor.Buffer;
import thimble.tensor.Layout;
import thimble.tensor.Shape;

/**
 * One call of the library after the other on a thread: what each needs beside its operands, a
 * layout and an error, and whether operands may lie on the Java heap. A layout is set, then an
 * entry point is called, then {@link #check} throws what it reported.
 */
final class Call {
  private static final ThreadLocal<Call> CALLS = ThreadLocal.withInitial(Call::new);

  private static final int OPERANDS = 3;

  /** Sizes, and strides of operands, of rank 10 at most (a batch of matrices). */
  private static final int NUMBERS = (1 + OPERANDS) * (Shape.MAX_RANK + 2);

  private final MemorySegment layout;

  /**
   * The layout of operands without gaps: one walk, whatever the axes, of a count and steps of 1.
   */
  private final MemorySegment flat;

  private final MemorySegment error;
  private final long layoutAt;
  private final long flatAt;
  private final long errorAt;

  /** Which layout the call is to take. */
  private long at;

  private int next;
  private int rank;
  private boolean critical;

  private Call() {
    Arena arena = Arena.ofAuto();
    layout = arena.allocate(ValueLayout.JAVA_LONG, NUMBERS);
    error = th_error.allocate(arena);
    flat = arena.allocate(ValueLayout.JAVA_LONG, 1 + OPERANDS);
    for (int i = 1; i <= OPERANDS; i++) {
      flat.setAtIndex(ValueLayout.JAVA_LONG, i, 1);
    }
    layoutAt = layout.address();
    flatAt = flat.address();
    errorAt = error.address();
  }

  /** This thread's. */
  static Call get() {
    return CALLS.get();
  }

  /** The same, for a call that takes operands on the Java heap and must be short, or not. */
  static Call get(boolean critical) {
    Call c = CALLS.get();
    c.critical = critical;
    return c;
  }

  /** Where the call reports to. */
  MemorySegment error() {
    return error;
  }

  // -- Layouts ------------------------------------------------------------------------------------

  /** The layout of an elementwise op, whose operands have the shape of its result. */
  Call each(Buffer out, Buffer... in) {
    for (Buffer x : in) {
      if (!x.layout().isContiguous()) {
        begin(out.shape());
        for (Buffer operand : in) {
          strides(operand.layout());
        }
        return this;
      }
    }
    flat.set(ValueLayout.JAVA_LONG, 0, out.count());
    at = flatAt;
    rank = 1;
    return this;
  }

  /** The layout of one operand. */
  Call walk(Buffer x) {
    begin(x.shape());
    strides(x.layout());
    return this;
  }

  /** Sizes, then strides of each operand, which has as many axes. */
  Call walk(Shape sizes, Layout... operands) {
    begin(sizes);
    for (Layout operand : operands) {
      strides(operand);
    }
    return this;
  }

  /** The layout of a product: leading sizes, then all strides of A, and of B. */
  Call product(Layout a, Layout b) {
    int lead = a.shape().rank() - 2;
    next = 0;
    rank = lead;
    at = layoutAt;
    for (int d = 0; d < lead; d++) {
      put(a.shape().size(d));
    }
    strides(a);
    strides(b);
    return this;
  }

  private void begin(Shape sizes) {
    next = 0;
    rank = sizes.rank();
    at = layoutAt;
    for (int d = 0; d < rank; d++) {
      put(sizes.size(d));
    }
  }

  private void strides(Layout operand) {
    for (int d = 0; d < operand.shape().rank(); d++) {
      put(operand.stride(d));
    }
  }

  /** The layout that was set. */
  private MemorySegment layout() {
    return at == flatAt ? flat : layout;
  }

  private void put(long n) {
    layout.setAtIndex(ValueLayout.JAVA_LONG, next++, n);
  }

  // -- Entry points -------------------------------------------------------------------------------

  void unary(int op, int dtype, MemorySegment x, MemorySegment y) throws Throwable {
    if (critical) {
      Critical.Unary.CALL.invokeExact(op, dtype, rank, at, x, y, errorAt);
    } else {
      ThimbleH.th_unary(op, dtype, rank, layout(), x, y, error);
    }
  }

  void binary(int op, int dtype, MemorySegment a, MemorySegment b, MemorySegment y)
      throws Throwable {
    if (critical) {
      Critical.Binary.CALL.invokeExact(op, dtype, rank, at, a, b, y, errorAt);
    } else {
      ThimbleH.th_binary(op, dtype, rank, layout(), a, b, y, error);
    }
  }

  void scalar(int op, int dtype, MemorySegment x, double s, boolean left, MemorySegment y)
      throws Throwable {
    int side = left ? 1 : 0;
    if (critical) {
      Critical.Scalar.CALL.invokeExact(op, dtype, rank, at, x, s, side, y, errorAt);
    } else {
      ThimbleH.th_scalar(op, dtype, rank, layout(), x, s, side, y, error);
    }
  }

  void compare(int op, int dtype, MemorySegment a, MemorySegment b, MemorySegment y)
      throws Throwable {
    if (critical) {
      Critical.Compare.CALL.invokeExact(op, dtype, rank, at, a, b, y, errorAt);
    } else {
      ThimbleH.th_compare(op, dtype, rank, layout(), a, b, y, error);
    }
  }

  void select(int dtype, MemorySegment c, MemorySegment a, MemorySegment b, MemorySegment y)
      throws Throwable {
    if (critical) {
      Critical.Select.CALL.invokeExact(dtype, rank, at, c, a, b, y, errorAt);
    } else {
      ThimbleH.th_select(dtype, rank, layout(), c, a, b, y, error);
    }
  }

  void cast(int from, int to, MemorySegment x, MemorySegment y) throws Throwable {
    if (critical) {
      Critical.Cast.CALL.invokeExact(from, to, rank, at, x, y, errorAt);
    } else {
      ThimbleH.th_cast(from, to, rank, layout(), x, y, error);
    }
  }

  void copy(int dtype, MemorySegment x, MemorySegment y) throws Throwable {
    if (critical) {
      Critical.Copy.CALL.invokeExact(dtype, rank, at, x, y, errorAt);
    } else {
      ThimbleH.th_copy(dtype, rank, layout(), x, y, error);
    }
  }

  void fill(int dtype, long count, double value, MemorySegment y) throws Throwable {
    if (critical) {
      Critical.Fill.CALL.invokeExact(dtype, count, value, y, errorAt);
    } else {
      ThimbleH.th_fill(dtype, count, value, y, error);
    }
  }

  void gather(int dtype, int axis, long bound, MemorySegment x, MemorySegment i, MemorySegment y)
      throws Throwable {
    if (critical) {
      Critical.Gather.CALL.invokeExact(dtype, rank, at, axis, bound, x, i, y, errorAt);
    } else {
      ThimbleH.th_gather(dtype, rank, layout(), axis, bound, x, i, y, error);
    }
  }

  void scatterAdd(
      int dtype, int axis, long bound, MemorySegment x, MemorySegment i, MemorySegment y)
      throws Throwable {
    if (critical) {
      Critical.ScatterAdd.CALL.invokeExact(dtype, rank, at, axis, bound, x, i, y, errorAt);
    } else {
      ThimbleH.th_scatter_add(dtype, rank, layout(), axis, bound, x, i, y, error);
    }
  }

  void reduce(int op, int dtype, int axes, MemorySegment x, MemorySegment y) throws Throwable {
    if (critical) {
      Critical.Reduce.CALL.invokeExact(op, dtype, rank, at, axes, x, y, errorAt);
    } else {
      ThimbleH.th_reduce(op, dtype, rank, layout(), axes, x, y, error);
    }
  }

  void cumsum(int dtype, int axis, MemorySegment x, MemorySegment y) throws Throwable {
    if (critical) {
      Critical.CumSum.CALL.invokeExact(dtype, rank, at, axis, x, y, errorAt);
    } else {
      ThimbleH.th_cumsum(dtype, rank, layout(), axis, x, y, error);
    }
  }

  void softmax(boolean log, int dtype, int axis, MemorySegment x, MemorySegment y)
      throws Throwable {
    int kind = log ? 1 : 0;
    if (critical) {
      Critical.Softmax.CALL.invokeExact(kind, dtype, rank, at, axis, x, y, errorAt);
    } else {
      ThimbleH.th_softmax(kind, dtype, rank, layout(), axis, x, y, error);
    }
  }

  void random(int kind, int dtype, long count, long key, long low, long range, MemorySegment y)
      throws Throwable {
    if (critical) {
      Critical.Random.CALL.invokeExact(kind, dtype, count, key, low, range, y, errorAt);
    } else {
      ThimbleH.th_random(kind, dtype, count, key, low, range, y, error);
    }
  }

  void matmul(int dtype, long m, long n, long k, MemorySegment a, MemorySegment b, MemorySegment c)
      throws Throwable {
    if (critical) {
      Critical.Matmul.CALL.invokeExact(dtype, rank, at, m, n, k, a, b, c, errorAt);
    } else {
      ThimbleH.th_matmul(dtype, rank, layout(), m, n, k, a, b, c, error);
    }
  }

  // -- What it reported ---------------------------------------------------------------------------

  /**
   * Throws what the last call reported, if anything.
   *
   * @throws Scarce if there was no memory for it
   * @throws BadIndex if an index was out of bounds
   */
  void check(Object op) {
    int code = th_error.code(error);
    if (code != ThimbleH.TH_OK()) {
      throw failure(op, code);
    }
  }

  private RuntimeException failure(Object op, int code) {
    String text = th_error.text(error).getString(0);
    if (code == ThimbleH.TH_OUT_OF_MEMORY()) {
      return new Scarce(text);
    }
    if (code == ThimbleH.TH_BAD_INDEX()) {
      return new BadIndex(th_error.value(error));
    }
    return new IllegalStateException(op + ": " + text);
  }

  /** A kernel has met an index that names no element. */
  static final class BadIndex extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final long index;

    private BadIndex(long index) {
      this.index = index;
    }

    long index() {
      return index;
    }
  }

  /** A kernel had no memory to work in. */
  static final class Scarce extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final long bytes;

    /** With the library's text, which begins with how much was asked for if it knows. */
    private Scarce(String text) {
      super(text);
      String first = text.split(" ")[0];
      this.bytes = first.matches("\\d+") ? Long.parseLong(first) : 0;
    }

    long bytes() {
      return bytes;
    }
  }
}
