package thimble.tensor;

import org.jspecify.annotations.Nullable;

/**
 * What holds on one thread: its backend, its innermost scope, and which derivatives are being
 * recorded.
 *
 * <p>A tensor carries a set of bits, {@code tracks}: bit 0 if it reaches a leaf with requiresGrad,
 * bit k if it reaches the variable of the k-th open transform of its thread. An op records its
 * inputs if their bits, without the muted ones, are not empty. noGrad mutes bit 0; the backward
 * sweep of a transform mutes that transform's own bit, so what it computes is recorded exactly if
 * an outer transform wants it.
 */
final class Mode {
  private static final ThreadLocal<Mode> MODES = ThreadLocal.withInitial(Mode::new);

  /** The bit of leaves with requiresGrad. */
  static final long LEAVES = 1;

  private @Nullable Backend backend;
  @Nullable Scope scope;
  long muted;
  private long open = LEAVES;

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

  Block mute(long bits) {
    long before = muted;
    muted |= bits;
    return () -> muted = before;
  }

  /** A bit for the variable of a transform that opens now. */
  long openLevel() {
    long bit = Long.lowestOneBit(~open);
    if (bit == 0) {
      throw new IllegalStateException("more than 63 nested transforms on one thread");
    }
    open |= bit;
    return bit;
  }

  void closeLevel(long bit) {
    open &= ~bit;
  }
}
