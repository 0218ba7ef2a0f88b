package thimble.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * A batch is compiled as a {@link Routine}: what lies on the way to what is wanted is not kept, and
 * is computed again if it is looked at later, once. A node that is not computed keeps its inputs;
 * computed, only if a derivative may ask for them.
 */
public final class Lazy {
  /** One node at a time: it may be wanted by several threads. Let go of around a user's op. */
  private static final ReentrantLock COMPUTING = new ReentrantLock();

  /** The users' ops that are being computed, and by which thread. */
  private static final IdentityHashMap<Tensor, Thread> RUNNING = new IdentityHashMap<>();

  /** One of these has ended. */
  private static final Condition ENDED = COMPUTING.newCondition();

  /** How many batches are kept ready, in case one like them comes again. */
  private static final int CODES = 64;

  /** These, the one that was used last at the end. */
  private static final Map<Code, Compiled> CODE = new LinkedHashMap<>(CODES, 0.75f, true);

  private record Code(Backend backend, Routine routine) {}

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
      if (isBatch(mode, order)) {
        computeTogether(mode, order, wanted);
      } else {
        order.forEach(Lazy::computeOne);
      }
    } finally {
      COMPUTING.unlock();
      while (held > 0) {
        Tensor.release(wanted[--held]);
      }
    }
  }

  /** Whether these are several, and nobody wants to see one by one what they come to. */
  private static boolean isBatch(Mode mode, List<Tensor> order) {
    return mode.anomaly == null
        && order.stream().noneMatch(n -> n.op() instanceof Op.Custom)
        && order.stream().filter(n -> !(n.op() instanceof Op.View)).limit(2).count() == 2;
  }

  /**
   * Computes these as one piece of compiled code. A value is kept if it is wanted, if a derivative
   * may ask for it, or if it was needed by an earlier batch that did not keep it: so none is
   * computed more than twice, and what is wanted once needs no memory of its own.
   */
  private static void computeTogether(Mode mode, List<Tensor> order, Tensor[] wanted) {
    Set<Tensor> last = Collections.newSetFromMap(new IdentityHashMap<>());
    last.addAll(List.of(wanted));
    List<Tensor> kept = order.stream().filter(n -> last.contains(n) || n.isWantedAgain()).toList();
    Set<Tensor> batch = Collections.newSetFromMap(new IdentityHashMap<>());
    batch.addAll(order);
    List<Tensor> given =
        order.stream()
            .flatMap(n -> n.inputList().stream())
            .filter(x -> !batch.contains(x))
            .distinct()
            .toList();
    Buffer[] values = new Buffer[given.size()];
    int held = 0;
    try {
      for (; held < values.length; held++) {
        values[held] = given.get(held).value();
        Eager.hold(values[held], given.get(held), "realize", held);
      }
      List<Routine.Argument> arguments =
          Arrays.stream(values).map(v -> Routine.Argument.like(v, false)).toList();
      Buffer[] results =
          run(mode, Routine.of(given, new ArrayList<>(arguments), order, kept), values);
      order.forEach(n -> n.passed());
      for (int i = 0; i < results.length; i++) {
        kept.get(i).computed(results[i]);
      }
    } finally {
      while (held > 0) {
        values[--held].storage().release();
      }
    }
  }

  private static Buffer[] run(Mode mode, Routine r, Buffer[] values) {
    mode.computed += r.kernels();
    Code code = new Code(mode.backend(), r);
    Compiled compiled = CODE.get(code);
    if (compiled == null) {
      compiled = mode.backend().compile(r);
      CODE.put(code, compiled);
      if (CODE.size() > CODES) {
        CODE.remove(CODE.keySet().iterator().next());
      }
    }
    try {
      return compiled.run(values);
    } finally {
      compiled.trim(); // one like it may never come
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
