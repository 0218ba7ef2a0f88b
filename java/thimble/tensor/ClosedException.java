package thimble.tensor;

/** A tensor that was used after it, or the {@link Scope} it was made in, had been closed. */
public final class ClosedException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /** An exception with that message. */
  public ClosedException(String message) {
    super(message);
  }
}
