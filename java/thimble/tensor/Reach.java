package thimble.tensor;

import java.util.Arrays;

/**
 * Which derivatives may still ask for a tensor's history: an immutable set of {@link Target}s that
 * it was computed from. Nearly always empty or of one element, and shared.
 */
final class Reach {
  /** What a derivative is taken with respect to. */
  interface Target {
    /** Whether somebody may still ask. */
    boolean open();
  }

  /** The leaves with requiresGrad, which may be asked for at any time. */
  static final Target LEAVES = () -> true;

  /** Nothing. */
  static final Reach NONE = new Reach();

  /** A leaf with requiresGrad. */
  static final Reach LEAF = new Reach(LEAVES);

  private final Target[] targets;

  private Reach(Target... targets) {
    this.targets = targets;
  }

  static Reach of(Target target) {
    return new Reach(target);
  }

  boolean isEmpty() {
    return targets.length == 0;
  }

  @SuppressWarnings("ReferenceEquality") // a target is nothing but itself
  boolean has(Target target) {
    for (Target t : targets) {
      if (t == target) {
        return true;
      }
    }
    return false;
  }

  /** What is in this or in the other. */
  Reach or(Reach other) {
    if (this == other || other.isEmpty()) {
      return this;
    }
    if (isEmpty()) {
      return other;
    }
    Target[] more = Arrays.stream(other.targets).filter(t -> !has(t)).toArray(Target[]::new);
    if (more.length == 0) {
      return this;
    }
    Target[] all = Arrays.copyOf(targets, targets.length + more.length);
    System.arraycopy(more, 0, all, targets.length, more.length);
    return new Reach(all);
  }

  /** Without those that are in the other, and those that are no longer open. */
  Reach less(Reach other) {
    int kept = 0; // asked for with every op: nothing is made for the usual answers
    for (Target t : targets) {
      kept += t.open() && !other.has(t) ? 1 : 0;
    }
    if (kept == targets.length) {
      return this;
    }
    return kept == 0
        ? NONE
        : new Reach(
            Arrays.stream(targets).filter(t -> t.open() && !other.has(t)).toArray(Target[]::new));
  }
}
