package thimble.tensor;

import static thimble.tensor.At.shape;
import static thimble.tensor.DType.BOOL;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.DType.INT64;
import static thimble.tensor.DType.UINT8;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Rows of {@link OpTable}: tensors out of nothing. Where a row says so the first number is that of
 * a dtype, and the others are a shape; else the numbers are the op's own.
 */
final class MakingRows extends Families {
  private static final DType[] TYPES = DType.values();

  MakingRows() {
    copies();
    constants();
    counted();
    random();
  }

  // spotless:off
  private void copies() {
    made("of", List.of(p()), c -> p(), p -> Tensor.of(1.5), p -> numbers(FLOAT64, shape(), 1.5));
    shaped("of floats",   FLOAT32, p -> Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, p));
    shaped("of doubles",  FLOAT64, p -> Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, p));
    shaped("of ints",     INT32,   p -> Tensor.of(new int[] {1, 2, 3, 4, 5, 6}, p));
    shaped("of longs",    INT64,   p -> Tensor.of(new long[] {1, 2, 3, 4, 5, 6}, p));
    shaped("of bytes",    UINT8,   p -> Tensor.of(new byte[] {1, 2, 3, 4, 5, 6}, p));
    shaped("of booleans", BOOL,    p -> Tensor.of(new boolean[] {true, true, true, true, true, true}, p));
    shaped("of a segment", FLOAT64, p -> Tensor.of(MemorySegment.ofArray(new double[] {1, 2, 3, 4, 5, 6}), FLOAT64, p.length == 0 ? shape(6) : p));
    made("of rows of floats",  List.of(p()), c -> p(), p -> Tensor.of(new float[][] {{1, 2}, {3, 4}}),  p -> numbers(FLOAT32, shape(2, 2), 1, 2, 3, 4));
    made("of rows of doubles", List.of(p()), c -> p(), p -> Tensor.of(new double[][] {{1, 2}, {3, 4}}), p -> numbers(FLOAT64, shape(2, 2), 1, 2, 3, 4));
  }

  private void constants() {
    filled("full",                     (d, s) -> Tensor.full(d, 1.0, s),              1);
    filled("full of a Shape",          (d, s) -> Tensor.full(d, 1.0, Shape.of(s)),    1);
    filled("full of a whole number",   (d, s) -> Tensor.full(d, 1, s),                1);
    filled("full of a whole number and a Shape", (d, s) -> Tensor.full(d, 1, Shape.of(s)), 1);
    filled("zeros",                    Tensor::zeros,                                 0);
    filled("zeros of a Shape",         (d, s) -> Tensor.zeros(d, Shape.of(s)),        0);
    filled("ones",                     Tensor::ones,                                  1);
    filled("ones of a Shape",          (d, s) -> Tensor.ones(d, Shape.of(s)),         1);
    made("eye", typed(shape(3, 3), shape(2, 4), shape(4, 2), shape(0, 3), shape(40, 33)), c -> p(c.below(6), c.below(9), c.below(9)),
        p -> Tensor.eye(TYPES[(int) p[0]], p[1], p[2]),
        p -> {
          double[] y = new double[(int) (p[1] * p[2])];
          for (int i = 0; i < Math.min(p[1], p[2]); i++) {
            y[i * (int) p[2] + i] = 1;
          }
          return numbers(TYPES[(int) p[0]], shape(p[1], p[2]), y);
        });
  }

  private void counted() {
    made("arange", List.of(p(5), p(0), p(1), p(1000)), c -> p(c.below(40)), p -> Tensor.arange(p[0]),
        p -> Expected.exactly(NdArray.of(INT64, p, LongStream.range(0, p[0]).toArray())));
    // In 64ths, which are exact: start, stop, step.
    made("arange from", typed(shape(0, 100, 10), shape(0, 100, 30), shape(500, 100, -100), shape(100, 100, 1), shape(0, 30, 10), shape(-150, 151, 25)),
        c -> p(c.below(6), c.below(200) - 100, c.below(200) - 100, c.of(10, -10, 25, 100, -7)),
        p -> Tensor.arange(TYPES[(int) p[0]], p[1] / 64.0, p[2] / 64.0, p[3] / 64.0),
        p -> {
          double step = p[3] / 64.0;
          double[] y = IntStream.range(0, 10_000).mapToDouble(i -> p[1] / 64.0 + i * step).takeWhile(v -> step > 0 ? v < p[2] / 64.0 : v > p[2] / 64.0).toArray();
          return numbers(TYPES[(int) p[0]], shape(y.length), y);
        });
    made("linspace", Stream.of(0, 1).flatMap(d -> Stream.of(0, 1, 2, 5, 101).map(n -> p(d, -150, 275, n))).toList(), c -> p(c.below(2), c.below(99) - 50, c.below(99) - 50, c.below(20)),
        p -> Tensor.linspace(TYPES[(int) p[0]], p[1] / 64.0, p[2] / 64.0, p[3]),
        p -> {
          double[] y = new double[(int) p[3]];
          Arrays.setAll(y, i -> p[1] / 64.0 + (y.length == 1 ? 0 : (p[2] - p[1]) / 64.0 * i / (y.length - 1)));
          double[] error = new double[y.length];
          Arrays.fill(error, 8 * Oracle.unit(TYPES[(int) p[0]]) * (Math.abs(p[1]) + Math.abs(p[2])) / 64);
          return Expected.within(NdArray.raw(TYPES[(int) p[0]], shape(p[3]), y), error);
        });
  }

  private void random() {
    drawn("uniform",   FLOAT32, (k, s) -> k.uniform(FLOAT32, s), (k, i) -> (Philox4x32.word(k, i) >>> 8) * 0x1p-24);
    drawn("uniform of float64", FLOAT64, (k, s) -> k.uniform(FLOAT64, s), (k, i) -> (Philox4x32.pair(k, i) >>> 11) * 0x1p-53);
    drawn("bits",      INT32, (k, s) -> k.bits(INT32, s), (k, i) -> Philox4x32.word(k, i));
    drawn("bernoulli", BOOL,  (k, s) -> k.bernoulli(0.3, s), (k, i) -> (Philox4x32.pair(k, i) >>> 11) * 0x1p-53 < 0.3 ? 1 : 0);
    made("bits of int64", keys(), MakingRows::drawKey, p -> Key.of(p[0]).bits(INT64, sizes(p)),
        p -> Expected.exactly(NdArray.of(INT64, sizes(p), IntStream.range(0, NdArray.count(sizes(p))).mapToLong(i -> Philox4x32.pair(p[0], i)).toArray())));
    made("integers", keys(), MakingRows::drawKey, p -> Key.of(p[0]).integers(-5, 1L << 62, sizes(p)),
        p -> Expected.exactly(NdArray.of(INT64, sizes(p), IntStream.range(0, NdArray.count(sizes(p))).mapToLong(i -> -5 + Math.unsignedMultiplyHigh(Philox4x32.pair(p[0], i), (1L << 62) + 5)).toArray())));
    made("fold and split", keys(), MakingRows::drawKey, p -> Key.of(p[0]).split(3).get(2).fold(7).bits(INT64, sizes(p)),
        p -> Expected.exactly(NdArray.of(INT64, sizes(p), IntStream.range(0, NdArray.count(sizes(p))).mapToLong(i -> Philox4x32.pair(Philox4x32.fold(Philox4x32.fold(p[0], 2), 7), i)).toArray())));
    for (DType dtype : List.of(FLOAT32, FLOAT64)) {
      made("normal of " + dtype, keys(), MakingRows::drawKey, p -> Key.of(p[0]).normal(dtype, sizes(p)), p -> normal(dtype, p));
    }
    made("permutation", List.of(p(1, 0), p(1, 1), p(7, 10), p(-3, 500)), c -> p(c.below(1000), c.below(20)), p -> Key.of(p[0]).permutation(p[1]),
        p -> Expected.exactly(NdArray.of(INT64, shape(p[1]), permutation(p[0], (int) p[1]))));
  }
  // spotless:on

  private static long[] p(long... p) {
    return p;
  }

  private void made(
      String name,
      List<long[]> p,
      Function<Choices, long[]> draw,
      Function<long[], Tensor> f,
      Function<long[], Expected> oracle) {
    row(
        name,
        Set.of(FLOAT64),
        List.of(),
        p.stream().map(q -> At.of(List.of(), q)).toList(),
        c -> At.of(List.of(), draw.apply(c)),
        (in, q) -> f.apply(q),
        (in, q) -> oracle.apply(q),
        NO_TRAITS,
        List.of());
  }

  private static Expected numbers(DType dtype, long[] shape, double... v) {
    return Expected.exactly(NdArray.of(dtype, shape, v));
  }

  /** The numbers 1 to 6, or as many truths, in a shape. */
  private void shaped(String name, DType dtype, Function<long[], Tensor> f) {
    made(
        name,
        List.of(p(), p(2, 3), p(1, 6, 1), p(6)),
        c -> c.of(List.of(p(), p(3, 2), p(2, 3))),
        f,
        p -> numbers(dtype, p.length == 0 ? shape(6) : p, 1, 2, 3, 4, 5, 6));
  }

  /** A constant of a type and a shape. */
  private interface Filled {
    Tensor of(DType dtype, long... shape);
  }

  private void filled(String name, Filled f, double number) {
    made(
        name,
        typed(Settings.SHAPES.toArray(long[][]::new)),
        c -> Oracle.join(p(c.below(6)), Settings.draw(c)),
        p -> f.of(TYPES[(int) p[0]], sizes(p)),
        p -> {
          double[] y = new double[NdArray.count(sizes(p))];
          Arrays.fill(y, number);
          return numbers(TYPES[(int) p[0]], sizes(p), y);
        });
  }

  private static List<long[]> typed(long[]... numbers) {
    return Arrays.stream(numbers)
        .flatMap(q -> IntStream.range(0, 6).mapToObj(d -> Oracle.join(p(d), q)))
        .toList();
  }

  private static long[] sizes(long[] p) {
    return Arrays.copyOfRange(p, 1, p.length);
  }

  private static List<long[]> keys() {
    return Settings.few().stream()
        .map(at -> at.shapes().get(0))
        .map(s -> Oracle.join(p(Arrays.hashCode(s) * 0x123456789L), s))
        .toList();
  }

  private static long[] drawKey(Choices c) {
    return Oracle.join(p(c.below(1 << 30) * 0x123456789L), Settings.draw(c));
  }

  /** A random tensor of a key and a shape, and element i of it. */
  private interface Drawn {
    Tensor of(Key key, long... shape);
  }

  private interface Element {
    double of(long key, int i);
  }

  private void drawn(String name, DType dtype, Drawn f, Element element) {
    made(
        name,
        keys(),
        MakingRows::drawKey,
        p -> f.of(Key.of(p[0]), sizes(p)),
        p -> {
          double[] y = new double[NdArray.count(sizes(p))];
          Arrays.setAll(y, i -> element.of(p[0], i));
          return numbers(dtype, sizes(p), y);
        });
  }

  /** √(−2·log(1 − u))·cos 2πv. */
  private static Expected normal(DType dtype, long[] p) {
    int n = NdArray.count(sizes(p));
    double[] y = new double[n];
    double[] error = new double[n];
    long first = Philox4x32.fold(p[0], 0);
    long second = Philox4x32.fold(p[0], 1);
    for (int i = 0; i < n; i++) {
      double u = (Philox4x32.pair(first, i) >>> 11) * 0x1p-53;
      double v = (Philox4x32.pair(second, i) >>> 11) * 0x1p-53;
      double radius = Math.sqrt(-2 * StrictMath.log1p(-u));
      y[i] = radius * StrictMath.cos(2 * Math.PI * v);
      error[i] = 16 * radius * 0x1p-53 + Oracle.unit(dtype) * Math.abs(y[i]);
    }
    return Expected.within(NdArray.raw(dtype, sizes(p), y), error);
  }

  /** Durstenfeld's, from the last place on, with the low half of block i of the key. */
  private static long[] permutation(long key, int n) {
    long[] y = LongStream.range(0, n).toArray();
    for (int i = n - 1; i > 0; i--) {
      int j = (int) Math.unsignedMultiplyHigh(Philox4x32.pair(key, 2 * i), i + 1L);
      long swap = y[i];
      y[i] = y[j];
      y[j] = swap;
    }
    return y;
  }
}
