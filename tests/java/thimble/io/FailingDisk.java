package thimble.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A disk that is full at its Nth operation: a write of at most 1000 bytes, or a force. */
final class FailingDisk implements AtomicFile.Opener {
  private final int failAt;
  private int operations;
  private boolean forced;

  /** Fails at that operation, counted from 1; never where it is 0. */
  FailingDisk(int failAt) {
    this.failAt = failAt;
  }

  int operations() {
    return operations;
  }

  /** Whether nothing was written after the last force. */
  boolean forced() {
    return forced;
  }

  @Override
  public FileChannel createNew(Path file) throws IOException {
    return new Channel(
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
  }

  private void operation() throws IOException {
    if (++operations == failAt) {
      throw new IOException("No space left on device");
    }
  }

  private final class Channel extends FileChannel {
    private final FileChannel real;

    Channel(FileChannel real) {
      this.real = real;
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
      operation();
      forced = false;
      ByteBuffer part = from.slice(from.position(), Math.min(1000, from.remaining()));
      int written = real.write(part);
      from.position(from.position() + written);
      return written;
    }

    @Override
    public void force(boolean metadata) throws IOException {
      operation();
      real.force(metadata);
      forced = true;
    }

    @Override
    protected void implCloseChannel() throws IOException {
      real.close();
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer from, long at) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int read(ByteBuffer to) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long read(ByteBuffer[] to, int offset, int length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int read(ByteBuffer to, long at) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long position() {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel position(long at) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long size() {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel truncate(long size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long transferTo(long at, long count, WritableByteChannel to) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(ReadableByteChannel from, long at, long count) {
      throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long at, long size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(long at, long size, boolean shared) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileLock tryLock(long at, long size, boolean shared) {
      throw new UnsupportedOperationException();
    }
  }
}
