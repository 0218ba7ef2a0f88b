package thimble.runtime.ffi;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
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
   * Checks that nothing is wrong with a file.
   *
   * @throws BackendException if something is
   */
  static void check(Path file) {
    try {
      Optional<String> problem = problem(file);
      if (problem.isPresent()) {
        throw new BackendException(
            "cannot load %s: %s; %s".formatted(file, problem.get(), Library.OTHERS));
      }
    } catch (IOException e) {
      throw new BackendException("cannot load %s: %s".formatted(file, e), e);
    }
  }

  /** On Linux, why a file is no 64-bit ELF library of which all that is to be mapped is there. */
  static Optional<String> problem(Path file) throws IOException {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux")) {
      return Optional.empty();
    }
    try (FileChannel in = FileChannel.open(file)) {
      ByteBuffer header = read(in, 0, HEADER);
      // Magic number, 64 bits, little-endian.
      if (header.getInt(0) != 0x464c457f || header.get(4) != 2 || header.get(5) != 1) {
        return Optional.of("it is not a 64-bit shared library");
      }
      long at = header.getLong(32);
      int count = Short.toUnsignedInt(header.getShort(56));
      for (int i = 0; i < count; i++) {
        ByteBuffer segment = read(in, at + (long) i * PROGRAM_HEADER, PROGRAM_HEADER);
        long end = segment.getLong(8) + segment.getLong(32);
        if (segment.getInt(0) == LOAD && end > in.size()) {
          return Optional.of("it is truncated: %d bytes of %d".formatted(in.size(), end));
        }
      }
      return Optional.empty();
    } catch (EOFException e) {
      return Optional.of("it is truncated");
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
}
