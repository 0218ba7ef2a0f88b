package thimble.tensor;

import java.lang.foreign.MemorySegment;

/**
 * The memory behind one tensor and its views, as a backend gave it: on the Java heap, where it is
 * the garbage collector's ordinary work, or native, with a count of those who hold it. Native
 * memory goes back to the backend when the last one lets go; a storage that is only forgotten is
 * the backend's to reclaim once it is unreachable.
 */
public abstract class Storage {
  private final MemorySegment segment;

  /** A storage over that memory, held once: by the caller. */
  protected Storage(MemorySegment segment) {
    this.segment = segment;
  }

  /**
   * The memory, of a few bytes more at most than the elements need; to be read or written only
   * between {@link #retain} and {@link #release}.
   */
  public final MemorySegment segment() {
    return segment;
  }

  /** Holds it once more; false if it has been given back already. */
  public abstract boolean retain();

  /** Lets go once; the last one gives native memory back. */
  public abstract void release();
}
