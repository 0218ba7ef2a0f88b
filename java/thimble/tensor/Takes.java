package thimble.tensor;

/** Which dtypes a row computes with. */
enum Takes {
  /** float32 and float64. */
  FLOATS,
  /** Those and the integers. */
  NUMBERS;

  /** Whether it takes that dtype. */
  boolean takes(DType dtype) {
    return dtype.isFloating() || (this == NUMBERS && dtype != DType.BOOL);
  }
}
