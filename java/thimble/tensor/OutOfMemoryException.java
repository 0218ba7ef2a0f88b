package thimble.tensor;

/**
 * Native memory for a tensor is not to be had: the limit is reached and nothing can be reclaimed.
 * The library stays usable: smaller computations go on.
 */
public final class OutOfMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** An exception with that message. */
  public OutOfMemoryException(String message) {
    super(message);
  }
}
