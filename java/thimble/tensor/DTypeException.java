package thimble.tensor;

/** A dtype that an op does not take; the message names the op, the operand and what to do. */
public final class DTypeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** An exception with that message. */
  public DTypeException(String message) {
    super(message);
  }

  /** The message, and the line of the user's program that it is about. */
  @Override
  @SuppressWarnings("OverrideThrowableToString") // the line is known once the stack is filled in
  public String toString() {
    return Site.after(super.toString(), this);
  }
}
