package thimble.tensor;

import java.util.List;
import java.util.Optional;

/**
 * The native memory of tensors: how much there is, and what holds it. Nobody has to look after it;
 * small tensors lie on the Java heap and are not counted here.
 *
 * <p>All of it speaks of the backend that is current on this thread.
 */
public final class Memory {
  private Memory() {}

  /**
   * Native memory at one moment.
   *
   * @param live bytes in use, by tensors, by programs and by kernels at work
   * @param cached bytes that are kept for reuse
   * @param peak the most bytes that were ever in use
   * @param limit how many bytes may be in use and cached together
   * @param allocations how often memory has been given out since the start
   * @param tensors how many blocks are in use by tensors and programs; views share one
   */
  public record Stats(
      long live, long cached, long peak, long limit, long allocations, long tensors) {}

  /**
   * Memory that a tensor, with its views, or a program holds.
   *
   * @param bytes how much
   * @param what it was taken for: dtype and shape of a tensor, or the memory of a program
   * @param site the line that made it, or ran it first, if {@code -Dthimble.leaks=sites} was given
   */
  public record Held(long bytes, String what, Optional<StackTraceElement> site) {
    /** As in {@code float32 [100, 784], 313600 bytes, made at example.Main.main(Main.java:12)}. */
    @Override
    public String toString() {
      return "%s, %d bytes".formatted(what, bytes)
          + site.map(line -> ", made at " + line).orElse("");
    }
  }

  /** What there is now, forgotten tensors that have been found already taken off. */
  public static Stats stats() {
    return pool().stats();
  }

  /** Returns to the system what is cached, and what programs keep for their next run. */
  public static void trim() {
    pool().trim();
  }

  /**
   * How many bytes may be in use and cached together from now on, as {@code -Dthimble.memory.limit}
   * says at the start.
   *
   * @throws IllegalArgumentException unless positive
   * @throws IllegalStateException if the backend has no memory but the Java heap
   */
  public static void limit(long bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("limit: %d bytes: must be positive".formatted(bytes));
    }
    pool().limit(bytes);
  }

  /**
   * The n tensors and programs that hold most, largest first, or as many as there are.
   *
   * @throws IllegalArgumentException if n is negative
   */
  public static List<Held> largest(int n) {
    if (n < 0) {
      throw new IllegalArgumentException("largest: %d: must not be negative".formatted(n));
    }
    return pool().largest(n);
  }

  private static Backend.Pool pool() {
    return Backends.current().pool();
  }
}
