package thimble.tensor;

import static thimble.tensor.At.shape;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.DType.INT64;
import static thimble.tensor.Domain.DISTINCT;
import static thimble.tensor.Kind.INDEX;
import static thimble.tensor.Kind.Slope.LINEAR;
import static thimble.tensor.Kind.Slope.NONE;
import static thimble.tensor.Kind.Slope.SMOOTH;
import static thimble.tensor.Row.Trait.COMPOSED;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Rows of {@link OpTable}: elements that an index names. */
final class IndexingRows extends Families {
  IndexingRows() {
    gather();
    take();
    scatterAdd();
    oneHot();
    row(
        "gather of the argmax",
        FLOATS,
        List.of(Kind.of(DISTINCT, SMOOTH)),
        List.of(At.of(shape(2, 3)), At.of(shape(4, 1)), At.of(shape(33, 70))),
        c -> At.of(Settings.filled(Settings.draw(c, 2))),
        (in, p) -> in[0].gather(1, in[0].argmax(1).reshape(-1, 1)),
        (in, p) -> {
          NdArray x = in[0];
          NdArray best = Oracle.reduce(x, INT64, Oracle::argmax, Oracle::argmax, 1).y();
          return Expected.exactly(
              Oracle.move(
                  x, shape(x.shape()[0], 1), i -> Oracle.at(i, 1, (int) best.longs()[i[0]])));
        },
        EnumSet.of(COMPOSED),
        List.of());
  }

  /** Settings whose index is below the size of the axis that is the first number. */
  private static List<At> bounded(At... at) {
    return Stream.of(at).map(IndexingRows::bounded).toList();
  }

  private static At bounded(At a) {
    long[] s = a.shapes().get(0);
    return a.below(s[Settings.axis(a.p()[0], s.length)]);
  }

  private void gather() {
    row(
        "gather",
        ALL,
        List.of(any(LINEAR), INDEX),
        bounded(
            At.of(List.of(shape(2, 3), shape(2, 2)), -1),
            At.of(List.of(shape(2, 3), shape(3, 3)), 0),
            At.of(List.of(shape(5), shape(9)), 0),
            At.of(List.of(shape(5), shape(0)), 0),
            At.of(List.of(shape(2, 0), shape(2, 0)), 1),
            At.of(List.of(shape(2, 0, 3), shape(2, 0, 4)), 2),
            At.of(List.of(shape(2, 3, 4), shape(2, 1, 4)), 1),
            At.of(List.of(shape(33, 70), shape(33, 100)), 1),
            At.of(List.of(shape(130, 257), shape(40, 257)), 0)),
        c -> {
          long[] s = Settings.filled(Settings.draw(c, c.of(1, 2, 3)));
          int axis = c.below(s.length);
          return bounded(At.of(List.of(s, NdArray.with(s, axis, c.of(1, 2, 3, 0, 17))), axis));
        },
        (in, p) -> in[0].gather((int) p[0], in[1]),
        (in, p) -> {
          int d = Settings.axis(p[0], in[0].rank());
          return Expected.exactly(
              Oracle.move(in[0], in[1].shape(), i -> Oracle.at(i, d, index(in[1], i))));
        },
        NO_TRAITS,
        List.of(
            refuses(
                two(shape(2, 3), shape(3, 2), 1), INT64, "gather", "[2, 3]", "[3, 2]", "axis 1"),
            refuses(two(shape(2, 3), shape(2), 1), INT64, "gather", "[2, 3]", "[2]"),
            refuses(two(shape(2, 3), shape(2, 3), 2), INT64, "gather", "axis 2", "[2, 3]"),
            noIndex(two(shape(2, 3), shape(2, 3), 1), INT32, "gather")));
  }

  private void take() {
    row(
        "take",
        ALL,
        List.of(any(LINEAR), INDEX),
        bounded(
            At.of(List.of(shape(5, 3), shape(2, 2)), 0),
            At.of(List.of(shape(2, 3), shape(4)), -1),
            At.of(List.of(shape(2, 3, 2), shape()), 1),
            At.of(List.of(shape(4), shape(2, 1, 2)), 0),
            At.of(List.of(shape(3, 2), shape(0)), 0),
            At.of(List.of(shape(2, 0), shape(3)), 0),
            At.of(List.of(shape(130, 33), shape(5, 9)), 0)),
        c -> {
          long[] s = Settings.filled(Settings.draw(c, c.of(1, 2, 3)));
          return bounded(At.of(List.of(s, Settings.draw(c, c.of(1, 0, 2))), c.below(s.length)));
        },
        (in, p) -> in[0].take((int) p[0], in[1]),
        (in, p) -> Expected.exactly(taken(in[0], in[1], Settings.axis(p[0], in[0].rank()))),
        NO_TRAITS,
        List.of(
            refuses(two(shape(2, 3), shape(2), 2), INT64, "take", "axis 2", "[2, 3]"),
            refuses(two(shape(1, 1, 1, 1, 1), shape(1, 1, 1, 1, 1), 0), INT64, "take", "rank 9"),
            noIndex(two(shape(2, 3), shape(2), 1), INT32, "take")));
  }

