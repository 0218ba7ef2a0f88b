package thimble.runtime;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import thimble.runtime.ffi.Library;
import thimble.tensor.BackendException;

/**
 * What system properties ask of the native backend; what makes no sense is an error that says so.
 */
final class Settings {
  /** How many threads compute. */
  static final String THREADS = "thimble.threads";

  /** The most native memory: a number of bytes, or one with k, m or g. */
  static final String LIMIT = "thimble.memory.limit";

  /** Whether memory that is given back is kept for reuse: on or off. */
  static final String POOL = "thimble.pool";

  /** The instruction set to compute with, instead of the best. */
  static final String ISA = "thimble.isa";

  /** What is remembered of where tensors were made; see {@link Leaks}. */
  static final String LEAKS = "thimble.leaks";

  private static final List<String> ALL =
      List.of(Library.PATH, Library.BLAS, THREADS, LIMIT, POOL, ISA, LEAKS);

  private static final int MOST_THREADS = 256;

  private Settings() {}

  /** Whether the user has set up the backend in some way. */
  static boolean some() {
    return ALL.stream().anyMatch(property -> System.getProperty(property) != null);
  }

  /** How many threads; unless said, one for each processor. */
  static int threads() {
    String text = System.getProperty(THREADS);
    if (text == null) {
      return Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    }
    String rule = "must be between 1 and " + MOST_THREADS;
    try {
      int n = Integer.parseInt(text.strip());
      if (n >= 1 && n <= MOST_THREADS) {
        return n;
      }
    } catch (NumberFormatException e) {
      throw bad(THREADS, text, rule, e);
    }
    throw bad(THREADS, text, rule, null);
  }

  /** The limit of native memory; unless said, that of the Java heap. */
  static long limit() {
    String text = System.getProperty(LIMIT);
    if (text == null) {
      return Runtime.getRuntime().maxMemory();
    }
    String rule = "must be a number of bytes, or one with k, m or g, as 512m";
    String t = text.strip().toLowerCase(Locale.ROOT);
    int shift = t.endsWith("k") ? 10 : t.endsWith("m") ? 20 : t.endsWith("g") ? 30 : 0;
    try {
      long n = Long.parseLong(shift == 0 ? t : t.substring(0, t.length() - 1));
      if (n > 0 && n <= Long.MAX_VALUE >> shift) {
        return n << shift;
      }
    } catch (NumberFormatException e) {
      throw bad(LIMIT, text, rule, e);
    }
    throw bad(LIMIT, text, rule, null);
  }

  private enum Switch {
    OFF,
    ON
  }

  /** Whether memory is kept for reuse. */
  static boolean pool() {
    return choice(POOL, Switch.ON) == Switch.ON;
  }

  /** What is remembered of where tensors were made. */
  static Leaks leaks() {
    return choice(LEAKS, Leaks.OFF);
  }

  /** The instruction set to use, if one was named. */
  static Optional<String> isa() {
    return Optional.ofNullable(System.getProperty(ISA)).map(String::strip);
  }

  /** The constant, in lower case, that a property names; unless it does, another. */
  private static <E extends Enum<E>> E choice(String property, E otherwise) {
    String text = System.getProperty(property);
    if (text == null) {
      return otherwise;
    }
    E[] all = otherwise.getDeclaringClass().getEnumConstants();
    return Arrays.stream(all)
        .filter(e -> label(e).equals(text.strip()))
        .findFirst()
        .orElseThrow(() ->
            bad(
                property,
                text,
                "must be "
                    + Arrays.stream(all).map(Settings::label).collect(Collectors.joining(" or ")),
                null));
  }

  private static String label(Enum<?> e) {
    return e.name().toLowerCase(Locale.ROOT);
  }

  /** That a property has a value that breaks a rule. */
  static BackendException bad(
      String property, String text, String rule, @Nullable Throwable cause) {
    String message = "-D%s=%s: %s".formatted(property, text, rule);
    return cause == null ? new BackendException(message) : new BackendException(message, cause);
  }
}
