package thimble.tensor;

/** A {@link Routine} that a backend has made ready to run. May be used by several threads. */
public interface Compiled {
  /** What a run does, and what it takes: known before the first. */
  Plan plan();

  /**
   * The results for these arguments. What a run needs beside them is kept for the next, until
   * {@link #trim}.
   *
   * @param arguments as the routine says, held by the caller; those that are donated belong to the
   *     run from now on
   * @return values that belong to the caller; where one lies in an argument's memory, that is
   *     shared
   */
  Buffer[] run(Buffer... arguments);

  /** Gives back what is kept for the next run; runs that go on meanwhile do not notice. */
  void trim();
}
