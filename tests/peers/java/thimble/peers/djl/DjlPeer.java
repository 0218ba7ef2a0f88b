package thimble.peers.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import thimble.peers.Job;
import thimble.peers.Peer;
import thimble.peers.Task;

/** DJL with its PyTorch engine, eager: there is no other way to compute with its arrays. */
final class DjlPeer implements Peer.Library {
  private DjlPeer() {}

  public static void main(String[] args) throws IOException {
    Peer.serve(DjlPeer::new);
  }

  @Override
  public String name() {
    return "DJL %s, PyTorch %s"
        .formatted(Engine.getDjlVersion(), Engine.getInstance().getVersion());
  }

  @Override
  public Job prepare(Task task) {
    NDManager manager = NDManager.newBaseManager();
    return switch (task.name()) {
      case "epoch" -> Epoch.of(task, manager);
      case "add" -> {
        NDArray a = vector(task, 0, manager);
        NDArray b = vector(task, 1, manager);
        yield job(manager, () -> a.add(b));
      }
      case "add, recorded" -> {
        NDArray a = vector(task, 0, manager);
        NDArray b = vector(task, 1, manager);
        a.setRequiresGradient(true);
        yield job(manager, () -> recorded(() -> a.add(b)));
      }
      case "horner, gradient" -> {
        NDArray x = vector(task, 0, manager);
        yield job(manager, () -> gradient(x, v -> horner(v, task.size(0)).sum())[1]);
      }
      case "polynomial" -> {
        NDArray x = vector(task, 0, manager);
        yield job(manager, () -> scoped(() -> polynomial(x)));
      }
      case "softplus sum, value and gradient" -> {
        NDArray x = vector(task, 0, manager);
        yield Job.of(
            () -> gradient(x, v -> v.exp().add(1).log().mul(v).sum()),
            y -> append(y[1].toFloatArray(), y[0].getFloat()),
            y -> {
              y[0].close();
              y[1].close();
            },
            manager::close);
      }
      case "softmax" -> {
        NDArray x = matrix(task, 0, manager);
        yield job(manager, () -> x.softmax(1));
      }
      case "sum" -> {
        NDArray x = matrix(task, 0, manager);
        int[] axes = {task.size(2)};
        yield job(manager, axes[0] < 0 ? x::sum : () -> x.sum(axes));
      }
      case "max" -> {
        NDArray x = matrix(task, 0, manager);
        int[] axes = {task.size(2)};
        yield job(manager, () -> x.max(axes));
      }
      case "transpose" -> {
        NDArray x = matrix(task, 0, manager);
        yield job(manager, () -> scoped(() -> x.transpose().duplicate()));
      }
      case "add row" -> {
        NDArray x = matrix(task, 0, manager);
        NDArray b = vector(task, 1, manager);
        yield job(manager, () -> x.add(b));
      }
      case "matmul" -> matmul(task, manager);
      default -> throw task.unknown();
    };
  }

  /** Sizes m, n, k, whether A lies as [k, m], batches. */
  private static Job matmul(Task task, NDManager manager) {
    int m = task.size(0);
    int n = task.size(1);
    int k = task.size(2);
    int batches = task.size(4);
    if (batches > 1) {
      NDArray a = manager.create(task.operand(0), new Shape(batches, m, k));
      NDArray b = manager.create(task.operand(1), new Shape(batches, k, n));
      return job(manager, () -> a.batchMatMul(b));
    }
    NDArray lying =
        manager.create(task.operand(0), task.size(3) == 1 ? new Shape(k, m) : new Shape(m, k));
    NDArray a = task.size(3) == 1 ? lying.transpose() : lying;
    NDArray b = manager.create(task.operand(1), new Shape(k, n));
    return job(manager, () -> a.matMul(b));
  }

  // -- Functions ----------------------------------------------------------------------------------

  /** y ← y·x + ½ so many times, from y = x. */
  private static NDArray horner(NDArray x, int steps) {
    NDArray y = x;
    for (int i = 0; i < steps; i++) {
      y = y.mul(x).add(0.5f);
    }
    return y;
  }

  /** relu(((1.5·x + ¼)·x − ½)·x + 1)·¾. */
  private static NDArray polynomial(NDArray x) {
    return Activation.relu(x.mul(1.5f).add(0.25f).mul(x).sub(0.5f).mul(x).add(1)).mul(0.75f);
  }

  /** f(x) and its gradient. */
  private static NDArray[] gradient(NDArray x, UnaryOperator<NDArray> f) {
    try (NDScope scope = new NDScope();
        GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDArray leaf = x.stopGradient();
      leaf.setRequiresGradient(true);
      NDArray y = f.apply(leaf);
      collector.backward(y);
      NDArray g = leaf.getGradient();
      NDScope.unregister(y, g);
      return new NDArray[] {y, g};
    }
  }

  private static NDArray recorded(Supplier<NDArray> f) {
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      return f.get();
    }
  }

  /** The value of f; what it takes on the way is given back. */
  private static NDArray scoped(Supplier<NDArray> f) {
    try (NDScope scope = new NDScope()) {
      NDArray y = f.get();
      NDScope.unregister(y);
      return y;
    }
  }

  // -- Arrays -------------------------------------------------------------------------------------

  private static Job job(NDManager manager, Supplier<NDArray> once) {
    return Job.of(once, NDArray::toFloatArray, NDArray::close, manager::close);
  }

  private static NDArray vector(Task task, int i, NDManager manager) {
    return manager.create(task.operand(i));
  }

  /** An operand [size 0, size 1]. */
  private static NDArray matrix(Task task, int i, NDManager manager) {
    return manager.create(task.operand(i), new Shape(task.size(0), task.size(1)));
  }

  /** The gradient of a sum and, at its end, the sum as a mean. */
  private static float[] append(float[] gradient, float sum) {
    float[] all = Arrays.copyOf(gradient, gradient.length + 1);
    all[gradient.length] = sum / gradient.length;
    return all;
  }
}
