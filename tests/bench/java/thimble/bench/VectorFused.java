package thimble.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The work of M6 and M7 as one loop on the Vector API, split over a team; lengths are a multiple of
 * the block.
 */
final class VectorFused {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  /** Elements whose sum is taken in float32. */
  private static final int BLOCK = 4096;

  private VectorFused() {}

  private static FloatVector load(float[] x, int at) {
    return FloatVector.fromArray(SPECIES, x, at);
  }

  private static FloatVector splat(double x) {
    return FloatVector.broadcast(SPECIES, (float) x);
  }

  /** y = relu(((1.5·x + ¼)·x − ½)·x + 1)·¾. */
  static void chain(Team team, float[] x, float[] y) {
    team.share(x.length, BLOCK, (begin, end) -> chain(x, y, begin, end));
  }

  private static void chain(float[] x, float[] y, int begin, int end) {
    FloatVector a = splat(1.5);
    FloatVector b = splat(0.25);
    FloatVector c = splat(-0.5);
    FloatVector one = splat(1);
    FloatVector zero = splat(0);
    for (int i = begin; i < end; i += LANES) {
      FloatVector v = load(x, i);
      v.fma(a, b).fma(v, c).fma(v, one).max(zero).mul(0.75f).intoArray(y, i);
    }
  }

  /** Σ log(1 + eˣ)·x; also g = its gradient, log(1 + eˣ) + x·eˣ / (1 + eˣ). */
  static double softplusSum(Team team, float[] x, float[] g) {
    double[] part = new double[team.size()];
    team.run(t -> {
      int begin = Team.cut(x.length, BLOCK, t, team.size());
      int end = Team.cut(x.length, BLOCK, t + 1, team.size());
      for (int i = begin; i < end; i += BLOCK) {
        part[t] += softplusBlock(x, g, i);
      }
    });
    double sum = 0;
    for (double p : part) {
      sum += p;
    }
    return sum;
  }

  private static float softplusBlock(float[] x, float[] g, int begin) {
    FloatVector sum = splat(0);
    for (int i = begin; i < begin + BLOCK; i += LANES) {
      FloatVector v = load(x, i);
      FloatVector e = v.lanewise(VectorOperators.EXP);
      FloatVector z = e.add(1);
      FloatVector l = z.lanewise(VectorOperators.LOG);
      sum = l.fma(v, sum);
      v.mul(e).div(z).add(l).intoArray(g, i);
    }
    return sum.reduceLanes(VectorOperators.ADD);
  }
}
