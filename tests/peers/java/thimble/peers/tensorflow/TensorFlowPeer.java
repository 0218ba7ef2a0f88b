package thimble.peers.tensorflow;

import java.io.IOException;
import java.util.List;
import org.tensorflow.EagerSession;
import org.tensorflow.Operand;
import org.tensorflow.TensorFlow;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GraphOptions;
import org.tensorflow.proto.OptimizerOptions;
import org.tensorflow.types.TFloat32;
import thimble.peers.Job;
import thimble.peers.Peer;
import thimble.peers.Task;

/**
 * TensorFlow-Java: graphs that a session runs, which is its fast way and the only one with
 * gradients; a single small op runs eagerly.
 *
 * <p>Properties: {@code threads}, and {@code xla} if XLA is to compile the graphs, for which the
 * environment has to allow it to.
 */
final class TensorFlowPeer implements Peer.Library {
  private static final boolean XLA = Boolean.getBoolean("xla");

  private final ConfigProto config = config();

  private TensorFlowPeer() {}

  public static void main(String[] args) throws IOException {
    Peer.serve(TensorFlowPeer::new);
  }

  @Override
  public String name() {
    return "TensorFlow " + TensorFlow.version() + (XLA ? ", XLA" : "");
  }

  @Override
  public Job prepare(Task task) {
    return switch (task.name()) {
      case "epoch" -> Epoch.of(task, config);
      case "add" -> eagerly(task, config);
      case "horner, gradient" ->
          GraphJob.of(
              config,
              task,
              (tf, in) -> {
                Operand<TFloat32> x = in.getFirst();
                return List.of(gradient(tf, sum(tf, horner(tf, x, task.size(0)), 0), x));
              },
              Shape.of(task.operand(0).length));
      case "polynomial" ->
          GraphJob.of(
              config,
              task,
              (tf, in) -> List.of(polynomial(tf, in.getFirst())),
              Shape.of(task.operand(0).length));
      case "softplus sum, value and gradient" ->
          GraphJob.of(
              config,
              task,
              (tf, in) -> {
                Operand<TFloat32> x = in.getFirst();
                Operand<TFloat32> y = softplusSum(tf, x);
                return List.of(gradient(tf, y, x), y);
              },
              Shape.of(task.operand(0).length));
      case "softmax" -> matrix(config, task, (tf, x) -> tf.nn.softmax(x));
      case "sum" ->
          matrix(
              config,
              task,
              (tf, x) -> task.size(2) < 0 ? sum(tf, x, 0, 1) : sum(tf, x, task.size(2)));
      case "max" -> matrix(config, task, (tf, x) -> tf.max(x, tf.constant(task.size(2))));
      case "transpose" ->
          matrix(config, task, (tf, x) -> tf.linalg.transpose(x, tf.constant(new int[] {1, 0})));
      case "add row" ->
          GraphJob.of(
              config,
              task,
              (tf, in) -> List.of(tf.math.add(in.get(0), in.get(1))),
              Shape.of(task.size(0), task.size(1)),
              Shape.of(task.size(1)));
      case "matmul" -> matmul(config, task);
      default -> throw task.unknown();
    };
  }

  private static ConfigProto config() {
    ConfigProto.Builder config =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(Integer.getInteger("threads"))
            .setInterOpParallelismThreads(1);
    if (XLA) {
      config.setGraphOptions(
          GraphOptions.newBuilder()
              .setOptimizerOptions(
                  OptimizerOptions.newBuilder()
                      .setGlobalJitLevel(OptimizerOptions.GlobalJitLevel.ON_2)));
    }
    return config.build();
  }

  private static Job matrix(ConfigProto config, Task task, GraphJob.Unary f) {
    return GraphJob.of(
        config,
        task,
        (tf, in) -> List.of(f.of(tf, in.getFirst())),
        Shape.of(task.size(0), task.size(1)));
  }

  /** Sizes m, n, k, whether A lies as [k, m], batches. */
  private static Job matmul(ConfigProto config, Task task) {
    int m = task.size(0);
    int n = task.size(1);
    int k = task.size(2);
    boolean transposed = task.size(3) == 1;
    int batches = task.size(4);
    if (batches > 1) {
      return GraphJob.of(
          config,
          task,
          (tf, in) -> List.of(tf.train.batchMatMul(in.get(0), in.get(1), TFloat32.class)),
          Shape.of(batches, m, k),
          Shape.of(batches, k, n));
    }
    return GraphJob.of(
        config,
        task,
        (tf, in) -> List.of(tf.linalg.matMul(in.get(0), in.get(1), MatMul.transposeA(transposed))),
        transposed ? Shape.of(k, m) : Shape.of(m, k),
        Shape.of(k, n));
  }

  private static Job eagerly(Task task, ConfigProto config) {
    EagerSession session = EagerSession.options().config(config).build();
    Ops tf = Ops.create(session);
    Operand<TFloat32> a = tf.constant(task.operand(0));
    Operand<TFloat32> b = tf.constant(task.operand(1));
    return Job.of(
        () -> tf.math.add(a, b), y -> GraphJob.values(y.asTensor()), y -> {}, session::close);
  }

  // -- Functions ----------------------------------------------------------------------------------

  /** y ← y·x + ½ so many times, from y = x. */
  private static Operand<TFloat32> horner(Ops tf, Operand<TFloat32> x, int steps) {
    Operand<TFloat32> y = x;
    for (int i = 0; i < steps; i++) {
      y = tf.math.add(tf.math.mul(y, x), tf.constant(0.5f));
    }
    return y;
  }

  /** relu(((1.5·x + ¼)·x − ½)·x + 1)·¾. */
  private static Operand<TFloat32> polynomial(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> y = tf.math.add(tf.math.mul(x, tf.constant(1.5f)), tf.constant(0.25f));
    y = tf.math.sub(tf.math.mul(y, x), tf.constant(0.5f));
    y = tf.math.add(tf.math.mul(y, x), tf.constant(1f));
    return tf.math.mul(tf.nn.relu(y), tf.constant(0.75f));
  }

  /** Σ log(1 + eˣ)·x. */
  private static Operand<TFloat32> softplusSum(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> y = tf.math.log(tf.math.add(tf.math.exp(x), tf.constant(1f)));
    return sum(tf, tf.math.mul(y, x), 0);
  }

  private static Operand<TFloat32> sum(Ops tf, Operand<TFloat32> x, int... axes) {
    return tf.sum(x, tf.constant(axes));
  }

  private static Operand<TFloat32> gradient(Ops tf, Operand<TFloat32> y, Operand<TFloat32> x) {
    return tf.gradients(y, List.of(x)).dy(0);
  }
}
