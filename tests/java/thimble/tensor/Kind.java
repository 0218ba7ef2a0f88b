package thimble.tensor;

import java.util.Optional;

/**
 * What an operand of a row is.
 *
 * @param domain where its elements lie
 * @param slope what kind of derivative the op has in it
 * @param dtype its type, where that is not the row's to choose
 */
record Kind(Domain domain, Slope slope, Optional<DType> dtype) {
  /** How the result depends on an operand. */
  enum Slope {
    /** Its derivative says all of it, up to a constant: f(x + u) − f(x) is the same for every x. */
    LINEAR,
    /** It has a derivative, which is not 0. */
    SMOOTH,
    /** The derivative is 0 everywhere. */
    FLAT,
    /** None: it does not count as a variable. */
    NONE
  }

  static final Kind MASK = new Kind(Domain.MASK, Slope.NONE, Optional.of(DType.BOOL));
  static final Kind INDEX = new Kind(Domain.INDEX, Slope.NONE, Optional.of(DType.INT64));

  static Kind of(Domain domain, Slope slope) {
    return new Kind(domain, slope, Optional.empty());
  }
}
