package thimble.tensor;

/**
 * The elements of one tensor: a storage, the type of its elements, and where in it they lie.
 *
 * @param storage the memory, which other buffers may share
 * @param dtype the type of the elements
 * @param layout sizes, strides and offset
 */
public record Buffer(Storage storage, DType dtype, Layout layout) {
  /** The type of a value that is not computed yet. */
  static Buffer absent(DType dtype, Shape shape) {
    return new Buffer(Absent.STORAGE, dtype, shape.contiguous());
  }

  /** Whether it is not computed yet. */
  boolean isAbsent() {
    return storage instanceof Absent;
  }

  /** The sizes of the axes. */
  public Shape shape() {
    return layout.shape();
  }

  /** The number of elements. */
  public long count() {
    return layout.shape().count();
  }

  Buffer with(Layout other) {
    return new Buffer(storage, dtype, other);
  }
}
