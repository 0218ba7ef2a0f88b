package thimble.tensor;

/**
 * Something that holds on the current thread until closed, as a try-with-resources statement does.
 */
public interface Block extends AutoCloseable {
  /** Ends it; to be called on the thread that began it, innermost first. */
  @Override
  void close();
}
