package thimble.tensor;

import static thimble.tensor.At.shape;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Shapes, and axes that go with them: those that every row of a family is tried at, and random
 * ones.
 */
final class Settings {
  private Settings() {}

  /** Of all ranks, empty along each axis, and of sizes around the widths of vectors. */
  static final List<long[]> SHAPES =
      List.of(
          shape(),
          shape(1),
          shape(0),
          shape(3),
          shape(7),
          shape(8),
          shape(16),
          shape(17),
          shape(33),
          shape(67),
          shape(2, 3),
          shape(3, 0),
          shape(0, 3),
          shape(0, 0),
          shape(5, 7),
          shape(4, 16),
          shape(3, 33),
          shape(2, 3, 4),
          shape(2, 0, 3),
          shape(2, 1, 3),
          shape(2, 2, 2, 3),
          shape(2, 1, 2, 1, 3),
          shape(1, 2, 1, 2, 1, 2, 1, 3),
          shape(33, 70),
          shape(130, 257));

  static List<At> one() {
    return SHAPES.stream().map(s -> At.of(s)).toList();
  }

  /** Of few elements: for ops whose kernel has a row of its own. */
  static List<At> few() {
    return one().stream().filter(a -> a.count() < 3000).toList();
  }

  /** Two equal shapes, and all ways in which two are broadcast to one. */
  static List<At> two() {
    List<At> all = new ArrayList<>();
    SHAPES.forEach(s -> all.add(At.of(List.of(s, s))));
    for (long[] whole : List.of(shape(2, 3, 4), shape(0, 3), shape(3, 0))) {
      for (int a = 0; a < 1 << whole.length; a++) {
        for (int b = a == 0 ? 1 : 0; b < 1 << whole.length; b++) {
          if ((a & b) == 0) {
            long[] left = ones(whole, a);
            long[] right = ones(whole, b);
            all.add(At.of(List.of(left, right)));
            all.add(At.of(List.of(shortened(left), right)));
            all.add(At.of(List.of(left, shortened(right))));
          }
        }
      }
    }
    all.add(At.of(List.of(shape(), shape(2, 3))));
    all.add(At.of(List.of(shape(2, 3), shape())));
    all.add(At.of(List.of(shape(33, 1), shape(1, 70))));
    all.add(At.of(List.of(shape(70), shape(33, 1))));
    all.add(At.of(List.of(shape(257), shape(130, 257))));
    all.add(At.of(List.of(shape(130, 1), shape(130, 257))));
    all.add(At.of(List.of(shape(2, 1, 2, 1, 2, 1, 2, 1), shape(3, 1, 2, 1, 2, 1, 2))));
    return distinct(all);
  }

  /** Three shapes that are broadcast to one. */
  static List<At> three() {
    List<At> all = new ArrayList<>();
    SHAPES.forEach(s -> all.add(At.of(List.of(s, s, s))));
    for (long[] whole : List.of(shape(2, 3), shape(0, 3), shape(4, 33))) {
      for (int k = 0; k < 64; k++) {
        int[] masks = {k & 3, (k >> 2) & 3, k >> 4};
        if ((masks[0] & masks[1] & masks[2]) == 0) {
          all.add(At.of(Arrays.stream(masks).mapToObj(m -> shortened(ones(whole, m))).toList()));
          all.add(At.of(Arrays.stream(masks).mapToObj(m -> ones(whole, m)).toList()));
        }
      }
    }
    return distinct(all);
  }

  /** With size 1 on these axes. */
  private static long[] ones(long[] shape, int axes) {
    long[] s = shape.clone();
    for (int d = 0; d < s.length; d++) {
      s[d] = (axes >> d & 1) != 0 ? 1 : s[d];
    }
    return s;
  }

  /** Without leading axes of size 1. */
  private static long[] shortened(long[] shape) {
    int d = 0;
    while (d < shape.length && shape[d] == 1) {
      d++;
    }
    return Arrays.copyOfRange(shape, d, shape.length);
  }

  private static List<At> distinct(List<At> all) {
    return all.stream()
        .collect(
            java.util.stream.Collectors.toMap(
                At::toString, a -> a, (a, b) -> a, java.util.LinkedHashMap::new))
        .values()
        .stream()
        .toList();
  }

