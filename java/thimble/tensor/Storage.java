package thimble.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Optional;

/**
 * The memory behind one tensor and its views, as a backend gave it: on the Java heap, where it is
 * the garbage collector's ordinary work, or native, where it goes back to the backend when nobody
 * holds it any more. A native storage that is only forgotten is the backend's to reclaim once it is
 * unreachable.
 */
public abstract class Storage {
  private static final VarHandle OTHERS;

  static {
    try {
      OTHERS = MethodHandles.lookup().findVarHandle(Storage.class, "others", long.class);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  /** Holders but one, −1 is nobody: counted from 0, so that making one needs no volatile write. */
  private volatile long others;

  /** A storage that is held once: by the caller. */
  protected Storage() {}

  /**
   * The memory, of a few bytes more at most than the elements need; to be read or written only
   * between {@link #retain} and {@link #release}.
   */
  public abstract MemorySegment segment();

  /** Holds it once more, for a tensor; false if it has been given back already. */
  public final boolean share() {
    for (long n = others; n >= 0; n = others) {
      if (OTHERS.compareAndSet(this, n, n + 1)) {
        return true;
      }
    }
    return false;
  }

  /** Lets go once of what was shared; the last one gives the memory back. */
  public void drop() {
    long before = (long) OTHERS.getAndAdd(this, -1L);
    if (before == 0) {
      free();
    } else if (before < 0) {
      throw new AssertionError("storage let go of more often than held");
    }
  }

  /** Whether there is more than one holder. */
  protected final boolean isShared() {
    return others > 0;
  }

  /**
   * The same memory for its only holder, as another storage, so that nobody can hold this one any
   * more; nothing if it has another holder.
   */
  final Optional<Storage> take() {
    return OTHERS.compareAndSet(this, 0L, -1L) ? Optional.of(successor()) : Optional.empty();
  }

  /** Holds it while computing with it; false if it has been given back already. */
  public abstract boolean retain();

  /** Ends what {@link #retain} began. */
  public abstract void release();

  /** Gives the memory back; called once. */
  protected abstract void free();

  /** The same memory as a new storage, which takes this one's place. */
  protected abstract Storage successor();
}
