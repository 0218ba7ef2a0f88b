package thimble.tensor;

import static thimble.tensor.At.shape;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.Kind.Slope.LINEAR;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Rows of {@link OpTable}: parts of a tensor by {@link Index}, read and replaced. A part is four
 * numbers: which kind, and what goes with it.
 */
final class PartRows extends Families {
  private static final int ALL_OF = 0;
  private static final int AT = 1;
  private static final int RANGE = 2;
  private static final int STEPS = 3;
  private static final int FROM = 4;
  private static final int UP_TO = 5;
  private static final int EVERY = 6;
  private static final int NEW_AXIS = 7;
  private static final int ELLIPSIS = 8;

  PartRows() {
    move(
        "get",
        SETTINGS,
        PartRows::draw,
        (x, p) -> x.get(parts(p)),
        PartRows::got,
        refuses(
            At.of(shape(2, 3), AT, 2, 0, 0), FLOAT32, "get", "[2]", "[2, 3]", "axis 0", "-2 and 1"),
        refuses(At.of(shape(2, 3), AT, -3, 0, 0), FLOAT32, "get", "[2, 3]", "axis 0"),
        refuses(At.of(shape(2, 3), RANGE, 0, 3, 0), FLOAT32, "get", "0:3", "[2, 3]", "axis 0"),
        refuses(
            At.of(shape(2, 3), AT, 0, 0, 0, AT, 0, 0, 0, AT, 0, 0, 0),
            FLOAT32,
            "get",
            "3 parts",
            "2 axes"),
        refuses(
            At.of(shape(2, 3), ELLIPSIS, 0, 0, 0, ELLIPSIS, 0, 0, 0),
            FLOAT32,
            "get",
            "more than one ellipsis"),
        refuses(At.of(shape(0, 3), AT, 0, 0, 0), FLOAT32, "get", "axis 0", "empty"));
    move(
        "get of an index",
        SETTINGS,
        PartRows::draw,
        (x, p) -> x.get(Index.of(parts(p))),
        PartRows::got);
    move(
        "update with a number",
        SETTINGS,
        PartRows::draw,
        (x, p) -> x.update(Index.of(parts(p)), 0.7),
        (x, p) -> replaced(x, NdArray.of(x.dtype(), shape(), 0.7), p));
    move(
        "update with a whole number",
        SETTINGS,
        PartRows::draw,
        (x, p) -> x.update(Index.of(parts(p)), 1),
        (x, p) -> replaced(x, NdArray.of(x.dtype(), shape(), 1.0), p));
    row(
        "update",
        ALL,
        List.of(any(LINEAR)),
        SETTINGS.stream().flatMap(PartRows::withValue).toList(),
        c -> {
          At a = draw(c);
          long[] part = places(a.shapes().get(0), a.p()).shape();
          return At.of(List.of(a.shapes().get(0), Settings.part(c, part)), a.p());
        },
        (in, p) -> in[0].update(Index.of(parts(p)), in[1]),
        (in, p) -> Expected.exactly(replaced(in[0], in[1], p)),
        NO_TRAITS,
        List.of(
            refuses(
                At.of(List.of(shape(2, 3), shape(2)), AT, 0, 0, 0),
                FLOAT32,
                "update",
                "[0]",
                "[2, 3]",
                "[3]",
                "[2]"),
            refuses(
                At.of(List.of(shape(2, 3), shape(2, 3)), AT, 0, 0, 0), FLOAT32, "update", "[2, 3]"),
            refuses(
                At.of(List.of(shape(2, 3), shape()), AT, 2, 0, 0),
                FLOAT32,
                "update",
                "axis 0",
                "[2, 3]"),
            new Row.Bad(
                At.of(List.of(shape(2, 3), shape(3)), AT, 0, 0, 0),
                List.of(INT32, FLOAT32),
                DTypeException.class,
                List.of("update", "int32 [2, 3]", "float32 [3]", "to(INT32)"))));
  }

  private static final List<At> SETTINGS =
      List.of(
          At.of(shape(2, 3)),
          At.of(shape(2, 3), AT, 1, 0, 0),
          At.of(shape(2, 3), AT, -1, 0, 0, AT, 0, 0, 0),
          At.of(shape(2, 3), ALL_OF, 0, 0, 0, RANGE, 1, 3, 0),
          At.of(shape(2, 5), ALL_OF, 0, 0, 0, STEPS, 4, 1, -1),
          At.of(shape(2, 5), ALL_OF, 0, 0, 0, STEPS, -1, -6, -2),
          At.of(shape(5), STEPS, 1, 5, 3),
          At.of(shape(5), FROM, -2, 0, 0),
          At.of(shape(5), UP_TO, -2, 0, 0),
          At.of(shape(5), UP_TO, 0, 0, 0),
          At.of(shape(2, 5), ELLIPSIS, 0, 0, 0, EVERY, 0, 0, -1),
          At.of(shape(2, 3, 4), AT, 1, 0, 0, ELLIPSIS, 0, 0, 0, EVERY, 0, 0, 2),
          At.of(shape(2, 3), NEW_AXIS, 0, 0, 0, ALL_OF, 0, 0, 0, NEW_AXIS, 0, 0, 0, AT, 2, 0, 0),
          At.of(shape(), NEW_AXIS, 0, 0, 0, ELLIPSIS, 0, 0, 0),
          At.of(shape(0, 3), EVERY, 0, 0, -1, AT, 1, 0, 0),
          At.of(shape(3, 0), AT, 1, 0, 0),
          At.of(shape(33, 70), STEPS, 30, 3, -4, RANGE, 5, 69, 0));

