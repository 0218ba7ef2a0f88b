package thimble.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Values of ops in plain Java, written apart from both backends: in double, sums compensated, so
 * that what a result may be off by is the op's own bound.
 */
final class Oracle {
  private Oracle() {}

  // -- Types --------------------------------------------------------------------------------------

  private static final List<DType> BY_SIZE =
      List.of(DType.BOOL, DType.UINT8, DType.INT32, DType.INT64, DType.FLOAT32, DType.FLOAT64);

  /** The larger of two types. */
  static DType promote(DType a, DType b) {
    return BY_SIZE.get(Math.max(BY_SIZE.indexOf(a), BY_SIZE.indexOf(b)));
  }

  /** What fractions are of. */
  static DType floating(DType x) {
    return NdArray.isFloating(x) ? x : DType.FLOAT32;
  }

  /** What sums are of. */
  static DType summed(DType x) {
    return NdArray.isFloating(x) ? x : DType.INT64;
  }

  /** The distance of 1 to what is next below, halved: what one rounding costs at most. */
  static double unit(DType dtype) {
    return dtype == DType.FLOAT32 ? 0x1p-24 : 0x1p-53;
  }

  // -- Elementwise --------------------------------------------------------------------------------

  /** In x's type: floats in double, within ulps, and one more in float64 for Java's own library. */
  static Expected map(NdArray x, double ulps, DoubleUnaryOperator f, LongUnaryOperator integer) {
    if (x.isFloating()) {
      double[] y = new double[x.count()];
      Arrays.setAll(y, i -> f.applyAsDouble(x.doubles()[i]));
      return rounded(NdArray.raw(x.dtype(), x.shape(), y), ulps);
    }
    long[] y = new long[x.count()];
    Arrays.setAll(y, i -> integer.applyAsLong(x.longs()[i]));
    return Expected.exactly(NdArray.of(x.dtype(), x.shape(), y));
  }

  /** Both broadcast, and converted to that type, which the result has. */
  static Expected zip(
      NdArray a,
      NdArray b,
      DType dtype,
      double ulps,
      DoubleBinaryOperator f,
      LongBinaryOperator integer) {
    long[] s = NdArray.broadcast(a.shape(), b.shape());
    NdArray l = a.to(dtype).broadcastTo(s);
    NdArray r = b.to(dtype).broadcastTo(s);
    if (NdArray.isFloating(dtype)) {
      double[] y = new double[l.count()];
      Arrays.setAll(y, i -> f.applyAsDouble(l.doubles()[i], r.doubles()[i]));
      return rounded(NdArray.raw(dtype, s, y), ulps);
    }
    long[] y = new long[l.count()];
    Arrays.setAll(y, i -> integer.applyAsLong(l.longs()[i], r.longs()[i]));
    return Expected.exactly(NdArray.of(dtype, s, y));
  }

  /** Whether something holds for both, which are broadcast and promoted. */
  static Expected compare(NdArray a, NdArray b, Test test, LongTest integer) {
    DType dtype = promote(a.dtype(), b.dtype());
    long[] s = NdArray.broadcast(a.shape(), b.shape());
    NdArray l = a.to(dtype).broadcastTo(s);
    NdArray r = b.to(dtype).broadcastTo(s);
    long[] y = new long[l.count()];
    for (int i = 0; i < y.length; i++) {
      boolean is =
          l.isFloating()
              ? test.of(l.doubles()[i], r.doubles()[i])
              : integer.of(l.longs()[i], r.longs()[i]);
      y[i] = is ? 1 : 0;
    }
    return Expected.exactly(NdArray.of(DType.BOOL, s, y));
  }

  /** A relation of two doubles. */
  interface Test {
    boolean of(double a, double b);
  }

  /** A relation of two integers. */
  interface LongTest {
    boolean of(long a, long b);
  }

  private static Expected rounded(NdArray y, double ulps) {
    return Expected.ulps(y, ulps == 0 ? 0 : ulps + (y.dtype() == DType.FLOAT64 ? 1 : 0));
  }

