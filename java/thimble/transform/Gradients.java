package thimble.transform;

/**
 * The gradients of a function of several arguments with respect to those that were asked for, each
 * of its argument's form. That with respect to another argument is an {@link
 * IllegalStateException}.
 */
public final class Gradients {
  private Gradients() {}

  /** Of a function of two arguments. */
  public sealed interface Of2<A, B> permits Of3 {
    /** With respect to argument 0. */
    A first();

    /** With respect to argument 1. */
    B second();
  }

  /** Of a function of three arguments. */
  public sealed interface Of3<A, B, C> extends Of2<A, B> permits Of4 {
    /** With respect to argument 2. */
    C third();
  }

  /** Of a function of four arguments. */
  public sealed interface Of4<A, B, C, D> extends Of3<A, B, C> permits Partials {
    /** With respect to argument 3. */
    D fourth();
  }
}
