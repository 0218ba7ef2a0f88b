package thimble.tensor;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Collectors;

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

  /** x, which must be of a dtype that the row computes with. */
  static Tensor takes(Takes takes, Op op, Tensor x) {
    if (!takes.takes(x.dtype())) {
      throw refused(takes, op, x);
    }
    return x;
  }

  /** What is wrong with operands of dtypes that an op does not take. */
  static DTypeException refused(Takes takes, Object op, Tensor... in) {
    String operands =
        Arrays.stream(in)
            .map(x -> x.dtype() + " " + x.shape())
            .collect(Collectors.joining(" and "));
    boolean bools = takes == Takes.NUMBERS;
    return new DTypeException(
        "%s: %s: %s"
            .formatted(
                op,
                operands,
                bools
                    ? "takes numbers, not bools; use and, or, xor, not, or convert with to(INT32)"
                    : "takes float32 or float64; convert with to(FLOAT32)"));
  }

  /** x, which must be of a floating dtype. */
  static Tensor floating(String op, Tensor x) {
    if (!x.dtype().isFloating()) {
      throw refused(Takes.FLOATS, op, x);
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

  /**
   * That offset + Σ i·strides stays inside of x for every place of a shape, in exact arithmetic.
   */
  static void strides(Tensor x, Shape to, long[] strides, long offset) {
    BigInteger least = BigInteger.valueOf(offset);
    BigInteger most = least;
    for (int d = 0; d < Math.min(strides.length, to.rank()); d++) {
      BigInteger way = BigInteger.valueOf(strides[d]).multiply(BigInteger.valueOf(to.at(d) - 1));
      least = way.signum() < 0 ? least.add(way) : least;
      most = way.signum() > 0 ? most.add(way) : most;
    }
    boolean inside = least.signum() >= 0 && most.compareTo(BigInteger.valueOf(x.count())) < 0;
    if (strides.length != to.rank() || !(inside || to.count() == 0)) {
      throw new ShapeException(
          "asStrided: %s as %s with strides %s from %d: places %d to %d of %d elements"
              .formatted(x.shape(), to, Arrays.toString(strides), offset, least, most, x.count()));
    }
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

  /** What a user's rule gives must be as what it is the tangent or cotangent of. */
  static Tensor derivative(Op.Custom op, String rule, Tensor d, Tensor of) {
    Objects.requireNonNull(d, () -> "%s: its %s gives null".formatted(op, rule));
    if (!d.shape().equals(of.shape()) || d.dtype() != of.dtype()) {
      throw new ShapeException(
          "%s: its %s gives %s %s for %s %s"
              .formatted(op, rule, d.dtype(), d.shape(), of.dtype(), of.shape()));
    }
    return d;
  }
}
