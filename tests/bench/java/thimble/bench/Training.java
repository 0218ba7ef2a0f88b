package thimble.bench;

import java.util.HashMap;
import java.util.Map;
import thimble.nn.Loss;
import thimble.program.Program;
import thimble.tensor.Tensor;
import thimble.train.TwoLayer;
import thimble.transform.Grad;

/**
 * An epoch of a {@link Work} by Thimble, in the ways that a user may write it.
 *
 * @param work what is trained on
 * @param x its examples
 * @param y their classes
 * @param start the weights that every epoch starts from
 * @param programs the compiled step for batches of a length
 */
record Training(Work work, Tensor x, Tensor y, TwoLayer start, Map<Long, Program> programs) {
  /** Tensors of the backend that is current. */
  static Training of(Work work) {
    return new Training(
        work,
        Tensor.of(work.x(), work.rows(), work.in()),
        Tensor.of(work.labels()),
        network(work, work.w1(), work.w2()),
        new HashMap<>());
  }

  /** A network of the work's sizes. */
  static TwoLayer network(Work work, float[] w1, float[] w2) {
    return new TwoLayer(
        Tensor.of(w1, work.in(), work.hidden()), Tensor.of(w2, work.hidden(), work.out()));
  }

  /** The mean loss of a network over all examples. */
  float[] loss(TwoLayer net) {
    return new float[] {(float) net.score(x, y).loss()};
  }

  /** Eager, in a Scope a step. */
  TwoLayer scoped() {
    return start.nnEpoch(x, y, work.lr(), work.batch());
  }

  /** Eager; the garbage collector finds what a step has made. */
  TwoLayer scopeless() {
    TwoLayer net = start;
    for (int from = 0; from < work.rows(); from += work.batch()) {
      int to = Math.min(from + work.batch(), work.rows());
      net = step(net, x.slice(0, from, to), y.slice(0, from, to));
    }
    return net;
  }

  /** By a program for the whole step; the old weights are closed. */
  TwoLayer compiled() {
    TwoLayer net = start;
    for (int from = 0; from < work.rows(); from += work.batch()) {
      int to = Math.min(from + work.batch(), work.rows());
      TwoLayer before = net;
      net = program(to - from).run(net, x.slice(0, from, to), y.slice(0, from, to));
      if (from > 0) {
        before.w1().close();
        before.w2().close();
      }
    }
    return net;
  }

  private Program program(long batch) {
    return programs.computeIfAbsent(
        batch,
        n ->
            Program.trace(
                this::step,
                new TwoLayer(like(start.w1()), like(start.w2())),
                Tensor.input(x.dtype(), n, work.in()),
                Tensor.input(y.dtype(), n)));
  }

  private static Tensor like(Tensor w) {
    return Tensor.input(w.dtype(), w.size(0), w.size(1));
  }

  /** W − lr · ∂loss/∂W. */
  private TwoLayer step(TwoLayer net, Tensor xs, Tensor ys) {
    TwoLayer g = Grad.grad((TwoLayer n) -> Loss.softmaxLoss(n.logits(xs), ys)).apply(net);
    return new TwoLayer(net.w1().sub(g.w1().mul(work.lr())), net.w2().sub(g.w2().mul(work.lr())));
  }
}
