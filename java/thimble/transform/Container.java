package thimble.transform;

import java.util.List;

/**
 * A structure of a user's own, for those that are no record, list or map: it says what it is made
 * of, and makes another one of other parts.
 *
 * <pre>{@code
 * final class Polynomial implements Container<Polynomial> {
 *   private final List<Tensor> coefficients;
 *   …
 *   public List<?> children() {
 *     return coefficients;
 *   }
 *   public Polynomial rebuild(List<?> children) {
 *     return new Polynomial(children.stream().map(Tensor.class::cast).toList());
 *   }
 * }
 * }</pre>
 *
 * @param <T> the class itself
 */
public interface Container<T> {
  /** The parts, always in the same order: tensors, structures, and values that stand still. */
  List<?> children();

  /**
   * The same with other parts, in the order of {@link #children}; whatever else it holds is copied.
   */
  T rebuild(List<?> children);
}
