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

  /** Unless the user has set it up in some way: then what is wrong with that is to be said. */
  @Override
  public boolean replaceable() {
    return !Settings.some();
  }

  @Override
  public Backend open() {
    return NativeBackend.open();
  }
}
