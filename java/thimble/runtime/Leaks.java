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

  /** The first line below this one that is neither the library's nor the JDK's, if wanted. */
  Optional<StackTraceElement> site() {
    return this == OFF ? Optional.empty() : Site.ofUser();
  }
}
