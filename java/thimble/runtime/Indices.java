package thimble.runtime;

import thimble.tensor.Buffer;
import thimble.tensor.DType;
import thimble.tensor.IndexException;
import thimble.tensor.Linears;
import thimble.tensor.Op;
import thimble.tensor.Shape;

/** The one thing that only a kernel can check. */
final class Indices {
  private Indices() {}

  /** That an index among the second of the operands names no element of the op's axis. */
  static IndexException outOfBounds(Op op, Buffer[] in, long index) {
    return outOfBounds(op, in[0].dtype(), in[0].shape(), in[1].dtype(), in[1].shape(), index);
  }

  /** The same of operands x and i of these dtypes and shapes. */
  static IndexException outOfBounds(Op op, DType xType, Shape x, DType iType, Shape i, long index) {
    long size =
        op instanceof Linears.ScatterAdd s
            ? s.size()
            : op instanceof Linears.Gather g ? x.size(g.axis()) : 0;
    return new IndexException(
        "%s: %s %s by %s %s: index %d: %s"
            .formatted(
                op,
                xType,
                x,
                iType,
                i,
                index,
                size == 0 ? "the axis is empty" : "must be between 0 and " + (size - 1)));
  }
}
