package thimble.tensor;

/** What holds for all that is computed. */
public final class Thimble {
  private Thimble() {}

  /**
   * Computes on so many threads from now on, the caller's included; before the first call on as
   * many as {@code -Dthimble.threads} says, or else as there are processors for this process.
   * Results do not depend on it. Threads sleep while there is nothing to compute.
   *
   * @throws IllegalArgumentException if it is not between 1 and 256
   */
  public static void threads(int count) {
    Backends.current().threads(count);
  }

  /** How many threads compute: 1 in plain Java. */
  public static int threads() {
    return Backends.current().threads();
  }
}
