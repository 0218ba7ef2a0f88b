package thimble.runtime;

import static thimble.tensor.Reductions.End.MAX;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;
import thimble.tensor.Backend;
import thimble.tensor.Binary;
import thimble.tensor.Buffer;
import thimble.tensor.Compare;
import thimble.tensor.DType;
import thimble.tensor.Layout;
import thimble.tensor.Linears;
import thimble.tensor.MatMul;
import thimble.tensor.Op;
import thimble.tensor.Philox;
import thimble.tensor.Random;
import thimble.tensor.Reductions;
import thimble.tensor.Scaled;
import thimble.tensor.Select;
import thimble.tensor.Shape;
import thimble.tensor.Storage;
import thimble.tensor.Unary;

/**
 * Computes in plain Java on the caller's thread: where no native library fits the machine, as the
 * oracle that kernels are tested against, and as the benchmark's baseline. Elements are computed in
 * double and rounded once; matrix products in their own type.
 */
final class JavaBackend implements Backend {
  @Override
  public String name() {
    return "java";
  }

  @Override
  public String describe() {
    return "plain Java, 1 thread";
  }

  /** Checks the number; this backend has the caller's thread alone. */
  @Override
  public void threads(int count) {
    if (count < 1 || count > 256) {
      throw new IllegalArgumentException("threads: %d: must be between 1 and 256".formatted(count));
    }
  }

  @Override
  public int threads() {
    return 1;
  }

  @Override
  public Storage allocate(Object user, DType dtype, Shape shape) {
    return HeapStorage.of(user, dtype, shape);
  }

  @Override
  public boolean writes(Storage s) {
    return false;
  }

  @Override
  public Pool pool() {
    return NoMemory.NONE;
  }

  @Override
  public void run(Op op, Buffer[] in, Buffer out) {
    switch (op) {
      case Random r -> random(r, out);
      case Op.Leaf leaf -> throw new AssertionError(leaf + " has no kernel");
      case Op.View view -> throw new AssertionError(view + " has no kernel");
      case Op.Custom custom -> throw new AssertionError(custom + " has no kernel");
      case Unary u -> unary(u, in[0], out);
      case Binary b -> binary(b, in[0], in[1], out);
      case Scaled s -> map(scaled(s, in[0].dtype()), in[0], out);
      case Compare c -> compare(c, in[0], in[1], out);
      case Select s -> select(in[0], in[1], in[2], out);
      case Linears.Cast c -> copy(in[0], out);
      case Linears.Copy c -> copy(in[0], out);
      case Linears.Embed e -> {
        clear(out);
        copy(in[0], out, e.region().of(out.layout()));
      }
      case Linears.Update u -> {
        copy(in[0], out);
        copy(in[1], out, u.region().of(out.layout()));
      }
      case Linears.Concat c -> concat(c, in, out);
      case Linears.Sum s -> reduce(Rows::sum, Rows::sum, s.axes(), in[0], out);
      case Linears.CumSum s -> cumsum(s, in[0], out);
      case Reductions.Prod p -> reduce(Rows::prod, Rows::prod, p.axes(), in[0], out);
      case Reductions.Extremum m ->
          reduce(
              m.end() == MAX ? Rows::max : Rows::min,
              m.end() == MAX ? Rows::max : Rows::min,
              m.axes(),
              in[0],
              out);
      case Reductions.LogSumExp l -> Rows.run(Rows::logsumexp, l.axes(), in[0], out);
      case Reductions.Norm n -> Rows.run(Rows::norm, n.axes(), in[0], out);
      case Reductions.ArgExtremum m -> argExtremum(m.end() == MAX, 1 << m.axis(), in[0], out);
      case Reductions.Softmax s -> softmax(s, in[0], out);
      case Linears.Gather g -> gather(g, in[0], in[1], out);
      case Linears.ScatterAdd s -> scatterAdd(s, in[0], in[1], out);
      case MatMul m -> Products.matmul(in[0], in[1], out);
    }
  }

  private static void unary(Unary op, Buffer in, Buffer out) {
    if (in.dtype().isFloating()) {
      map(Functions.of(op), in, out);
      return;
    }
    LongUnaryOperator f = Functions.ofIntegers(op);
    Elements x = Elements.of(in);
    Elements y = Elements.of(out);
    Walk.each(
        out.shape(),
        (i, n, at, step) -> {
          for (int j = 0; j < n; j++) {
            y.setLong(i + j, f.applyAsLong(x.getLong(at[0] + j * step[0])));
          }
        },
        in.layout());
  }

