package thimble.tensor;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lazy evaluation: while a block is open, ops of this thread build nodes and compute nothing; the
 * first look at a value computes all that it needs as one batch. Shapes and dtypes are known
 * without computing, and what does not fit is an error when the node is built; errors that depend
 * on values, an index out of range, come when it is computed.
 *
 * <pre>{@code
 * try (Block _ = Lazy.open()) {
 *   Tensor y = x.matmul(w).relu().sum();     // nothing is computed
 *   System.out.println(y.item());            // all of it is
 * }
 * }</pre>
 *
 * A node that is not computed keeps its inputs; computed, only if a derivative may ask for them.
 */
public final class Lazy {
  /** One batch at a time: a node may be wanted by several threads. */
  private static final ReentrantLock COMPUTING = new ReentrantLock();

  private Lazy() {}

  /** Leaves ops of this thread uncomputed until the block is closed. */
  public static Block open() {
    return Mode.get().lazy(true);
  }

  /**
   * Computes these, and what they need, as one batch.
   *
   * @throws TraceException if one depends on an input of a trace
   */
  public static void realize(Tensor... wanted) {
    int held = 0;
    COMPUTING.lock();
    try {
      for (; held < wanted.length; held++) {
        wanted[held].addHolder("realize", held); // another thread may close it meanwhile
      }
      List<Tensor> order = Graph.order(Tensor::isPending, wanted);
      for (Tensor n : order) {
        if (n.op() instanceof Input) {
          throw Trace.refused(n);
        }
      }
      Mode mode = Mode.get();
      for (Tensor n : order) {
        Op op = n.op();
        Tensor[] in = n.inputList().toArray(Tensor[]::new);
        Buffer value = Eager.compute(mode, op, in, null);
        n.computed(value);
        Anomaly anomaly = mode.anomaly;
        if (anomaly != null) {
          anomaly.computed(mode, op, in, n);
        }
      }
    } finally {
      COMPUTING.unlock();
      while (held > 0) {
        Tensor.release(wanted[--held]);
      }
    }
  }

  /** The value of one that was pending. */
  static Buffer compute(Tensor x) {
    realize(x);
    return x.value();
  }
}
