package thimble.testing;

import java.util.List;
import java.util.function.DoubleFunction;
import thimble.tensor.Tensor;

/**
 * The slope of a function of one number ε at 0, by differences to both sides.
 *
 * @param behind (φ(0) − φ(−ε))/ε
 * @param ahead (φ(ε) − φ(0))/ε
 * @param noise what is rounded off in φ may do to them
 */
record Difference(double behind, double ahead, double noise) {
  /** Half a unit in the last place of 1. */
  private static final double U = 0x1p-53;

  /** How much smaller a step is taken to see what becomes of a disagreement. */
  private static final int SMALLER = 256;

  /** Of φ's values at −ε, 0 and ε. */
  static Difference of(double behind, double here, double ahead, double eps) {
    double noise = 8 * U * (Math.abs(behind) + Math.abs(ahead)) / eps;
    return new Difference((here - behind) / eps, (ahead - here) / eps, noise);
  }

  /** Of φ = Σ w·y: elements of y that stay the same add no rounding errors. */
  static Difference of(
      List<Tensor> w, List<Tensor> behind, List<Tensor> here, List<Tensor> ahead, double eps) {
    double back = 0;
    double forth = 0;
    double noise = 0;
    for (int j = 0; j < w.size(); j++) {
      double[] weight = w.get(j).toDoubleArray();
      double[] a = behind.get(j).toDoubleArray();
      double[] b = here.get(j).toDoubleArray();
      double[] c = ahead.get(j).toDoubleArray();
      for (int i = 0; i < weight.length; i++) {
        Difference one = of(a[i], b[i], c[i], eps);
        back += weight[i] * one.behind;
        forth += weight[i] * one.ahead;
        noise += a[i] == c[i] ? 0 : Math.abs(weight[i]) * one.noise;
      }
    }
    return new Difference(back, forth, noise);
  }

  /** (φ(ε) − φ(−ε))/2ε. */
  double central() {
    return (behind + ahead) / 2;
  }

  /** How far a slope is from the central difference. */
  double off(double slope) {
    return Math.abs(central() - slope);
  }

  /**
   * Whether a slope that is off may be right all the same, a kink or a jump being within ε: it lies
   * between the differences to both sides, which are not the same; or it is not off by the same for
   * a smaller step, as it is where it is wrong and the function smooth.
   *
   * @param allowed what it may be off
   * @param difference for a step
   */
  boolean excuses(double slope, double allowed, double eps, DoubleFunction<Difference> difference) {
    if (Math.abs(ahead - behind) > allowed
        && slope >= Math.min(ahead, behind) - allowed
        && slope <= Math.max(ahead, behind) + allowed) {
      return true;
    }
    double ratio = difference.apply(eps / SMALLER).off(slope) / off(slope);
    return ratio < 4.0 / SMALLER || ratio > SMALLER / 4.0;
  }
}
