package thimble.runtime;

import java.util.Arrays;
import thimble.tensor.Buffer;
import thimble.tensor.Layout;

/** Reductions in plain Java: a row at a time, as doubles. */
final class Rows {
  /** What becomes of a row. */
  interface Row {
    double reduce(double[] row);
  }

  private Rows() {}

  static void run(Row f, int axes, Buffer in, Buffer out) {
    Elements x = Elements.of(in);
    Elements y = Elements.of(out);
    Layout kept = in.layout().only(~axes);
    Layout reduced = in.layout().only(axes);
    int offset = (int) in.layout().offset();
    double[] row = new double[Math.toIntExact(reduced.shape().count())];
    Walk.each(
        kept.shape(),
        (i, n, at, step) -> {
          for (int j = 0; j < n; j++) {
            int start = at[0] + j * step[0];
            Walk.each(
                reduced.shape(),
                (k, m, from, by) -> {
                  for (int l = 0; l < m; l++) {
                    row[k + l] = x.get(start + from[0] - offset + l * by[0]);
                  }
                },
                reduced);
            y.set(i + j, f.reduce(row));
          }
        },
        kept);
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

  static double max(double[] row) {
    double max = Double.NEGATIVE_INFINITY;
    for (double v : row) {
      max = Math.max(max, v);
    }
    return max;
  }

  static double logsumexp(double[] row) {
    double max = max(row);
    double shift = Double.isFinite(max) ? max : 0;
    return Math.log(sum(Arrays.stream(row).map(v -> Math.exp(v - shift)).toArray())) + shift;
  }

  static double argmax(double[] row) {
    int best = 0;
    for (int i = 1; i < row.length && !Double.isNaN(row[best]); i++) {
      if (row[i] > row[best] || Double.isNaN(row[i])) {
        best = i;
      }
    }
    return best;
  }
}
