package thimble.tensor;

/** Options of {@link Tensor#backward(Backward...)}. */
public enum Backward {
  /** Adds to the gradients that are there instead of replacing them. */
  ACCUMULATE,
  /**
   * Extends the graph by the graph of the gradients, so that they can be differentiated in turn;
   * without it no node is made.
   */
  CREATE_GRAPH,
  /**
   * Lets go of each node's history as soon as the sweep has passed it, so that memory falls while
   * it goes on. Values that a handle reads stay; a second sweep through the same nodes is a {@link
   * HistoryFreedException}. Not together with {@link #CREATE_GRAPH}.
   */
  FREE_GRAPH
}
