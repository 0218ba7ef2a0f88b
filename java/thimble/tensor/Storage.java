package thimble.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The memory behind one tensor and its views, as a backend gave it, with a count of those who hold
 * it. It goes back to the backend when the last one lets go; a storage that is only forgotten is
 * the backend's to reclaim once it is unreachable.
 */
public abstract class Storage {
  private static final VarHandle HOLDERS;

  static {
    try {
      HOLDERS = MethodHandles.lookup().findVarHandle(Storage.class, "holders", int.class);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private final MemorySegment segment;
  private volatile int holders = 1;

  /** A storage over that memory, held once: by the caller. */
  protected Storage(MemorySegment segment) {
    this.segment = segment;
  }

  /** The memory; to be read or written only between {@link #retain} and {@link #release}. */
  public final MemorySegment segment() {
    return segment;
  }

  /** Holds it once more; false if it has been given back already. */
  public final boolean retain() {
    for (int n = holders; n > 0; n = holders) {
      if (HOLDERS.compareAndSet(this, n, n + 1)) {
        return true;
      }
    }
    return false;
  }

  /** Lets go once; the last one gives the memory back. */
  public final void release() {
    int before = (int) HOLDERS.getAndAdd(this, -1);
    if (before == 1) {
      free();
    } else if (before <= 0) {
      throw new AssertionError("storage released more often than held");
    }
  }

  /** Gives the memory back; called once. */
  protected abstract void free();
}
