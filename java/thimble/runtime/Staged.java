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
    for (int i = 0; i < in.length; i++) {
      MemorySegment x = in[i].storage().segment();
      if (!x.isNative()) {
        Storage copy = backend.allocate(in[i].dtype(), x.byteSize() / in[i].dtype().bytes());
        MemorySegment.copy(x, 0, copy.segment(), 0, x.byteSize());
        s.copies[s.copied++] = copy;
        s.buffers[i] = new Buffer(copy, in[i].dtype(), in[i].layout());
      }
    }
    return s;
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
