package thimble.tensor;

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

  private static boolean isUsers(String name) {
    return !name.startsWith("thimble.") && !name.startsWith("java.") && !name.startsWith("jdk.");
  }
}
