package thimble.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.LongStream;

/**
 * The small decisions that a random case is made of. They can be written down and replayed, so that
 * a case is simplified by simplifying them, whatever is made of them: 0 must stand for the simplest
 * answer to each question.
 */
final class Choices {
  private final long[] given;
  private final boolean random;
  private long state;
  private long[] made = new long[64];
  private int count;

  private Choices(long seed, boolean random, long... given) {
    this.state = seed;
    this.random = random;
    this.given = given;
  }

  /** Random ones, the same for the same seed. */
  static Choices random(long seed) {
    return new Choices(seed, true);
  }

  /** These, and 0 for each one more. */
  static Choices replay(long... given) {
    return new Choices(0, false, given);
  }

  /** One of 0, …, n − 1. */
  int below(int n) {
    long next =
        random ? Long.remainderUnsigned(next(), n) : count < given.length ? given[count] : 0;
    if (count == made.length) {
      made = Arrays.copyOf(made, 2 * count);
    }
    made[count++] = Math.floorMod(next, n);
    return (int) made[count - 1];
  }

  /** From low to high, both included; low is the simplest. */
  int between(int low, int high) {
    return low + below(high - low + 1);
  }

  /** Mostly false, true once in n times. */
  boolean once(int n) {
    return below(n) == n - 1;
  }

  /** One of these; the first is the simplest. */
  <T> T of(List<T> list) {
    return list.get(below(list.size()));
  }

  /** One of these; the first is the simplest. */
  int of(int... list) {
    return list[below(list.length)];
  }

  /** What has been decided. */
  long[] made() {
    return Arrays.copyOf(made, count);
  }

  /** SplitMix64 (Steele, Lea, Flood 2014). */
  private long next() {
    state += 0x9E3779B97F4A7C15L;
    long z = state;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  // -- Simplifying --------------------------------------------------------------------------------

  /**
   * Decisions that are fewer and smaller, and of which {@code fails} still holds: pieces left out,
   * numbers made smaller, again and again until nothing helps.
   */
  static long[] shrink(long[] failing, Predicate<long[]> fails) {
    long[] best = failing;
    boolean better = false;
    for (int k = 0, tries = 0; tries < 10_000; tries++) {
      Optional<long[]> simpler = simpler(best, k);
      if (simpler.isEmpty() && !better) {
        break;
      } else if (simpler.isEmpty()) {
        k = 0;
        better = false;
      } else if (fails.test(simpler.get())) {
        best = simpler.get();
        better = true;
      } else {
        k++;
      }
    }
    return best;
  }

  /** The k-th simplification of these decisions; none when all have been tried. */
  private static Optional<long[]> simpler(long[] x, int k) {
    for (int size = Integer.highestOneBit(x.length); size >= 1; size /= 2) {
      int places = x.length - size + 1;
      if (k < places) {
        return Optional.of(leftOut(x, k, size));
      }
      k -= places;
    }
    for (int i = 0; i < x.length; i++) {
      for (long less : LongStream.of(0, x[i] / 2, x[i] - 1).distinct().toArray()) {
        if (less >= 0 && less < x[i] && k-- == 0) {
          long[] y = x.clone();
          y[i] = less;
          return Optional.of(y);
        }
      }
    }
    return Optional.empty();
  }

  private static long[] leftOut(long[] x, int from, int size) {
    long[] y = new long[x.length - size];
    System.arraycopy(x, 0, y, 0, from);
    System.arraycopy(x, from + size, y, from, y.length - from);
    return y;
  }
}
