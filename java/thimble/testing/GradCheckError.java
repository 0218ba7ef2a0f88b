package thimble.testing;

/** A derivative is wrong. */
public final class GradCheckError extends AssertionError {
  private static final long serialVersionUID = 1;

  private final transient GradCheck.Report report;

  GradCheckError(GradCheck.Report report) {
    super(report.toString());
    this.report = report;
  }

  /** What was found. */
  public GradCheck.Report report() {
    return report;
  }
}
