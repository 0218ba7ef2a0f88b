package thimble.tensor;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.locks.Condition;
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
  /** One node at a time: it may be wanted by several threads. Let go of around a user's op. */
  private static final ReentrantLock COMPUTING = new ReentrantLock();

  /** The users' ops that are being computed, and by which thread. */
  private static final IdentityHashMap<Tensor, Thread> RUNNING = new IdentityHashMap<>();

  /** One of these has ended. */
  private static final Condition ENDED = COMPUTING.newCondition();

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
      order.forEach(Lazy::computeOne);
    } finally {
      COMPUTING.unlock();
      while (held > 0) {
        Tensor.release(wanted[--held]);
      }
    }
  }

  /** Computes one whose inputs are; nothing if another thread has meanwhile. */
  private static void computeOne(Tensor n) {
    while (RUNNING.containsKey(n)) {
      if (RUNNING.get(n) == Thread.currentThread()) {
        throw new IllegalStateException(
            "%s: its value is asked for while it is being computed".formatted(n.op()));
      }
      ENDED.awaitUninterruptibly();
    }
    if (!n.isPending()) {
      return;
    }
    Mode mode = Mode.get();
    Op op = n.op();
    Tensor[] in = n.inputList().toArray(Tensor[]::new);
    n.computed(op instanceof Op.Custom ? custom(mode, n, in) : Eager.compute(mode, op, in, null));
    Anomaly anomaly = mode.anomaly;
    if (anomaly != null) {
      anomaly.computed(mode, op, in, n);
    }
  }

  /** A user's op may wait for another thread, which may be computing lazy values too. */
  private static Buffer custom(Mode mode, Tensor n, Tensor[] in) {
    RUNNING.put(n, Thread.currentThread());
    COMPUTING.unlock();
    try {
      return Eager.compute(mode, n.op(), in, null);
    } finally {
      COMPUTING.lock();
      RUNNING.remove(n);
      ENDED.signalAll();
    }
  }

  /** The value of one that was pending. */
  static Buffer compute(Tensor x) {
    realize(x);
    return x.value();
  }
}
