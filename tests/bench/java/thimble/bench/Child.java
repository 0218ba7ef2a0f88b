package thimble.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import thimble.nn.Loss;
import thimble.program.Program;
import thimble.tensor.DType;
import thimble.tensor.Key;
import thimble.tensor.Tensor;
import thimble.train.TwoLayer;
import thimble.transform.Grad;

/** What M10 runs in a process of its own. */
final class Child {
  /** Where Linux tells what a process has used. */
  static final Path STATUS = Path.of("/proc/self/status");

  private static final int ROWS = 60_000;
  private static final int IN = 784;
  private static final int HIDDEN = 100;
  private static final int OUT = 10;
  private static final int BATCH = 100;

  /** Bytes of the examples of an epoch. */
  static final double DATA = 4.0 * ROWS * IN;

  private Child() {}

  /** Does {@code nothing}, the {@code first} thing, or an {@code epoch}. */
  public static void main(String[] args) throws IOException {
    switch (args[0]) {
      case "nothing" -> {}
      case "first" -> System.out.println(first());
      case "epoch" -> System.out.println(epoch());
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** Σ 1·1, the sum of a product of two matrices of 64 × 64 ones: 64³. */
  private static double first() {
    Tensor ones = Tensor.ones(DType.FLOAT32, 64, 64);
    double sum = ones.matmul(ones).sum().item();
    if (sum != 64 * 64 * 64) {
      throw new AssertionError(sum);
    }
    return sum;
  }

  /** The most bytes that were resident up to the end of an epoch of M1, compiled. */
  private static long epoch() throws IOException {
    Tensor x = Key.of(1).uniform(DType.FLOAT32, ROWS, IN);
    Tensor y = x.slice(1, 0, OUT).argmax(1).to(DType.UINT8);
    TwoLayer start = TwoLayer.random(1, IN, HIDDEN, OUT, DType.FLOAT32);
    Tensor few = x.slice(0, 0, BATCH);
    double before = Loss.softmaxLoss(start.logits(few), y.slice(0, 0, BATCH)).item();
    TwoLayer end = train(start, x, y);
    double after = Loss.softmaxLoss(end.logits(few), y.slice(0, 0, BATCH)).item();
    if (!(after < before)) {
      throw new AssertionError("learnt nothing: loss %f, then %f".formatted(before, after));
    }
    String line =
        Files.readAllLines(STATUS).stream()
            .filter(l -> l.startsWith("VmHWM:"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
  }

  /** The weights after an epoch, where those before lay. */
  private static TwoLayer train(TwoLayer start, Tensor x, Tensor y) {
    Program step =
        Program.trace(
                Child::step,
                start,
                Tensor.input(x.dtype(), BATCH, IN),
                Tensor.input(y.dtype(), BATCH))
            .donate(0);
    TwoLayer net = start;
    for (int from = 0; from < ROWS; from += BATCH) {
      net = step.run(net, x.slice(0, from, from + BATCH), y.slice(0, from, from + BATCH));
    }
    return net;
  }

  private static TwoLayer step(TwoLayer net, Tensor xs, Tensor ys) {
    TwoLayer g = Grad.grad((TwoLayer n) -> Loss.softmaxLoss(n.logits(xs), ys)).apply(net);
    return new TwoLayer(net.w1().sub(g.w1().mul(0.01)), net.w2().sub(g.w2().mul(0.01)));
  }
}
