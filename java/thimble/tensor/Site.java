package thimble.tensor;

import java.util.Arrays;
import java.util.Optional;

/** Where the user's program called the library; for messages. */
public final class Site {
  private Site() {}

  /** The first line below this one that is neither the library's nor the JDK's, if there is one. */
  public static Optional<StackTraceElement> ofUser() {
    return StackWalker.getInstance()
        .walk(frames ->
            frames
                .filter(frame -> isUsers(frame.getClassName()))
                .findFirst()
                .map(StackWalker.StackFrame::toStackTraceElement));
  }

  /** As stack traces have it, but without module and loader. */
  public static String text(StackTraceElement line) {
    String name = line.getClassName();
    return "%s.%s(%s:%d)"
        .formatted(
            name.substring(name.lastIndexOf('.') + 1),
            line.getMethodName(),
            line.getFileName(),
            line.getLineNumber());
  }

  /** What is said of an exception, with the user's line behind it, if there is one. */
  static String after(String text, Throwable e) {
    return Arrays.stream(e.getStackTrace())
        .filter(line -> isUsers(line.getClassName()))
        .findFirst()
        .map(line -> text + "; at " + text(line))
        .orElse(text);
  }

  private static boolean isUsers(String name) {
    return !name.startsWith("thimble.") && !name.startsWith("java.") && !name.startsWith("jdk.");
  }
}
