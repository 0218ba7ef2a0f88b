package thimble.train;

import java.util.List;
import java.util.function.Function;
import thimble.data.NumpyRandom;
import thimble.nn.Loss;
import thimble.tensor.DType;
import thimble.tensor.Scope;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/**
 * The two-layer network of the course: logits = relu(x·W1)·W2, without bias.
 *
 * @param w1 [inputs, hidden]
 * @param w2 [hidden, classes]
 */
public record TwoLayer(Tensor w1, Tensor w2) {
  /** needle's default learning rate. */
  public static final double LEARNING_RATE = 0.1;

  /** needle's default batch size. */
  public static final int BATCH = 100;

  /** Told after each step of an epoch. */
  public interface Progress {
    /**
     * A step was done.
     *
     * @param examples how many examples of the epoch have been seen
     * @param loss the mean loss over the step's batch, before the step; rank 0
     * @return whether to go on; if not, the epoch ends here
     */
    boolean step(long examples, Tensor loss);
  }

  /**
   * Weights as the course draws them: W1 = randn(inputs, hidden) / √hidden, then W2 = randn(hidden,
   * classes) / √classes, in float32 arithmetic, from NumPy's legacy generator.
   *
   * @param dtype float32, or float64 to which the float32 weights are widened
   */
  public static TwoLayer random(long seed, int inputs, int hidden, int classes, DType dtype) {
    NumpyRandom random = new NumpyRandom(seed);
    Tensor w1 = normal(random, inputs, hidden, dtype);
    return new TwoLayer(w1, normal(random, hidden, classes, dtype));
  }

  private static Tensor normal(NumpyRandom random, int rows, int columns, DType dtype) {
    double[] draws = random.randn(Math.multiplyExact(rows, columns));
    float[] scaled = new float[draws.length];
    float divisor = (float) Math.sqrt(columns);
    for (int i = 0; i < draws.length; i++) {
      scaled[i] = (float) draws[i] / divisor;
    }
    return Tensor.of(scaled, rows, columns).to(dtype);
  }

  /** relu(x·W1)·W2, [examples, classes] for x[examples, inputs]. */
  public Tensor logits(Tensor x) {
    return x.matmul(w1).relu().matmul(w2);
  }

  /** One epoch with needle's defaults: {@link #LEARNING_RATE} and {@link #BATCH}. */
  public TwoLayer nnEpoch(Tensor x, Tensor y) {
    return nnEpoch(x, y, LEARNING_RATE, BATCH);
  }

  /** One epoch; as {@link #nnEpoch(Tensor, Tensor, double, int, Progress)} without being told. */
  public TwoLayer nnEpoch(Tensor x, Tensor y, double learningRate, int batch) {
    return nnEpoch(x, y, learningRate, batch, (examples, loss) -> true);
  }

  /**
   * One epoch of stochastic gradient descent on the softmax loss: batches in order, the last one as
   * short as it comes, W −= learningRate · ∂loss/∂W after each. Memory of each step is given back
   * at its end.
   *
   * @param x [examples, inputs], of the weights' dtype
   * @param y labels [examples], of an integer dtype
   * @param batch at least 1
   * @return the new weights; these stay as they are
   */
  public TwoLayer nnEpoch(Tensor x, Tensor y, double learningRate, int batch, Progress progress) {
    if (batch < 1) {
      throw new IllegalArgumentException("nnEpoch: batch %d: must be at least 1".formatted(batch));
    }
    if (x.rank() != 2 || y.rank() != 1 || y.size(0) != x.size(0)) {
      throw new ShapeException(
          "nnEpoch: x %s with y %s: must be [examples, inputs] and [examples]"
              .formatted(x.shape(), y.shape()));
    }
    long examples = x.size(0);
    TwoLayer net = this;
    boolean more = true;
    for (long from = 0; more && from < examples; from += batch) {
      long to = Math.min(from + batch, examples);
      TwoLayer before = net;
      try (Scope step = Scope.open()) {
        var at = loss(x.slice(0, from, to), y.slice(0, from, to)).apply(List.of(net.w1, net.w2));
        net =
            new TwoLayer(
                step.keep(net.w1.sub(at.grad().get(0).mul(learningRate))),
                step.keep(net.w2.sub(at.grad().get(1).mul(learningRate))));
        more = progress.step(to, at.value());
      }
      if (from > 0) { // not the caller's
        before.close();
      }
    }
    return net;
  }

  private static Function<List<Tensor>, Grad.ValueAndGrad<List<Tensor>>> loss(Tensor x, Tensor y) {
    return Grad.valueAndGrad(
        (List<Tensor> w) -> Loss.softmaxLoss(new TwoLayer(w.get(0), w.get(1)).logits(x), y));
  }

  private void close() {
    w1.close();
    w2.close();
  }

  /**
   * How well a network does.
   *
   * @param loss the mean softmax loss
   * @param error the part of the examples that is classified wrongly, 0 to 1
   */
  public record Score(double loss, double error) {}

  /**
   * Loss and error over all examples of x[examples, inputs], y[examples]; in parts, to save memory.
   */
  public Score score(Tensor x, Tensor y) {
    long part = 10_000;
    double loss = 0;
    double error = 0;
    for (long from = 0; from < x.size(0); from += part) {
      long to = Math.min(from + part, x.size(0));
      try (Scope _ = Scope.open()) {
        Tensor z = logits(x.slice(0, from, to));
        Tensor labels = y.slice(0, from, to);
        loss += Loss.softmaxLoss(z, labels).item() * (to - from);
        error += Loss.errorRate(z, labels) * (to - from);
      }
    }
    return new Score(loss / x.size(0), error / x.size(0));
  }
}
