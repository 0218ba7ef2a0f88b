package thimble.io;

import java.io.Serial;
import java.nio.file.Path;

/** A file that breaks a rule of its format, with the file, the place and the rule. */
public final class MalformedFileException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  // A Path cannot be serialized; a copy that was keeps the message alone.
  private final transient Path file;
  private final long offset;
  private final String rule;

  /**
   * Says what is wrong with a file.
   *
   * @param file the file
   * @param offset the byte at which the rule is broken; in a compressed file a place in what it
   *     unpacks to
   * @param rule what was expected and what is there instead
   */
  public MalformedFileException(Path file, long offset, String rule) {
    super(name(file) + ": at byte " + offset + ": " + rule);
    this.file = file;
    this.offset = offset;
    this.rule = rule;
  }

  /**
   * Says what is wrong with a file, and which failure showed it.
   *
   * @param file the file
   * @param offset the byte at which the rule is broken; in a compressed file a place in what it
   *     unpacks to
   * @param rule what was expected and what is there instead
   * @param cause the failure behind it
   */
  public MalformedFileException(Path file, long offset, String rule, Throwable cause) {
    this(file, offset, rule);
    initCause(cause);
  }

  /**
   * Returns the file.
   *
   * @return its path as it was given
   */
  public Path file() {
    return file;
  }

  /**
   * Returns the place.
   *
   * @return bytes from the start of the file, unpacked if it is compressed
   */
  public long offset() {
    return offset;
  }

  /**
   * Returns the rule that is broken.
   *
   * @return one sentence without the file and the place
   */
  public String rule() {
    return rule;
  }

  private static String name(Path file) {
    Path name = file.getFileName();
    return (name == null ? file : name).toString();
  }
}
