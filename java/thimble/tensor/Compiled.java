package thimble.tensor;

/** A {@link Routine} that a backend has made ready to run. May be used by several threads. */
public interface Compiled {
  /** What a run does, and what it takes: known before the first. */
  Plan plan();

  /** Memory to run in. */
  Frame frame();

  /** What one run at a time needs beside its arguments and results; made once for many runs. */
  interface Frame extends AutoCloseable {
    /**
     * The results for these arguments.
     *
     * @param arguments as the routine says, held by the caller; those that are donated belong to
     *     the frame from now on
     * @return values that belong to the caller; where one lies in an argument's memory, that is
     *     shared
     */
    Buffer[] run(Buffer... arguments);

    /** Gives the memory back. */
    @Override
    void close();
  }
}
