package thimble.tensor;

import java.util.List;

/**
 * Computes the values of ops: the service that keeps this package free of native code. Everything
 * has been checked before a backend is called: shapes, dtypes, bounds of axes; what only the
 * elements can tell (an index) the backend checks itself.
 */
public interface Backend {
  /** Its name, as {@code -Dthimble.backend} takes it: {@code native}, {@code java}. */
  String name();

  /** One line on what computes here: instruction set, BLAS, threads. */
  String describe();

  /**
   * Memory for a contiguous tensor, not cleared, 64-byte aligned where it is native.
   *
   * @param user the op that it is for, named where it is not to be had
   * @throws OutOfMemoryException if it is not to be had
   */
  Storage allocate(Object user, DType dtype, Shape shape);

  /** Whether the result of an elementwise op may be written over an operand that lies there. */
  boolean writes(Storage s);

  /** The memory that is not on the Java heap. */
  Pool pool();

  /**
   * Writes the value of op for these inputs to {@code out}, which is contiguous and overlaps none
   * of them, unless it is an elementwise op's operand itself. Never called for an {@link Op.View}
   * or an {@link Op.Leaf}.
   */
  void run(Op op, Buffer[] in, Buffer out);

  /** Makes a routine ready to run; what it then gives is bit for bit what its ops give. */
  default Compiled compile(Routine r) {
    return new Stepwise(this, r);
  }

  /**
   * How many threads compute, the caller's included. Results do not depend on it.
   *
   * @throws IllegalArgumentException unless between 1 and 256
   */
  void threads(int count);

  /** How many threads compute. */
  int threads();

  /** Native memory; see {@link Memory}. */
  interface Pool {
    /** What there is now. */
    Memory.Stats stats();

    /** Returns to the system what is cached, and what programs keep for their next run. */
    void trim();

    /** How many bytes may be in use and cached together. */
    void limit(long bytes);

    /** The n tensors and programs that hold most, largest first. */
    List<Memory.Held> largest(int n);
  }

  /** Finds a backend on this machine; found itself by the service loader. */
  interface Provider {
    /** The name of the backend that it would give. */
    String name();

    /** Among providers the highest is tried first. */
    int priority();

    /** Whether {@code auto} may take the next one if this cannot be opened. */
    boolean replaceable();

    /**
     * The backend.
     *
     * @throws BackendException if this machine or set-up has none, with what was tried
     */
    Backend open();
  }
}
