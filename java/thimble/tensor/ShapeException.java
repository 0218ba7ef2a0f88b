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

  /** The message, and the line of the user's program that it is about. */
  @Override
  @SuppressWarnings("OverrideThrowableToString") // the line is known once the stack is filled in
  public String toString() {
    return Site.after(super.toString(), this);
  }
}
