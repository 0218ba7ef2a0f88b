package thimble.runtime;

import java.util.Arrays;
import thimble.tensor.Buffer;
import thimble.tensor.Layout;

/** Reductions and scans in plain Java: a row at a time, as doubles or, of integers, as longs. */
final class Rows {
  /** What becomes of a row. */
  interface Row {
    double reduce(double[] row);
  }

  /** What becomes of a row of integers. */
  interface LongRow {
    long reduce(long[] row);
  }

  /** What a row becomes, in place. */
  interface RowMap {
    void apply(double[] row);
  }

  /** What is done with the rows one by one: i is the row's place in the result. */
  private interface Visit {
    void go(int i, int start);
  }

  private Rows() {}

  static void run(Row f, int axes, Buffer in, Buffer out) {
    Elements x = Elements.of(in);
    Elements y = Elements.of(out);
    Layout along = in.layout().only(axes);
    double[] row = new double[Math.toIntExact(along.shape().count())];
    each(
        axes,
        in,
        (i, start) -> {
          load(x, along, start, row);
          y.set(i, f.reduce(row));
        });
  }

  static void runLongs(LongRow f, int axes, Buffer in, Buffer out) {
    Elements x = Elements.of(in);
    Elements y = Elements.of(out);
    Layout along = in.layout().only(axes);
    int offset = (int) along.offset();
    long[] row = new long[Math.toIntExact(along.shape().count())];
    each(
        axes,
        in,
        (i, start) -> {
          Walk.each(
              along.shape(),
              (k, m, from, by) -> {
                for (int l = 0; l < m; l++) {
                  row[k + l] = x.getLong(start + from[0] - offset + l * by[0]);
                }
              },
              along);
          y.setLong(i, f.reduce(row));
        });
  }

  /** Each row along an axis to a row of the result. */
  static void map(RowMap f, int axis, Buffer in, Buffer out) {
    Elements x = Elements.of(in);
    Elements y = Elements.of(out);
    int n = Math.toIntExact(in.shape().size(axis));
    int from = (int) in.layout().stride(axis);
    int to = (int) out.layout().stride(axis);
    double[] row = new double[n];
    Layout lines = in.layout().only(~(1 << axis));
    Walk.each(
        lines.shape(),
        (i, count, at, step) -> {
          for (int j = 0; j < count; j++) {
            for (int k = 0; k < n; k++) {
              row[k] = x.get(at[0] + j * step[0] + k * from);
            }
            f.apply(row);
            for (int k = 0; k < n; k++) {
              y.set(at[1] + j * step[1] + k * to, row[k]);
            }
          }
        },
        lines,
        out.layout().only(~(1 << axis)));
  }

  private static void each(int axes, Buffer in, Visit visit) {
    Layout kept = in.layout().only(~axes);
    Walk.each(
        kept.shape(),
        (i, n, at, step) -> {
          for (int j = 0; j < n; j++) {
            visit.go(i + j, at[0] + j * step[0]);
          }
        },
        kept);
  }

  private static void load(Elements x, Layout along, int start, double[] row) {
    int offset = (int) along.offset();
    Walk.each(
        along.shape(),
        (k, m, from, by) -> {
          for (int l = 0; l < m; l++) {
            row[k + l] = x.get(start + from[0] - offset + l * by[0]);
          }
        },
        along);
  }

  /** Compensated (Neumaier): exact to an ULP or so of the sum of absolute values. */
  static double sum(double[] row) {
    double sum = 0;
    double lost = 0;
    for (double v : row) {
      double t = sum + v;
      lost += Math.abs(sum) >= Math.abs(v) ? (sum - t) + v : (v - t) + sum;
      sum = t;
    }
    return Double.isFinite(sum) ? sum + lost : sum;
  }

  static long sum(long[] row) {
    return Arrays.stream(row).sum();
  }

  static double prod(double[] row) {
    return Arrays.stream(row).reduce(1, (a, b) -> a * b);
  }

  static long prod(long[] row) {
    return Arrays.stream(row).reduce(1, (a, b) -> a * b);
  }

  static double max(double[] row) {
    return Arrays.stream(row).reduce(Double.NEGATIVE_INFINITY, Math::max);
  }

  /** Of no bools it is false. */
  static long max(long[] row) {
    return row.length == 0 ? 0 : Arrays.stream(row).max().getAsLong();
  }

  static double min(double[] row) {
    return Arrays.stream(row).reduce(Double.POSITIVE_INFINITY, Math::min);
  }

  /** Of no bools it is true. */
  static long min(long[] row) {
    return row.length == 0 ? 1 : Arrays.stream(row).min().getAsLong();
  }

  /** Scaled by the largest, so that no square is too large or small. */
  static double norm(double[] row) {
    double scale = 0;
    for (double v : row) {
      scale = Math.max(scale, Math.abs(v));
    }
    if (scale == 0 || !Double.isFinite(scale)) {
      return scale;
    }
    int e = Math.getExponent(scale);
    double down = Math.scalb(1.0, -e / 2);
    double rest = Math.scalb(1.0, -(e - e / 2));
    double[] squares = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      double v = row[i] * down * rest;
      squares[i] = v * v;
    }
    return Math.scalb(Math.sqrt(sum(squares)), e);
  }

  static double logsumexp(double[] row) {
    double shift = shift(row);
    return Math.log(sum(Arrays.stream(row).map(v -> Math.exp(v - shift)).toArray())) + shift;
  }

  private static double shift(double[] row) {
    double max = max(row);
    return Double.isFinite(max) ? max : 0;
  }

  /** NaN all along where an infinity is the maximum: it is subtracted from itself. */
  static void softmax(double[] row, boolean log) {
    double max = max(row);
    double shift = max == Double.NEGATIVE_INFINITY ? 0 : max;
    double sum = sum(Arrays.stream(row).map(v -> Math.exp(v - shift)).toArray());
    double logSum = Math.log(sum);
    for (int i = 0; i < row.length; i++) {
      row[i] = log ? row[i] - shift - logSum : Math.exp(row[i] - shift) / sum;
    }
  }

  /** Compensated as a sum is. */
  static void cumsum(double[] row) {
    double sum = 0;
    double lost = 0;
    for (int i = 0; i < row.length; i++) {
      double v = row[i];
      double t = sum + v;
      lost += Math.abs(sum) >= Math.abs(v) ? (sum - t) + v : (v - t) + sum;
      sum = t;
      row[i] = Double.isFinite(sum) ? sum + lost : sum;
    }
  }

  /** The first place of the extremum, or of a NaN. */
  static double first(double[] row, boolean max) {
    int best = 0;
    for (int i = 1; i < row.length && !Double.isNaN(row[best]); i++) {
      boolean better = max ? row[i] > row[best] : row[i] < row[best];
      if (better || Double.isNaN(row[i])) {
        best = i;
      }
    }
    return best;
  }

  static long first(long[] row, boolean max) {
    int best = 0;
    for (int i = 1; i < row.length; i++) {
      if (max ? row[i] > row[best] : row[i] < row[best]) {
        best = i;
      }
    }
    return best;
  }
}
