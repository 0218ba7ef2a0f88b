package thimble.tensor;

import org.jspecify.annotations.Nullable;

/** A node of a graph as one walk has come to it, with room for what is found out there. */
final class Visit {
  final Tensor node;

  /** Where the walk went from here, for each input; null where it did not go. */
  final @Nullable Visit[] inputs;

  /** How many inputs it has been at. */
  int done;

  /** The node's tangent or cotangent, as far as it is known. */
  @Nullable Tensor derivative;

  Visit(Tensor node) {
    this.node = node;
    this.inputs = new Visit[node.inputs()];
  }
}
