package thimble.bench;

/**
 * Whole matrix products on {@link VectorGemm}: panels of {@value #PANEL} columns of B and C are
 * packed one after the other, so that what a panel needs stays in the cache. Threads share the rows
 * of a product, or the products of a batch.
 */
final class VectorProducts implements AutoCloseable {
  /** The columns of a panel. */
  private static final int PANEL = 64;

  private final Team team;
  private final boolean transposed;
  private final int m;
  private final int n;
  private final int k;
  private final float[][] b;
  private final float[][] c;

  /** For C[m, n] = op(A)[m, k] · B[k, n]; op(A) is Aᵀ if {@code transposed}. */
  VectorProducts(int threads, boolean transposed, int m, int n, int k) {
    team = new Team(threads);
    this.transposed = transposed;
    this.m = m;
    this.n = n;
    this.k = k;
    b = new float[threads][k * PANEL];
    c = new float[threads][m * PANEL];
  }

  /** Multiplies matrices that lie one after the other. */
  void multiply(int batches, float[] a, float[] b, float[] c) {
    if (batches == 1) {
      int[] cut = new int[team.size() + 1];
      for (int t = 0; t < cut.length; t++) {
        cut[t] = Team.cut(m, VectorGemm.ROWS, t, team.size());
      }
      team.run(t -> multiply(t, cut[t], cut[t + 1], a, 0, b, 0, c, 0));
    } else {
      team.run(t -> {
        for (int i = batches * t / team.size(); i < batches * (t + 1) / team.size(); i++) {
          multiply(t, 0, m, a, i * m * k, b, i * k * n, c, i * m * n);
        }
      });
    }
  }

  /** Rows {@code begin} to {@code end} of one product, on thread t. */
  private void multiply(
      int t, int begin, int end, float[] x, int x0, float[] y, int y0, float[] z, int z0) {
    float[] right = b[t];
    float[] result = c[t];
    for (int j = 0; j < n; j += PANEL) {
      int columns = Math.min(PANEL, n - j);
      int width = VectorGemm.pad(columns);
      for (int l = 0; l < k; l++) {
        System.arraycopy(y, y0 + l * n + j, right, l * width, columns);
      }
      VectorGemm.clear(result, begin, end, columns);
      VectorGemm.multiply(
          begin, end, columns, k, x, x0, transposed ? 1 : k, transposed ? m : 1, right, result);
      for (int i = begin; i < end; i++) {
        System.arraycopy(result, i * width, z, z0 + i * n + j, columns);
      }
    }
  }

  /** Ends the threads. */
  @Override
  public void close() {
    team.close();
  }
}
