package thimble.peers.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.GradientCollector;
import java.util.Arrays;
import thimble.peers.Job;
import thimble.peers.Task;

/**
 * An epoch of the two-layer network; sizes rows, in, hidden, out, batch; operands x, labels, w1,
 * w2, lr.
 */
record Epoch(NDArray x, NDArray labels, NDArray w1, NDArray w2, float lr, int rows, int batch) {
  static Job of(Task task, NDManager manager) {
    int rows = task.size(0);
    int in = task.size(1);
    int hidden = task.size(2);
    int out = task.size(3);
    Epoch epoch =
        new Epoch(
            manager.create(task.operand(0), new Shape(rows, in)),
            manager.create(task.operand(1)).toType(DataType.INT64, false),
            manager.create(task.operand(2), new Shape(in, hidden)),
            manager.create(task.operand(3), new Shape(hidden, out)),
            task.operand(4)[0],
            rows,
            task.size(4));
    return Job.of(epoch::train, Epoch::values, NDList::close, manager::close);
  }

  /** The weights after it. */
  private NDList train() {
    NDList w = new NDList(w1.duplicate(), w2.duplicate());
    for (int from = 0; from < rows; from += batch) {
      NDList before = w;
      w = step(w, from, Math.min(from + batch, rows));
      before.close();
    }
    return w;
  }

  private NDList step(NDList w, int from, int to) {
    try (NDScope scope = new NDScope()) {
      NDIndex range = new NDIndex().addSliceDim(from, to);
      NDArray xb = x.get(range);
      NDArray yb = labels.get(range).expandDims(1);
      w.forEach(v -> v.setRequiresGradient(true));
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        NDArray z = Activation.relu(xb.matMul(w.get(0))).matMul(w.get(1));
        collector.backward(z.logSoftmax(1).gather(yb, 1).mean().neg());
      }
      NDList after = new NDList(updated(w.get(0)), updated(w.get(1)));
      NDScope.unregister(after);
      return after;
    }
  }

  private NDArray updated(NDArray w) {
    return w.sub(w.getGradient().mul(lr));
  }

  private static float[] values(NDList w) {
    float[] w1 = w.get(0).toFloatArray();
    float[] w2 = w.get(1).toFloatArray();
    float[] all = Arrays.copyOf(w1, w1.length + w2.length);
    System.arraycopy(w2, 0, all, w1.length, w2.length);
    return all;
  }
}