  private static NdArray taken(NdArray x, NdArray index, int axis) {
    long[] before = Arrays.copyOf(x.shape(), axis);
    long[] after = Arrays.copyOfRange(x.shape(), axis + 1, x.rank());
    return Oracle.move(
        x,
        Oracle.join(Oracle.join(before, index.shape()), after),
        i -> {
          int[] own = Arrays.copyOfRange(i, axis, axis + index.rank());
          return IntStream.concat(
                  IntStream.concat(Arrays.stream(i, 0, axis), IntStream.of(index(index, own))),
                  Arrays.stream(i, axis + index.rank(), i.length))
              .toArray();
        });
  }

  private void scatterAdd() {
    row(
        "scatterAdd",
        NUMBERS,
        List.of(any(LINEAR), INDEX),
        Stream.of(
                two(shape(2, 3), shape(2, 3), 1, 5),
                two(shape(2, 3), shape(2, 3), 0, 3),
                two(shape(2, 3), shape(2, 3), -1, 1),
                two(shape(9), shape(9), 0, 2),
                two(shape(0), shape(0), 0, 3),
                two(shape(2, 0), shape(2, 0), 0, 3),
                two(shape(2, 3, 4), shape(2, 3, 4), 1, 2),
                two(shape(33, 70), shape(33, 70), 1, 40),
                two(shape(130, 257), shape(130, 257), 0, 132))
            .map(a -> a.below(a.p()[1]))
            .toList(),
        c -> {
          long[] s = Settings.draw(c, c.of(1, 2, 3));
          long size = c.of(1, 2, 3, 9);
          return two(s, s, c.below(s.length), size).below(size);
        },
        (in, p) -> in[0].scatterAdd((int) p[0], in[1], p[1]),
        (in, p) -> scattered(in[0], in[1], Settings.axis(p[0], in[0].rank()), p[1]),
        SUMS,
        List.of(
            refuses(two(shape(2, 3), shape(2, 4), 1, 5), INT64, "scatterAdd", "[2, 3]", "[2, 4]"),
            refuses(two(shape(2, 3), shape(2, 3), 1, -1), INT64, "scatterAdd", "[2, 3]", "-1"),
            refuses(two(shape(2, 3), shape(2, 3), 3, 1), INT64, "scatterAdd", "axis 3", "[2, 3]"),
            noIndex(two(shape(2, 3), shape(2, 3), 1, 3), FLOAT32, "scatterAdd")));
  }

  /** For each element of the result the sum of those that go there. */
  private static Expected scattered(NdArray x, NdArray index, int axis, long size) {
    long[] to = NdArray.with(x.shape(), axis, size);
    int n = NdArray.count(to);
    double[] y = new double[n];
    double[] e = new double[n];
    long[] whole = new long[n];
    int[] terms = new int[n];
    for (int k = 0; k < x.count(); k++) {
      int[] i = NdArray.index(x.shape(), k);
      int place = NdArray.place(to, Oracle.at(i, axis, index(index, i)));
      if (!x.isFloating()) {
        whole[place] += x.longs()[k];
      } else {
        y[place] += x.get(k);
        e[place] += Double.isFinite(x.get(k)) ? Math.abs(x.get(k)) : 0;
        terms[place]++;
      }
    }
    if (!x.isFloating()) {
      return Expected.exactly(NdArray.of(x.dtype(), to, whole));
    }
    for (int k = 0; k < n; k++) {
      e[k] *= terms[k] * Oracle.unit(x.dtype()) * 1.5;
    }
    return Expected.within(NdArray.raw(x.dtype(), to, y), e);
  }

  private void oneHot() {
    row(
        "oneHot",
        INTEGERS,
        List.of(Kind.of(Domain.INDEX, NONE)),
        Stream.of(shape(3), shape(2, 2), shape(), shape(0), shape(33, 7))
            .map(s -> At.of(s, 5).below(5))
            .toList(),
        c -> {
          int classes = c.between(1, 9);
          return At.of(Settings.draw(c, c.of(1, 0, 2, 3)), classes).below(classes);
        },
        (in, p) -> in[0].oneHot(p[0]),
        (in, p) -> {
          double[] y = new double[in[0].count() * (int) p[0]];
          for (int k = 0; k < in[0].count(); k++) {
            y[k * (int) p[0] + (int) in[0].longs()[k]] = 1;
          }
          return Expected.exactly(NdArray.of(FLOAT32, Oracle.join(in[0].shape(), p[0]), y));
        },
        NO_TRAITS,
        List.of());
  }

  private static int index(NdArray index, int... at) {
    return (int) index.longs()[NdArray.place(index.shape(), at)];
  }

  private static At two(long[] a, long[] b, long... p) {
    return At.of(List.of(a, b), p);
  }

  private static Row.Bad noIndex(At at, DType dtype, String op) {
    return new Row.Bad(
        at,
        List.of(FLOAT32, dtype),
        DTypeException.class,
        List.of(op, "index", dtype.toString(), "to(INT64)"));
  }
}
