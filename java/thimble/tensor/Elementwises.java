package thimble.tensor;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** From the elementwise op that users mean to the one that is computed: dtypes and broadcasting. */
final class Elementwises {
  private Elementwises() {}

  static Tensor unary(Unary op, Tensor x) {
    return Eager.apply(op, Checks.takes(op.takes(), op, x));
  }

  static Tensor binary(Binary op, Tensor a, Tensor b) {
    if (a.dtype() == b.dtype() && a.shape().equals(b.shape())) {
      return Eager.apply(op, Checks.takes(op.takes(), op, a), b);
    }
    return broadcast(op, op.takes(), DType.promote(a.dtype(), b.dtype()), a, b);
  }

  static Tensor compare(Compare op, Tensor a, Tensor b) {
    return broadcast(op, null, DType.promote(a.dtype(), b.dtype()), a, b);
  }

  private static Tensor broadcast(Op op, @Nullable Takes takes, DType dtype, Tensor a, Tensor b) {
    if (takes != null && !takes.takes(dtype)) {
      throw Checks.refused(takes, op, a, b);
    }
    Shape s = Shape.broadcast(op.toString(), a.shape(), b.shape());
    return Eager.apply(op, a.to(dtype).broadcastTo(s), b.to(dtype).broadcastTo(s));
  }

  /** A quotient is floating; of bools there is none. */
  static Tensor div(Tensor a, Tensor b) {
    DType dtype = DType.promote(a.dtype(), b.dtype());
    if (dtype == DType.BOOL) {
      throw Checks.refused(Takes.NUMBERS, Binary.DIV, a, b);
    }
    return broadcast(Binary.DIV, Takes.FLOATS, dtype.floating(), a, b);
  }

  /** Of integers there is no remainder by 0: an error where it is computed. */
  static void checkDivisor(Tensor b) {
    if (b.dtype().isFloating() || b.not().any().item() == 0) {
      return;
    }
    long[] at = new long[b.rank()];
    long rest = (long) b.not().to(DType.INT32).reshape(-1).argmax(0).item();
    for (int d = at.length - 1; d >= 0; d--) {
      at[d] = rest % b.size(d);
      rest /= b.size(d);
    }
    throw new ArithmeticException(
        "remainder: %s %s: the divisor at %s is 0; floats would give NaN"
            .formatted(b.dtype(), b.shape(), Arrays.toString(at)));
  }

  /** With a number that keeps a floating dtype and makes float32 of an integer one. */
  static Tensor scaled(Scalar row, Tensor x, double s) {
    if (x.dtype() == DType.BOOL) {
      throw Checks.refused(Takes.NUMBERS, row, x);
    }
    return Eager.apply(new Scaled(row, s), x.to(x.dtype().floating()));
  }

  /** With a number in the dtype of x. */
  static Tensor scaled(Scalar row, Tensor x, long s) {
    if (x.dtype().isFloating()) {
      return Eager.apply(new Scaled(row, s), x);
    }
    if (!row.kernel().takes().takes(x.dtype())) {
      throw Checks.refused(row.kernel().takes(), row, x);
    }
    Tensor number = number(row.toString(), x, s);
    return row.left() ? binary(row.kernel(), number, x) : binary(row.kernel(), x, number);
  }

  /** A number as an operand beside x: in its floating dtype, float32 beside an integer. */
  static Tensor number(Tensor x, double s) {
    return Tensor.full(x.dtype().floating(), s);
  }

  /** A number as an operand beside x, of whose dtype the row takes two. */
  static Tensor number(Binary row, Tensor x, long s) {
    return number(row.toString(), Checks.takes(row.takes(), row, x), s);
  }

  /** A number as an operand beside x: in its dtype. */
  static Tensor number(String op, Tensor x, long s) {
    if (!x.dtype().holds(s)) {
      throw new DTypeException(
          "%s: %s %s and %d, which %s does not hold; convert with to(INT64)"
              .formatted(op, x.dtype(), x.shape(), s, x.dtype()));
    }
    return Tensor.full(x.dtype(), s);
  }

  static Tensor clamp(Tensor x, double low, double high) {
    if (!(low <= high)) {
      throw new IllegalArgumentException(
          "clamp: %s to %s: low must not be above high".formatted(low, high));
    }
    Tensor f = x.to(x.dtype().floating());
    Tensor bounded = Tensor.where(f.lt(low), Tensor.full(f.dtype(), low), f);
    return Tensor.where(f.gt(high), Tensor.full(f.dtype(), high), bounded);
  }

  static Tensor where(Tensor mask, Tensor a, Tensor b) {
    if (mask.dtype() != DType.BOOL) {
      throw new DTypeException(
          "where: the mask %s %s is not bool; compare, as in ne(0)"
              .formatted(mask.dtype(), mask.shape()));
    }
    DType dtype = DType.promote(a.dtype(), b.dtype());
    Shape s =
        Shape.broadcast("where", mask.shape(), Shape.broadcast("where", a.shape(), b.shape()));
    return Eager.apply(
        Select.SELECT, mask.broadcastTo(s), a.to(dtype).broadcastTo(s), b.to(dtype).broadcastTo(s));
  }
}
