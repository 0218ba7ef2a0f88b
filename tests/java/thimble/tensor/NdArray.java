package thimble.tensor;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A row-major array of the tests' own, which knows nothing of tensors: what the oracles of {@link
 * OpTable} take and give. Floats are in {@code doubles} (of float32 in its precision, except in
 * results that are still to be compared), all others in {@code longs}; the other array is empty.
 */
record NdArray(DType dtype, long[] shape, double[] doubles, long[] longs) {
  NdArray {
    if (doubles.length + longs.length != count(shape)) {
      throw new AssertionError(
          doubles.length + longs.length + " numbers for " + Arrays.toString(shape));
    }
  }

  private static final double[] NO_DOUBLES = {};
  private static final long[] NO_LONGS = {};

  /** These numbers, converted from double as Java's casts do. */
  static NdArray of(DType dtype, long[] shape, double... v) {
    if (isFloating(dtype)) {
      double[] y = v.clone();
      if (dtype == DType.FLOAT32) {
        Arrays.setAll(y, i -> (float) v[i]);
      }
      return raw(dtype, shape, y);
    }
    long[] y = new long[v.length];
    Arrays.setAll(y, i -> cast(dtype, v[i]));
    return of(dtype, shape, y);
  }

  private static long cast(DType dtype, double v) {
    return switch (dtype) {
      case INT32 -> (int) v;
      case UINT8 -> Math.clamp((long) v, 0, 255);
      case BOOL -> v != 0 ? 1 : 0;
      case INT64, FLOAT32, FLOAT64 -> (long) v;
    };
  }

  /** These numbers, cut to the width of the type, or rounded to it. */
  static NdArray of(DType dtype, long[] shape, long... v) {
    if (isFloating(dtype)) {
      double[] y = new double[v.length];
      Arrays.setAll(y, i -> dtype == DType.FLOAT32 ? (float) v[i] : (double) v[i]);
      return raw(dtype, shape, y);
    }
    long[] y = new long[v.length];
    Arrays.setAll(y, i -> cut(dtype, v[i]));
    return new NdArray(dtype, shape, NO_DOUBLES, y);
  }

  /** Floats as they are, not rounded to float32. */
  static NdArray raw(DType dtype, long[] shape, double[] v) {
    return new NdArray(dtype, shape, v, NO_LONGS);
  }

  /** What of an integer is kept in that type. */
  static long cut(DType dtype, long v) {
    return switch (dtype) {
      case INT32 -> (int) v;
      case UINT8 -> v & 0xff;
      case BOOL -> v != 0 ? 1 : 0;
      case INT64, FLOAT32, FLOAT64 -> v;
    };
  }

  boolean isFloating() {
    return isFloating(dtype);
  }

  static boolean isFloating(DType dtype) {
    return dtype == DType.FLOAT32 || dtype == DType.FLOAT64;
  }

  int count() {
    return isFloating() ? doubles.length : longs.length;
  }

  int rank() {
    return shape.length;
  }

  /** Element i as a double. */
  double get(int i) {
    return isFloating() ? doubles[i] : longs[i];
  }

  NdArray to(DType other) {
    return isFloating() ? of(other, shape, doubles) : of(other, shape, longs);
  }

  NdArray reshape(long... other) {
    return new NdArray(dtype, other, doubles, longs);
  }

  /** Element k of the result is element from[k] of this, or 0 where that is −1. */
  NdArray pick(long[] to, int[] from) {
    double[] x = new double[isFloating() ? from.length : 0];
    Arrays.setAll(x, k -> from[k] < 0 ? 0 : doubles[from[k]]);
    long[] y = new long[isFloating() ? 0 : from.length];
    Arrays.setAll(y, k -> from[k] < 0 ? 0 : longs[from[k]]);
    return new NdArray(dtype, to, x, y);
  }

  /** Aligned at the last axis, repeated along axes of size 1 and along leading ones. */
  NdArray broadcastTo(long... to) {
    if (Arrays.equals(shape, to)) {
      return this;
    }
    int[] own = strides(shape);
    int[] steps = new int[to.length];
    for (int d = 1; d <= rank(); d++) {
      steps[to.length - d] = shape[rank() - d] == 1 ? 0 : own[rank() - d];
    }
    return pick(to, walk(to, steps));
  }

  // -- Shapes -------------------------------------------------------------------------------------

  static int count(long... shape) {
    int n = 1;
    for (long size : shape) {
      n *= (int) size;
    }
    return n;
  }

  /** Where element k lies along each axis. */
  static int[] index(long[] shape, int k) {
    int[] i = new int[shape.length];
    for (int d = shape.length - 1; d >= 0; d--) {
      i[d] = (int) (k % shape[d]);
      k /= (int) shape[d];
    }
    return i;
  }

  /** Which element lies there. */
  static int place(long[] shape, int... i) {
    int k = 0;
    for (int d = 0; d < shape.length; d++) {
      k = k * (int) shape[d] + i[d];
    }
    return k;
  }

  /** How far apart neighbours along each axis lie. */
  static int[] strides(long... shape) {
    int[] steps = new int[shape.length];
    int step = 1;
    for (int d = shape.length - 1; d >= 0; d--) {
      steps[d] = step;
      step *= (int) shape[d];
    }
    return steps;
  }

  /** The places i·steps[0] + j·steps[1] + …, row-major. */
  static int[] walk(long[] sizes, int... steps) {
    int[] places = {0};
    for (int d = 0; d < sizes.length; d++) {
      int n = (int) sizes[d];
      int[] next = new int[places.length * n];
      int k = 0;
      for (int place : places) {
        for (int i = 0; i < n; i++) {
          next[k++] = place + i * steps[d];
        }
      }
      places = next;
    }
    return places;
  }

  /** The shape to which both are broadcast. */
  static long[] broadcast(long[] a, long[] b) {
    long[] s = new long[Math.max(a.length, b.length)];
    for (int d = 1; d <= s.length; d++) {
      long m = d <= a.length ? a[a.length - d] : 1;
      long n = d <= b.length ? b[b.length - d] : 1;
      s[s.length - d] = m == 1 ? n : m;
    }
    return s;
  }

  /** The shape without these axes. */
  static long[] without(long[] shape, int... axes) {
    return IntStream.range(0, shape.length)
        .filter(d -> Arrays.stream(axes).noneMatch(a -> a == d))
        .mapToLong(d -> shape[d])
        .toArray();
  }

  /** The shape with another size on one axis. */
  static long[] with(long[] shape, int axis, long size) {
    long[] s = shape.clone();
    s[axis] = size;
    return s;
  }

  @Override
  public String toString() {
    String v = isFloating() ? Arrays.toString(doubles) : Arrays.toString(longs);
    return "%s %s %s"
        .formatted(
            dtype, Arrays.toString(shape), v.length() > 200 ? v.substring(0, 200) + " …" : v);
  }
}
