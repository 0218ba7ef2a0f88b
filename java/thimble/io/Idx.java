package thimble.io;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * An array of unsigned bytes from an IDX file, the format of MNIST.
 *
 * <p>An IDX file is 0, 0, the type code (8, unsigned bytes, is the only one read here), the number
 * of axes, each axis's size as a big-endian 32-bit integer, and the elements in row-major order.
 *
 * @param shape the sizes of the axes, 1 to 4 of them
 * @param data the elements in row-major order, to be read as unsigned; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // up to 2 GB, and nobody compares them
public record Idx(List<Integer> shape, byte[] data) {
  /** The most bytes of data that a file may declare: what fits one Java array. */
  public static final int MAX_BYTES = Integer.MAX_VALUE - 15;

  private static final int UNSIGNED_BYTE = 0x08;
  private static final int MAX_RANK = 4;
  private static final int FIRST_CHUNK = 1 << 20;
  private static final int BUFFER = 1 << 16;

  /**
   * Makes an array.
   *
   * @throws IllegalArgumentException if the shape has no or more than 4 axes, or another number of
   *     elements than {@code data}
   */
  public Idx {
    shape = List.copyOf(shape);
    if (shape.isEmpty() || shape.size() > MAX_RANK || count(shape) != data.length) {
      throw new IllegalArgumentException(
          "idx: shape " + shape + " does not fit " + data.length + " bytes");
    }
  }

  /** The number of elements, or 2^31 for that many and more; -1 if a size is negative. */
  private static long count(List<Integer> shape) {
    long count = 1;
    for (int size : shape) {
      count = size < 0 || count < 0 ? -1 : Math.min(count * size, 1L << 31);
    }
    return count;
  }

  /**
   * Reads a file, plain or compressed by gzip, which is told by its content and not by its name.
   *
   * <p>The file must hold exactly the bytes that its header declares. Memory grows with the bytes
   * that arrive, never past the declared size, so a header that lies costs nothing; reading a
   * compressed file stops one byte after the declared end.
   *
   * @param file the file to read
   * @return the array in it
   * @throws MalformedFileException if the header is not one of unsigned bytes in 1 to 4 axes, if it
   *     declares more than {@link #MAX_BYTES}, if the data are shorter or longer than declared, or
   *     if the compressed stream is cut or corrupt
   * @throws java.nio.file.NoSuchFileException if there is no such file
   * @throws IOException if the file cannot be read
   */
  public static Idx read(Path file) throws IOException {
    try (InputStream raw = Files.newInputStream(file)) {
      return read(file, raw);
    }
  }

  static Idx read(Path file, InputStream raw) throws IOException {
    return new Reader(file, raw).read();
  }

  /** One pass over one file. */
  private static final class Reader {
    private final Path file;
    private final InputStream raw;
    private long position;

    Reader(Path file, InputStream raw) {
      this.file = file;
      this.raw = raw;
    }

    Idx read() throws IOException {
      try {
        PushbackInputStream plain = new PushbackInputStream(raw, 2);
        byte[] start = plain.readNBytes(2);
        plain.unread(start);
        boolean zipped = start.length == 2 && start[0] == 0x1f && start[1] == (byte) 0x8b;
        try (InputStream in = zipped ? new GZIPInputStream(plain, BUFFER) : plain) {
          return parse(in);
        }
      } catch (EOFException cut) {
        throw new MalformedFileException(file, position, "the gzip stream is cut short", cut);
      } catch (ZipException corrupt) {
        throw new MalformedFileException(
            file, position, "the gzip stream is corrupt (" + corrupt.getMessage() + ")", corrupt);
      } catch (FileSystemException named) {
        throw named;
      } catch (IOException e) { // of a folder, or of a disk that fails: says what but not where
        FileSystemException named = new FileSystemException(file.toString(), null, e.getMessage());
        named.initCause(e);
        throw named;
      }
    }

    private Idx parse(InputStream in) throws IOException {
      byte[] magic = take(in, 4);
      if (magic.length < 4) {
        throw malformed("an IDX header is expected, the file ends");
      }
      int rank = magic[3];
      if (magic[0] != 0
          || magic[1] != 0
          || magic[2] != UNSIGNED_BYTE
          || rank < 1
          || rank > MAX_RANK) {
        position = 0;
        throw malformed(
            "0x%08x is not the magic number of unsigned bytes in 1 to 4 axes (0x00000801 to"
                + " 0x00000804)",
            ByteBuffer.wrap(magic).getInt());
      }
      List<Integer> shape = new ArrayList<>();
      for (int axis = 0; axis < rank; axis++) {
        byte[] bytes = take(in, 4);
        if (bytes.length < 4) {
          throw malformed("the sizes of %d axes are expected, the file ends", rank);
        }
        int size = ByteBuffer.wrap(bytes).getInt();
        if (size < 0) {
          position -= 4;
          throw malformed("axis %d of size %,d is too long", axis, Integer.toUnsignedLong(size));
        }
        shape.add(size);
      }
      if (count(shape) > MAX_BYTES) {
        position = 4;
        throw malformed("shape %s is more than the %,d bytes that are read", shape, MAX_BYTES);
      }
      return new Idx(shape, data(in, (int) count(shape)));
    }

    private byte[] data(InputStream in, int count) throws IOException {
      final long start = position;
      byte[] data = take(in, count);
      if (data.length < count) {
        position = start;
        throw malformed("%,d bytes of data declared, the file ends after %,d", count, data.length);
      }
      if (in.read() >= 0) {
        throw malformed("the file goes on after the %,d bytes of data declared", count);
      }
      return data;
    }

    /** Reads up to {@code count} bytes, fewer only at the end, in memory of what has arrived. */
    private byte[] take(InputStream in, int count) throws IOException {
      byte[] bytes = new byte[Math.min(count, FIRST_CHUNK)];
      int filled = 0;
      while (filled < count) {
        if (filled == bytes.length) {
          bytes = Arrays.copyOf(bytes, (int) Math.min(count, 2L * bytes.length));
        }
        int arrived = in.read(bytes, filled, bytes.length - filled);
        if (arrived < 0) {
          return Arrays.copyOf(bytes, filled);
        }
        filled += arrived;
        position += arrived;
      }
      return bytes;
    }

    @SuppressWarnings("AnnotateFormatMethod")
    private MalformedFileException malformed(String rule, Object... values) {
      return new MalformedFileException(file, position, String.format(Locale.ROOT, rule, values));
    }
  }
}
