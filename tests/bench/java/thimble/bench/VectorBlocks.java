package thimble.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops of {@link VectorGemm}: a block of C stays in registers while {@code depth} rows
 * of B go by. There is no branch but the loop's own.
 *
 * <p>The block's rows of C begin at c0, {@code width} apart; its columns of B at b0. Element (i, l)
 * of A is {@code a[a0 + i * down + l * along]}.
 */
final class VectorBlocks {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** The floats of a vector. */
  static final int LANES = SPECIES.length();

  private VectorBlocks() {}

  /** A whole row of C: for the few rows that fill no block. */
  static void block1(
      float[] a, int a0, int along, float[] b, int b0, float[] c, int c0, int width, int depth) {
    for (int j = 0; j < width; j += LANES) {
      FloatVector y = load(c, c0 + j);
      for (int l = 0; l < depth; l++) {
        y = splat(a[a0 + l * along]).fma(load(b, b0 + j + l * width), y);
      }
      y.intoArray(c, c0 + j);
    }
  }

  private static FloatVector load(float[] x, int at) {
    return FloatVector.fromArray(SPECIES, x, at);
  }

  private static FloatVector splat(float x) {
    return FloatVector.broadcast(SPECIES, x);
  }

  // yij is vector j of row i, xj vector j of a row of B.

  /** 4 rows × 4 vectors of C. */
  static void block4x4(
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
    int c1 = c0 + width;
    int c2 = c1 + width;
    int c3 = c2 + width;
    FloatVector y00 = load(c, c0);
    FloatVector y01 = load(c, c0 + LANES);
    FloatVector y02 = load(c, c0 + 2 * LANES);
    FloatVector y03 = load(c, c0 + 3 * LANES);
    FloatVector y10 = load(c, c1);
    FloatVector y11 = load(c, c1 + LANES);
    FloatVector y12 = load(c, c1 + 2 * LANES);
    FloatVector y13 = load(c, c1 + 3 * LANES);
    FloatVector y20 = load(c, c2);
    FloatVector y21 = load(c, c2 + LANES);
    FloatVector y22 = load(c, c2 + 2 * LANES);
    FloatVector y23 = load(c, c2 + 3 * LANES);
    FloatVector y30 = load(c, c3);
    FloatVector y31 = load(c, c3 + LANES);
    FloatVector y32 = load(c, c3 + 2 * LANES);
    FloatVector y33 = load(c, c3 + 3 * LANES);
    for (int l = 0; l < depth; l++) {
      int at = a0 + l * along;
      int bt = b0 + l * width;
      FloatVector x0 = load(b, bt);
      FloatVector x1 = load(b, bt + LANES);
      FloatVector x2 = load(b, bt + 2 * LANES);
      FloatVector x3 = load(b, bt + 3 * LANES);
      FloatVector s = splat(a[at]);
      y00 = s.fma(x0, y00);
      y01 = s.fma(x1, y01);
      y02 = s.fma(x2, y02);
      y03 = s.fma(x3, y03);
      s = splat(a[at + down]);
      y10 = s.fma(x0, y10);
      y11 = s.fma(x1, y11);
      y12 = s.fma(x2, y12);
      y13 = s.fma(x3, y13);
      s = splat(a[at + 2 * down]);
      y20 = s.fma(x0, y20);
      y21 = s.fma(x1, y21);
      y22 = s.fma(x2, y22);
      y23 = s.fma(x3, y23);
      s = splat(a[at + 3 * down]);
      y30 = s.fma(x0, y30);
      y31 = s.fma(x1, y31);
      y32 = s.fma(x2, y32);
      y33 = s.fma(x3, y33);
    }
    y00.intoArray(c, c0);
    y01.intoArray(c, c0 + LANES);
    y02.intoArray(c, c0 + 2 * LANES);
    y03.intoArray(c, c0 + 3 * LANES);
    y10.intoArray(c, c1);
    y11.intoArray(c, c1 + LANES);
    y12.intoArray(c, c1 + 2 * LANES);
    y13.intoArray(c, c1 + 3 * LANES);
    y20.intoArray(c, c2);
    y21.intoArray(c, c2 + LANES);
    y22.intoArray(c, c2 + 2 * LANES);
    y23.intoArray(c, c2 + 3 * LANES);
    y30.intoArray(c, c3);
    y31.intoArray(c, c3 + LANES);
    y32.intoArray(c, c3 + 2 * LANES);
    y33.intoArray(c, c3 + 3 * LANES);
  }

