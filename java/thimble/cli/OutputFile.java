package thimble.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import thimble.io.AtomicFile;

/** A file of text that a command writes: all of it, or it is what it was before. */
public final class OutputFile {
  private OutputFile() {}

  /** Fails before any work is done if the file cannot be written. */
  public static void check(Path file) throws IOException {
    try {
      AtomicFile.check(file);
    } catch (IOException e) {
      throw new CannotWrite(file, e);
    }
  }

  /** Writes it, in UTF-8. */
  public static void write(Path file, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try {
      AtomicFile.write(file, out -> out.write(bytes));
    } catch (IOException e) {
      throw new CannotWrite(file, e);
    }
  }
}
