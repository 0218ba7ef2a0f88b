package thimble.runtime;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import thimble.tensor.BackendException;

/** Numbers from properties. */
final class Sizes {
  private static final int MOST_THREADS = 256;
  private static final String THREADS_RULE = "-Dthimble.threads=%s: must be between 1 and 256";

  private Sizes() {}

  /** The number of threads that a property's text asks for; without one, a thread a processor. */
  static int threads(@Nullable String text) {
    if (text == null) {
      return Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    }
    try {
      int n = Integer.parseInt(text.strip());
      if (n >= 1 && n <= MOST_THREADS) {
        return n;
      }
    } catch (NumberFormatException e) {
      throw new BackendException(THREADS_RULE.formatted(text), e);
    }
    throw new BackendException(THREADS_RULE.formatted(text));
  }

  /**
   * The limit of native memory that a property's text asks for; without one, that of the Java heap.
   */
  static long limit(@Nullable String text) {
    if (text == null) {
      return Runtime.getRuntime().maxMemory();
    }
    String t = text.strip().toLowerCase(Locale.ROOT);
    int shift = t.endsWith("k") ? 10 : t.endsWith("m") ? 20 : t.endsWith("g") ? 30 : 0;
    try {
      long n = Long.parseLong(shift == 0 ? t : t.substring(0, t.length() - 1));
      if (n > 0 && n <= Long.MAX_VALUE >> shift) {
        return n << shift;
      }
    } catch (NumberFormatException e) {
      throw bad(text, e);
    }
    throw bad(text, null);
  }

  private static BackendException bad(String text, @Nullable NumberFormatException e) {
    String message =
        "-D%s=%s: must be a number of bytes, or one with k, m or g, as 512m"
            .formatted(NativeMemory.LIMIT, text);
    return e == null ? new BackendException(message) : new BackendException(message, e);
  }
}
