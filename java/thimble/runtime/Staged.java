package thimble.runtime;

import java.lang.foreign.MemorySegment;
import thimble.tensor.Backend;
import thimble.tensor.Buffer;
import thimble.tensor.Storage;

/**
 * Operands where native code can read them: those on the Java heap, of the other backend, copied.
 */
final class Staged {
  private final Buffer[] buffers;
  private final Storage[] copies;
  private int copied;

  private Staged(Buffer[] buffers) {
    this.buffers = buffers;
    this.copies = new Storage[buffers.length];
  }

  static boolean areNative(Buffer[] in) {
    for (Buffer x : in) {
      if (!x.storage().segment().isNative()) {
        return false;
      }
    }
    return true;
  }

  static Staged of(Backend backend, Buffer[] in) {
    Staged s = new Staged(in.clone());
    boolean done = false;
    try {
      for (int i = 0; i < in.length; i++) {
        s.copy(backend, i);
      }
      done = true;
      return s;
    } finally {
      if (!done) {
        s.release();
      }
    }
  }

  private void copy(Backend backend, int i) {
    Buffer b = buffers[i];
    MemorySegment x = b.storage().segment();
    if (!x.isNative()) {
      Storage copy = backend.allocate(b.dtype(), x.byteSize() / b.dtype().bytes());
      copies[copied++] = copy;
      MemorySegment.copy(x, 0, copy.segment(), 0, x.byteSize());
      buffers[i] = new Buffer(copy, b.dtype(), b.layout());
    }
  }

  Buffer[] buffers() {
    return buffers;
  }

  void release() {
    while (copied > 0) {
      copies[--copied].release();
    }
  }
}
