package thimble.runtime.ffi;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Locale;
import thimble.tensor.BackendException;

/**
 * A look at a shared library before it is opened: Linux maps what the headers promise without
 * asking how long the file is, and a process that touches what is missing dies of it.
 */
final class ElfFile {
  private static final int HEADER = 64;
  private static final int PROGRAM_HEADER = 56;
  private static final int LOAD = 1;

  private ElfFile() {}

  /**
   * Checks, on Linux, that a file is a 64-bit ELF library and that all that is to be mapped is
   * there.
   *
   * @throws BackendException if not
   */
  static void check(Path file) {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux")) {
      return;
    }
    try (FileChannel in = FileChannel.open(file)) {
      ByteBuffer header = read(in, 0, HEADER);
      // Magic number, 64 bits, little-endian.
      if (header.getInt(0) != 0x464c457f || header.get(4) != 2 || header.get(5) != 1) {
        throw bad(file, "it is not a 64-bit shared library");
      }
      long at = header.getLong(32);
      int count = Short.toUnsignedInt(header.getShort(56));
      for (int i = 0; i < count; i++) {
        ByteBuffer segment = read(in, at + (long) i * PROGRAM_HEADER, PROGRAM_HEADER);
        long end = segment.getLong(8) + segment.getLong(32);
        if (segment.getInt(0) == LOAD && end > in.size()) {
          throw bad(file, "it is truncated: %d bytes of %d".formatted(in.size(), end));
        }
      }
    } catch (EOFException e) {
      throw bad(file, "it is truncated");
    } catch (IOException e) {
      throw new BackendException("cannot load %s: %s".formatted(file, e), e);
    }
  }

  private static ByteBuffer read(FileChannel in, long at, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (at < 0 || in.read(buffer, at + buffer.position()) < 0) {
        throw new EOFException();
      }
    }
    return buffer;
  }

  private static BackendException bad(Path file, String why) {
    return new BackendException(
        "cannot load %s: %s; -D%s=FILE and -D%s=FILE name other libraries, -Dthimble.backend=java does"
                .formatted(file, why, Library.PATH, Library.BLAS)
            + " without");
  }
}
