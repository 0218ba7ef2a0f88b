package thimble.runtime;

import thimble.tensor.DType;

/** Memory of a planned routine: of an argument, of a result, or between them. */
final class Place {
  /** The stage that writes it, −1 for an argument. */
  final int stage;

  /** Its argument's number, −1 for none. */
  final int argument;

  private final long count;
  private final DType dtype;

  /**
   * Whether a result may take it, or anything that is written to it: it is not an argument that is
   * only read.
   */
  private final boolean writable;

  /** Whether anything but the stage that writes it reads it, so that it must be in memory. */
  boolean needed;

  /** The last stage that reads it; past all stages for a result. */
  int last;

  /** Which memory it is in, and how many bytes from its start; set when all places are known. */
  int memory = -1;

  long offset;

  private Place(int stage, int argument, long count, DType dtype, boolean writable) {
    this.stage = stage;
    this.argument = argument;
    this.count = count;
    this.dtype = dtype;
    this.writable = writable;
    this.last = stage;
  }

  /** What the caller gives. */
  static Place argument(int i, long extent, DType dtype, boolean donated) {
    return new Place(-1, i, extent, dtype, donated);
  }

  /** What a stage writes. */
  static Place of(int stage, long count, DType dtype) {
    return new Place(stage, -1, count, dtype, true);
  }

  boolean isArgument() {
    return argument >= 0;
  }

  boolean isWritable() {
    return writable;
  }

  long count() {
    return count;
  }

  DType dtype() {
    return dtype;
  }

  long bytes() {
    return count * dtype.bytes();
  }
}
