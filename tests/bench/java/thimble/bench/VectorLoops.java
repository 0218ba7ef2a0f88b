package thimble.bench;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Reductions, softmax and broadcast on the Vector API, split over a team: what a careful Java
 * programmer writes. Matrices x[m, n] are row-major arrays; n is a multiple of four vectors.
 *
 * <p>Sums and maxima are written out twice: the API is quick only where the operator is a constant
 * of the method.
 */
final class VectorLoops {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  private VectorLoops() {}

  private static FloatVector load(float[] x, int at) {
    return FloatVector.fromArray(SPECIES, x, at);
  }

  // -- Sums ---------------------------------------------------------------------------------------

  /** y[j] = Σ over i of x[i, j], or y[i] = Σ over j: axis 0 or 1; axis −1: y[0] = Σ over both. */
  static void sum(Team team, int axis, float[] x, float[] y, int m, int n) {
    switch (axis) {
      case 0 -> team.share(n, 4 * LANES, (begin, end) -> sumColumns(x, y, m, n, begin, end));
      case 1 ->
          team.share(
              m,
              1,
              (begin, end) -> {
                for (int i = begin; i < end; i++) {
                  y[i] = sumRow(x, i * n, n);
                }
              });
      default -> {
        float[] part = new float[team.size()];
        team.run(t -> {
          int begin = m * t / team.size();
          part[t] = sumRow(x, begin * n, (m * (t + 1) / team.size() - begin) * n);
        });
        y[0] = 0;
        for (float p : part) {
          y[0] += p;
        }
      }
    }
  }

  private static float sumRow(float[] x, int at, int n) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    for (int j = at; j < at + n; j += 4 * LANES) {
      s0 = s0.add(load(x, j));
      s1 = s1.add(load(x, j + LANES));
      s2 = s2.add(load(x, j + 2 * LANES));
      s3 = s3.add(load(x, j + 3 * LANES));
    }
    return s0.add(s1).add(s2.add(s3)).reduceLanes(VectorOperators.ADD);
  }

  private static void sumColumns(float[] x, float[] y, int m, int n, int begin, int end) {
    Arrays.fill(y, begin, end, 0);
    int i = 0;
    for (; i + 4 <= m; i += 4) {
      for (int j = begin; j < end; j += LANES) {
        int at = i * n + j;
        FloatVector two = load(x, at).add(load(x, at + n));
        FloatVector four = two.add(load(x, at + 2 * n).add(load(x, at + 3 * n)));
        load(y, j).add(four).intoArray(y, j);
      }
    }
    for (; i < m; i++) {
      for (int j = begin; j < end; j += LANES) {
        load(y, j).add(load(x, i * n + j)).intoArray(y, j);
      }
    }
  }

  // -- Maxima -------------------------------------------------------------------------------------

  /** y[j] = max over i of x[i, j], or y[i] = max over j: axis 0 or 1. */
  static void max(Team team, int axis, float[] x, float[] y, int m, int n) {
    if (axis == 0) {
      team.share(n, 4 * LANES, (begin, end) -> maxColumns(x, y, m, n, begin, end));
    } else {
      team.share(
          m,
          1,
          (begin, end) -> {
            for (int i = begin; i < end; i++) {
              y[i] = maxRow(x, i * n, n);
            }
          });
    }
  }

  private static float maxRow(float[] x, int at, int n) {
    FloatVector s0 = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    for (int j = at; j < at + n; j += 4 * LANES) {
      s0 = s0.max(load(x, j));
      s1 = s1.max(load(x, j + LANES));
      s2 = s2.max(load(x, j + 2 * LANES));
      s3 = s3.max(load(x, j + 3 * LANES));
    }
    return s0.max(s1).max(s2.max(s3)).reduceLanes(VectorOperators.MAX);
  }

  private static void maxColumns(float[] x, float[] y, int m, int n, int begin, int end) {
    Arrays.fill(y, begin, end, Float.NEGATIVE_INFINITY);
    int i = 0;
    for (; i + 4 <= m; i += 4) {
      for (int j = begin; j < end; j += LANES) {
        int at = i * n + j;
        FloatVector two = load(x, at).max(load(x, at + n));
        FloatVector four = two.max(load(x, at + 2 * n).max(load(x, at + 3 * n)));
        load(y, j).max(four).intoArray(y, j);
      }
    }
    for (; i < m; i++) {
      for (int j = begin; j < end; j += LANES) {
        load(y, j).max(load(x, i * n + j)).intoArray(y, j);
      }
    }
  }

  // -- Others -------------------------------------------------------------------------------------

  /** y = the softmax of each row of x. */
  static void softmax(Team team, float[] x, float[] y, int m, int n) {
    team.share(
        m,
        1,
        (begin, end) -> {
          for (int i = begin; i < end; i++) {
            softmaxRow(x, y, i * n, n);
          }
        });
  }

  private static void softmaxRow(float[] x, float[] y, int at, int n) {
    float max = maxRow(x, at, n);
    FloatVector sum = FloatVector.zero(SPECIES);
    for (int j = at; j < at + n; j += LANES) {
      FloatVector e = load(x, j).sub(max).lanewise(VectorOperators.EXP);
      e.intoArray(y, j);
      sum = sum.add(e);
    }
    float scale = 1 / sum.reduceLanes(VectorOperators.ADD);
    for (int j = at; j < at + n; j += LANES) {
      load(y, j).mul(scale).intoArray(y, j);
    }
  }

  /** y[m, n] = x[m, n] + b[n]. */
  static void addRow(Team team, float[] x, float[] b, float[] y, int m, int n) {
    team.share(
        m,
        1,
        (begin, end) -> {
          for (int i = begin * n; i < end * n; i += n) {
            for (int j = 0; j < n; j += LANES) {
              load(x, i + j).add(load(b, j)).intoArray(y, i + j);
            }
          }
        });
  }
}
