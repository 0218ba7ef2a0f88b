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
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;
import thimble.peers.Job;
import thimble.peers.Task;

/** A graph that is given the operands, neither copied nor folded, and gives new tensors. */
final class GraphJob {
  /** Makes the graph's results from its inputs. */
  interface Function {
    List<Operand<TFloat32>> of(Ops tf, List<Operand<TFloat32>> in);
  }

  /** The same of one to one. */
  interface Unary {
    Operand<TFloat32> of(Ops tf, Operand<TFloat32> x);
  }

  private GraphJob() {}

  /** The job of {@code f} of operands of these shapes. */
  static Job of(ConfigProto config, Task task, Function f, Shape... shapes) {
    Graph graph = new Graph();
    Ops tf = Ops.create(graph);
    List<Operand<TFloat32>> in = new ArrayList<>();
    List<Tensor> operands = new ArrayList<>();
    for (int i = 0; i < shapes.length; i++) {
      in.add(tf.placeholder(TFloat32.class, Placeholder.shape(shapes[i])));
      operands.add(tensor(task.operand(i), shapes[i]));
    }
    List<Operand<TFloat32>> out = f.of(tf, in);
    Session session = new Session(graph, config);
    return Job.of(
        () -> {
          Session.Runner runner = session.runner();
          for (int i = 0; i < shapes.length; i++) {
            runner.feed(in.get(i), operands.get(i));
          }
          out.forEach(runner::fetch);
          return runner.run();
        },
        GraphJob::values,
        Result::close,
        () -> {
          session.close();
          graph.close();
          operands.forEach(Tensor::close);
        });
  }

  static TFloat32 tensor(float[] x, Shape shape) {
    return TFloat32.tensorOf(shape, DataBuffers.of(x, true, false));
  }

  static float[] values(TFloat32 x) {
    float[] values = new float[(int) x.size()];
    x.copyTo(DataBuffers.of(values, false, false));
    return values;
  }

  /** The elements of all results; a sum that comes after its gradient counts as a mean. */
  private static float[] values(Result y) {
    float[] first = values((TFloat32) y.get(0));
    if (y.size() == 1) {
      return first;
    }
    float[] all = Arrays.copyOf(first, first.length + 1);
    all[first.length] = ((TFloat32) y.get(1)).getFloat() / first.length;
    return all;
  }
}
