package thimble.runtime;

import java.util.function.Supplier;
import thimble.tensor.Backend;
import thimble.tensor.Backends;
import thimble.tensor.Block;

/**
 * The native backend in the forms that differ in where operands lie and how they are handed over.
 */
public enum Paths {
  /** Everything in native memory, ordinary calls. */
  NATIVE(() -> open().with(-1, 0)),
  /** Everything on the Java heap, calls that take arrays from there. */
  HEAP(() -> open().with(1 << 26, 1L << 30)),
  /** Everything on the Java heap, copied for each call. */
  STAGED(() -> open().with(1 << 26, 0)),
  /** As a user has it. */
  USUAL(Paths::open);

  private final Supplier<NativeBackend> backend;

  Paths(Supplier<NativeBackend> backend) {
    this.backend = backend;
  }

  /** The backend. */
  public Backend backend() {
    return backend.get();
  }

  private static NativeBackend open() {
    try (Block _ = Backends.use("native")) {
      return (NativeBackend) Backends.current();
    }
  }
}
