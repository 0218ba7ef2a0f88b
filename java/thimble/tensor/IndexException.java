package thimble.tensor;

/** An index that was read from a tensor lies outside of the axis that it is for. */
public final class IndexException extends IndexOutOfBoundsException {
  private static final long serialVersionUID = 1;

  /** With a message that names the op, the index and its bound. */
  public IndexException(String message) {
    super(message);
  }
}
