package thimble.bench;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import thimble.bench.Rival.Library;
import thimble.bench.Rival.Task;
import thimble.tensor.Scope;
import thimble.tensor.Tensor;

/**
 * Work that Thimble does in one way or several, and other libraries as the task says.
 *
 * @param unit what is told of it
 * @param work how many operations it is, where the unit is a rate
 * @param tolerance by how much elements may differ, as a part of the largest
 * @param outcome what is compared, of what the others give
 */
record Duel(
    Unit unit,
    double work,
    float tolerance,
    Task task,
    UnaryOperator<float[]> outcome,
    List<Way> ways) {

  /** All but TensorFlow's compiler, which has nothing to fuse in a single op. */
  static final Set<Library> PLAIN = EnumSet.complementOf(EnumSet.of(Library.XLA));

  static final Set<Library> ALL = EnumSet.allOf(Library.class);

  /** By how much sums in another order may differ. */
  private static final float SUMS = 2e-5f;

  /**
   * A way to do it with Thimble.
   *
   * @param id that of the row which has the way's time
   */
  record Way(String id, String what, Contest.Body body, Supplier<float[]> result) {
    /** That of an op whose result is closed. */
    static Way op(String id, String what, Supplier<Tensor> op) {
      return new Way(id, what, Contest.each(() -> op.get().close()), () -> op.get().toFloatArray());
    }

    /** That of a function in a Scope. */
    static Way scoped(String id, String what, Supplier<List<Tensor>> f) {
      return new Way(
          id,
          what,
          Contest.each(() -> {
            try (Scope _ = Scope.open()) {
              f.get();
            }
          }),
          () -> {
            try (Scope _ = Scope.open()) {
              return Fused.values(f.get());
            }
          });
    }
  }

  /** A duel in which the others give what is compared. */
  static Duel of(Unit unit, Task task, Way... ways) {
    return new Duel(unit, 1, SUMS, task, y -> y, List.of(ways));
  }

  /** The same with another tolerance. */
  Duel within(float margin) {
    return new Duel(unit, work, margin, task, outcome, ways);
  }

  /** The same where the unit is a rate. */
  Duel times(double operations) {
    return new Duel(unit, operations, tolerance, task, outcome, ways);
  }
}
