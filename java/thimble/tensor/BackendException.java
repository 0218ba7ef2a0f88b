package thimble.tensor;

/**
 * The set-up does not give a backend; the message says what was tried and which setting changes it.
 */
public final class BackendException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /** An exception with that message. */
  public BackendException(String message) {
    super(message);
  }

  /** An exception with that message and what caused it. */
  public BackendException(String message, Throwable cause) {
    super(message, cause);
  }
}
