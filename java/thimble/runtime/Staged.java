package thimble.runtime;

import java.lang.foreign.MemorySegment;
import thimble.tensor.Buffer;
import thimble.tensor.Shape;
import thimble.tensor.Storage;

/**
 * The operands and the result of an op in native memory, for a call that takes too long to be made
 * on the Java heap: what lies there is copied, and the result copied back.
 */
final class Staged {
  private final Object op;
  private final NativeMemory memory;
  private final Buffer[] in;
  private final Buffer result;
  private final Storage[] copies;
  private Buffer out;
  private int copied;

  private Staged(Object op, NativeMemory memory, Buffer[] in, Buffer out) {
    this.op = op;
    this.memory = memory;
    this.in = in;
    this.result = out;
    this.out = out;
    this.copies = new Storage[in.length + 1];
  }

  /** Whether anything lies on the Java heap. */
  static boolean needed(Buffer[] in, Buffer out) {
    for (Buffer x : in) {
      if (x.storage() instanceof HeapStorage) {
        return true;
      }
    }
    return out.storage() instanceof HeapStorage;
  }

  static Staged of(Object op, NativeMemory memory, Buffer[] in, Buffer out) {
    Staged s = new Staged(op, memory, in.clone(), out);
    boolean done = false;
    try {
      for (int i = 0; i < in.length; i++) {
        s.in[i] = s.copy(in[i], true);
      }
      s.out = s.copy(out, false);
      done = true;
      return s;
    } finally {
      if (!done) {
        s.release();
      }
    }
  }

  private Buffer copy(Buffer b, boolean filled) {
    if (!(b.storage() instanceof HeapStorage)) {
      return b;
    }
    MemorySegment x = b.storage().segment();
    Storage copy = memory.allocate(op, b.dtype(), Shape.of(x.byteSize() / b.dtype().bytes()));
    copies[copied++] = copy;
    if (filled) {
      MemorySegment.copy(x, 0, copy.segment(), 0, x.byteSize());
    }
    return new Buffer(copy, b.dtype(), b.layout());
  }

  Buffer[] in() {
    return in;
  }

  Buffer out() {
    return out;
  }

  /** Brings the result to where it is wanted. */
  void copyBack() {
    if (result.storage() instanceof HeapStorage) {
      MemorySegment to = result.storage().segment();
      MemorySegment.copy(out.storage().segment(), 0, to, 0, to.byteSize());
    }
  }

  void release() {
    while (copied > 0) {
      copies[--copied].release();
    }
  }
}
