package thimble.tensor;

import org.jspecify.annotations.Nullable;

/** What has become of a tensor that was donated. */
final class Donation {
  private volatile @Nullable Object taker;

  /** The op that it went to. */
  void takenBy(Object op) {
    taker = op;
  }

  /** How a sentence about the tensor ends. */
  @Override
  public String toString() {
    Object op = taker;
    return op == null ? "was donated" : "was donated to " + op;
  }
}