  /** The value for all of the part, for one row of it, and a number. */
  private static Stream<At> withValue(At a) {
    long[] s = a.shapes().get(0);
    long[] part = places(s, a.p()).shape();
    long[] row = part.length == 0 ? part : Arrays.copyOfRange(part, 1, part.length);
    return Stream.of(part, row, shape()).map(v -> At.of(List.of(s, v), a.p()));
  }

  static Index.Part[] parts(long[] p) {
    return IntStream.range(0, p.length / 4)
        .mapToObj(k -> part((int) p[4 * k], p[4 * k + 1], p[4 * k + 2], p[4 * k + 3]))
        .toArray(Index.Part[]::new);
  }

  private static Index.Part part(int kind, long a, long b, long c) {
    return switch (kind) {
      case ALL_OF -> Index.all();
      case AT -> Index.at(a);
      case RANGE -> Index.range(a, b);
      case STEPS -> Index.range(a, b, c);
      case FROM -> Index.from(a);
      case UP_TO -> Index.upTo(a);
      case EVERY -> Index.every(c);
      case NEW_AXIS -> Index.newAxis();
      default -> Index.ellipsis();
    };
  }

  // -- What is meant ------------------------------------------------------------------------------

  /** For each element of a part which one of x it is. */
  private record Places(long[] shape, int[] from) {}

  private static NdArray got(NdArray x, long[] p) {
    Places places = places(x.shape(), p);
    return x.pick(places.shape, places.from);
  }

  private static NdArray replaced(NdArray x, NdArray v, long[] p) {
    Places places = places(x.shape(), p);
    NdArray part = v.to(x.dtype()).broadcastTo(places.shape);
    int n = x.count();
    int[] from = IntStream.range(0, n).toArray();
    for (int k = 0; k < places.from.length; k++) {
      from[places.from[k]] = n + k;
    }
    return Oracle.concat(0, x.reshape(n), part.reshape(part.count())).pick(x.shape(), from);
  }

  private static Places places(long[] x, long[] p) {
    long[] to = {};
    List<int[]> taken = new ArrayList<>();
    int named = 0;
    for (int k = 0; k < p.length; k += 4) {
      named += p[k] < NEW_AXIS ? 1 : 0;
    }
    for (int k = 0; k < p.length; k += 4) {
      if (p[k] == NEW_AXIS) {
        to = Oracle.join(to, 1);
      } else if (p[k] == ELLIPSIS) {
        for (int left = x.length - named; left > 0; left--) {
          to = Oracle.join(to, x[taken.size()]);
          taken.add(IntStream.range(0, (int) x[taken.size()]).toArray());
        }
      } else {
        int[] along = along((int) x[taken.size()], p[k], p[k + 1], p[k + 2], p[k + 3]);
        to = p[k] == AT ? to : Oracle.join(to, along.length);
        taken.add(along);
      }
    }
    while (taken.size() < x.length) {
      to = Oracle.join(to, x[taken.size()]);
      taken.add(IntStream.range(0, (int) x[taken.size()]).toArray());
    }
    int[] from = {0};
    for (int d = 0; d < x.length; d++) {
      int[] along = taken.get(d);
      int n = (int) x[d];
      from = Arrays.stream(from).flatMap(q -> Arrays.stream(along).map(i -> q * n + i)).toArray();
    }
    return new Places(to, from);
  }

  /** The elements of an axis of size n that a part names. */
  private static int[] along(int n, long kind, long a, long b, long c) {
    long first = a < 0 ? a + n : a;
    long end = b < 0 ? b + n : b;
    return switch ((int) kind) {
      case AT -> new int[] {(int) first};
      case RANGE -> count(first, end, 1);
      case STEPS -> count(first, end, c);
      case FROM -> count(first, n, 1);
      case UP_TO -> count(0, first, 1);
      case EVERY -> c > 0 ? count(0, n, c) : count(n - 1, -1, c);
      default -> count(0, n, 1);
    };
  }

  private static int[] count(long from, long to, long step) {
    return IntStream.iterate((int) from, i -> step > 0 ? i < to : i > to, i -> i + (int) step)
        .toArray();
  }

  private static At draw(Choices c) {
    long[] s = Settings.draw(c, c.of(1, 2, 0, 3, 4));
    long[] p = {};
    int named = c.below(s.length + 1);
    int ellipsis = c.once(3) ? c.below(named + 1) : -1;
    int skipped = s.length - named;
    for (int d = 0; d <= named; d++) {
      if (c.once(8)) {
        p = Oracle.join(p, NEW_AXIS, 0, 0, 0);
      }
      if (d == ellipsis) {
        p = Oracle.join(p, ELLIPSIS, 0, 0, 0);
      }
      if (d < named) {
        int axis = ellipsis >= 0 && d >= ellipsis ? d + skipped : d;
        p = Oracle.join(p, drawPart(c, (int) s[axis]));
      }
    }
    return At.of(s, p);
  }

  private static long[] drawPart(Choices c, int n) {
    int kind = c.of(ALL_OF, AT, RANGE, STEPS, FROM, UP_TO, EVERY);
    if (n == 0) {
      return new long[] {kind == EVERY ? EVERY : ALL_OF, 0, 0, c.of(1, -1)};
    }
    if (kind == AT) {
      return new long[] {AT, c.below(2 * n) - n, 0, 0};
    }
    if (kind == STEPS && c.below(2) == 1) {
      return new long[] {STEPS, c.below(2 * n) - n, c.of(-n - 1, -1, 0, n - 1), -c.of(1, 2, 3)};
    }
    int from = c.below(n + 1);
    int to = c.below(n + 1);
    int step = kind == EVERY ? c.of(1, 2, 3, -1, -2) : c.of(1, 2, 3);
    return new long[] {kind, from, to == n || c.below(2) == 0 ? to : to - n, step};
  }
}
