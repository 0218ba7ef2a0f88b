package thimble.tensor;

import org.jspecify.annotations.Nullable;

/**
 * What holds on one thread: its backend, its innermost scope, and which derivatives are not to be
 * recorded.
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

  /** Above 0 inside a sweep: there values of closed tensors that history holds may be read. */
  int sweeps;

  /** Nodes recorded and ops computed by this thread, since ever. */
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
    return () -> backend = before;
  }

  Block mute(Reach targets) {
    Reach before = muted;
    muted = muted.or(targets);
    return () -> muted = before;
  }
}
