package thimble.runtime;

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

  @Override
  public Backend open() {
    return NativeBackend.open();
  }
}
