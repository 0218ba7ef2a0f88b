package thimble.tensor;

import java.util.SplittableRandom;

/** Where the elements of an operand lie: away from kinks and poles, for derivatives. */
enum Domain {
  /** Of both signs, 0.25 to 1.25 from 0; integers 1 to 9 from it. */
  ANY,
  /** 0.5 to 1.5; integers 1 to 9. */
  POSITIVE,
  /** Between −0.9 and 0.9, 0.05 or more from 0. */
  INSIDE,
  /** Of both signs, 0.1 or more from each other and 0.05 from 0; integers all different. */
  DISTINCT,
  /** Never 0 in an integer type, whatever is asked for. */
  NONZERO,
  /** Whole numbers, exponents that a negative base takes. */
  WHOLE,
  /** Truth values. */
  MASK,
  /** 0 to a bound that the setting says. */
  INDEX;

  double[] floats(int n, SplittableRandom random) {
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      int sign = random.nextBoolean() ? 1 : -1;
      x[i] =
          switch (this) {
            case ANY, NONZERO -> sign * (0.25 + random.nextDouble());
            case POSITIVE -> 0.5 + random.nextDouble();
            case INSIDE -> sign * (0.05 + 0.85 * random.nextDouble());
            case DISTINCT -> 0.1 * i - 0.05 * n + (n % 2 == 0 ? 0.05 : 0);
            case WHOLE -> random.nextInt(-3, 4);
            case MASK, INDEX -> throw new AssertionError(this + " is of no float");
          };
    }
    return shuffled(x, random);
  }

  long[] integers(int n, long bound, SplittableRandom random) {
    long[] x = new long[n];
    for (int i = 0; i < n; i++) {
      int sign = random.nextBoolean() ? 1 : -1;
      x[i] =
          switch (this) {
            case ANY, NONZERO, INSIDE -> sign * (1 + random.nextInt(9));
            case POSITIVE, WHOLE -> 1 + random.nextInt(9);
            case DISTINCT -> i;
            case MASK -> random.nextInt(2);
            case INDEX -> bound == 0 ? 0 : random.nextLong(bound);
          };
    }
    return x;
  }

  private double[] shuffled(double[] x, SplittableRandom random) {
    for (int i = this == DISTINCT ? x.length - 1 : 0; i > 0; i--) {
      int j = random.nextInt(i + 1);
      double swap = x[i];
      x[i] = x[j];
      x[j] = swap;
    }
    return x;
  }
}
