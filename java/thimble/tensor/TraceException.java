package thimble.tensor;

/** A traced function asked for a value, which depends on arguments that it has not got yet. */
public final class TraceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  TraceException(String message) {
    super(message);
  }
}
