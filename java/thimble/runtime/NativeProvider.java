package thimble.runtime;

import java.util.stream.Stream;
import thimble.runtime.ffi.Library;
import thimble.tensor.Backend;

/** Offers {@link NativeBackend} to the service loader. */
public final class NativeProvider implements Backend.Provider {
  /** For the service loader. */
  public NativeProvider() {}

  @Override
  public String name() {
    return "native";
  }

  @Override
  public int priority() {
    return 1;
  }

  /** Unless the user has set it up in some way: then what is wrong with that is to be said. */
  @Override
  public boolean replaceable() {
    return Stream.of(
            Library.PATH, Library.BLAS, NativeMemory.LIMIT, NativeBackend.THREADS, Leaks.PROPERTY)
        .allMatch(property -> System.getProperty(property) == null);
  }

  @Override
  public Backend open() {
    return NativeBackend.open();
  }
}
