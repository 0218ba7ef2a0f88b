package thimble.runtime;

import thimble.tensor.Backend;

/** Offers {@link JavaBackend} to the service loader. */
public final class JavaProvider implements Backend.Provider {
  /** For the service loader. */
  public JavaProvider() {}

  @Override
  public String name() {
    return "java";
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public boolean replaceable() {
    return true;
  }

  @Override
  public Backend open() {
    return new JavaBackend();
  }
}
