package thimble.tensor;

import java.util.Locale;

/**
 * Random numbers as a function of a key: element i is made of word i of {@link Philox}' blocks with
 * counter 0, 1, … (32 bits) or of two words (64 bits, the low half first).
 *
 * @param kind which numbers
 * @param key of all of them
 * @param low of {@link Kind#INTEGERS}: the smallest
 * @param range of {@link Kind#INTEGERS}: how many, above 0, as an unsigned number
 * @param dtype of the result
 * @param shape of the result
 */
public record Random(Kind kind, long key, long low, long range, DType dtype, Shape shape)
    implements Op.Leaf {
  /** What the bits become. */
  public enum Kind {
    /** int32 or int64: all bits. */
    BITS,
    /** float32: the upper 24 of 32 bits, times 2^−24; float64: the upper 53 of 64, times 2^−53. */
    UNIFORM,
    /** int64: low + ⌊64 bits · range / 2^64⌋. */
    INTEGERS
  }

  @Override
  public Shape shape(Tensor... in) {
    return shape;
  }

  @Override
  public DType dtype(Tensor... in) {
    return dtype;
  }

  @Override
  public String toString() {
    return "random " + kind.name().toLowerCase(Locale.ROOT);
  }
}
