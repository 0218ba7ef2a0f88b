package thimble.tensor;

/** A derivative that needs history which {@link Backward#FREE_GRAPH} has let go of. */
public final class HistoryFreedException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /** An exception with that message. */
  public HistoryFreedException(String message) {
    super(message);
  }
}
