package thimble.tensor;

import static thimble.tensor.At.shape;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.Kind.Slope.LINEAR;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import thimble.tensor.Row.Trait;

/** Rows of {@link OpTable}: the same elements elsewhere. */
final class MovingRows extends Families {
  MovingRows() {
    shapes();
    parts();
    placed();
    joined();
  }

  private void shapes() {
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
        (x, p) -> x.reshape(sizes(x.shape(), p)),
        refuses(At.of(shape(2, 3), 4, 2), FLOAT32, "reshape", "[2, 3]", "[4, 2]", "6"),
        refuses(At.of(shape(2, 3), -1, -1), FLOAT32, "reshape", "[2, 3]", "more than one -1"),
        refuses(At.of(shape(2, 3), 4, -1), FLOAT32, "reshape", "[2, 3]", "[4, -1]"),
        refuses(At.of(shape(2, 3), 2, -3), FLOAT32, "reshape", "[2, 3]", "[2, -3]"));
    move(
        "reshape to a Shape",
        List.of(At.of(shape(2, 3), 3, 2), At.of(shape(0, 2), 5, 0), At.of(shape(1))),
        c -> At.of(shape(2, c.below(4)), c.of(1, 2), -1),
        (x, p) -> x.reshape(Shape.of(sizes(x.shape().toArray(), p))),
        (x, p) -> x.reshape(sizes(x.shape(), p)),
        refuses(At.of(shape(2, 3), 4, 2), FLOAT32, "reshape", "[2, 3]", "[4, 2]"));
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
        List.of(
            At.of(shape(2, 3)), At.of(shape(2, 3, 4)), At.of(shape(0, 3)), At.of(shape(33, 70))),
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
        "broadcastTo a Shape",
        List.of(At.of(shape(2, 1), 3, 2, 4), At.of(shape(), 2)),
        c -> {
          long[] s = Settings.draw(c);
          return At.of(Settings.part(c, s), s);
        },
        (x, p) -> x.broadcastTo(Shape.of(p)),
        NdArray::broadcastTo,
        refuses(At.of(shape(2, 3), 2, 4), FLOAT32, "broadcastTo", "[2, 3]", "[2, 4]"));
    move(
        "squeeze",
        List.of(
            At.of(shape(2, 1, 3, 1)),
            At.of(shape(2, 1, 3, 1), -1),
            At.of(shape(2, 1, 3, 1), 3, 1),
            At.of(shape(2, 3)),
            At.of(shape(1, 0), 0),
            At.of(shape())),
        c -> At.of(Settings.draw(c)),
        (x, p) -> x.squeeze(Settings.ints(p)),
        (x, p) -> x.reshape(squeezed(x.shape(), p)),
        refuses(At.of(shape(2, 1), 0), FLOAT32, "squeeze", "[2, 1]", "size 1"),
        refuses(At.of(shape(2, 1), 2), FLOAT32, "squeeze", "axis 2", "[2, 1]"),
        refuses(At.of(shape(2, 1), 1, -1), FLOAT32, "squeeze", "[2, 1]", "twice"));
    move(
        "unsqueeze",
        List.of(
            At.of(shape(2, 3), 0),
            At.of(shape(2, 3), -1),
            At.of(shape(2, 3), 3, 1),
            At.of(shape(2, 3)),
            At.of(shape(), 0, 1),
            At.of(shape(0), -2)),
        c -> {
          long[] s = Settings.draw(c);
          return At.of(s, c.below(s.length + 1) - (c.once(3) ? s.length + 1 : 0));
        },
        (x, p) -> x.unsqueeze(Settings.ints(p)),
        (x, p) -> x.reshape(unsqueezed(x.shape(), p)),
        refuses(At.of(shape(2, 3), 3), FLOAT32, "unsqueeze", "axis 3"),
        refuses(At.of(shape(2, 3), 1, 1), FLOAT32, "unsqueeze", "axis 1", "twice"),
        refuses(At.of(shape(1, 1, 1, 1, 1, 1, 1, 1), 0), FLOAT32, "unsqueeze", "rank 9"));
    move("contiguous", Settings.one(), Settings::drawOne, (x, p) -> x.contiguous(), (x, p) -> x);
    move("identity", Settings.one(), Settings::drawOne, (x, p) -> x.identity(), (x, p) -> x);
    move(
        "reshape of a transpose",
        List.of(At.of(shape(2, 3)), At.of(shape(2, 2, 3)), At.of(shape(33, 70))),
        c -> At.of(Settings.draw(c, 2)),
        (x, p) -> x.transpose().reshape(-1),
        (x, p) -> {
          NdArray y = Oracle.swapped(x, x.rank() - 2, x.rank() - 1);
          return y.reshape(y.count());
        });
    move(
        "contiguous of a transpose",
        List.of(At.of(shape(2, 3)), At.of(shape(2, 3, 4)), At.of(shape(130, 257))),
        c -> At.of(Settings.draw(c, c.of(2, 3))),
        (x, p) -> x.transpose().contiguous(),
        (x, p) -> Oracle.swapped(x, x.rank() - 2, x.rank() - 1));
  }

  private void parts() {
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
        c -> drawSlice(c, 1),
        (x, p) -> x.slice((int) p[0], p[1], p[2]),
        (x, p) -> sliced(x, Settings.axis(p[0], x.rank()), p[1], p[2], 1),
        refuses(At.of(shape(2, 3), 1, 2, 4), FLOAT32, "slice", "2 to 4", "axis 1", "[2, 3]"),
        refuses(At.of(shape(2, 3), 1, -1, 2), FLOAT32, "slice", "-1 to 2", "[2, 3]"),
        refuses(At.of(shape(2, 3), 1, 2, 1), FLOAT32, "slice", "2 to 1", "[2, 3]"),
        refuses(At.of(shape(2, 3), 2, 0, 1), FLOAT32, "slice", "axis 2", "[2, 3]"));
    move(
        "slice, every other",
        List.of(
            At.of(shape(2, 5), 1, 0, 5, 2),
            At.of(shape(2, 5), 1, 1, 5, 3),
            At.of(shape(2, 5), -1, 1, 4, 9),
            At.of(shape(2, 5), 0, 1, 1, 2),
            At.of(shape(130, 257), 1, 3, 256, 7)),
        c -> drawSlice(c, c.of(1, 2, 3, 7)),
        (x, p) -> x.slice((int) p[0], p[1], p[2], p[3]),
        (x, p) -> sliced(x, Settings.axis(p[0], x.rank()), p[1], p[2], p[3]),
        refuses(At.of(shape(2, 3), 1, 0, 2, 0), FLOAT32, "slice", "by 0", "axis 1", "[2, 3]"),
        refuses(At.of(shape(2, 3), 1, 0, 2, -1), FLOAT32, "slice", "by -1", "axis 1", "[2, 3]"));
    move(
        "slice of a transpose",
        List.of(At.of(shape(2, 4), 0, 1, 3), At.of(shape(33, 70), 0, 5, 60)),
        c -> At.of(shape(3, 4), 0, c.below(3), 3),
        (x, p) -> x.transpose().slice((int) p[0], p[1], p[2]),
        (x, p) -> sliced(Oracle.swapped(x, 0, 1), (int) p[0], p[1], p[2], 1));
    move(
        "split",
        List.of(
            At.of(shape(5, 2), 0, 0, 2, 3),
            At.of(shape(5, 2), 0, 1, 2, 3),
            At.of(shape(2, 5), -1, 2, 1, 0, 3, 1),
            At.of(shape(2, 5), -1, 1, 1, 0, 3, 1),
            At.of(shape(2, 0), 1, 0, 0)),
        c -> {
          long[] s = Settings.draw(c, c.of(1, 2, 3));
          int axis = c.below(s.length);
          int first = c.below((int) s[axis] + 1);
          return At.of(s, axis, c.below(2), first, s[axis] - first);
        },
        (x, p) -> x.split((int) p[0], Arrays.copyOfRange(p, 2, p.length)).get((int) p[1]),
        (x, p) -> {
          long from = Arrays.stream(p).skip(2).limit(p[1]).sum();
          return sliced(x, Settings.axis(p[0], x.rank()), from, from + p[2 + (int) p[1]], 1);
        },
        refuses(
            At.of(shape(2, 5), 1, 0, 2, 2),
            FLOAT32,
            "split",
            "axis 1",
            "[2, 5]",
            "[2, 2]",
            "add up to 5"),
        refuses(At.of(shape(2, 5), 1, 0, 6, -1), FLOAT32, "split", "[6, -1]"),
        refuses(At.of(shape(2, 5), 2, 0, 5), FLOAT32, "split", "axis 2"));
    move(
        "flip",
        List.of(
            At.of(shape(2, 3)),
            At.of(shape(2, 3), 0),
            At.of(shape(2, 3, 4), -1, 0),
            At.of(shape(0, 3), 1),
            At.of(shape()),
            At.of(shape(33, 70), 1)),
        c -> Settings.drawReduction(c, true),
        (x, p) -> x.flip(Settings.ints(p)),
        (x, p) -> {
          int[] axes = Settings.axes(p, x.rank());
          return Oracle.move(
              x,
              x.shape(),
              i -> {
                int[] from = i.clone();
                Arrays.stream(axes).forEach(d -> from[d] = (int) x.shape()[d] - 1 - i[d]);
                return from;
              });
        },
        refuses(At.of(shape(2, 3), 2), FLOAT32, "flip", "axis 2", "[2, 3]"),
        refuses(At.of(shape(2, 3), 1, 1), FLOAT32, "flip", "axis 1", "twice"));
    move(
        "roll",
        List.of(
            At.of(shape(2, 5), 1, 2),
            At.of(shape(2, 5), -1, -1),
            At.of(shape(2, 5), 0, 7),
            At.of(shape(2, 5), 1, 0),
            At.of(shape(2, 0), 1, 3),
            At.of(shape(33, 70), 0, Long.MIN_VALUE)),
        c -> {
          long[] s = Settings.draw(c, c.of(1, 2, 3));
          return At.of(s, c.below(s.length), c.below(40) - 20);
        },
        (x, p) -> x.roll((int) p[0], p[1]),
        (x, p) -> {
          int d = Settings.axis(p[0], x.rank());
          long n = x.shape()[d];
          return Oracle.move(
              x,
              x.shape(),
              i -> Oracle.at(i, d, (int) Math.floorMod(i[d] - Math.floorMod(p[1], n), n)));
        },
        refuses(At.of(shape(2, 3), 2, 1), FLOAT32, "roll", "axis 2", "[2, 3]"));
    move(
        "diagonal",
        List.of(
            At.of(shape(3, 3)),
            At.of(shape(2, 3, 4)),
            At.of(shape(4, 2)),
            At.of(shape(0, 3)),
            At.of(shape(33, 70))),
        c -> At.of(Settings.draw(c, c.of(2, 3))),
        (x, p) -> x.diagonal(),
        (x, p) -> diagonal(x, 0, x.rank() - 2, x.rank() - 1),
        refuses(At.of(shape(3)), FLOAT32, "diagonal", "[3]"));
    move(
        "diagonal, another",
        List.of(
            At.of(shape(3, 4), 1, 0, 1),
            At.of(shape(3, 4), -2, 0, 1),
            At.of(shape(2, 3, 4), 1, 2, 0),
            At.of(shape(2, 3, 2), 0, -1, 0),
            At.of(shape(3, 4), 9, 0, 1),
            At.of(shape(3, 4), -9, 0, 1),
            At.of(shape(0, 4), 1, 0, 1)),
        c -> At.of(Settings.draw(c, 2), c.below(9) - 4, 1, 0),
        (x, p) -> x.diagonal(p[0], (int) p[1], (int) p[2]),
        (x, p) -> diagonal(x, p[0], Settings.axis(p[1], x.rank()), Settings.axis(p[2], x.rank())),
        refuses(At.of(shape(3, 4), 0, 1, -1), FLOAT32, "diagonal", "[3, 4]", "twice"),
        refuses(At.of(shape(3, 4), 0, 1, 2), FLOAT32, "diagonal", "axis 2", "[3, 4]"));
    for (boolean upper : new boolean[] {true, false}) {
      move(
          upper ? "triu" : "tril",
          Stream.of(0, 1, -1, -2, 9, -9)
              .flatMap(k ->
                  Stream.of(shape(3, 4), shape(2, 3, 3), shape(0, 3), shape(33, 70))
                      .map(s -> At.of(s, k)))
              .toList(),
          c -> At.of(Settings.draw(c, c.of(2, 3)), c.below(9) - 4),
          (x, p) -> upper ? x.triu(p[0]) : x.tril(p[0]),
          (x, p) -> {
            int r = x.rank();
            return Oracle.move(
                x,
                x.shape(),
                i ->
                    (upper ? i[r - 1] - i[r - 2] >= p[0] : i[r - 1] - i[r - 2] <= p[0])
                        ? i
                        : OUTSIDE);
          },
          refuses(At.of(shape(3), 0), FLOAT32, upper ? "triu" : "tril", "[3]"));
    }
  }

  private void placed() {
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
        (x, p) -> padded(x, Settings.axis(p[0], x.rank()), p[1], p[2], 0),
        refuses(
            At.of(shape(2, 3), 1, -1, 2),
            FLOAT32,
            "pad",
            "axis 1",
            "[2, 3]",
            "-1 before",
            "2 after"),
        refuses(At.of(shape(2, 3), 2, 1, 1), FLOAT32, "pad", "axis 2", "[2, 3]"),
        refuses(At.of(shape(2, 3), 0, 1L << 60, 1), FLOAT32, "pad", "[2, 3]"));
    move(
        "pad of a transpose",
        List.of(At.of(shape(2, 3), -1, 0, 1), At.of(shape(33, 70), 0, 2, 1)),
        c -> At.of(Settings.draw(c, 2), c.below(2), c.below(3), 1),
        (x, p) -> x.transpose().pad((int) p[0], p[1], p[2]),
        (x, p) -> padded(Oracle.swapped(x, 0, 1), Settings.axis(p[0], 2), p[1], p[2], 0));
    move(
        "dilate",
        List.of(
            At.of(shape(2, 3), 1, 2),
            At.of(shape(2, 3), 0, 1),
            At.of(shape(2, 1), -1, 4),
            At.of(shape(0, 3), 0, 2),
            At.of(shape(2, 3), 1, 0)),
        c -> {
          long[] s = Settings.draw(c, c.of(1, 2, 3));
          return At.of(s, c.below(s.length), c.below(4));
        },
        (x, p) -> x.dilate((int) p[0], p[1]),
        (x, p) -> padded(x, Settings.axis(p[0], x.rank()), 0, 0, p[1]),
        refuses(At.of(shape(2, 3), 1, -1), FLOAT32, "dilate", "axis 1", "[2, 3]", "-1"),
        refuses(At.of(shape(2, 3), 1, 1L << 61), FLOAT32, "dilate", "[2, 3]"));
    move(
        "tile",
        List.of(
            At.of(shape(2, 3), 2, 3),
            At.of(shape(2, 3), 2, 1, 2),
            At.of(shape(2, 3), 1, 1),
            At.of(shape(2, 3), 0, 2),
            At.of(shape(0, 3), 2, 2),
            At.of(shape(), 3),
            At.of(shape(33, 70), 3, 2)),
        c -> {
          long[] s = Settings.draw(c, c.of(1, 2, 0, 3));
          long[] p = new long[s.length + c.below(2)];
          Arrays.setAll(p, d -> c.of(1, 2, 3, 0));
          return At.of(s, p);
        },
        (x, p) -> x.tile(p),
        (x, p) -> {
          int added = p.length - x.rank();
          long[] to = p.clone();
          Arrays.setAll(to, d -> p[d] * (d < added ? 1 : x.shape()[d - added]));
          return Oracle.move(
              x,
              to,
              i ->
                  IntStream.range(0, x.rank())
                      .map(d -> i[added + d] % (int) x.shape()[d])
                      .toArray());
        },
        refuses(At.of(shape(2, 3), 2), FLOAT32, "tile", "[2, 3]", "[2]"),
        refuses(At.of(shape(2, 3), 2, -1), FLOAT32, "tile", "[2, 3]", "[2, -1]"),
        refuses(At.of(shape(2, 3), 1L << 40, 1L << 40), FLOAT32, "tile", "[2, 3]"));
    // The offset, the rank, sizes, strides.
    move(
        "asStrided",
        List.of(
            At.of(shape(2, 3), 0, 2, 3, 2, 1, 3),
            At.of(shape(6), 1, 2, 3, 3, 1, 1),
            At.of(shape(6), 5, 1, 6, -1),
            At.of(shape(6), 2, 2, 3, 2, 0, 2),
            At.of(shape(6), 3, 0),
            At.of(shape(6), 0, 2, 0, 3, 100, 1),
            At.of(shape(4, 4), 0, 1, 4, 5)),
        c -> {
          int n = c.between(1, 4);
          int step = c.of(1, 0, 2, 3);
          int other = c.of(1, 2, 0);
          return At.of(shape((n - 1L) * (step + other) + 1), 0, 2, n, n, step, other);
        },
        (x, p) -> x.asStrided(Shape.of(strided(p, 0)), strided(p, 1), p[0]),
        (x, p) -> {
          int[] steps = Settings.ints(strided(p, 1));
          int[] at = NdArray.walk(strided(p, 0), steps);
          return x.pick(strided(p, 0), Arrays.stream(at).map(k -> k + (int) p[0]).toArray());
        },
        refuses(
            At.of(shape(6), 1, 2, 2, 3, 3, 1),
            FLOAT32,
            "asStrided",
            "[6]",
            "[2, 3]",
            "places 1 to 6"),
        refuses(At.of(shape(6), 0, 1, 2, -1), FLOAT32, "asStrided", "[6]", "places -1 to 0"),
        refuses(At.of(shape(6), 0, 1, 3, Long.MAX_VALUE), FLOAT32, "asStrided", "[6]"));
  }

  private static final int[] OUTSIDE = {-1, -1, -1};

  private static long[] strided(long[] p, int k) {
    int rank = (int) p[1];
    return Arrays.copyOfRange(p, 2 + k * rank, 2 + (k + 1) * rank);
  }

  private void joined() {
    for (boolean stacked : new boolean[] {false, true}) {
      row(
          stacked ? "stack" : "concat",
          ALL,
          List.of(any(LINEAR)),
          stacked
              ? List.of(
                  At.of(List.of(shape(2, 3), shape(2, 3)), 0),
                  At.of(List.of(shape(2, 3), shape(2, 3)), -1),
                  At.of(List.of(shape(2, 3), shape(2, 3)), 1),
                  At.of(List.of(shape(), shape(), shape()), 0),
                  At.of(List.of(shape(0), shape(0)), 1),
                  At.of(List.of(shape(4)), 0))
              : List.of(
                  At.of(List.of(shape(2, 3), shape(2, 1)), 1),
                  At.of(List.of(shape(2, 3), shape(1, 3), shape(3, 3)), 0),
                  At.of(List.of(shape(2, 3), shape(2, 0), shape(2, 2)), -1),
                  At.of(List.of(shape(0, 3), shape(0, 3)), 1),
                  At.of(List.of(shape(4)), 0),
                  At.of(List.of(shape(33, 70), shape(33, 9)), 1)),
          c -> {
            long[] s = Settings.draw(c, stacked ? c.of(1, 0, 2) : c.of(1, 2, 3));
            int axis = c.below(s.length + (stacked ? 1 : 0));
            List<long[]> parts =
                IntStream.range(0, c.between(1, 3))
                    .mapToObj(_ -> stacked ? s : NdArray.with(s, axis, c.of(1, 2, 0, 5)))
                    .toList();
            return At.of(parts, axis);
          },
          (in, p) -> stacked ? Tensor.stack((int) p[0], in) : Tensor.concat((int) p[0], in),
          (in, p) -> Expected.exactly(together(stacked, (int) p[0], in)),
          EnumSet.of(Trait.MIXED),
          List.of(
              refuses(
                  At.of(List.of(shape(2, 3), shape(3, 2)), 0),
                  FLOAT32,
                  stacked ? "stack" : "concat",
                  "[2, 3]",
                  "[3, 2]"),
              refuses(
                  At.of(List.of(shape(2, 3), shape(2, 3)), 3),
                  FLOAT32,
                  stacked ? "stack" : "concat",
                  "axis 3"),
              refuses(At.of(List.of(), 0), FLOAT32, stacked ? "stack" : "concat", "nothing")));
    }
  }

  private static NdArray together(boolean stacked, int axis, NdArray... in) {
    DType dtype = Arrays.stream(in).map(NdArray::dtype).reduce(Oracle::promote).orElseThrow();
    int rank = in[0].rank() + (stacked ? 1 : 0);
    int d = Settings.axis(axis, rank);
    return Oracle.concat(
        d,
        Arrays.stream(in)
            .map(x -> stacked ? x.reshape(unsqueezed(x.shape(), new long[] {d})) : x)
            .map(x -> x.to(dtype))
            .toArray(NdArray[]::new));
  }

  private static NdArray sliced(NdArray x, int axis, long from, long to, long step) {
    long[] s = NdArray.with(x.shape(), axis, (to - from + step - 1) / step);
    return Oracle.move(x, s, i -> Oracle.at(i, axis, (int) (from + i[axis] * step)));
  }

  private static At drawSlice(Choices c, int step) {
    long[] s = Settings.draw(c, c.of(1, 2, 3));
    int axis = c.below(s.length);
    int from = c.below((int) s[axis] + 1);
    return At.of(s, axis, from, from + c.below((int) s[axis] - from + 1), step);
  }

  private static NdArray padded(NdArray x, int axis, long before, long after, long between) {
    long n = x.shape()[axis];
    long[] to =
        NdArray.with(x.shape(), axis, before + after + (n == 0 ? 0 : n + (n - 1) * between));
    return Oracle.move(
        x,
        to,
        i -> {
          long k = i[axis] - before;
          boolean hit = k >= 0 && k % (between + 1) == 0;
          return Oracle.at(i, axis, hit ? (int) (k / (between + 1)) : -1);
        });
  }

  /** The last axis of the result is that of elements (i, i + offset) of two axes. */
  private static NdArray diagonal(NdArray x, long offset, int a, int b) {
    List<Long> places = new ArrayList<>();
    for (long i = 0; i < x.shape()[a]; i++) {
      if (i + offset >= 0 && i + offset < x.shape()[b]) {
        places.add(i);
      }
    }
    long[] to = Oracle.join(NdArray.without(x.shape(), a, b), places.size());
    return Oracle.move(
        x,
        to,
        i -> {
          int[] from = new int[x.rank()];
          int k = 0;
          for (int d = 0; d < from.length; d++) {
            from[d] = d == a || d == b ? 0 : i[k++];
          }
          from[a] = places.get(i[k]).intValue();
          from[b] = from[a] + (int) offset;
          return from;
        });
  }

  private static long[] squeezed(long[] s, long[] p) {
    int[] axes =
        p.length > 0
            ? Settings.axes(p, s.length)
            : IntStream.range(0, s.length).filter(d -> s[d] == 1).toArray();
    return NdArray.without(s, axes);
  }

  private static long[] unsqueezed(long[] s, long[] p) {
    int rank = s.length + p.length;
    int[] places = p.length == 0 ? new int[0] : Settings.axes(p, rank);
    long[] to = new long[rank];
    int k = 0;
    for (int d = 0; d < rank; d++) {
      int place = d;
      to[d] = Arrays.stream(places).anyMatch(q -> q == place) ? 1 : s[k++];
    }
    return to;
  }

  /** The sizes with −1 worked out. */
  private static long[] sizes(long[] s, long[] p) {
    long known = Arrays.stream(p).filter(n -> n != -1).reduce(1, (a, b) -> a * b);
    return Arrays.stream(p).map(n -> n == -1 ? NdArray.count(s) / known : n).toArray();
  }

  /** Any shape with that many elements, made of the factors of this one. */
  private static long[] regrouped(Choices c, long[] s) {
    long[] factors =
        Arrays.stream(s)
            .flatMap(n -> n % 2 == 0 && n > 2 ? LongStream.of(2, n / 2) : LongStream.of(n))
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