  static Expected where(NdArray mask, NdArray a, NdArray b) {
    DType dtype = promote(a.dtype(), b.dtype());
    long[] s = NdArray.broadcast(mask.shape(), NdArray.broadcast(a.shape(), b.shape()));
    NdArray c = mask.broadcastTo(s);
    NdArray l = a.to(dtype).broadcastTo(s);
    NdArray r = b.to(dtype).broadcastTo(s);
    int n = c.count();
    int[] both = IntStream.range(0, n).map(i -> c.longs()[i] != 0 ? i : n + i).toArray();
    return Expected.exactly(concat(0, l.reshape(n), r.reshape(n)).pick(s, both));
  }

  // -- Moving -------------------------------------------------------------------------------------

  /** Which place of x an index of the result stands for: one along each axis. */
  interface Place {
    int[] of(int[] index);
  }

  /** y[i] = x[place(i)], or 0 where that lies outside. */
  static NdArray move(NdArray x, long[] to, Place place) {
    int[] from = new int[NdArray.count(to)];
    for (int k = 0; k < from.length; k++) {
      int[] i = place.of(NdArray.index(to, k));
      boolean inside = i.length == x.rank();
      for (int d = 0; inside && d < i.length; d++) {
        inside = i[d] >= 0 && i[d] < x.shape()[d];
      }
      from[k] = inside ? NdArray.place(x.shape(), i) : -1;
    }
    return x.pick(to, from);
  }

  /** An index with one number changed. */
  static int[] at(int[] index, int axis, int i) {
    int[] other = index.clone();
    other[axis] = i;
    return other;
  }

  /** Axis d of the result is axis order[d] of x. */
  static NdArray permuted(NdArray x, int... order) {
    long[] to = Arrays.stream(order).mapToLong(d -> x.shape()[d]).toArray();
    return move(
        x,
        to,
        i -> {
          int[] from = new int[i.length];
          for (int d = 0; d < i.length; d++) {
            from[order[d]] = i[d];
          }
          return from;
        });
  }

  static NdArray swapped(NdArray x, int a, int b) {
    int[] order = IntStream.range(0, x.rank()).toArray();
    order[a] = b;
    order[b] = a;
    return permuted(x, order);
  }

  /** One after the other along an axis; they have one type. */
  static NdArray concat(int axis, NdArray... parts) {
    long n = Arrays.stream(parts).mapToLong(x -> x.shape()[axis]).sum();
    long[] s = NdArray.with(parts[0].shape(), axis, n);
    double[] doubles = new double[parts[0].isFloating() ? NdArray.count(s) : 0];
    long[] longs = new long[parts[0].isFloating() ? 0 : NdArray.count(s)];
    int before = 0;
    for (NdArray x : parts) {
      for (int k = 0; k < x.count(); k++) {
        int[] i = NdArray.index(x.shape(), k);
        int to = NdArray.place(s, at(i, axis, i[axis] + before));
        if (x.isFloating()) {
          doubles[to] = x.doubles()[k];
        } else {
          longs[to] = x.longs()[k];
        }
      }
      before += (int) x.shape()[axis];
    }
    return new NdArray(parts[0].dtype(), s, doubles, longs);
  }

  // -- Reductions ---------------------------------------------------------------------------------

  /** For each element of x without these axes, where the elements lie that it is made of. */
  static int[][] lanes(long[] x, int... axes) {
    int[] others =
        IntStream.range(0, x.length)
            .filter(d -> Arrays.stream(axes).noneMatch(a -> a == d))
            .toArray();
    int[] within = walk(x, axes);
    return Arrays.stream(walk(x, others))
        .mapToObj(from -> {
          int[] lane = new int[within.length];
          Arrays.setAll(lane, i -> from + within[i]);
          return lane;
        })
        .toArray(int[][]::new);
  }

  /** The places along these axes, in their order in x. */
  private static int[] walk(long[] x, int[] axes) {
    int[] strides = NdArray.strides(x);
    int[] sorted = Arrays.stream(axes).sorted().toArray();
    return NdArray.walk(
        Arrays.stream(sorted).mapToLong(d -> x[d]).toArray(),
        Arrays.stream(sorted).map(d -> strides[d]).toArray());
  }

  /** How far the result y of these elements may be off. */
  interface Error {
    double of(DType dtype, double[] x, double y);
  }

