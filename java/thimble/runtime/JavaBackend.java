package thimble.runtime;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import thimble.tensor.Backend;
import thimble.tensor.Binary;
import thimble.tensor.Buffer;
import thimble.tensor.Compare;
import thimble.tensor.DType;
import thimble.tensor.Layout;
import thimble.tensor.Linears;
import thimble.tensor.MatMul;
import thimble.tensor.Op;
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
  public Pool pool() {
    return NoMemory.NONE;
  }

  @Override
  public void run(Op op, Buffer[] in, Buffer out) {
    switch (op) {
      case Op.Leaf leaf -> throw new AssertionError(leaf + " has no kernel");
      case Op.View view -> throw new AssertionError(view + " has no kernel");
      case Unary u -> map(unary(u), in[0], out);
      case Binary b -> zip(binary(b), in[0], in[1], out);
      case Scaled s -> map(scaled(s, in[0].dtype()), in[0], out);
      case Compare c -> compare(c, in[0], in[1], out);
      case Select s -> select(in[0], in[1], in[2], out);
      case Linears.Cast c -> copy(in[0], out);
      case Linears.Copy c -> copy(in[0], out);
      case Linears.Pad p -> pad(p, in[0], out);
      case Linears.Sum s -> Rows.run(Rows::sum, s.axes(), in[0], out);
      case Reductions.Max m -> Rows.run(Rows::max, m.axes(), in[0], out);
      case Reductions.LogSumExp l -> Rows.run(Rows::logsumexp, l.axes(), in[0], out);
      case Reductions.ArgMax m -> Rows.run(Rows::argmax, 1 << m.axis(), in[0], out);
      case Linears.Gather g -> gather(g, in[0], in[1], out);
      case Linears.ScatterAdd s -> scatterAdd(s, in[0], in[1], out);
      case MatMul m -> Products.matmul(in[0], in[1], out);
    }
  }

  private static DoubleUnaryOperator unary(Unary op) {
    return switch (op) {
      case NEG -> x -> -x;
      case ABS -> Math::abs;
      case SIGN -> Math::signum;
      case FLOOR -> Math::floor;
      case CEIL -> Math::ceil;
      case ROUND -> Math::rint;
      case SQRT -> Math::sqrt;
      case RSQRT -> x -> 1 / Math.sqrt(x);
      case RECIPROCAL -> x -> 1 / x;
      case EXP -> Math::exp;
      case EXPM1 -> Math::expm1;
      case LOG -> Math::log;
      case LOG1P -> Math::log1p;
      case SIN -> Math::sin;
      case COS -> Math::cos;
      case TAN -> Math::tan;
      case ASIN -> Math::asin;
      case ACOS -> Math::acos;
      case ATAN -> Math::atan;
      case SINH -> Math::sinh;
      case COSH -> Math::cosh;
      case RELU -> x -> x <= 0 ? 0 : x;
    };
  }

  private static DoubleBinaryOperator binary(Binary op) {
    return switch (op) {
      case ADD -> (a, b) -> a + b;
      case SUB -> (a, b) -> a - b;
      case MUL -> (a, b) -> a * b;
      case DIV -> (a, b) -> a / b;
      case POW -> JavaBackend::pow;
      case MAXIMUM -> Math::max;
      case MINIMUM -> Math::min;
      case ATAN2 -> Math::atan2;
    };
  }

  /** As C and IEEE have it: 1^NaN = 1 and (−1)^±inf = 1, where Java says NaN. */
  private static double pow(double a, double b) {
    return a == 1 || (a == -1 && Double.isInfinite(b)) ? 1 : Math.pow(a, b);
  }

  private static DoubleUnaryOperator scaled(Scaled op, DType dtype) {
    double s = dtype == DType.FLOAT32 ? (float) op.scalar() : op.scalar();
    DoubleBinaryOperator f = binary(op.row().kernel());
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
    };
  }

  private static boolean holds(Compare op, long a, long b) {
    return holds(op, (double) Long.compare(a, b), 0);
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

  private static void pad(Linears.Pad op, Buffer in, Buffer out) {
    clear(out);
    copy(in, out, op.inside(out.layout()));
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
            int from = bounded(op, k.getLong(at[1] + j * step[1]), in.shape().size(op.axis()));
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
    Walk.each(
        in.shape(),
        (i, n, at, step) -> {
          for (int j = 0; j < n; j++) {
            int to = bounded(op, k.getLong(at[1] + j * step[1]), op.size());
            int q = at[2] + j * step[2] + to * along;
            y.set(q, y.get(q) + x.get(at[0] + j * step[0]));
          }
        },
        in.layout(),
        index.layout(),
        out.layout().standing(op.axis(), in.shape()));
  }

  private static int bounded(Op op, long index, long bound) {
    if (index < 0 || index >= bound) {
      throw Indices.outOfBounds(op, index);
    }
    return (int) index;
  }
}
