package thimble.tensor;

/**
 * Shapes, axes or ranges that do not fit an op; the message names the op, the operands and the
 * axis.
 */
public final class ShapeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** An exception with that message. */
  public ShapeException(String message) {
    super(message);
  }

  ShapeException(String message, ShapeException cause) {
    super(message, cause);
  }
}