  private static void binary(Binary op, Buffer left, Buffer right, Buffer out) {
    if (out.dtype().isFloating()) {
      zip(Functions.of(op), left, right, out);
      return;
    }
    LongBinaryOperator f = Functions.ofIntegers(op);
    Elements a = Elements.of(left);
    Elements b = Elements.of(right);
    Elements y = Elements.of(out);
    Walk.each(
        out.shape(),
        (i, n, at, step) -> {
          for (int j = 0; j < n; j++) {
            long p = a.getLong(at[0] + j * step[0]);
            y.setLong(i + j, f.applyAsLong(p, b.getLong(at[1] + j * step[1])));
          }
        },
        left.layout(),
        right.layout());
  }

  private static DoubleUnaryOperator scaled(Scaled op, DType dtype) {
    double s = dtype == DType.FLOAT32 ? (float) op.scalar() : op.scalar();
    DoubleBinaryOperator f = Functions.of(op.row().kernel());
    return op.row().left() ? x -> f.applyAsDouble(s, x) : x -> f.applyAsDouble(x, s);
  }

  private static void map(DoubleUnaryOperator f, Buffer in, Buffer out) {
    Elements x = Elements.of(in);
    Elements y = Elements.of(out);
    Walk.each(
        out.shape(),
        (i, n, at, step) -> {
          for (int j = 0; j < n; j++) {
            y.set(i + j, f.applyAsDouble(x.get(at[0] + j * step[0])));
          }
        },
        in.layout());
  }

  private static void zip(DoubleBinaryOperator f, Buffer left, Buffer right, Buffer out) {
    Elements a = Elements.of(left);
    Elements b = Elements.of(right);
    Elements y = Elements.of(out);
    Walk.each(
        out.shape(),
        (i, n, at, step) -> {
          for (int j = 0; j < n; j++) {
            y.set(i + j, f.applyAsDouble(a.get(at[0] + j * step[0]), b.get(at[1] + j * step[1])));
          }
        },
        left.layout(),
        right.layout());
  }

  private static void compare(Compare op, Buffer left, Buffer right, Buffer out) {
    Elements a = Elements.of(left);
    Elements b = Elements.of(right);
    Elements y = Elements.of(out);
    boolean floating = left.dtype().isFloating();
    Walk.each(
        out.shape(),
        (i, n, at, step) -> {
          for (int j = 0; j < n; j++) {
            int p = at[0] + j * step[0];
            int q = at[1] + j * step[1];
            boolean holds =
                floating ? holds(op, a.get(p), b.get(q)) : holds(op, a.getLong(p), b.getLong(q));
            y.set(i + j, holds ? 1 : 0);
          }
        },
        left.layout(),
        right.layout());
  }

  private static boolean holds(Compare op, double a, double b) {
    return switch (op) {
      case EQ -> a == b;
      case NE -> a != b;
      case LT -> a < b;
      case LE -> a <= b;
      case GT -> a > b;
      case GE -> a >= b;
      case AND -> a != 0 && b != 0;
      case OR -> a != 0 || b != 0;
      case XOR -> (a != 0) != (b != 0);
    };
  }

  private static boolean holds(Compare op, long a, long b) {
    return switch (op) {
      case EQ, NE, LT, LE, GT, GE -> holds(op, (double) Long.compare(a, b), 0);
      case AND, OR, XOR -> holds(op, (double) Long.signum(a), (double) Long.signum(b));
    };
  }

  private static void select(Buffer mask, Buffer left, Buffer right, Buffer out) {
    Elements c = Elements.of(mask);
    Elements a = Elements.of(left);
    Elements b = Elements.of(right);
    Elements y = Elements.of(out);
    boolean floating = out.dtype().isFloating();
    Walk.each(
        out.shape(),
        (i, n, at, step) -> {
          for (int j = 0; j < n; j++) {
            boolean first = c.get(at[0] + j * step[0]) != 0;
            Elements from = first ? a : b;
            int p = first ? at[1] + j * step[1] : at[2] + j * step[2];
            move(floating, from, p, y, i + j);
          }
        },
        mask.layout(),
        left.layout(),
        right.layout());
  }

  /** Any element, converted if the types differ; integers exactly. */
  private static void move(boolean floating, Elements from, int p, Elements to, int q) {
    if (floating) {
      to.set(q, from.get(p));
    } else {
      to.setLong(q, from.getLong(p));
    }
  }

  private static void copy(Buffer in, Buffer out) {
    copy(in, out, out.layout());
  }

  private static void copy(Buffer in, Buffer out, Layout target) {
    Elements x = Elements.of(in);
    Elements y = Elements.of(out);
    boolean floating = in.dtype().isFloating();
    Walk.each(
        in.shape(),
        (i, n, at, step) -> {
          for (int j = 0; j < n; j++) {
            move(floating, x, at[0] + j * step[0], y, at[1] + j * step[1]);
          }
        },
        in.layout(),
        target);
  }

  private static void concat(Linears.Concat op, Buffer[] in, Buffer out) {
    long from = 0;
    for (Buffer x : in) {
      copy(x, out, op.place(out.shape(), from, x.shape()).of(out.layout()));
      from += x.shape().size(op.axis());
    }
  }

