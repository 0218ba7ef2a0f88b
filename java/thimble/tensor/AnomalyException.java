package thimble.tensor;

/** The first value that is not finite, found while an {@link Anomaly} block was open. */
public final class AnomalyException extends ArithmeticException {
  private static final long serialVersionUID = 1;

  AnomalyException(String message) {
    super(message);
  }

  /** The same, found during a backward sweep. */
  AnomalyException(AnomalyException found, String path) {
    super(found.getMessage() + "\n" + path);
    initCause(found);
  }
}
