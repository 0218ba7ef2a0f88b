package thimble.bench;

import java.util.Arrays;

/**
 * Matrix products of float32 on the Vector API: C += A · B in register blocks of 4 rows × 4
 * vectors.
 *
 * <p>B and C are packed: row-major with rows padded to whole vectors, see {@link #pad}, so that no
 * kernel has a tail of columns. A is read an element at a time, through a stride for each of its
 * two directions, so that a product with Aᵀ costs the same. Bᵀ is packed first, by {@link
 * #packTransposed}.
 */
final class VectorGemm {
  private static final int LANES = VectorBlocks.LANES;

  /** The rows of a block. */
  static final int ROWS = 4;

  /** As many rows of B as are used in one go: what a block reads of them stays near the core. */
  private static final int DEPTH = 400;

  private VectorGemm() {}

  /** Returns the length of a packed row of {@code n} columns. */
  static int pad(int n) {
    return (n + LANES - 1) / LANES * LANES;
  }

  /** Copies A[begin..end, n] to packed rows. */
  static void pack(float[] a, int begin, int end, int n, float[] packed) {
    int width = pad(n);
    for (int i = begin; i < end; i++) {
      System.arraycopy(a, i * n, packed, i * width, n);
    }
  }

  /** Copies packed rows back to A[begin..end, n]. */
  static void unpack(float[] packed, int begin, int end, int n, float[] a) {
    int width = pad(n);
    for (int i = begin; i < end; i++) {
      System.arraycopy(packed, i * width, a, i * n, n);
    }
  }

  /** Makes packed rows of Aᵀ[n, m] from packed rows of A[m, n]. */
  static void packTransposed(float[] a, int m, int n, float[] packed) {
    int from = pad(n);
    int to = pad(m);
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        packed[j * to + i] = a[i * from + j];
      }
    }
  }

  /** Sets packed rows {@code begin} to {@code end} of width {@code n} to zero. */
  static void clear(float[] packed, int begin, int end, int n) {
    Arrays.fill(packed, begin * pad(n), end * pad(n), 0);
  }

  /**
   * C[begin..end, n] += A[begin..end, k] · B[k, n].
   *
   * @param a where A's elements are, (i, l) at {@code start + i * down + l * along}: {@code down}
   *     is the length of a row and {@code along} 1 for a matrix as it lies, the reverse for Aᵀ
   * @param b B, packed
   * @param c C, packed
   */
  static void multiply(
      int begin,
      int end,
      int n,
      int k,
      float[] a,
      int start,
      int down,
      int along,
      float[] b,
      float[] c) {
    int width = pad(n);
    for (int first = 0; first < k; first += DEPTH) {
      int depth = Math.min(DEPTH, k - first);
      int a0 = start + first * along;
      int b0 = first * width;
      int i = begin;
      for (; i + ROWS <= end; i += ROWS) {
        rows4(a, a0 + i * down, down, along, b, b0, c, i * width, width, depth);
      }
      for (; i < end; i++) {
        VectorBlocks.block1(a, a0 + i * down, along, b, b0, c, i * width, width, depth);
      }
    }
  }

  /** Four rows of C, in blocks of 4, 3 and 1 vectors. */
  private static void rows4(
      float[] a,
      int a0,
      int down,
      int along,
      float[] b,
      int b0,
      float[] c,
      int c0,
      int width,
      int depth) {
    int j = 0;
    // Six is three and three.
    for (; width - j >= 4 * LANES && width - j != 6 * LANES; j += 4 * LANES) {
      VectorBlocks.block4x4(a, a0, down, along, b, b0 + j, c, c0 + j, width, depth);
    }
    for (; width - j >= 3 * LANES; j += 3 * LANES) {
      VectorBlocks.block4x3(a, a0, down, along, b, b0 + j, c, c0 + j, width, depth);
    }
    for (; j < width; j += LANES) {
      VectorBlocks.block4x1(a, a0, down, along, b, b0 + j, c, c0 + j, width, depth);
    }
  }
}
