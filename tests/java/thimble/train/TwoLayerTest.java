package thimble.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import thimble.data.Dataset;
import thimble.data.Digits;
import thimble.nn.Loss;
import thimble.tensor.DType;
import thimble.tensor.Scope;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/** The two-layer network learns, step by step, and better than a linear classifier. */
class TwoLayerTest {
  private static final DType F32 = DType.FLOAT32;

  @Test
  void theDrawnDigitsAreHardForALinearClassifierAndNotForTheNetwork() {
    Dataset digits = Digits.load();
    Tensor x = digits.train().pixelTensor(F32);
    Tensor y = digits.train().labelTensor();
    Tensor testX = digits.test().pixelTensor(F32);
    Tensor testY = digits.test().labelTensor();

    TwoLayer net = TwoLayer.random(0, 784, 100, 10, F32);
    Tensor linear = Tensor.zeros(F32, x.slice(0, 0, 784).shape()).slice(1, 0, 10).contiguous();
    for (int epoch = 0; epoch < 5; epoch++) {
      net = net.nnEpoch(x, y, 0.2, 100);
      linear = linearEpoch(linear, x, y);
    }

    double networkError = net.score(testX, testY).error();
    double linearError = Loss.errorRate(testX.matmul(linear), testY);
    assertTrue(networkError < 0.08, "network " + networkError);
    assertTrue(linearError > 2 * networkError, "linear " + linearError + ", " + networkError);
  }

  private static Tensor linearEpoch(Tensor w, Tensor x, Tensor y) {
    for (long from = 0; from < x.size(0); from += 100) {
      Tensor xs = x.slice(0, from, from + 100);
      Tensor ys = y.slice(0, from, from + 100);
      try (Scope step = Scope.open()) {
        Tensor g = Grad.grad((Tensor v) -> Loss.softmaxLoss(xs.matmul(v), ys)).apply(w);
        w = step.keep(w.sub(g.mul(0.2)));
      }
    }
    return w;
  }

  @Test
  void anEpochIsTheSameInASingleCallAndBatchByBatch() {
    Tensor x = Digits.load().test().pixelTensor(F32).slice(0, 0, 70);
    Tensor y = Digits.load().test().labelTensor().slice(0, 0, 70);
    TwoLayer first = TwoLayer.random(1, 784, 20, 10, F32);

    TwoLayer whole = first.nnEpoch(x, y, 0.1, 30);
    TwoLayer parts = first;
    for (long from = 0; from < 70; from += 30) {
      long to = Math.min(70, from + 30);
      parts = parts.nnEpoch(x.slice(0, from, to), y.slice(0, from, to), 0.1, 30);
    }

    assertArrayEquals(whole.w1().toFloatArray(), parts.w1().toFloatArray());
    assertArrayEquals(whole.w2().toFloatArray(), parts.w2().toFloatArray());
  }

  @Test
  void progressIsToldAfterEachStepAndMayEndTheEpoch() {
    Tensor x = Digits.load().test().pixelTensor(F32).slice(0, 0, 70);
    Tensor y = Digits.load().test().labelTensor().slice(0, 0, 70);
    List<Long> seen = new ArrayList<>();

    TwoLayer.random(1, 784, 5, 10, F32)
        .nnEpoch(
            x,
            y,
            0.1,
            30,
            (examples, loss) -> {
              seen.add(examples);
              return examples < 60;
            });

    assertEquals(List.of(30L, 60L), seen);
  }

  @Test
  void theCallersWeightsStayAsTheyAre() {
    Tensor x = Digits.load().test().pixelTensor(F32).slice(0, 0, 70);
    Tensor y = Digits.load().test().labelTensor().slice(0, 0, 70);
    TwoLayer net = TwoLayer.random(1, 784, 5, 10, F32);
    float[] before = net.w1().toFloatArray();

    net.nnEpoch(x, y, 0.1, 30);

    assertArrayEquals(before, net.w1().toFloatArray());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    TwoLayer net = TwoLayer.random(1, 4, 5, 3, F32);
    Tensor x = Tensor.zeros(F32, Tensor.of(new float[8], 2, 4).shape());
    Tensor y = Tensor.of(new byte[] {0, 1});

    assertThrows(IllegalArgumentException.class, () -> net.nnEpoch(x, y, 0.1, 0));
    assertThrows(ShapeException.class, () -> net.nnEpoch(x, Tensor.of(new byte[3]), 0.1, 1));
    assertThrows(ShapeException.class, () -> net.nnEpoch(x.transpose(), y, 0.1, 1));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> net.nnEpoch(x, Tensor.of(new byte[] {0, 3}), 0.1, 2));
  }
}
