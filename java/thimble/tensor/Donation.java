package thimble.tensor;

import org.jspecify.annotations.Nullable;

/** What has become of a tensor that was donated. */
final class Donation {
  private volatile @Nullable Op taker;

  /** The op that it went to. */
  void takenBy(Op op) {
    taker = op;
  }

  /** How a sentence about the tensor ends. */
  @Override
  public String toString() {
    Op op = taker;
    return op == null ? "was donated" : "was donated to " + op;
  }
}
