package thimble.tensor;

/** Options of {@link Tensor#backward(Backward...)}. */
public enum Backward {
  /** Adds to the gradients that are there instead of replacing them. */
  ACCUMULATE,
  /**
   * Extends the graph by the graph of the gradients, so that they can be differentiated in turn;
   * without it no node is made.
   */
  CREATE_GRAPH
}
