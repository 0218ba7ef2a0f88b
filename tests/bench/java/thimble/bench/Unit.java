package thimble.bench;

/** What a row counts in. */
enum Unit {
  NANOSECONDS("ns", 1e9, false),
  MICROSECONDS("µs", 1e6, false),
  MILLISECONDS("ms", 1e3, false),
  MEGABYTES("MB", 1e-6, false),
  /** Thousand million floating-point operations a second: the only one of which more is better. */
  GIGAFLOPS("GFLOP/s", 1e-9, true);

  private final String symbol;
  private final double scale;
  private final boolean rate;

  Unit(String symbol, double scale, boolean rate) {
    this.symbol = symbol;
    this.scale = scale;
    this.rate = rate;
  }

  /**
   * What takes {@code amount} seconds, or bytes, in this unit; {@code work} is how much of it there
   * is, for rates.
   */
  double of(double amount, double work) {
    return rate ? work / amount * scale : amount * scale;
  }

  /** Whether more is better. */
  boolean isRate() {
    return rate;
  }

  @Override
  public String toString() {
    return symbol;
  }
}
