package thimble.runtime;

import thimble.tensor.IndexException;
import thimble.tensor.Op;

/** The one thing that only a kernel can check. */
final class Indices {
  private Indices() {}

  static IndexException outOfBounds(Op op, long index) {
    return new IndexException("%s: index %d is outside the axis".formatted(op, index));
  }
}