  /** Of floats in their type. */
  static Expected reduce(NdArray x, ToDoubleFunction<double[]> f, Error error, int... axes) {
    int[][] lanes = lanes(x.shape(), axes);
    double[] y = new double[lanes.length];
    double[] e = new double[lanes.length];
    for (int k = 0; k < y.length; k++) {
      double[] lane = doubles(x, lanes[k]);
      y[k] = f.applyAsDouble(lane);
      e[k] = error.of(x.dtype(), lane, y[k]);
    }
    return Expected.within(NdArray.raw(x.dtype(), NdArray.without(x.shape(), axes), y), e);
  }

  /** Exactly: of floats one of them, of integers what is given, in that type. */
  static Expected reduce(
      NdArray x,
      DType dtype,
      ToDoubleFunction<double[]> f,
      ToLongFunction<long[]> integer,
      int... axes) {
    int[][] lanes = lanes(x.shape(), axes);
    long[] s = NdArray.without(x.shape(), axes);
    return Expected.exactly(
        x.isFloating()
            ? NdArray.of(
                dtype,
                s,
                Arrays.stream(lanes).mapToDouble(l -> f.applyAsDouble(doubles(x, l))).toArray())
            : NdArray.of(
                dtype,
                s,
                Arrays.stream(lanes).mapToLong(l -> integer.applyAsLong(longs(x, l))).toArray()));
  }

  private static double[] doubles(NdArray x, int[] lane) {
    double[] v = new double[lane.length];
    Arrays.setAll(v, i -> x.get(lane[i]));
    return v;
  }

  private static long[] longs(NdArray x, int[] lane) {
    long[] v = new long[lane.length];
    Arrays.setAll(v, i -> x.longs()[lane[i]]);
    return v;
  }

  /** A function from rows to rows along an axis, which keeps its size, and its error. */
  interface Along {
    /** The results, and, from the middle on, how far each may be off. */
    double[] of(DType dtype, double[] row);
  }

  static Expected along(NdArray x, int axis, Along f) {
    double[] y = new double[x.count()];
    double[] e = new double[x.count()];
    for (int[] lane : lanes(x.shape(), axis)) {
      double[] both = f.of(x.dtype(), doubles(x, lane));
      for (int i = 0; i < lane.length; i++) {
        y[lane[i]] = both[i];
        e[lane[i]] = both[lane.length + i];
      }
    }
    return Expected.within(NdArray.raw(x.dtype(), x.shape(), y), e);
  }

  /** A compensated sum; of what is not finite the plain one. */
  static double sum(double... x) {
    double s = 0;
    double lost = 0;
    double plain = 0;
    for (double v : x) {
      double next = s + v;
      double part = next - s;
      lost += (s - (next - part)) + (v - part);
      s = next;
      plain += v;
    }
    return Double.isFinite(plain) ? s + lost : plain;
  }

  static double sumOfAbs(double... x) {
    double sum = 0;
    for (double v : x) {
      sum += Math.abs(v);
    }
    return sum;
  }

  /** Roundings in a pairwise sum of n numbers: ⌈log2(n/128)⌉ + 24, and one for the exact sum. */
  static double roundings(long n) {
    return Math.max(0, Math.ceil(Math.log(n / 128.0) / Math.log(2))) + 25;
  }

  static double sumError(DType dtype, double[] x, double y) {
    return roundings(x.length) * unit(dtype) * finite(sumOfAbs(x));
  }

  static double finite(double v) {
    return Double.isFinite(v) ? v : 0;
  }

  static double max(double... x) {
    return Arrays.stream(x).reduce(Double.NEGATIVE_INFINITY, Math::max);
  }

  /** The first NaN, or the first of the largest. */
  static double argmax(double... x) {
    int best = 0;
    for (int i = 1; i < x.length; i++) {
      best = !Double.isNaN(x[best]) && (Double.isNaN(x[i]) || x[i] > x[best]) ? i : best;
    }
    return best;
  }

  static long argmax(long... x) {
    int best = 0;
    for (int i = 1; i < x.length; i++) {
      best = x[i] > x[best] ? i : best;
    }
    return best;
  }

  // -- Products -----------------------------------------------------------------------------------

