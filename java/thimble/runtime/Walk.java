package thimble.runtime;

import thimble.tensor.Layout;
import thimble.tensor.Shape;

/** The index space of some operands of one shape, in row-major order. */
final class Walk {
  /** What is done with a run of elements along the last axis. */
  interface Run {
    /** n elements from i on; those of operand k lie at at[k], at[k] + step[k], … */
    void go(int i, int n, int[] at, int[] step);
  }

  private Walk() {}

  static void each(Shape shape, Run run, Layout... operands) {
    int rank = shape.rank();
    int count = Math.toIntExact(shape.count());
    int[] at = new int[operands.length];
    int[] step = new int[operands.length];
    for (int k = 0; k < at.length; k++) {
      at[k] = Math.toIntExact(operands[k].offset());
    }
    if (count == 0) {
      return;
    }
    if (rank == 0) {
      run.go(0, 1, at, step);
      return;
    }
    int last = rank - 1;
    for (int k = 0; k < at.length; k++) {
      step[k] = (int) operands[k].stride(last);
    }
    int[] index = new int[rank];
    int n = (int) shape.size(last);
    for (int i = 0; i < count; i += n) {
      run.go(i, n, at, step);
      for (int d = last - 1; d >= 0; d--) {
        for (int k = 0; k < at.length; k++) {
          at[k] += (int) operands[k].stride(d);
        }
        if (++index[d] < shape.size(d)) {
          break;
        }
        index[d] = 0;
        for (int k = 0; k < at.length; k++) {
          at[k] -= (int) (operands[k].stride(d) * shape.size(d));
        }
      }
    }
  }
}
