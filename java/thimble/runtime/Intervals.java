package thimble.runtime;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Parts of one block of memory that grows as needed: the first gap that is large enough is taken.
 */
final class Intervals {
  private final long aligned;

  /** Gaps, from where to where. */
  private final TreeMap<Long, Long> gaps = new TreeMap<>();

  private long end;
  private long most;

  /** Parts begin, and sizes are rounded up, to multiples of so many bytes. */
  Intervals(long aligned) {
    this.aligned = aligned;
  }

  /** Where so many bytes are to lie. */
  long take(long bytes) {
    long size = rounded(bytes);
    Optional<Map.Entry<Long, Long>> fits =
        gaps.entrySet().stream().filter(g -> g.getValue() - g.getKey() >= size).findFirst();
    if (fits.isPresent()) {
      long from = fits.get().getKey();
      long to = fits.get().getValue();
      gaps.remove(from);
      if (to - from > size) {
        gaps.put(from + size, to);
      }
      return from;
    }
    // The last gap may reach the end: it is made longer.
    Map.Entry<Long, Long> last = gaps.lastEntry();
    long from = end;
    if (last != null && last.getValue() == end) {
      from = last.getKey();
      gaps.remove(from);
    }
    end = from + size;
    most = Math.max(most, end);
    return from;
  }

  /** Ends what {@link #take} began. */
  void give(long from, long bytes) {
    long start = from;
    long to = from + rounded(bytes);
    if (start == to) {
      return;
    }
    Map.Entry<Long, Long> before = gaps.floorEntry(start);
    if (before != null && before.getValue() == start) {
      start = before.getKey();
    }
    Long after = gaps.remove(to);
    gaps.put(start, after == null ? to : after);
  }

  /** How many bytes there were at most. */
  long most() {
    return most;
  }

  private long rounded(long bytes) {
    return (bytes + aligned - 1) / aligned * aligned;
  }
}
