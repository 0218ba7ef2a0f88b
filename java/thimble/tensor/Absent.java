package thimble.tensor;

import java.lang.foreign.MemorySegment;

/** The storage of what is not computed yet. Nobody holds it, reads it or gives it back. */
final class Absent extends Storage {
  static final Storage STORAGE = new Absent();

  private Absent() {}

  @Override
  public MemorySegment segment() {
    throw new AssertionError("a value that is not computed is read");
  }

  @Override
  public boolean retain() {
    throw new AssertionError("a value that is not computed is held");
  }

  @Override
  public void release() {
    throw new AssertionError("a value that is not computed is let go of");
  }

  @Override
  protected void free() {
    throw new AssertionError("a value that is not computed is freed");
  }

  @Override
  protected Storage successor() {
    throw new AssertionError("a value that is not computed is taken");
  }
}
