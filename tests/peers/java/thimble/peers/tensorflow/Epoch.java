package thimble.peers.tensorflow;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import thimble.peers.Job;
import thimble.peers.Task;

/**
 * An epoch of the two-layer network as a graph with variables; a step is one run of it that is fed
 * a batch of its own, made before. Sizes rows, in, hidden, out, batch; operands x, labels, w1, w2,
 * lr.
 */
final class Epoch implements Job {
  private final Graph graph = new Graph();
  private final Session session;
  private final Operand<TFloat32> x;
  private final Operand<TInt32> labels;
  private final List<Operand<TFloat32>> weights;
  private final List<Op> start;
  private final List<Op> updates;
  private final List<TFloat32> xs = new ArrayList<>();
  private final List<TInt32> ys = new ArrayList<>();

  private Epoch(Task task, ConfigProto config) {
    int in = task.size(1);
    int hidden = task.size(2);
    int out = task.size(3);
    Ops tf = Ops.create(graph);
    x = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, in)));
    labels = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(-1)));
    Variable<TFloat32> w1 = tf.variable(Shape.of(in, hidden), TFloat32.class);
    Variable<TFloat32> w2 = tf.variable(Shape.of(hidden, out), TFloat32.class);
    weights = List.of(w1, w2);
    start =
        List.of(
            tf.assign(
                w1, tf.reshape(tf.constant(task.operand(2)), tf.constant(new int[] {in, hidden}))),
            tf.assign(
                w2,
                tf.reshape(tf.constant(task.operand(3)), tf.constant(new int[] {hidden, out}))));
    Operand<TFloat32> z = tf.linalg.matMul(tf.nn.relu(tf.linalg.matMul(x, w1)), w2);
    // The sparse op has no gradient that Java can reach.
    Operand<TFloat32> onehot =
        tf.oneHot(labels, tf.constant(out), tf.constant(1f), tf.constant(0f));
    Operand<TFloat32> loss =
        tf.math.mean(tf.nn.softmaxCrossEntropyWithLogits(z, onehot).loss(), tf.constant(0));
    var gradients = tf.gradients(loss, weights);
    Operand<TFloat32> lr = tf.constant(task.operand(4)[0]);
    // A gradient that is not there yet may still need the weights.
    Ops after = tf.withControlDependencies(List.of(gradients.dy(0), gradients.dy(1)));
    updates =
        List.of(
            after.train.applyGradientDescent(w1, lr, gradients.dy(0)),
            after.train.applyGradientDescent(w2, lr, gradients.dy(1)));
    session = new Session(graph, config);
    batches(task);
  }

  static Job of(Task task, ConfigProto config) {
    return new Epoch(task, config);
  }

  private void batches(Task task) {
    int rows = task.size(0);
    int in = task.size(1);
    int batch = task.size(4);
    for (int from = 0; from < rows; from += batch) {
      int to = Math.min(from + batch, rows);
      float[] part = Arrays.copyOfRange(task.operand(0), from * in, to * in);
      xs.add(GraphJob.tensor(part, Shape.of(to - from, in)));
      int[] y = new int[to - from];
      for (int i = 0; i < y.length; i++) {
        y[i] = (int) task.operand(1)[from + i];
      }
      ys.add(TInt32.vectorOf(y));
    }
  }

  @Override
  public void run(int times) {
    for (int i = 0; i < times; i++) {
      train();
    }
  }

  private void train() {
    run(session.runner(), start);
    for (int i = 0; i < xs.size(); i++) {
      run(session.runner().feed(x, xs.get(i)).feed(labels, ys.get(i)), updates);
    }
  }

  private static void run(Session.Runner runner, List<Op> targets) {
    targets.forEach(runner::addTarget);
    runner.run().close();
  }

  @Override
  public float[] result() {
    train();
    Session.Runner runner = session.runner();
    weights.forEach(runner::fetch);
    try (Result after = runner.run()) {
      float[] w1 = GraphJob.values((TFloat32) after.get(0));
      float[] w2 = GraphJob.values((TFloat32) after.get(1));
      float[] all = Arrays.copyOf(w1, w1.length + w2.length);
      System.arraycopy(w2, 0, all, w1.length, w2.length);
      return all;
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
    xs.forEach(Tensor::close);
    ys.forEach(Tensor::close);
  }
}
