package thimble.runtime;

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

  /** Unless the user has named the library to take. */
  @Override
  public boolean replaceable() {
    return System.getProperty(Library.PATH) == null;
  }

  @Override
  public Backend open() {
    return NativeBackend.open();
  }
}
