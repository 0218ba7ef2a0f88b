package thimble.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.runtime.ffi.gen.th_error;
import thimble.tensor.Buffer;
import thimble.tensor.Layout;
import thimble.tensor.Op;
import thimble.tensor.OutOfMemoryException;
import thimble.tensor.Shape;

/** What one thread needs beside its operands to call the library: a layout and an error. */
final class Call {
  private static final ThreadLocal<Call> CALLS = ThreadLocal.withInitial(Call::new);

  /** Sizes, and strides of up to three operands, of rank 10 at most (a batch of matrices). */
  private static final int NUMBERS = 4 * (Shape.MAX_RANK + 2);

  private final MemorySegment layout;
  private final MemorySegment error;
  private int next;

  private Call() {
    Arena arena = Arena.ofAuto();
    layout = arena.allocate(ValueLayout.JAVA_LONG, NUMBERS);
    error = th_error.allocate(arena);
  }

  /** This thread's. */
  static Call get() {
    return CALLS.get();
  }

  /** Where the call reports to. */
  MemorySegment error() {
    return error;
  }

  /** A layout: sizes, then strides of each operand. */
  MemorySegment layout(Shape sizes, Buffer... operands) {
    begin(sizes);
    for (Buffer operand : operands) {
      strides(operand.layout(), 0, sizes.rank());
    }
    return layout;
  }

  /** The same for layouts; each has the rank of the sizes. */
  MemorySegment layout(Shape sizes, Layout... operands) {
    begin(sizes);
    for (Layout operand : operands) {
      strides(operand, 0, sizes.rank());
    }
    return layout;
  }

  private void begin(Shape sizes) {
    next = 0;
    for (int d = 0; d < sizes.rank(); d++) {
      put(sizes.size(d));
    }
  }

  /** The layout of a product: leading sizes, then all strides of A, and of B. */
  MemorySegment matmulLayout(Layout a, Layout b) {
    int lead = a.shape().rank() - 2;
    next = 0;
    for (int d = 0; d < lead; d++) {
      put(a.shape().size(d));
    }
    strides(a, 0, lead + 2);
    strides(b, 0, lead + 2);
    return layout;
  }

  private void strides(Layout operand, int from, int to) {
    for (int d = from; d < to; d++) {
      put(operand.stride(d));
    }
  }

  private void put(long n) {
    layout.setAtIndex(ValueLayout.JAVA_LONG, next++, n);
  }

  /** Throws what the last call reported, if anything. */
  void check(Object op) {
    int code = th_error.code(error);
    if (code != ThimbleH.TH_OK()) {
      throw failure(op, code);
    }
  }

  private RuntimeException failure(Object op, int code) {
    String text = op + ": " + th_error.text(error).getString(0);
    if (code == ThimbleH.TH_OUT_OF_MEMORY()) {
      return new OutOfMemoryException(text);
    }
    if (code == ThimbleH.TH_BAD_INDEX()) {
      return Indices.outOfBounds((Op) op, th_error.value(error));
    }
    return new IllegalStateException(text);
  }
}
