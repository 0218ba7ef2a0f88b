package thimble.io;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writes a file so that its name holds either all of the old content or all of the new.
 *
 * <p>The content goes to a temporary file in the same folder, {@code .thimble-*.tmp}, which is
 * forced to the disk and then renamed over the target; the folder is forced after it. Whatever
 * fails before the rename (a full disk, the body itself, an interrupt) leaves the old file as it
 * was and removes the temporary one. Only a process that is killed can leave a temporary file.
 */
public final class AtomicFile {
  private static final int BUFFER = 1 << 16;

  private AtomicFile() {}

  /** What writes the content. */
  @FunctionalInterface
  public interface Body {
    /**
     * Writes all of the content.
     *
     * @param out where to; buffered; closing it is allowed and does nothing but flush
     * @throws IOException if writing fails
     */
    void writeTo(OutputStream out) throws IOException;
  }

  /** What opens a new file for writing, so that tests can have a disk that fails. */
  @FunctionalInterface
  interface Opener {
    FileChannel createNew(Path file) throws IOException;
  }

  /**
   * Tells before long work whether its result can be written: what would be refused then is refused
   * now. An existing file stays as it is, and nothing is left behind.
   *
   * @param target the file; its folder must exist
   * @throws IOException if the target is something other than a file, or if not even a byte can be
   *     written beside it
   */
  public static void check(Path target) throws IOException {
    Path temporary = temporary(file(target));
    try {
      Files.write(temporary, new byte[1], StandardOpenOption.CREATE_NEW);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /**
   * Writes a file, replacing an existing one.
   *
   * <p>A symbolic link is followed: the file it names is replaced, and the link stays.
   *
   * @param target the file; its folder must exist
   * @param body what writes the content
   * @throws IOException if the target is something other than a file, or if anything fails; the
   *     target is then what it was before
   */
  public static void write(Path target, Body body) throws IOException {
    write(
        target,
        body,
        file -> FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
  }

  static void write(Path target, Body body, Opener opener) throws IOException {
    Path file = file(target);
    Path temporary = temporary(file);
    FileChannel channel = opener.createNew(temporary);
    try {
      try (channel) {
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
        body.writeTo(new Unclosed(out));
        out.flush();
        channel.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (Throwable failure) {
      try {
        Files.deleteIfExists(temporary);
      } catch (IOException second) {
        failure.addSuppressed(second);
      }
      throw failure;
    }
    forceFolder(file);
  }

  /** What is replaced: the target, or the file that it is a link to. */
  private static Path file(Path target) throws IOException {
    Path file = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new FileSystemException(target.toString(), null, "is not a regular file");
    }
    return file;
  }

  private static Path temporary(Path file) {
    return file.resolveSibling(".thimble-" + UUID.randomUUID() + ".tmp");
  }

  /** Makes the rename durable where a folder can be opened: not on Windows. */
  private static void forceFolder(Path file) {
    Path folder = file.getParent();
    if (folder == null) {
      return;
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException ignored) {
      // The file is in place. Some file systems refuse this call and have nothing better to offer.
    }
  }

  /** Passes everything on but {@code close}, since the channel is still to be forced. */
  private static final class Unclosed extends FilterOutputStream {
    Unclosed(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      out.write(bytes, offset, count);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
