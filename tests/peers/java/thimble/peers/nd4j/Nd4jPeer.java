package thimble.peers.nd4j;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.api.OutAndGrad;
import org.nd4j.autodiff.samediff.ops.SDMath;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import thimble.peers.Job;
import thimble.peers.Peer;
import thimble.peers.Task;

/**
 * ND4J: its arrays, op by op and in place where it can, and SameDiff where a gradient is asked for;
 * the network's gradients are written by hand, which is faster than SameDiff's.
 */
final class Nd4jPeer implements Peer.Library {
  private Nd4jPeer() {
    Nd4j.getEnvironment().setMaxThreads(Integer.getInteger("threads"));
    Nd4j.getEnvironment().setMaxMasterThreads(Integer.getInteger("threads"));
  }

  public static void main(String[] args) throws IOException {
    Peer.serve(Nd4jPeer::new);
  }

  @Override
  public String name() {
    Properties pom = new Properties();
    try (InputStream file =
        Nd4j.class.getResourceAsStream("/META-INF/maven/org.nd4j/nd4j-native/pom.properties")) {
      pom.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "ND4J " + pom.getProperty("version");
  }

  @Override
  public Job prepare(Task task) {
    return switch (task.name()) {
      case "epoch" -> Epoch.of(task);
      case "add" -> {
        INDArray a = vector(task, 0);
        INDArray b = vector(task, 1);
        yield job(() -> a.add(b), a, b);
      }
      case "horner, gradient" -> {
        INDArray x = vector(task, 0);
        yield gradient(x, v -> horner(v, task.size(0)), false);
      }
      case "polynomial" -> {
        INDArray x = vector(task, 0);
        yield job(() -> polynomial(x), x);
      }
      case "softplus sum, value and gradient" -> {
        INDArray x = vector(task, 0);
        yield gradient(x, Nd4jPeer::softplus, true);
      }
      case "softmax" -> {
        INDArray x = matrix(task);
        yield job(() -> Nd4j.nn().softmax(x, 1), x);
      }
      case "sum" -> {
        INDArray x = matrix(task);
        int[] axes = task.size(2) < 0 ? new int[] {0, 1} : new int[] {task.size(2)};
        yield job(() -> x.sum(axes), x);
      }
      case "max" -> {
        INDArray x = matrix(task);
        yield job(() -> x.max(task.size(2)), x);
      }
      case "transpose" -> {
        INDArray x = matrix(task);
        yield job(() -> x.transpose().dup('c'), x);
      }
      case "add row" -> {
        INDArray x = matrix(task);
        INDArray b = vector(task, 1);
        yield job(() -> x.addRowVector(b), x, b);
      }
      case "matmul" -> matmul(task);
      default -> throw task.unknown();
    };
  }

  /** Sizes m, n, k, whether A lies as [k, m], batches. */
  private static Job matmul(Task task) {
    int m = task.size(0);
    int n = task.size(1);
    int k = task.size(2);
    int batches = task.size(4);
    if (batches > 1) {
      INDArray a = array(task, 0, batches, m, k);
      INDArray b = array(task, 1, batches, k, n);
      return job(() -> Nd4j.matmul(a, b), a, b);
    }
    INDArray a = task.size(3) == 1 ? array(task, 0, k, m) : array(task, 0, m, k);
    INDArray b = array(task, 1, k, n);
    INDArray left = task.size(3) == 1 ? a.transpose() : a;
    return job(() -> left.mmul(b), a, b);
  }

  // -- Functions ----------------------------------------------------------------------------------

  /** y ← y·x + ½ so many times, from y = x. */
  private static SDVariable horner(SDVariable x, int steps) {
    SDVariable y = x;
    for (int i = 0; i < steps; i++) {
      y = y.mul(x).add(0.5);
    }
    return y;
  }

  /** relu(((1.5·x + ¼)·x − ½)·x + 1)·¾. */
  private static INDArray polynomial(INDArray x) {
    INDArray y = x.mul(1.5f).addi(0.25f).muli(x).subi(0.5f).muli(x).addi(1);
    return Transforms.relu(y, false).muli(0.75f);
  }

  /** log(1 + eˣ)·x. */
  private static SDVariable softplus(SDVariable x) {
    SDMath math = x.getSameDiff().math();
    return math.log(math.exp(x).add(1)).mul(x);
  }

  /** The gradient of Σ f(x); with the sum, as a mean, at its end if it is {@code wanted}. */
  private static Job gradient(INDArray x, UnaryOperator<SDVariable> f, boolean wanted) {
    SameDiff graph = SameDiff.create();
    SDVariable v = graph.var("x", x);
    f.apply(v).sum("y", 0);
    graph.setLossVariables("y");
    List<String> outputs = wanted ? List.of("y") : List.of();
    return Job.of(
        () -> graph.calculateGradientsAndOutputs(Map.of(), outputs, List.of("x")),
        Nd4jPeer::values,
        at -> {},
        x::close);
  }

  private static float[] values(OutAndGrad at) {
    float[] g = values(at.getGradients().get("x"));
    if (at.getOutputs().isEmpty()) {
      return g;
    }
    float[] all = Arrays.copyOf(g, g.length + 1);
    all[g.length] = at.getOutputs().get("y").getFloat() / g.length;
    return all;
  }

  // -- Arrays -------------------------------------------------------------------------------------

  private static Job job(Supplier<INDArray> once, INDArray... operands) {
    return Job.of(
        once,
        Nd4jPeer::values,
        INDArray::close,
        () -> {
          for (INDArray operand : operands) {
            operand.close();
          }
        });
  }

  static float[] values(INDArray x) {
    return x.dup('c').reshape(x.length()).toFloatVector();
  }

  private static INDArray vector(Task task, int i) {
    return Nd4j.createFromArray(task.operand(i));
  }

  /** The first operand as [size 0, size 1]. */
  private static INDArray matrix(Task task) {
    return array(task, 0, task.size(0), task.size(1));
  }

  static INDArray array(Task task, int i, long... shape) {
    return Nd4j.createFromArray(task.operand(i)).reshape(shape);
  }
}
