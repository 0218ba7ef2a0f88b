package thimble.runtime;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import thimble.tensor.BackendException;
import thimble.tensor.DType;
import thimble.tensor.ShapeException;

/** Byte counts, computed exactly. */
final class Sizes {
  private Sizes() {}

  /** At least 1, so that every storage has an address. */
  static long bytes(DType dtype, long count) {
    try {
      return Math.max(1, Math.multiplyExact(count, dtype.bytes()));
    } catch (ArithmeticException e) {
      throw new ShapeException("%d elements of %s: more than 2^63 bytes".formatted(count, dtype));
    }
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
            .formatted(NativeBackend.LIMIT, text);
    return e == null ? new BackendException(message) : new BackendException(message, e);
  }

  static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
