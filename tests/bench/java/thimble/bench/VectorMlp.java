package thimble.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The two-layer network of the bench in pure Java, with gradients written by hand: what a careful
 * programmer without a library would do.
 *
 * <p>H = relu(X · W1), Z = H · W2, the mean softmax cross-entropy over a batch, and plain gradient
 * descent. Every thread owns rows of the batch, from X to the gradient at X · W1, and then rows of
 * the weights; two barriers a step are enough. The learning rate is multiplied into the gradient at
 * Z, so that the products of the backward pass add to the weights directly. Nothing is allocated in
 * a step.
 */
public final class VectorMlp implements AutoCloseable {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  private final int in;
  private final int hidden;
  private final int out;
  private final int batch;
  private final Team team;

  // Packed, as VectorGemm says; w2t is W2ᵀ, a copy for each thread.
  private final float[] w1;
  private final float[] w2;
  private final float[][] w2t;
  private final float[] h;
  private final float[] dh;
  private final float[] z;
  private final double[] losses;

  /**
   * Makes a network of {@code in} inputs, {@code hidden} and {@code out} units that is trained on
   * {@code batch} examples at a time by {@code threads} threads, counting the caller's.
   */
  public VectorMlp(int in, int hidden, int out, int batch, int threads) {
    this.in = in;
    this.hidden = hidden;
    this.out = out;
    this.batch = batch;
    team = new Team(threads);
    w1 = new float[in * VectorGemm.pad(hidden)];
    w2 = new float[hidden * VectorGemm.pad(out)];
    w2t = new float[threads][out * VectorGemm.pad(hidden)];
    h = new float[batch * VectorGemm.pad(hidden)];
    dh = new float[batch * VectorGemm.pad(hidden)];
    z = new float[batch * VectorGemm.pad(out)];
    losses = new double[threads];
  }

  /**
   * Trains on all examples once, in order; the last batch may be short.
   *
   * @param x the examples, [labels.length, in]
   * @param labels their classes, as unsigned bytes
   * @param w1 the weights [in, hidden], updated
   * @param w2 the weights [hidden, out], updated
   * @param lr the learning rate
   * @throws IllegalArgumentException if a length is not what the network asks for
   */
  public void epoch(float[] x, byte[] labels, float[] w1, float[] w2, float lr) {
    checkLength("x", x.length, labels.length * in);
    checkLength("w1", w1.length, in * hidden);
    checkLength("w2", w2.length, hidden * out);
    team.run(thread -> run(thread, x, labels, w1, w2, lr));
  }

  private static void checkLength(String name, int actual, int expected) {
    if (actual != expected) {
      throw new IllegalArgumentException(
          "epoch: " + name + " has " + actual + " elements, not " + expected);
    }
  }

  /** Returns the sum of the last epoch's losses, each from before its example's update. */
  public double lossSum() {
    double sum = 0;
    for (double loss : losses) {
      sum += loss;
    }
    return sum;
  }

  /** Ends the threads. */
  @Override
  public void close() {
    team.close();
  }

  /** The part of one thread in an epoch. */
  private void run(
      int thread, float[] x, byte[] labels, float[] outerW1, float[] outerW2, float lr) {
    int inBegin = cut(in, thread);
    int inEnd = cut(in, thread + 1);
    int hiddenBegin = cut(hidden, thread);
    int hiddenEnd = cut(hidden, thread + 1);
    VectorGemm.pack(outerW1, inBegin, inEnd, hidden, w1);
    VectorGemm.pack(outerW2, hiddenBegin, hiddenEnd, out, w2);
    team.barrier();
    double loss = 0;
    for (int first = 0; first < labels.length; first += batch) {
      int m = Math.min(batch, labels.length - first);
      int begin = cut(m, thread);
      int end = cut(m, thread + 1);
      loss += gradients(begin, end, x, first, labels, lr / m, w2t[thread]);
      team.barrier();
      // W1 += Xᵀ · dH and W2 += Hᵀ · dZ
      VectorGemm.multiply(inBegin, inEnd, hidden, m, x, first * in, 1, in, dh, w1);
      VectorGemm.multiply(hiddenBegin, hiddenEnd, out, m, h, 0, 1, VectorGemm.pad(hidden), z, w2);
      team.barrier();
    }
    losses[thread] = loss;
    VectorGemm.unpack(w1, inBegin, inEnd, hidden, outerW1);
    VectorGemm.unpack(w2, hiddenBegin, hiddenEnd, out, outerW2);
  }