  /**
   * Every set of axes, some counted from the last; what is reduced may be empty if that is allowed.
   */
  static List<At> reductions(boolean empty) {
    List<At> all = new ArrayList<>();
    for (long[] s : SHAPES) {
      all.add(At.of(s));
      for (int set = 1; set < 1 << Math.min(s.length, 4); set++) {
        int mask = set;
        int[] axes = IntStream.range(0, s.length).filter(d -> (mask >> d & 1) != 0).toArray();
        all.add(
            At.of(
                s, Arrays.stream(axes).mapToLong(d -> mask % 3 == 1 ? d - s.length : d).toArray()));
        if (axes.length > 1) {
          all.add(
              At.of(
                  s,
                  IntStream.range(0, axes.length)
                      .mapToLong(i -> axes[axes.length - 1 - i])
                      .toArray()));
        }
      }
    }
    return all.stream().filter(a -> empty || some(a)).toList();
  }

  /** Whether there is something to reduce. */
  private static boolean some(At a) {
    long[] s = a.shapes().get(0);
    return Arrays.stream(axes(a.p(), s.length)).allMatch(d -> s[d] > 0);
  }

  /** How many elements one result of a reduction is made of. */
  static int reduced(At a) {
    long[] s = a.shapes().get(0);
    return (int)
        Arrays.stream(axes(a.p(), s.length)).mapToLong(d -> s[d]).reduce(1, (x, y) -> x * y);
  }

  /** Each axis of each shape, counted from either end. */
  static List<At> axis(boolean empty) {
    return with(SHAPES, shape(3, 1500), shape(1500, 3)).stream()
        .flatMap(s ->
            IntStream.range(0, s.length)
                .filter(d -> empty || s[d] > 0)
                .mapToObj(d -> At.of(s, d % 2 == 0 ? d : d - s.length)))
        .toList();
  }

  static List<long[]> with(List<long[]> shapes, long[]... more) {
    return Stream.concat(shapes.stream(), Arrays.stream(more)).toList();
  }

  /** These axes counted from the first; all without any. */
  static int[] axes(long[] p, int rank) {
    return p.length == 0
        ? IntStream.range(0, rank).toArray()
        : Arrays.stream(p).mapToInt(d -> axis(d, rank)).toArray();
  }

  static int axis(long d, int rank) {
    return (int) (d < 0 ? d + rank : d);
  }

  static int[] ints(long[] p) {
    return Arrays.stream(p).mapToInt(Math::toIntExact).toArray();
  }

  // -- At random ----------------------------------------------------------------------------------

  /** A shape; mostly of few elements, sometimes empty, sometimes around the sizes of blocks. */
  static long[] draw(Choices c) {
    return draw(c, c.of(1, 1, 2, 2, 0, 3, 3, 4, 5));
  }

  static long[] draw(Choices c, int rank) {
    if (rank > 0 && rank < 3 && c.once(40)) {
      long[] s = new long[rank];
      Arrays.fill(s, 1);
      s[c.below(rank)] = c.of(31, 32, 33, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1023, 1025);
      s[c.below(rank)] *= c.between(1, 3);
      return s;
    }
    long[] s = new long[rank];
    for (int d = 0; d < rank; d++) {
      s[d] = rank > 2 ? c.of(1, 2, 3, 4, 2, 3, 5, 0) : c.of(1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 0);
    }
    return s;
  }

  static At drawOne(Choices c) {
    return At.of(draw(c));
  }

  static At drawTwo(Choices c) {
    long[] s = draw(c);
    return At.of(List.of(part(c, s), part(c, s)));
  }

  static At drawThree(Choices c) {
    long[] s = draw(c);
    return At.of(List.of(part(c, s), part(c, s), part(c, s)));
  }

  /** A shape that is broadcast to that one, or with others like it. */
  static long[] part(Choices c, long[] whole) {
    if (c.below(2) == 0) {
      return whole;
    }
    long[] s = ones(whole, c.below(1 << whole.length));
    return Arrays.copyOfRange(s, c.below(leading(s) + 1), s.length);
  }

  private static int leading(long[] s) {
    return s.length - shortened(s).length;
  }

  static At drawReduction(Choices c, boolean empty) {
    long[] s = draw(c);
    int set = c.below(1 << s.length);
    long[] axes =
        IntStream.range(0, s.length).filter(d -> (set >> d & 1) != 0).mapToLong(d -> d).toArray();
    if (c.once(3)) {
      axes = Arrays.stream(axes).map(d -> d - s.length).toArray();
    }
    return empty ? At.of(s, axes) : At.of(filled(s), axes);
  }

  static At drawAxis(Choices c, boolean empty) {
    long[] s = draw(c, c.of(1, 2, 3, 4));
    return At.of(empty ? s : filled(s), c.below(s.length) - (c.once(3) ? s.length : 0));
  }

  /** The shape without an axis of size 0. */
  static long[] filled(long[] s) {
    return Arrays.stream(s).map(n -> Math.max(n, 1)).toArray();
  }
}
