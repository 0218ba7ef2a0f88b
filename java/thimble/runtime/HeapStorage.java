package thimble.runtime;

import java.lang.foreign.MemorySegment;
import thimble.tensor.DType;
import thimble.tensor.OutOfMemoryException;
import thimble.tensor.Shape;
import thimble.tensor.Storage;

/**
 * An array on the Java heap: the garbage collector's ordinary work, so nobody counts who holds it.
 */
abstract class HeapStorage extends Storage {
  /**
   * Whatever the elements are, an array of longs: code that meets one kind of segment and no other
   * is compiled without a table of methods. A segment is made where it is used, and there, in
   * compiled code, it most often is no object.
   */
  private static final class Longs extends HeapStorage {
    private final long[] array;

    Longs(long[] array) {
      this.array = array;
    }

    @Override
    public MemorySegment segment() {
      return MemorySegment.ofArray(array);
    }

    @Override
    protected Storage successor() {
      return new Longs(array);
    }
  }

  /** An array of the element's own type. */
  private static final class Typed extends HeapStorage {
    private final MemorySegment array;

    Typed(MemorySegment array) {
      this.array = array;
    }

    @Override
    public MemorySegment segment() {
      return array;
    }

    @Override
    protected Storage successor() {
      return new Typed(array);
    }
  }

  /** At least that many bytes. */
  static HeapStorage ofBytes(long bytes) {
    return new Longs(new long[(int) ((bytes + 7) >> 3)]);
  }

  /** An array of the element's own type, however large. */
  static HeapStorage of(Object user, DType dtype, Shape shape) {
    long count = shape.count();
    if (count > Integer.MAX_VALUE - 8) {
      throw new OutOfMemoryException(
          "%s: %s %s: more elements than a Java array holds".formatted(user, dtype, shape));
    }
    int n = (int) count;
    try {
      return new Typed(
          switch (dtype) {
            case FLOAT32 -> MemorySegment.ofArray(new float[n]);
            case FLOAT64 -> MemorySegment.ofArray(new double[n]);
            case INT32 -> MemorySegment.ofArray(new int[n]);
            case INT64 -> MemorySegment.ofArray(new long[n]);
            case UINT8, BOOL -> MemorySegment.ofArray(new byte[n]);
          });
    } catch (OutOfMemoryError e) {
      throw new OutOfMemoryException(
          "%s: %s %s: %d bytes do not fit the Java heap of %d MB; give more with -Xmx"
              .formatted(
                  user,
                  dtype,
                  shape,
                  count * dtype.bytes(),
                  Runtime.getRuntime().maxMemory() >> 20));
    }
  }

  /** Only whether there are several holders is to be known. */
  @Override
  public void drop() {
    if (isShared()) {
      super.drop();
    }
  }

  @Override
  public boolean retain() {
    return true;
  }

  @Override
  public void release() {
    // The collector finds it.
  }

  @Override
  protected void free() {
    // The collector finds it.
  }
}
