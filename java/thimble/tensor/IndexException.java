package thimble.tensor;

/** An index that was read from a tensor lies outside of the axis that it is for. */
public final class IndexException extends IndexOutOfBoundsException {
  private static final long serialVersionUID = 1;

  /** With a message that names the op, the index and its bound. */
  public IndexException(String message) {
    super(message);
  }

  /** The message, and the line of the user's program that it is about. */
  @Override
  @SuppressWarnings("OverrideThrowableToString") // the line is known once the stack is filled in
  public String toString() {
    return Site.after(super.toString(), this);
  }
}
