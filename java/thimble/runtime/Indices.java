package thimble.runtime;

import thimble.tensor.Op;

/** The one thing that only a kernel can check. */
final class Indices {
  private Indices() {}

  static IndexOutOfBoundsException outOfBounds(Op op, long index) {
    return new IndexOutOfBoundsException("%s: index %d is outside the axis".formatted(op, index));
  }
}
