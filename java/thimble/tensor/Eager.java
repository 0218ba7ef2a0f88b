package thimble.tensor;

import java.util.Arrays;

/** Eager evaluation: a node's value is computed when the node is made. */
final class Eager {
  private Eager() {}

  /** The node for an op whose operands have been checked: computes its value. */
  static Tensor apply(Op op, Tensor... in) {
    Mode mode = Mode.get();
    Reach reach = Reach.NONE;
    for (int i = 0; i < in.length; i++) {
      in[i].check(mode, op, i);
      reach = reach.or(in[i].reach()); // a mask too: the graph of a derivative depends on it
    }
    reach = reach.less(mode.muted);
    if (reach.isEmpty()) {
      return Tensor.leaf(mode, compute(mode, op, in));
    }
    // History holds its inputs from before the computation on, or not at all.
    int held = 0;
    boolean done = false;
    try {
      for (; held < in.length; held++) {
        in[held].addHolder(op, held);
      }
      Tensor y = new Tensor(mode, op, compute(mode, op, in), reach, in);
      mode.nodes++;
      done = true;
      return y;
    } finally {
      if (!done) {
        Tensor.release(Arrays.copyOf(in, held));
      }
    }
  }

  private static Buffer compute(Mode mode, Op op, Tensor[] in) {
    Buffer[] values = new Buffer[in.length];
    int held = 0;
    try {
      for (; held < in.length; held++) {
        values[held] = in[held].value();
        hold(values[held], in[held], op, held);
      }
      return op instanceof Op.View view
          ? view(mode, view, in[0], values[0])
          : run(mode, op, op.dtype(in), op.shape(in), values);
    } finally {
      while (held > 0) {
        values[--held].storage().release();
      }
    }
  }

  private static Buffer view(Mode mode, Op.View op, Tensor in, Buffer x) {
    Layout layout = op.layout(x.layout());
    if (layout != null) {
      hold(x, in, op, 0);
      return x.with(layout);
    }
    Buffer whole = run(mode, Linears.Copy.COPY, x.dtype(), x.shape(), x);
    layout = op.layout(whole.layout());
    if (layout == null) {
      throw new AssertionError(op + " of a contiguous " + x.shape() + " takes no copy");
    }
    return whole.with(layout);
  }

  /** The value of an op on these values. */
  static Buffer run(Mode mode, Op op, DType dtype, Shape shape, Buffer... in) {
    Buffer out = allocate(mode, op, dtype, shape);
    boolean done = false;
    try {
      mode.computed++;
      mode.backend().run(op, in, out);
      done = true;
      return out;
    } finally {
      if (!done) {
        out.storage().release();
      }
    }
  }

  /** Memory for a contiguous value of what is computed by op. */
  static Buffer allocate(Mode mode, Object op, DType dtype, Shape shape) {
    return new Buffer(mode.backend().allocate(op, dtype, shape), dtype, shape.contiguous());
  }

  /** Holds the memory of operand i, which must not have been given back. */
  static void hold(Buffer value, Tensor x, Object op, int i) {
    if (!value.storage().retain()) {
      throw x.closedIn(op, i);
    }
  }
}
