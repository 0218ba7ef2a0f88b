package thimble.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Closes, at its end, the tensors that this thread made in it, so that their memory is reused at
 * once instead of when the garbage collector finds them.
 *
 * <pre>{@code
 * try (Scope scope = Scope.open()) {
 *   Tensor w1 = scope.keep(step(w));     // outlives the scope; everything else made here does not
 * }
 * }</pre>
 *
 * Nobody has to use one: a forgotten tensor is reclaimed after it has become unreachable.
 */
public final class Scope implements Block {
  private final Mode mode;
  private @Nullable Scope outer;
  private final List<Tensor> made = new ArrayList<>();

  /** One that is not open yet. */
  Scope(Mode mode) {
    this.mode = mode;
  }

  /** Opens a scope on this thread, inside the one that is open, if any. */
  public static Scope open() {
    return new Scope(Mode.get()).begin();
  }

  /** Opens it, inside the one that is open. */
  Scope begin() {
    outer = mode.scope;
    mode.scope = this;
    return this;
  }

  /**
   * Lets a tensor live on: it passes to the enclosing scope, or to nobody's. A tensor that was not
   * made in this scope is left as it is.
   *
   * @return the tensor
   */
  public Tensor keep(Tensor x) {
    if (x.owner == this) {
      pass(x);
    }
    return x;
  }

  /** Gives a tensor to the enclosing scope, or to nobody's. */
  void pass(Tensor x) {
    x.owner = outer;
    if (outer != null) {
      outer.made.add(x);
    }
  }

  void add(Tensor x) {
    x.owner = this;
    made.add(x);
  }

  /** Lets a tensor of this scope, most often the last, live on for whoever closes it himself. */
  Tensor release(Tensor x) {
    x.owner = null;
    if (!made.isEmpty() && made.getLast() == x) {
      made.removeLast();
    }
    return x;
  }

  boolean owns(Tensor x) {
    return x.owner == this;
  }

  /** Lets a gradient live as long as its leaf, whose scope may be an outer one or none. */
  static void liveWith(Tensor leaf, Tensor grad) {
    Scope scope = leaf.owner;
    if (scope != grad.owner) {
      grad.owner = null;
      if (scope != null && scope.mode == Mode.get()) {
        scope.add(grad);
      }
    }
  }

  /**
   * Closes what was made and not kept.
   *
   * @throws IllegalStateException if an inner scope is still open, or on another thread
   */
  @Override
  public void close() {
    if (mode != Mode.get() || mode.scope != this) {
      throw new IllegalStateException(
          "a Scope must be closed once, on the thread that opened it, innermost first");
    }
    mode.scope = outer;
    closeFrom(0, null);
  }

  /** How many tensors were made in it so far. */
  int size() {
    return made.size();
  }

  /** Closes what was made since there were so many, and not kept, but for that one. */
  void closeFrom(int size, @Nullable Tensor but) {
    boolean spared = false;
    while (made.size() > size) {
      Tensor x = made.removeLast();
      if (x == but) {
        spared = true;
      } else if (x.owner == this) {
        x.close();
      }
    }
    if (spared) {
      made.add(but);
    }
  }
}
