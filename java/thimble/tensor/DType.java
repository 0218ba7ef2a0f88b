package thimble.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/**
 * The type of a tensor's elements.
 *
 * <p>Where two types meet, the larger is taken, in the order bool, uint8, int32, int64, float32,
 * float64 ({@link #promote}). Integers wrap around; derivatives are for the two floating types. The
 * ordinals are the codes of {@code thimble.h}.
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

  /** Kept, since asking layouts of several classes is a call through an interface. */
  private final int bytes;

  private final String label = name().toLowerCase(Locale.ROOT);

  DType(ValueLayout layout) {
    this.layout = layout;
    this.bytes = (int) layout.byteSize();
  }

  /** The bytes of one element: 1, 4 or 8. */
  public int bytes() {
    return bytes;
  }

  /** How an element lies in memory, in the machine's byte order. */
  public ValueLayout layout() {
    return layout;
  }

  /** Whether this is {@link #FLOAT32} or {@link #FLOAT64}. */
  public boolean isFloating() {
    return this == FLOAT32 || this == FLOAT64;
  }

  /**
   * The type that two operands are converted to: the larger of bool, uint8, int32, int64, float32,
   * float64.
   */
  public static DType promote(DType a, DType b) {
    return a.order() >= b.order() ? a : b;
  }

  private int order() {
    return switch (this) {
      case BOOL -> 0;
      case UINT8 -> 1;
      case INT32 -> 2;
      case INT64 -> 3;
      case FLOAT32 -> 4;
      case FLOAT64 -> 5;
    };
  }

  /** The type of a sum or product of elements: its own if floating, else {@link #INT64}. */
  public DType sum() {
    return isFloating() ? this : INT64;
  }

  /** Itself if floating, else {@link #FLOAT32}: the type that fractions of it are given in. */
  public DType floating() {
    return isFloating() ? this : FLOAT32;
  }

  /** Whether it holds that integer exactly; any float is taken to. */
  boolean holds(long n) {
    return switch (this) {
      case FLOAT32, FLOAT64, INT64 -> true;
      case INT32 -> n == (int) n;
      case UINT8 -> n >= 0 && n <= 255;
      case BOOL -> n == 0 || n == 1;
    };
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

  /** Sets element 0 of a segment of an integer dtype, exactly, to a number that it holds. */
  void set(MemorySegment elements, long number) {
    if (this == INT64) { // a double may not hold it
      elements.set(ValueLayout.JAVA_LONG, 0, number);
    } else {
      set(elements, (double) number);
    }
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
