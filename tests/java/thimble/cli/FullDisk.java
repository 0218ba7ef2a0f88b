package thimble.cli;

import java.io.IOException;
import java.io.OutputStream;

/** What standard output is where nothing can be written: /dev/full. */
final class FullDisk {
  private FullDisk() {}

  static OutputStream stream() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException("No space left on device");
      }
    };
  }
}
