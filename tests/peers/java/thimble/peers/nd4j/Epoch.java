package thimble.peers.nd4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;
import thimble.peers.Job;
import thimble.peers.Task;

/**
 * An epoch of the two-layer network, with gradients by hand, in place where that does; batches are
 * views made before. Sizes rows, in, hidden, out, batch; operands x, labels, w1, w2, lr.
 */
final class Epoch implements Job {
  private final INDArray w1;
  private final INDArray w2;
  private final float lr;
  private final INDArray all;
  private final List<INDArray> xs = new ArrayList<>();
  private final List<INDArray> onehots = new ArrayList<>();

  private Epoch(Task task) {
    int rows = task.size(0);
    int out = task.size(3);
    int batch = task.size(4);
    w1 = Nd4jPeer.array(task, 2, task.size(1), task.size(2));
    w2 = Nd4jPeer.array(task, 3, task.size(2), out);
    lr = task.operand(4)[0];
    all = Nd4jPeer.array(task, 0, rows, task.size(1));
    for (int from = 0; from < rows; from += batch) {
      int to = Math.min(from + batch, rows);
      xs.add(all.get(NDArrayIndex.interval(from, to), NDArrayIndex.all()));
      INDArray onehot = Nd4j.zeros(DataType.FLOAT, to - from, out);
      for (int i = from; i < to; i++) {
        onehot.putScalar(i - from, (int) task.operand(1)[i], 1);
      }
      onehots.add(onehot);
    }
  }

  static Job of(Task task) {
    return new Epoch(task);
  }

  @Override
  public void run(int times) {
    for (int i = 0; i < times; i++) {
      close(train());
    }
  }

  /** The weights after it. */
  private INDArray[] train() {
    INDArray[] w = {w1.dup(), w2.dup()};
    for (int i = 0; i < xs.size(); i++) {
      step(w, xs.get(i), onehots.get(i));
    }
    return w;
  }

  private void step(INDArray[] w, INDArray x, INDArray onehot) {
    INDArray h = Transforms.relu(x.mmul(w[0]), false);
    INDArray z = h.mmul(w[1]);
    // lr · ∂loss/∂z = (softmax(z) − onehot) · lr / rows
    INDArray dz = Transforms.softmax(z, false).subi(onehot).muli(lr / x.rows());
    INDArray dh = dz.mmul(w[1].transpose());
    INDArray dw2 = h.transpose().mmul(dz);
    dh.muli(Transforms.sign(h, false));
    INDArray dw1 = x.transpose().mmul(dh);
    w[1].subi(dw2);
    w[0].subi(dw1);
    close(h, z, dz, dh, dw2, dw1);
  }

  private static void close(INDArray... arrays) {
    for (INDArray array : arrays) {
      array.close();
    }
  }

  @Override
  public float[] result() {
    INDArray[] w = train();
    float[] first = Nd4jPeer.values(w[0]);
    float[] second = Nd4jPeer.values(w[1]);
    close(w);
    float[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  @Override
  public void close() {
    close(w1, w2, all);
    onehots.forEach(INDArray::close);
  }
}
