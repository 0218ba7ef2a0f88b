package thimble.bench;

import java.util.List;
import java.util.function.Function;
import thimble.bench.Contest.Effort;

/**
 * Rows that are measured together; nothing is made for them before.
 *
 * @param id what their ids begin with, as "M8.softmax"
 * @param measure does it
 */
record Piece(String id, Function<Effort, List<Row>> measure) {
  /** Whether {@code name} is this piece's, or that of a family that it belongs to. */
  boolean is(String name) {
    return id.equals(name) || id.startsWith(name + ".");
  }
}
