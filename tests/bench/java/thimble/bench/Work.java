package thimble.bench;

import java.util.Random;

/**
 * A piece of training that every contestant does: one epoch of a two-layer network without biases
 * on data that lie in memory.
 *
 * @param in the inputs of an example
 * @param hidden the hidden units
 * @param out the classes
 * @param batch the examples of a step
 * @param lr the learning rate
 * @param x the examples, [labels.length, in]
 * @param labels their classes
 * @param w1 the first weights, [in, hidden]; contestants start from copies
 * @param w2 the second weights, [hidden, out]
 */
public record Work(
    int in,
    int hidden,
    int out,
    int batch,
    float lr,
    float[] x,
    byte[] labels,
    float[] w1,
    float[] w2) {

  /** Returns "M1": an epoch as large as MNIST's, 60,000 × 784, hidden 100, batch 100, lr 0.2. */
  public static Work m1() {
    return of(60_000, 784, 100, 10, 100, 0.2f);
  }

  /** Returns "M3": hidden 1,024, batch 1,024, and of the epoch a fifth: 12 steps. */
  public static Work m3() {
    return of(12 * 1024, 784, 1024, 10, 1024, 0.2f);
  }

  /**
   * Makes made-up data of the kind of drawn digits: four of five inputs are 0, and each class has
   * its own inputs that are on more often, so that there is something to learn.
   */
  public static Work of(int rows, int in, int hidden, int out, int batch, float lr) {
    Random random = new Random(1);
    boolean[][] own = new boolean[out][in];
    for (boolean[] inputs : own) {
      for (int j = 0; j < in; j++) {
        inputs[j] = random.nextInt(5) == 0;
      }
    }
    float[] x = new float[rows * in];
    byte[] labels = new byte[rows];
    for (int i = 0; i < rows; i++) {
      int label = random.nextInt(out);
      labels[i] = (byte) label;
      for (int j = 0; j < in; j++) {
        // 0.2 · 0.3 + 0.8 · 0.175 = 0.2
        if (random.nextFloat() < (own[label][j] ? 0.3f : 0.175f)) {
          x[i * in + j] = random.nextFloat();
        }
      }
    }
    return new Work(
        in,
        hidden,
        out,
        batch,
        lr,
        x,
        labels,
        weights(in, hidden, random),
        weights(hidden, out, random));
  }

  private static float[] weights(int in, int out, Random random) {
    float[] w = new float[in * out];
    for (int i = 0; i < w.length; i++) {
      w[i] = (float) (random.nextGaussian() / Math.sqrt(out));
    }
    return w;
  }

  /** Returns the number of examples. */
  public int rows() {
    return labels.length;
  }

  /** Returns the floating-point operations of the epoch's matrix products. */
  public double flops() {
    return 2.0 * rows() * (2.0 * in * hidden + 3.0 * hidden * out);
  }
}