  /** Einstein's sum, each operand with a letter an axis; summed over what the result lacks. */
  static Expected einsum(String inputs, String result, DType dtype, NdArray... in) {
    String[] own = inputs.split(",", -1);
    String inner =
        inputs
            .chars()
            .filter(c -> c != ',' && result.indexOf(c) < 0)
            .distinct()
            .mapToObj(Character::toString)
            .collect(Collectors.joining());
    long[] s = sizes(result, own, in);
    long[] summed = sizes(inner, own, in);
    int[][] outside = new int[in.length][];
    int[][] inside = new int[in.length][];
    for (int i = 0; i < in.length; i++) {
      outside[i] = NdArray.walk(s, steps(result, own[i], in[i]));
      inside[i] = NdArray.walk(summed, steps(inner, own[i], in[i]));
    }
    double[] y = new double[NdArray.count(s)];
    double[] e = new double[y.length];
    double[] terms = new double[NdArray.count(summed)];
    double[] low = new double[terms.length];
    for (int k = 0; k < y.length; k++) {
      for (int j = 0; j < terms.length; j++) {
        terms[j] = 1;
        low[j] = 0;
        for (int i = 0; i < in.length; i++) {
          times(terms, low, j, in[i].get(outside[i][k] + inside[i][j]));
        }
      }
      y[k] = sum(terms) + finite(sum(low));
      double roundings = 1 + Math.max(1, in.length - 1) * productRoundings(terms);
      e[k] = roundings * unit(dtype) * finite(sumOfAbs(terms));
    }
    return Expected.within(NdArray.raw(dtype, s, y), e);
  }

  /** A term times x, with what rounding takes from it. */
  private static void times(double[] terms, double[] low, int j, double x) {
    double p = terms[j] * x;
    low[j] = low[j] * x + Math.fma(terms[j], x, -p);
    terms[j] = p;
  }

  private static long[] sizes(String letters, String[] own, NdArray... in) {
    long[] sizes = new long[letters.length()];
    for (int i = 0; i < in.length; i++) {
      for (int d = 0; d < in[i].rank(); d++) {
        int at = letters.indexOf(own[i].charAt(d));
        if (at >= 0) {
          sizes[at] = in[i].shape()[d];
        }
      }
    }
    return sizes;
  }

  /** How far a step along each letter goes in an operand; twice the same letter is its diagonal. */
  private static int[] steps(String letters, String own, NdArray x) {
    int[] strides = NdArray.strides(x.shape());
    int[] steps = new int[letters.length()];
    for (int d = 0; d < own.length(); d++) {
      int at = letters.indexOf(own.charAt(d));
      if (at >= 0) {
        steps[at] += strides[d];
      }
    }
    return steps;
  }

  /**
   * 2·√k + 8 of independent roundings. Where terms are equal they round alike, so that the errors
   * add up: there only the worst case holds.
   */
  private static double productRoundings(double[] terms) {
    int k = terms.length;
    int equal = 0;
    for (int i = 1; i < k; i++) {
      equal += terms[i] == terms[i - 1] ? 1 : 0;
    }
    return 2 * equal >= k - 1 ? k + 8 : 2 * Math.sqrt(k) + 8;
  }

  /** The matrix product of operands with two axes or more, or with one. */
  static Expected matmul(NdArray a, NdArray b) {
    DType dtype = promote(a.dtype(), b.dtype());
    long[] lead = NdArray.broadcast(lead(a), lead(b));
    String batch = "abcdefgh".substring(0, lead.length);
    NdArray l = a.rank() == 1 ? a : spread(a, lead);
    NdArray r = b.rank() == 1 ? b : spread(b, lead);
    String left = a.rank() == 1 ? "" : "m";
    String right = b.rank() == 1 ? "" : "n";
    String inputs =
        (a.rank() == 1 ? "" : batch + "m") + "k," + (b.rank() == 1 ? "k" : batch + "kn");
    return einsum(inputs, batch + left + right, dtype, l.to(dtype), r.to(dtype));
  }

  private static long[] lead(NdArray x) {
    return Arrays.copyOf(x.shape(), Math.max(0, x.rank() - 2));
  }

  private static NdArray spread(NdArray x, long[] lead) {
    return x.broadcastTo(join(lead, x.shape()[x.rank() - 2], x.shape()[x.rank() - 1]));
  }

  static long[] join(long[] a, long... b) {
    long[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }
}