  /** Rows as doubles, or as longs if they are integers. */
  private static void reduce(
      Rows.Row floats, Rows.LongRow integers, int axes, Buffer in, Buffer out) {
    if (in.dtype().isFloating()) {
      Rows.run(floats, axes, in, out);
    } else {
      Rows.runLongs(integers, axes, in, out);
    }
  }

  private static void argExtremum(boolean max, int axes, Buffer in, Buffer out) {
    if (in.dtype().isFloating()) {
      Rows.run(row -> Rows.first(row, max), axes, in, out);
    } else {
      Rows.runLongs(row -> Rows.first(row, max), axes, in, out);
    }
  }

  /** Along an axis, each row to a row. */
  private static void softmax(Reductions.Softmax op, Buffer in, Buffer out) {
    Rows.map(row -> Rows.softmax(row, op.log()), op.axis(), in, out);
  }

  private static void cumsum(Linears.CumSum op, Buffer in, Buffer out) {
    if (in.dtype().isFloating()) {
      Rows.map(Rows::cumsum, op.axis(), in, out);
      return;
    }
    int axis = op.axis();
    Elements x = Elements.of(in);
    Elements y = Elements.of(out);
    Layout from = in.layout();
    Layout to = out.layout();
    int n = (int) in.shape().size(axis);
    Layout lines = from.only(~(1 << axis));
    Walk.each(
        lines.shape(),
        (i, count, at, step) -> {
          for (int j = 0; j < count; j++) {
            long sum = 0;
            for (int k = 0; k < n; k++) {
              sum += x.getLong(at[0] + j * step[0] + k * (int) from.stride(axis));
              y.setLong(at[1] + j * step[1] + k * (int) to.stride(axis), sum);
            }
          }
        },
        lines,
        to.only(~(1 << axis)));
  }

  private static void random(Random op, Buffer out) {
    Elements y = Elements.of(out);
    int[] words = new int[4];
    boolean wide = op.dtype().bytes() == 8;
    int each = wide ? 2 : 4; // numbers of a block
    for (int i = 0; i < out.count(); i++) {
      if (i % each == 0) {
        Philox.block(op.key(), i / each, 0, words);
      }
      int w = wide ? i % 2 * 2 : i % 4;
      long bits = wide ? (words[w + 1] & 0xFFFFFFFFL) << 32 | (words[w] & 0xFFFFFFFFL) : words[w];
      switch (op.kind()) {
        case BITS -> y.setLong(i, bits);
        case UNIFORM -> y.set(i, wide ? (bits >>> 11) * 0x1p-53 : ((int) bits >>> 8) * 0x1p-24);
        case INTEGERS -> y.setLong(i, op.low() + Math.unsignedMultiplyHigh(bits, op.range()));
      }
    }
  }

  private static void clear(Buffer out) {
    Elements y = Elements.of(out);
    for (int i = 0; i < out.count(); i++) {
      y.setLong(i, 0);
    }
  }

  private static void gather(Linears.Gather op, Buffer in, Buffer index, Buffer out) {
    Elements x = Elements.of(in);
    Elements k = Elements.of(index);
    Elements y = Elements.of(out);
    int along = (int) in.layout().stride(op.axis());
    boolean floating = in.dtype().isFloating();
    Walk.each(
        out.shape(),
        (i, n, at, step) -> {
          for (int j = 0; j < n; j++) {
            long named = k.getLong(at[1] + j * step[1]);
            int from = bounded(op, named, in.shape().size(op.axis()), in, index);
            move(floating, x, at[0] + j * step[0] + from * along, y, i + j);
          }
        },
        in.layout().standing(op.axis(), out.shape()),
        index.layout());
  }

  private static void scatterAdd(Linears.ScatterAdd op, Buffer in, Buffer index, Buffer out) {
    clear(out);
    Elements x = Elements.of(in);
    Elements k = Elements.of(index);
    Elements y = Elements.of(out);
    int along = (int) out.layout().stride(op.axis());
    boolean floating = in.dtype().isFloating();
    Walk.each(
        in.shape(),
        (i, n, at, step) -> {
          for (int j = 0; j < n; j++) {
            int to = bounded(op, k.getLong(at[1] + j * step[1]), op.size(), in, index);
            int q = at[2] + j * step[2] + to * along;
            if (floating) {
              y.set(q, y.get(q) + x.get(at[0] + j * step[0]));
            } else {
              y.setLong(q, y.getLong(q) + x.getLong(at[0] + j * step[0]));
            }
          }
        },
        in.layout(),
        index.layout(),
        out.layout().standing(op.axis(), in.shape()));
  }

  private static int bounded(Op op, long index, long bound, Buffer... in) {
    if (index < 0 || index >= bound) {
      throw Indices.outOfBounds(op, in, index);
    }
    return (int) index;
  }
}