  /** Where thread {@code t}'s share of {@code rows} begins: after whole blocks. */
  private int cut(int rows, int t) {
    if (t == team.size()) {
      return rows;
    }
    int blocks = (rows + VectorGemm.ROWS - 1) / VectorGemm.ROWS;
    return blocks * t / team.size() * VectorGemm.ROWS;
  }

  /**
   * Forward and back for rows {@code begin} to {@code end} of a batch; returns the sum of losses.
   */
  private double gradients(
      int begin, int end, float[] x, int first, byte[] labels, float rate, float[] transposed) {
    int width = VectorGemm.pad(hidden);
    int start = first * in;
    VectorGemm.clear(h, begin, end, hidden);
    VectorGemm.multiply(begin, end, hidden, in, x, start, in, 1, w1, h);
    relu(begin * width, end * width);
    clearLogits(begin, end);
    VectorGemm.multiply(begin, end, out, hidden, h, 0, width, 1, w2, z);
    double loss = softmax(begin, end, labels, first, rate);
    VectorGemm.packTransposed(w2, hidden, out, transposed);
    VectorGemm.clear(dh, begin, end, hidden);
    VectorGemm.multiply(begin, end, hidden, out, z, 0, VectorGemm.pad(out), 1, transposed, dh);
    reluGradient(begin * width, end * width);
    return loss;
  }

  /** h = max(h, 0). */
  private void relu(int begin, int end) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = begin; i < end; i += LANES) {
      FloatVector.fromArray(SPECIES, h, i).max(zero).intoArray(h, i);
    }
  }

  /** dh = 0 where h is. */
  private void reluGradient(int begin, int end) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = begin; i < end; i += LANES) {
      var on = FloatVector.fromArray(SPECIES, h, i).compare(VectorOperators.GT, 0);
      zero.blend(FloatVector.fromArray(SPECIES, dh, i), on).intoArray(dh, i);
    }
  }

  /** Sets the logits to 0, and to -∞ in the padding, which so has probability and gradient 0. */
  private void clearLogits(int begin, int end) {
    int width = VectorGemm.pad(out);
    for (int i = begin; i < end; i++) {
      for (int j = 0; j < width; j++) {
        z[i * width + j] = j < out ? 0 : Float.NEGATIVE_INFINITY;
      }
    }
  }

  /** z = rate · (onehot(label) - softmax(z)) by rows; returns the sum of the cross-entropies. */
  private double softmax(int begin, int end, byte[] labels, int first, float rate) {
    int width = VectorGemm.pad(out);
    double loss = 0;
    for (int i = begin; i < end; i++) {
      int row = i * width;
      int target = row + Byte.toUnsignedInt(labels[first + i]);
      float max = FloatVector.fromArray(SPECIES, z, row).reduceLanes(VectorOperators.MAX);
      for (int j = LANES; j < width; j += LANES) {
        var more = FloatVector.fromArray(SPECIES, z, row + j);
        max = Math.max(max, more.reduceLanes(VectorOperators.MAX));
      }
      float own = z[target] - max;
      float sum = 0;
      for (int j = row; j < row + width; j += LANES) {
        var y = FloatVector.fromArray(SPECIES, z, j).sub(max).lanewise(VectorOperators.EXP);
        y.intoArray(z, j);
        sum += y.reduceLanes(VectorOperators.ADD);
      }
      for (int j = row; j < row + width; j += LANES) {
        FloatVector.fromArray(SPECIES, z, j).mul(-rate / sum).intoArray(z, j);
      }
      z[target] += rate;
      loss += Math.log(sum) - own;
    }
    return loss;
  }
}
