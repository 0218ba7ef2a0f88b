package thimble.runtime;

import java.util.Arrays;
import thimble.tensor.Buffer;
import thimble.tensor.DType;
import thimble.tensor.Layout;

/**
 * Matrix products in plain Java: row by row, the inner loop over a row of C, which the JIT
 * vectorises.
 */
final class Products {
  private Products() {}

  static void matmul(Buffer left, Buffer right, Buffer out) {
    int m = (int) out.shape().size(-2);
    int n = (int) out.shape().size(-1);
    int k = (int) left.shape().size(-1);
    int lead = (1 << (out.shape().rank() - 2)) - 1;
    Layout a = left.layout();
    Layout b = right.layout();
    boolean single = out.dtype() == DType.FLOAT32;
    Elements x = Elements.of(left);
    Elements y = Elements.of(right);
    Elements z = Elements.of(out);
    Walk.each(
        a.only(lead).shape(),
        (i, count, at, step) -> {
          for (int j = 0; j < count; j++) {
            int p = at[0] + j * step[0];
            int q = at[1] + j * step[1];
            int to = (i + j) * m * n;
            if (single) {
              float[] packed = new float[m * k];
              float[] other = new float[k * n];
              pack(x, a, p, packed);
              pack(y, b, q, other);
              product(m, n, k, packed, other, ((Elements.Floats) z).a(), to);
            } else {
              double[] packed = new double[m * k];
              double[] other = new double[k * n];
              pack(x, a, p, packed);
              pack(y, b, q, other);
              product(m, n, k, packed, other, ((Elements.Doubles) z).a(), to);
            }
          }
        },
        a.only(lead),
        b.only(lead));
  }

  /** One matrix of a batch, row-major. */
  private static void pack(Elements x, Layout layout, int start, float[] to) {
    float[] from = ((Elements.Floats) x).a();
    Layout matrix = layout.only(3 << (layout.shape().rank() - 2));
    Walk.each(
        matrix.shape(),
        (i, n, at, step) -> {
          int p = start + at[0] - (int) matrix.offset();
          for (int j = 0; j < n; j++) {
            to[i + j] = from[p + j * step[0]];
          }
        },
        matrix);
  }

  private static void pack(Elements x, Layout layout, int start, double[] to) {
    double[] from = ((Elements.Doubles) x).a();
    Layout matrix = layout.only(3 << (layout.shape().rank() - 2));
    Walk.each(
        matrix.shape(),
        (i, n, at, step) -> {
          int p = start + at[0] - (int) matrix.offset();
          for (int j = 0; j < n; j++) {
            to[i + j] = from[p + j * step[0]];
          }
        },
        matrix);
  }

  private static void product(int m, int n, int k, float[] a, float[] b, float[] c, int to) {
    Arrays.fill(c, to, to + m * n, 0);
    for (int i = 0; i < m; i++) {
      for (int l = 0; l < k; l++) {
        axpy(n, a[i * k + l], b, l * n, c, to + i * n);
      }
    }
  }

  private static void axpy(int n, float s, float[] x, int from, float[] y, int to) {
    for (int j = 0; j < n; j++) {
      y[to + j] += s * x[from + j];
    }
  }

  private static void product(int m, int n, int k, double[] a, double[] b, double[] c, int to) {
    Arrays.fill(c, to, to + m * n, 0);
    for (int i = 0; i < m; i++) {
      for (int l = 0; l < k; l++) {
        axpy(n, a[i * k + l], b, l * n, c, to + i * n);
      }
    }
  }

  private static void axpy(int n, double s, double[] x, int from, double[] y, int to) {
    for (int j = 0; j < n; j++) {
      y[to + j] += s * x[from + j];
    }
  }
}
