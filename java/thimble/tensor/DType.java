package thimble.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/**
 * The type of a tensor's elements.
 *
 * <p>Arithmetic and derivatives are for the two floating types; the others carry labels, indices
 * and masks. In that order the ordinals are the codes of {@code thimble.h}.
 */
public enum DType {
  /** IEEE 754 binary32, Java's {@code float}. */
  FLOAT32(ValueLayout.JAVA_FLOAT),
  /** IEEE 754 binary64, Java's {@code double}. */
  FLOAT64(ValueLayout.JAVA_DOUBLE),
  /** Signed 32-bit integers, Java's {@code int}. */
  INT32(ValueLayout.JAVA_INT),
  /** Signed 64-bit integers, Java's {@code long}; what {@code argmax} gives. */
  INT64(ValueLayout.JAVA_LONG),
  /** Unsigned 8-bit integers, 0 to 255, stored in Java's {@code byte}. */
  UINT8(ValueLayout.JAVA_BYTE),
  /** Truth values, a byte each, 0 or 1; what comparisons give. */
  BOOL(ValueLayout.JAVA_BYTE);

  private final ValueLayout layout;
  private final String label = name().toLowerCase(Locale.ROOT);

  DType(ValueLayout layout) {
    this.layout = layout;
  }

  /** The bytes of one element: 1, 4 or 8. */
  public int bytes() {
    return (int) layout.byteSize();
  }

  /** How an element lies in memory, in the machine's byte order. */
  public ValueLayout layout() {
    return layout;
  }

  /** Whether this is {@link #FLOAT32} or {@link #FLOAT64}. */
  public boolean isFloating() {
    return this == FLOAT32 || this == FLOAT64;
  }

  /** Element i of a segment of this dtype, as a double; int64 is rounded. */
  double get(MemorySegment elements, long i) {
    return switch (this) {
      case FLOAT32 -> elements.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      case FLOAT64 -> elements.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
      case INT32 -> elements.getAtIndex(ValueLayout.JAVA_INT, i);
      case INT64 -> elements.getAtIndex(ValueLayout.JAVA_LONG, i);
      case UINT8 -> elements.get(ValueLayout.JAVA_BYTE, i) & 0xff;
      case BOOL -> elements.get(ValueLayout.JAVA_BYTE, i);
    };
  }

  /** Sets element 0 of a segment of this dtype, converting as Java's casts do. */
  void set(MemorySegment elements, double number) {
    switch (this) {
      case FLOAT32 -> elements.set(ValueLayout.JAVA_FLOAT, 0, (float) number);
      case FLOAT64 -> elements.set(ValueLayout.JAVA_DOUBLE, 0, number);
      case INT32 -> elements.set(ValueLayout.JAVA_INT, 0, (int) number);
      case INT64 -> elements.set(ValueLayout.JAVA_LONG, 0, (long) number);
      case UINT8 ->
          elements.set(ValueLayout.JAVA_BYTE, 0, (byte) Math.clamp((long) number, 0, 255));
      case BOOL -> elements.set(ValueLayout.JAVA_BYTE, 0, (byte) (number != 0 ? 1 : 0));
    }
  }

  /** The field's name for the type: {@code float32}, {@code int64}, {@code bool} … */
  @Override
  public String toString() {
    return label;
  }
}
