package thimble.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * An array as NumPy's NPY format 1.0 holds it: little-endian, in row-major (C) order.
 *
 * <p>The elements are not copied; they must not change until the array is written.
 */
public final class NpyArray {
  private static final int CHUNK_BYTES = 1 << 16;
  private static final int ALIGNMENT = 64;

  private final String descr;
  private final int itemBytes;
  private final int[] shape;
  private final int count;
  private final Copier copier;

  /** Puts elements {@code from} to {@code to} into a buffer. */
  @FunctionalInterface
  private interface Copier {
    void copy(ByteBuffer buffer, int from, int to);
  }

  private NpyArray(String descr, int itemBytes, int count, int[] shape, Copier copier) {
    long product = 1;
    for (int size : shape) {
      // Kept below 2^31 times 2^31, whatever the number of axes.
      product = size < 0 || product < 0 ? -1 : Math.min(product * size, 1L << 31);
    }
    if (product != count) {
      throw new IllegalArgumentException(
          "npy: shape " + Arrays.toString(shape) + " does not fit " + count + " elements");
    }
    this.descr = descr;
    this.itemBytes = itemBytes;
    this.shape = shape.clone();
    this.count = count;
    this.copier = copier;
  }

  /**
   * Wraps float32 elements, {@code '<f4'}.
   *
   * @param data the elements in row-major order
   * @param shape the size of each axis; none for a scalar
   * @return the array
   * @throws IllegalArgumentException if the shape does not fit the number of elements
   */
  public static NpyArray of(float[] data, int... shape) {
    return new NpyArray(
        "<f4",
        Float.BYTES,
        data.length,
        shape,
        (buffer, from, to) -> buffer.asFloatBuffer().put(data, from, to - from));
  }

  /**
   * Wraps float64 elements, {@code '<f8'}.
   *
   * @param data the elements in row-major order
   * @param shape the size of each axis; none for a scalar
   * @return the array
   * @throws IllegalArgumentException if the shape does not fit the number of elements
   */
  public static NpyArray of(double[] data, int... shape) {
    return new NpyArray(
        "<f8",
        Double.BYTES,
        data.length,
        shape,
        (buffer, from, to) -> buffer.asDoubleBuffer().put(data, from, to - from));
  }

  /**
   * Wraps int32 elements, {@code '<i4'}.
   *
   * @param data the elements in row-major order
   * @param shape the size of each axis; none for a scalar
   * @return the array
   * @throws IllegalArgumentException if the shape does not fit the number of elements
   */
  public static NpyArray of(int[] data, int... shape) {
    return new NpyArray(
        "<i4",
        Integer.BYTES,
        data.length,
        shape,
        (buffer, from, to) -> buffer.asIntBuffer().put(data, from, to - from));
  }

  /**
   * Wraps int64 elements, {@code '<i8'}.
   *
   * @param data the elements in row-major order
   * @param shape the size of each axis; none for a scalar
   * @return the array
   * @throws IllegalArgumentException if the shape does not fit the number of elements
   */
  public static NpyArray of(long[] data, int... shape) {
    return new NpyArray(
        "<i8",
        Long.BYTES,
        data.length,
        shape,
        (buffer, from, to) -> buffer.asLongBuffer().put(data, from, to - from));
  }

  /**
   * Wraps uint8 elements, {@code '|u1'}.
   *
   * @param data the elements in row-major order, as unsigned bytes
   * @param shape the size of each axis; none for a scalar
   * @return the array
   * @throws IllegalArgumentException if the shape does not fit the number of elements
   */
  public static NpyArray of(byte[] data, int... shape) {
    return new NpyArray(
        "|u1",
        Byte.BYTES,
        data.length,
        shape,
        (buffer, from, to) -> buffer.duplicate().put(data, from, to - from));
  }

  /**
   * Writes the array as the content of an {@code .npy} file.
   *
   * @param out where to; not closed
   * @throws IOException if writing fails
   */
  public void writeTo(OutputStream out) throws IOException {
    out.write(header());
    ByteBuffer buffer = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int chunk = CHUNK_BYTES / itemBytes;
    for (int from = 0; from < count; ) {
      int to = from + Math.min(chunk, count - from);
      copier.copy(buffer, from, to);
      out.write(buffer.array(), 0, (to - from) * itemBytes);
      from = to;
    }
  }

  /** Returns the number of bytes that {@link #writeTo} writes. */
  long bytes() {
    return header().length + (long) count * itemBytes;
  }

  /** Magic, version 1.0, the length of the rest, and the rest padded so that data are aligned. */
  private byte[] header() {
    String sizes = Arrays.stream(shape).mapToObj(s -> s + ",").collect(Collectors.joining(" "));
    if (shape.length > 1) {
      sizes = sizes.substring(0, sizes.length() - 1);
    }
    String dict = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
    int start = 10;
    int padding = ALIGNMENT - 1 - (start + dict.length()) % ALIGNMENT;
    byte[] text = (dict + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(start + text.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
        .putShort((short) text.length)
        .put(text)
        .array();
  }
}
