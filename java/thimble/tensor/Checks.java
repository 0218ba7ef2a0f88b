package thimble.tensor;

import java.util.Arrays;
import java.util.function.Supplier;

/** Checks of arguments that several ops share; what fails names op, operands and axis. */
final class Checks {
  private Checks() {}

  /** A shape that an op makes; if it is none, the message begins with where that was. */
  static Shape shape(Supplier<String> where, Supplier<Shape> shape) {
    try {
      return shape.get();
    } catch (ShapeException e) {
      throw new ShapeException(where.get() + ": " + e.getMessage(), e);
    }
  }

  /** The common dtype of two operands. */
  static DType promote(String op, Tensor a, Tensor b) {
    if (a.dtype() == b.dtype()) {
      return a.dtype();
    }
    if (a.dtype().isFloating() && b.dtype().isFloating()) {
      return DType.FLOAT64;
    }
    throw new DTypeException(
        "%s: %s %s and %s %s: convert one with to(%s)"
            .formatted(
                op,
                a.dtype(),
                a.shape(),
                b.dtype(),
                b.shape(),
                (a.dtype().isFloating() ? a : b).dtype().name()));
  }

  /** x, which must be of a floating dtype. */
  static Tensor floating(String op, Tensor x) {
    if (!x.dtype().isFloating()) {
      throw new DTypeException(
          "%s: %s %s: takes float32 or float64; convert with to(FLOAT32)"
              .formatted(op, x.dtype(), x.shape()));
    }
    return x;
  }

  /** The axis, counted from the first, of a gather from x, or a scatter of x, by that index. */
  static int index(String op, Tensor x, int axis, Tensor index) {
    int a = x.shape().axis(op, axis);
    if (index.dtype() != DType.INT64) {
      throw new DTypeException(
          "%s: the index is %s: convert with to(INT64)".formatted(op, index.dtype()));
    }
    if (index.rank() != x.rank()
        || !index.shape().without(1 << a).equals(x.shape().without(1 << a))) {
      throw new ShapeException(
          "%s: %s with index %s: sizes must agree but for axis %d"
              .formatted(op, x.shape(), index.shape(), a));
    }
    return a;
  }

  /** That there is something to take along these axes of x. */
  static void some(String op, Tensor x, int axes) {
    if (x.shape().countOf(axes) == 0) {
      throw new ShapeException("%s: %s: over no element".formatted(op, x.shape()));
    }
  }

  /** The shape to which x is to be reshaped, a size of −1 worked out from the others. */
  static Shape sizes(Tensor x, long[] sizes) {
    long[] to = sizes.clone();
    int open = -1;
    long known = 1;
    for (int d = 0; d < to.length; d++) {
      if (to[d] != -1) {
        known = multiply(known, to[d]);
      } else if (open >= 0) {
        throw new ShapeException(
            "reshape: %s to %s: more than one -1".formatted(x.shape(), Arrays.toString(sizes)));
      } else {
        open = d;
      }
    }
    if (open >= 0) {
      if (known <= 0 || x.count() % known != 0) {
        throw new ShapeException(
            "reshape: %s to %s: %d elements are no multiple of %d"
                .formatted(x.shape(), Arrays.toString(sizes), x.count(), known));
      }
      to[open] = x.count() / known;
    }
    return shape(
        () -> "reshape: %s to %s".formatted(x.shape(), Arrays.toString(sizes)), () -> Shape.of(to));
  }

  private static long multiply(long a, long b) {
    // A product that does not fit matches no tensor: any number that is no count will do.
    return Math.multiplyHigh(a, b) == (a * b) >> 63 ? a * b : -1;
  }
}
