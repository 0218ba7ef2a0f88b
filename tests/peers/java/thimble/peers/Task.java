package thimble.peers;

/**
 * Work as the bench gives it.
 *
 * @param name one of those that {@code thimble.bench.Rivals} says
 * @param sizes what it takes to know beside the operands
 * @param operands rows first
 */
public record Task(String name, int[] sizes, float[][] operands) {
  /** A size. */
  public int size(int i) {
    return sizes[i];
  }

  /** An operand. */
  public float[] operand(int i) {
    return operands[i];
  }

  /** What to throw where a library has no code for the work. */
  public IllegalArgumentException unknown() {
    return new IllegalArgumentException(name + ": not here");
  }
}
