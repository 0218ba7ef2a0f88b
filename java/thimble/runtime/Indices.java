package thimble.runtime;

import thimble.tensor.Buffer;
import thimble.tensor.IndexException;
import thimble.tensor.Linears;
import thimble.tensor.Op;

/** The one thing that only a kernel can check. */
final class Indices {
  private Indices() {}

  /** That an index among the second of the operands names no element of the op's axis. */
  static IndexException outOfBounds(Op op, Buffer[] in, long index) {
    long size =
        op instanceof Linears.ScatterAdd s
            ? s.size()
            : op instanceof Linears.Gather g ? in[0].shape().size(g.axis()) : 0;
    return new IndexException(
        "%s: %s %s by %s %s: index %d: %s"
            .formatted(
                op,
                in[0].dtype(),
                in[0].shape(),
                in[1].dtype(),
                in[1].shape(),
                index,
                size == 0 ? "the axis is empty" : "must be between 0 and " + (size - 1)));
  }
}
