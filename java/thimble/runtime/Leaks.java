package thimble.runtime;

import java.util.Optional;
import thimble.tensor.Site;

/** What is remembered of where a tensor was made, for those who look for what fills memory. */
enum Leaks {
  /** Nothing, at no cost. */
  OFF,
  /** The line of the user's program that made each tensor. */
  SITES,
  /** The same, and the log says which tensors were found by the garbage collector. */
  REPORT;

  /** How to learn from where a tensor comes, for who is not told. */
  String hint() {
    return this == OFF ? "\n-D%s=sites tells where they were made".formatted(Settings.LEAKS) : "";
  }

  /** The first line below this one that is neither the library's nor the JDK's, if wanted. */
  Optional<StackTraceElement> site() {
    return this == OFF ? Optional.empty() : Site.ofUser();
  }
}
