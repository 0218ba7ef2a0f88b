package thimble.runtime;

import java.util.List;
import thimble.tensor.Backend;
import thimble.tensor.Memory;

/** The native memory of a backend whose tensors lie on the Java heap. */
enum NoMemory implements Backend.Pool {
  /** The only one. */
  NONE;

  @Override
  public Memory.Stats stats() {
    return new Memory.Stats(0, 0, 0, Runtime.getRuntime().maxMemory(), 0, 0);
  }

  @Override
  public void trim() {
    // Nothing is kept.
  }

  @Override
  public void limit(long bytes) {
    throw new IllegalStateException(
        "limit: tensors of the plain-Java backend lie on the Java heap, which -Xmx limits");
  }

  @Override
  public List<Memory.Held> largest(int n) {
    return List.of();
  }
}
