package thimble.nn;

import thimble.tensor.DType;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;

/** Losses: functions of a batch of outputs and what they should have been. */
public final class Loss {
  private Loss() {}

  /**
   * Softmax cross-entropy, the mean over the batch of log Σ e^z − z·y: finite for logits of any
   * size.
   *
   * @param logits z[batch, classes], floating
   * @param labels either classes[batch] of an integer dtype, or y[batch, classes], floating:
   *     one-hot rows, or probabilities
   * @return rank 0; its gradient in the logits is (softmax z − y) / batch
   * @throws ShapeException if the shapes do not fit
   * @throws IndexOutOfBoundsException if a label is not in [0, classes)
   */
  public static Tensor softmaxLoss(Tensor logits, Tensor labels) {
    if (logits.rank() != 2) {
      throw new ShapeException(
          "softmaxLoss: logits %s: must be [batch, classes]".formatted(logits.shape()));
    }
    Tensor picked = picked(logits, labels);
    return logits.logsumexp(1).sub(picked).mean();
  }

  /** z·y for each row. */
  private static Tensor picked(Tensor logits, Tensor labels) {
    long batch = logits.size(0);
    if (labels.dtype().isFloating()) {
      if (!labels.shape().equals(logits.shape())) {
        throw mismatch("softmaxLoss", logits, labels);
      }
      return logits.mul(labels).sum(1);
    }
    if (labels.rank() != 1 || labels.size(0) != batch) {
      throw mismatch("softmaxLoss", logits, labels);
    }
    return logits.gather(1, labels.to(DType.INT64).reshape(batch, 1)).reshape(batch);
  }

  /**
   * The part of a batch for which the largest logit is not the label's.
   *
   * @param logits [batch, classes]
   * @param labels [batch], of an integer dtype
   * @return between 0 and 1, NaN for an empty batch
   */
  public static double errorRate(Tensor logits, Tensor labels) {
    if (logits.rank() != 2 || labels.rank() != 1 || labels.size(0) != logits.size(0)) {
      throw mismatch("errorRate", logits, labels);
    }
    return logits.argmax(1).ne(labels.to(DType.INT64)).to(DType.FLOAT64).mean().item();
  }

  private static ShapeException mismatch(String op, Tensor logits, Tensor labels) {
    return new ShapeException(
        "%s: logits %s with labels %s %s: must be [batch, classes] with integers [batch] or floats [batch, classes]"
            .formatted(op, logits.shape(), labels.dtype(), labels.shape()));
  }
}
