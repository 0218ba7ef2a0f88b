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

/** Rows of {@link OpTable}: elements that an index names. */
final class IndexingRows extends Families {
  IndexingRows() {
    indexing();
  }

  private void indexing() {
    row(
        "gather",
        ALL,
        List.of(any(LINEAR), INDEX),
        Stream.of(
                At.of(List.of(shape(2, 3), shape(2, 2)), -1),
                At.of(List.of(shape(2, 3), shape(3, 3)), 0),
                At.of(List.of(shape(5), shape(9)), 0),
                At.of(List.of(shape(5), shape(0)), 0),
                At.of(List.of(shape(2, 0), shape(2, 0)), 1),
                At.of(List.of(shape(2, 0, 3), shape(2, 0, 4)), 2),
                At.of(List.of(shape(2, 3, 4), shape(2, 1, 4)), 1),
                At.of(List.of(shape(33, 70), shape(33, 100)), 1),
                At.of(List.of(shape(130, 257), shape(40, 257)), 0))
            .map(a -> a.below(a.shapes().get(0)[Settings.axis(a.p()[0], a.shapes().get(0).length)]))
            .toList(),
        c -> {
          long[] s = Settings.filled(Settings.draw(c, c.of(1, 2, 3)));
          int axis = c.below(s.length);
          return At.of(List.of(s, NdArray.with(s, axis, c.of(1, 2, 3, 0, 17))), axis).below(s[axis]);
        },
        (in, p) -> in[0].gather((int) p[0], in[1]),
        (in, p) -> {
          int d = Settings.axis(p[0], in[0].rank());
          return Expected.exactly(
              Oracle.move(in[0], in[1].shape(), i -> Oracle.at(i, d, index(in[1], i))));
        },
        NO_TRAITS,
        List.of(
            refuses(At.of(List.of(shape(2, 3), shape(3, 2)), 1), INT64, "gather", "[2, 3]", "[3, 2]", "axis 1"),
            refuses(At.of(List.of(shape(2, 3), shape(2)), 1), INT64, "gather", "[2, 3]", "[2]"),
            refuses(At.of(List.of(shape(2, 3), shape(2, 3)), 2), INT64, "gather", "axis 2", "[2, 3]"),
            new Row.Bad(At.of(List.of(shape(2, 3), shape(2, 3)), 1), List.of(FLOAT32, INT32), DTypeException.class, List.of("gather", "index", "int32"))));
    row(
        "scatterAdd",
        FLOATS,
        List.of(any(LINEAR), INDEX),
        Stream.of(
                At.of(List.of(shape(2, 3), shape(2, 3)), 1, 5),
                At.of(List.of(shape(2, 3), shape(2, 3)), 0, 3),
                At.of(List.of(shape(2, 3), shape(2, 3)), -1, 1),
                At.of(List.of(shape(9), shape(9)), 0, 2),
                At.of(List.of(shape(0), shape(0)), 0, 3),
                At.of(List.of(shape(2, 0), shape(2, 0)), 0, 3),
                At.of(List.of(shape(2, 3, 4), shape(2, 3, 4)), 1, 2),
                At.of(List.of(shape(33, 70), shape(33, 70)), 1, 40),
                At.of(List.of(shape(130, 257), shape(130, 257)), 0, 132))
            .map(a -> a.below(a.p()[1]))
            .toList(),
        c -> {
          long[] s = Settings.draw(c, c.of(1, 2, 3));
          long size = c.of(1, 2, 3, 9);
          return At.of(List.of(s, s), c.below(s.length), size).below(size);
        },
        (in, p) -> in[0].scatterAdd((int) p[0], in[1], p[1]),
        (in, p) -> scattered(in[0], in[1], Settings.axis(p[0], in[0].rank()), p[1]),
        SUMS,
        List.of(
            refuses(At.of(List.of(shape(2, 3), shape(2, 4)), 1, 5), INT64, "scatterAdd", "[2, 3]", "[2, 4]"),
            refuses(At.of(List.of(shape(2, 3), shape(2, 3)), 1, -1), INT64, "scatterAdd", "[2, 3]", "-1"),
            refuses(At.of(List.of(shape(2, 3), shape(2, 3)), 3, 1), INT64, "scatterAdd", "axis 3", "[2, 3]"),
            new Row.Bad(At.of(List.of(shape(2, 3), shape(2, 3)), 1, 3), List.of(FLOAT32, FLOAT32), DTypeException.class, List.of("scatterAdd", "index", "float32"))));
  }

  private static int index(NdArray index, int... at) {
    return (int) index.longs()[NdArray.place(index.shape(), at)];
  }

  /** For each element of the result the sum of those that go there. */
  private static Expected scattered(NdArray x, NdArray index, int axis, long size) {
    long[] to = NdArray.with(x.shape(), axis, size);
    double[] y = new double[NdArray.count(to)];
    double[] e = new double[y.length];
    int[] terms = new int[y.length];
    for (int k = 0; k < x.count(); k++) {
      int[] i = NdArray.index(x.shape(), k);
      int place = NdArray.place(to, Oracle.at(i, axis, index(index, i)));
      y[place] += x.get(k);
      e[place] += Double.isFinite(x.get(k)) ? Math.abs(x.get(k)) : 0;
      terms[place]++;
    }
    for (int k = 0; k < y.length; k++) {
      e[k] *= terms[k] * Oracle.unit(x.dtype()) * 1.5;
    }
    return Expected.within(NdArray.raw(x.dtype(), to, y), e);
  }
}