  /** 4 rows × 3 vectors of C. */
  static void block4x3(
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
    int c1 = c0 + width;
    int c2 = c1 + width;
    int c3 = c2 + width;
    FloatVector y00 = load(c, c0);
    FloatVector y01 = load(c, c0 + LANES);
    FloatVector y02 = load(c, c0 + 2 * LANES);
    FloatVector y10 = load(c, c1);
    FloatVector y11 = load(c, c1 + LANES);
    FloatVector y12 = load(c, c1 + 2 * LANES);
    FloatVector y20 = load(c, c2);
    FloatVector y21 = load(c, c2 + LANES);
    FloatVector y22 = load(c, c2 + 2 * LANES);
    FloatVector y30 = load(c, c3);
    FloatVector y31 = load(c, c3 + LANES);
    FloatVector y32 = load(c, c3 + 2 * LANES);
    for (int l = 0; l < depth; l++) {
      int at = a0 + l * along;
      int bt = b0 + l * width;
      FloatVector x0 = load(b, bt);
      FloatVector x1 = load(b, bt + LANES);
      FloatVector x2 = load(b, bt + 2 * LANES);
      FloatVector s = splat(a[at]);
      y00 = s.fma(x0, y00);
      y01 = s.fma(x1, y01);
      y02 = s.fma(x2, y02);
      s = splat(a[at + down]);
      y10 = s.fma(x0, y10);
      y11 = s.fma(x1, y11);
      y12 = s.fma(x2, y12);
      s = splat(a[at + 2 * down]);
      y20 = s.fma(x0, y20);
      y21 = s.fma(x1, y21);
      y22 = s.fma(x2, y22);
      s = splat(a[at + 3 * down]);
      y30 = s.fma(x0, y30);
      y31 = s.fma(x1, y31);
      y32 = s.fma(x2, y32);
    }
    y00.intoArray(c, c0);
    y01.intoArray(c, c0 + LANES);
    y02.intoArray(c, c0 + 2 * LANES);
    y10.intoArray(c, c1);
    y11.intoArray(c, c1 + LANES);
    y12.intoArray(c, c1 + 2 * LANES);
    y20.intoArray(c, c2);
    y21.intoArray(c, c2 + LANES);
    y22.intoArray(c, c2 + 2 * LANES);
    y30.intoArray(c, c3);
    y31.intoArray(c, c3 + LANES);
    y32.intoArray(c, c3 + 2 * LANES);
  }

  /** 4 rows × 1 vector of C. */
  static void block4x1(
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
    int c1 = c0 + width;
    int c2 = c1 + width;
    int c3 = c2 + width;
    FloatVector y00 = load(c, c0);
    FloatVector y10 = load(c, c1);
    FloatVector y20 = load(c, c2);
    FloatVector y30 = load(c, c3);
    for (int l = 0; l < depth; l++) {
      int at = a0 + l * along;
      int bt = b0 + l * width;
      FloatVector x0 = load(b, bt);
      FloatVector s = splat(a[at]);
      y00 = s.fma(x0, y00);
      s = splat(a[at + down]);
      y10 = s.fma(x0, y10);
      s = splat(a[at + 2 * down]);
      y20 = s.fma(x0, y20);
      s = splat(a[at + 3 * down]);
      y30 = s.fma(x0, y30);
    }
    y00.intoArray(c, c0);
    y10.intoArray(c, c1);
    y20.intoArray(c, c2);
    y30.intoArray(c, c3);
  }
}
