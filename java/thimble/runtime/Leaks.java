package thimble.runtime;

import java.util.Optional;

/** What is remembered of where a tensor was made, for those who look for what fills memory. */
enum Leaks {
  /** Nothing, at no cost. */
  OFF,
  /** The line of the user's program that made each tensor. */
  SITES,
  /** The same, and the log says which tensors were found by the garbage collector. */
  REPORT;

  /** The first line below this one that is neither the library's nor the JDK's, if wanted. */
  Optional<StackTraceElement> site() {
    return this == OFF
        ? Optional.empty()
        : StackWalker.getInstance()
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
