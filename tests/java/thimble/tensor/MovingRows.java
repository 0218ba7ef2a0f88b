package thimble.tensor;

import static thimble.tensor.At.shape;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.DType.INT64;
import static thimble.tensor.Kind.INDEX;
import static thimble.tensor.Kind.MASK;
import static thimble.tensor.Kind.Slope.FLAT;
import static thimble.tensor.Kind.Slope.LINEAR;
import static thimble.tensor.Kind.Slope.NONE;
import static thimble.tensor.Kind.Slope.SMOOTH;
import static thimble.tensor.Row.Trait.POINTWISE;
import static thimble.tensor.Row.Trait.ROUNDED;
import static thimble.tensor.Row.Trait.TAME;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import thimble.tensor.Kind.Slope;
import thimble.tensor.Row.Trait;

/** Rows of {@link OpTable}: the same elements elsewhere. */
final class MovingRows extends Families {
  MovingRows() {
    moving();
  }

  private void moving() {
    move(
        "reshape",
        List.of(
            At.of(shape(2, 3), 3, 2),
            At.of(shape(2, 3), 6),
            At.of(shape(2, 3), -1),
            At.of(shape(2, 3, 4), 4, -1),
            At.of(shape(2, 3, 4), 2, 2, 3, 2),
            At.of(shape(1, 1)),
            At.of(shape(), 1, 1),
            At.of(shape(0, 3), 2, 0),
            At.of(shape(0, 3), -1, 3),
            At.of(shape(33, 70), 70, -1),
            At.of(shape(1, 2, 1, 2, 1, 2, 1, 3), 2, 2, 6)),
        c -> {
          long[] s = Settings.draw(c);
          return At.of(s, regrouped(c, s));
        },
        (x, p) -> x.reshape(p),
        (x, p) -> x.reshape(sizes(x, p)),
        refuses(At.of(shape(2, 3), 4, 2), FLOAT32, "reshape", "[2, 3]", "[4, 2]", "6"),
        refuses(At.of(shape(2, 3), -1, -1), FLOAT32, "reshape", "[2, 3]", "more than one -1"),
        refuses(At.of(shape(2, 3), 4, -1), FLOAT32, "reshape", "[2, 3]", "[4, -1]"),
        refuses(At.of(shape(2, 3), 2, -3), FLOAT32, "reshape", "[2, 3]", "[2, -3]"));
    move(
        "permute",
        List.of(
            At.of(shape(2, 3, 4), 2, 0, 1),
            At.of(shape(2, 3, 4), -2, -1, 0),
            At.of(shape(2, 3), 0, 1),
            At.of(shape()),
            At.of(shape(2, 0, 3), 2, 1, 0),
            At.of(shape(33, 70), 1, 0),
            At.of(shape(1, 2, 1, 2, 1, 2, 1, 3), 7, 5, 3, 1, 6, 4, 2, 0)),
        c -> {
          long[] s = Settings.draw(c);
          return At.of(s, order(c, s.length));
        },
        (x, p) -> x.permute(Settings.ints(p)),
        (x, p) -> Oracle.permuted(x, Settings.axes(p, x.rank())),
        refuses(At.of(shape(2, 3), 1), FLOAT32, "permute", "1 axes", "[2, 3]"),
        refuses(At.of(shape(2, 3), 1, 1), FLOAT32, "permute", "axis 1", "[2, 3]", "twice"),
        refuses(At.of(shape(2, 3), 0, 2), FLOAT32, "permute", "axis 2", "[2, 3]"));
    move(
        "transpose",
        List.of(
            At.of(shape(2, 3), 0, 1),
            At.of(shape(2, 3, 4), 0, -1),
            At.of(shape(2, 3, 4), 1, 1),
            At.of(shape(130, 257), -2, -1)),
        c -> {
          long[] s = Settings.draw(c, c.of(2, 3, 4, 1));
          return At.of(s, c.below(s.length), c.below(s.length) - s.length);
        },
        (x, p) -> x.transpose((int) p[0], (int) p[1]),
        (x, p) -> Oracle.swapped(x, Settings.axis(p[0], x.rank()), Settings.axis(p[1], x.rank())),
        refuses(At.of(shape(2, 3), 0, 2), FLOAT32, "transpose", "axis 2", "[2, 3]"));
    move(
        "transpose of the last two",
        List.of(At.of(shape(2, 3)), At.of(shape(2, 3, 4)), At.of(shape(0, 3)), At.of(shape(33, 70))),
        c -> At.of(Settings.draw(c, c.of(2, 3, 4))),
        (x, p) -> x.transpose(),
        (x, p) -> Oracle.swapped(x, x.rank() - 2, x.rank() - 1),
        refuses(At.of(shape(3)), FLOAT32, "transpose", "[3]"));
    move(
        "broadcastTo",
        List.of(
            At.of(shape(2, 1, 3), 2, 4, 3),
            At.of(shape(3), 4, 2, 3),
            At.of(shape(2, 1), 4, 2, 3),
            At.of(shape(3), 1, 1, 3),
            At.of(shape(), 2, 3),
            At.of(shape(1), 0),
            At.of(shape(0, 1), 2, 0, 3),
            At.of(shape(2, 3), 2, 3),
            At.of(shape(1, 257), 130, 257),
            At.of(shape(2, 1), 1, 1, 1, 1, 1, 1, 2, 3)),
        c -> {
          long[] s = Settings.draw(c);
          return At.of(Settings.part(c, s), s);
        },
        (x, p) -> x.broadcastTo(p),
        NdArray::broadcastTo,
        refuses(At.of(shape(2, 3), 2, 4), FLOAT32, "broadcastTo", "[2, 3]", "[2, 4]"),
        refuses(At.of(shape(2, 3), 3), FLOAT32, "broadcastTo", "[2, 3]", "[3]"),
        refuses(At.of(shape(2, 3), 2, -3), FLOAT32, "broadcastTo", "[2, 3]", "-3", "negative"));
    move(
        "slice",
        List.of(
            At.of(shape(2, 4), 1, 1, 3),
            At.of(shape(2, 4), 0, 0, 1),
            At.of(shape(2, 4), -1, 2, 4),
            At.of(shape(2, 4), 1, 0, 4),
            At.of(shape(2, 4), 1, 2, 2),
            At.of(shape(0, 4), 0, 0, 0),
            At.of(shape(130, 257), 1, 100, 257)),
        c -> {
          long[] s = Settings.draw(c, c.of(1, 2, 3));
          int axis = c.below(s.length);
          int from = c.below((int) s[axis] + 1);
          return At.of(s, axis, from, from + c.below((int) s[axis] - from + 1));
        },
        (x, p) -> x.slice((int) p[0], p[1], p[2]),
        (x, p) -> {
          int d = Settings.axis(p[0], x.rank());
          long[] to = NdArray.with(x.shape(), d, p[2] - p[1]);
          return Oracle.move(x, to, i -> Oracle.at(i, d, i[d] + (int) p[1]));
        },
        refuses(At.of(shape(2, 3), 1, 2, 4), FLOAT32, "slice", "2 to 4", "axis 1", "[2, 3]"),
        refuses(At.of(shape(2, 3), 1, -1, 2), FLOAT32, "slice", "-1 to 2", "[2, 3]"),
        refuses(At.of(shape(2, 3), 1, 2, 1), FLOAT32, "slice", "2 to 1", "[2, 3]"),
        refuses(At.of(shape(2, 3), 2, 0, 1), FLOAT32, "slice", "axis 2", "[2, 3]"));
    move(
        "pad",
        List.of(
            At.of(shape(2, 3), 1, 1, 2),
            At.of(shape(2, 3), 0, 2, 0),
            At.of(shape(2, 3), -1, 0, 1),
            At.of(shape(2, 3), 0, 0, 0),
            At.of(shape(0, 3), 0, 1, 1),
            At.of(shape(2, 0), 0, 1, 1),
            At.of(shape(33, 70), 1, 3, 5)),
        c -> {
          long[] s = Settings.draw(c, c.of(1, 2, 3));
          return At.of(s, c.below(s.length), c.of(0, 1, 2, 17), c.of(0, 1, 3));
        },
        (x, p) -> x.pad((int) p[0], p[1], p[2]),
        (x, p) -> {
          int d = Settings.axis(p[0], x.rank());
          long[] to = NdArray.with(x.shape(), d, x.shape()[d] + p[1] + p[2]);
          return Oracle.move(x, to, i -> Oracle.at(i, d, i[d] - (int) p[1]));
        },
        refuses(At.of(shape(2, 3), 1, -1, 2), FLOAT32, "pad", "axis 1", "[2, 3]", "-1 before", "2 after"),
        refuses(At.of(shape(2, 3), 2, 1, 1), FLOAT32, "pad", "axis 2", "[2, 3]"));
    move("contiguous", Settings.one(), Settings::drawOne, (x, p) -> x.contiguous(), (x, p) -> x);
    move("identity", Settings.one(), Settings::drawOne, (x, p) -> x.identity(), (x, p) -> x);
  }

  /** The sizes with −1 worked out. */
  private static long[] sizes(NdArray x, long[] p) {
    long known = Arrays.stream(p).filter(n -> n != -1).reduce(1, (a, b) -> a * b);
    return Arrays.stream(p).map(n -> n == -1 ? x.count() / known : n).toArray();
  }

  /** Any shape with that many elements, made of the factors of this one. */
  private static long[] regrouped(Choices c, long[] s) {
    long[] factors =
        Arrays.stream(s)
            .flatMap(n -> n % 2 == 0 && n > 2 ? java.util.stream.LongStream.of(2, n / 2) : java.util.stream.LongStream.of(n))
            .toArray();
    long[] to = new long[0];
    for (long n : factors) {
      if (to.length == 0 || (to.length < 7 && c.below(2) == 0)) {
        to = Oracle.join(to, n);
      } else {
        to[to.length - 1] *= n;
      }
    }
    return to;
  }

  private static long[] order(Choices c, int rank) {
    long[] order = IntStream.range(0, rank).mapToLong(d -> d).toArray();
    for (int d = 0; d < rank; d++) {
      int other = c.between(0, d);
      long swap = order[d];
      order[d] = order[other];
      order[other] = swap;
    }
    return order;
  }
}
