package thimble.runtime;

import java.lang.foreign.MemorySegment;
import thimble.tensor.DType;
import thimble.tensor.OutOfMemoryException;
import thimble.tensor.Storage;

/** An array on the Java heap: the garbage collector's ordinary work. */
final class HeapStorage extends Storage {
  private HeapStorage(MemorySegment array) {
    super(array);
  }

  static HeapStorage of(DType dtype, long count) {
    if (count > Integer.MAX_VALUE - 8) {
      throw new OutOfMemoryException(
          "%d elements of %s: more than a Java array holds".formatted(count, dtype));
    }
    int n = (int) count;
    try {
      return new HeapStorage(
          switch (dtype) {
            case FLOAT32 -> MemorySegment.ofArray(new float[n]);
            case FLOAT64 -> MemorySegment.ofArray(new double[n]);
            case INT32 -> MemorySegment.ofArray(new int[n]);
            case INT64 -> MemorySegment.ofArray(new long[n]);
            case UINT8, BOOL -> MemorySegment.ofArray(new byte[n]);
          });
    } catch (OutOfMemoryError e) {
      throw new OutOfMemoryException(
          "%d elements of %s do not fit the Java heap of %d MB: give more with -Xmx"
              .formatted(count, dtype, Runtime.getRuntime().maxMemory() >> 20));
    }
  }

  @Override
  protected void free() {
    // The collector does.
  }
}
