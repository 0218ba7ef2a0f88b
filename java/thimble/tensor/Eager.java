package thimble.tensor;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** From an op and its operands to a node, whose value is computed at once where that can be. */
final class Eager {
  private Eager() {}

  /** The node for an op whose operands have been checked: computes its value, unless it is lazy. */
  static Tensor apply(Op op, Tensor... in) {
    Mode mode = Mode.get();
    Reach reach = Reach.NONE;
    boolean donated = false;
    boolean later = mode.lazy;
    for (int i = 0; i < in.length; i++) {
      in[i].check(mode, op, i);
      reach = reach.or(in[i].reach()); // a mask too: the graph of a derivative depends on it
      donated |= in[i].isDonated();
      later |= in[i].isPending();
    }
    reach = op instanceof Views.Detach ? Reach.NONE : reach.less(mode.muted);
    if (donated) {
      return take(mode, op, reach, in);
    }
    Tensor y =
        later || !reach.isEmpty()
            ? record(mode, op, reach, later, in)
            : Tensor.leaf(mode, compute(mode, op, in, null));
    Anomaly anomaly = mode.anomaly;
    if (anomaly != null) {
      anomaly.made(mode, op, in, y);
    }
    return y;
  }

  /** History holds its inputs from before the computation on, or not at all. */
  private static Tensor record(Mode mode, Op op, Reach reach, boolean later, Tensor[] in) {
    int held = 0;
    boolean done = false;
    try {
      for (; held < in.length; held++) {
        in[held].addHolder(op, held);
      }
      Tensor y =
          later
              ? Tensor.pending(mode, op, op.dtype(in), op.shape(in), reach, in)
              : new Tensor(mode, op, compute(mode, op, in, null), reach, in);
      mode.nodes += reach.isEmpty() ? 0 : 1;
      done = true;
      return y;
    } finally {
      if (!done) {
        Tensor.release(Arrays.copyOf(in, held));
      }
    }
  }

  /** With donated operands: they end here, and the result may be written over one. */
  private static Tensor take(Mode mode, Op op, Reach reach, Tensor[] in) {
    Tensor[] ours = in.clone();
    int taken = 0;
    try {
      for (; taken < in.length; taken++) {
        int same = Arrays.asList(in).indexOf(in[taken]);
        ours[taken] = same < taken ? ours[same] : in[taken].taken(mode, op, taken);
      }
      if (!reach.isEmpty()) {
        return record(mode, op, reach, false, ours);
      }
      return Tensor.leaf(mode, compute(mode, op, ours, place(mode, op, ours, in)));
    } finally {
      while (--taken >= 0) {
        if (ours[taken] != in[taken]) {
          ours[taken].close();
        }
      }
    }
  }

  /** A donated operand that the result fits in and that nobody else sees. */
  private static @Nullable Storage place(Mode mode, Op op, Tensor[] ours, Tensor[] in) {
    if (op instanceof Op.Elementwise) {
      for (int i = 0; i < in.length; i++) {
        Buffer b = ours[i].value();
        if (ours[i] != in[i]
            && b.dtype() == op.dtype(in)
            && b.layout().equals(b.shape().contiguous())
            && !b.storage().isShared()
            && mode.backend().writes(b.storage())) {
          return b.storage();
        }
      }
    }
    return null;
  }

  /**
   * The value.
   *
   * @param place where to write it; otherwise to memory of its own
   */
  static Buffer compute(Mode mode, Op op, Tensor[] in, @Nullable Storage place) {
    Buffer[] values = new Buffer[in.length];
    int held = 0;
    try {
      for (; held < in.length; held++) {
        values[held] = in[held].value();
        hold(values[held], in[held], op, held);
      }
      boolean each = op instanceof Op.Elementwise; // asked first: most ops are
      if (!each && op instanceof Op.View view) {
        return view(mode, view, in[0], values[0]);
      }
      if (!each && op instanceof Op.Custom custom) {
        return custom(mode, custom, in, values);
      }
      if (op instanceof Binary row && row == Binary.REMAINDER) { // loads no rows for other ops
        Elementwises.checkDivisor(in[1]);
      }
      DType dtype = op.dtype(in);
      Shape shape = each ? in[0].shape() : op.shape(in);
      Buffer out =
          place != null && place.share()
              ? new Buffer(place, dtype, shape.contiguous())
              : allocate(mode, op, dtype, shape);
      return run(mode, op, out, values);
    } finally {
      while (held > 0) {
        values[--held].storage().release();
      }
    }
  }

  /** What a user's op makes of tensors without history. */
  private static Buffer custom(Mode mode, Op.Custom op, Tensor[] in, Buffer[] values) {
    try (Scope _ = Scope.open()) {
      Tensor[] x = new Tensor[in.length];
      for (int i = 0; i < x.length; i++) {
        share(values[i], in[i], op);
        x[i] = Tensor.leaf(mode, values[i]);
      }
      Tensor y = Objects.requireNonNull(op.compute(x), () -> op + ": its value is null");
      if (!y.shape().equals(op.shape(in)) || y.dtype() != op.dtype(in)) {
        throw new ShapeException(
            "%s: computes %s %s, but says %s %s"
                .formatted(op, y.dtype(), y.shape(), op.dtype(in), op.shape(in)));
      }
      Buffer value = y.value();
      share(value, y, op);
      return value;
    }
  }

  private static Buffer view(Mode mode, Op.View op, Tensor in, Buffer x) {
    Layout layout = op.layout(x.layout());
    if (layout != null) {
      share(x, in, op);
      return x.with(layout);
    }
    Buffer whole = run(mode, Linears.Copy.COPY, x.dtype(), x.shape(), x);
    layout = op.layout(whole.layout());
    if (layout == null) {
      throw new AssertionError(op + " of a contiguous " + x.shape() + " takes no copy");
    }
    return whole.with(layout);
  }

  /** Writes a + b over a, which nobody else sees, and whose elements lie one after another. */
  static void addTo(Mode mode, Tensor a, Tensor b) {
    Buffer x = b.value();
    hold(x, b, Binary.ADD, 1);
    try {
      mode.computed++;
      mode.backend().run(Binary.ADD, new Buffer[] {a.value(), x}, a.value());
    } finally {
      x.storage().release();
    }
  }

  /** The value of an op on these values. */
  static Buffer run(Mode mode, Op op, DType dtype, Shape shape, Buffer... in) {
    return run(mode, op, allocate(mode, op, dtype, shape), in);
  }

  private static Buffer run(Mode mode, Op op, Buffer out, Buffer[] in) {
    boolean done = false;
    try {
      mode.computed++;
      mode.backend().run(op, in, out);
      done = true;
      return out;
    } finally {
      if (!done) {
        out.storage().drop();
      }
    }
  }

  /** Memory for a contiguous value of what is computed by op. */
  static Buffer allocate(Mode mode, Object op, DType dtype, Shape shape) {
    return new Buffer(mode.backend().allocate(op, dtype, shape), dtype, shape.contiguous());
  }

  /** Holds the memory of operand i for a computation; it must not have been given back. */
  static void hold(Buffer value, Tensor x, Object op, int i) {
    if (!value.storage().retain()) {
      throw x.closedIn(op, i);
    }
  }

  /** Holds the memory of x for another tensor. */
  static void share(Buffer value, Tensor x, Object op) {
    if (!value.storage().share()) {
      throw x.closedIn(op, 0);
    }
  }
}
