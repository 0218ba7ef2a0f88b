package thimble.tensor;

import org.jspecify.annotations.Nullable;

/**
 * What holds on one thread: its backend, its innermost scope, whether ops are computed at once, and
 * which derivatives are not to be recorded.
 *
 * <p>An op records its inputs if what they reach, without what is muted, is not empty. noGrad mutes
 * the leaves; the backward sweep of a transform mutes that transform, so what it computes is
 * recorded exactly if an outer one wants it.
 */
final class Mode {
  private static final ThreadLocal<Mode> MODES = ThreadLocal.withInitial(Mode::new);

  private @Nullable Backend backend;
  @Nullable Scope scope;
  Reach muted = Reach.NONE;

  /** Whether nodes are built without being computed. */
  boolean lazy;

  /** What looks at values, if something does. */
  @Nullable Anomaly anomaly;

  /** How many blocks are open. */
  private int blocks;

  /** Above 0 where values of closed tensors that history holds may be read, as in a sweep. */
  int sweeps;

  /** Tensors made, nodes recorded and ops computed by this thread, since ever. */
  int made;

  long nodes;

  long computed;

  static Mode get() {
    return MODES.get();
  }

  Backend backend() {
    Backend b = backend;
    return b != null ? b : Backends.standard();
  }

  Block use(Backend b) {
    Backend before = backend;
    backend = b;
    return new Nested(() -> backend = before);
  }

  Block lazy(boolean wanted) {
    boolean before = lazy;
    lazy = wanted;
    return new Nested(() -> lazy = before);
  }

  Block lookFor(@Nullable Anomaly wanted) {
    Anomaly before = anomaly;
    anomaly = wanted;
    return new Nested(() -> anomaly = before);
  }

  Block reading() {
    sweeps++;
    return new Nested(() -> sweeps--);
  }

  Block mute(Reach targets) {
    Reach before = muted;
    muted = muted.or(targets);
    return new Nested(() -> muted = before);
  }

  /** Undoes what it was opened for; innermost first, or the wrong thing would be restored. */
  private final class Nested implements Block {
    private final int depth = ++blocks;
    private final Runnable restore;
    private boolean closed;

    Nested(Runnable restore) {
      this.restore = restore;
    }

    @Override
    public void close() {
      if (closed) {
        return;
      }
      if (Mode.get() != Mode.this || blocks != depth) {
        throw new IllegalStateException(
            "a block must be closed on the thread that opened it, innermost first");
      }
      closed = true;
      blocks--;
      restore.run();
    }
  }
}
