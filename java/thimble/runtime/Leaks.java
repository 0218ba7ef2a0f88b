package thimble.runtime;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import thimble.tensor.BackendException;

/** What is remembered of where a tensor was made, for those who look for what fills memory. */
enum Leaks {
  /** Nothing, at no cost. */
  OFF,
  /** The line of the user's program that made each tensor. */
  SITES,
  /** The same, and the log says which tensors were found by the garbage collector. */
  REPORT;

  /** The property that says so: {@code off}, {@code sites} or {@code report}. */
  static final String PROPERTY = "thimble.leaks";

  /** What a property's text asks for; without one, nothing. */
  static Leaks of(@Nullable String text) {
    if (text == null) {
      return OFF;
    }
    return Arrays.stream(values())
        .filter(level -> level.name().toLowerCase(Locale.ROOT).equals(text.strip()))
        .findFirst()
        .orElseThrow(() ->
            new BackendException(
                "-D%s=%s: must be off, sites or report".formatted(PROPERTY, text)));
  }

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
