package thimble.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Sets of axes as bit masks. */
final class Axes {
  private Axes() {}

  /** The axes of a set, in order. */
  static int[] of(int set) {
    return IntStream.range(0, Shape.MAX_RANK).filter(d -> ((set >> d) & 1) != 0).toArray();
  }

  /** The axes of a set, as {@code 0, 2}. */
  static String text(int set) {
    return Arrays.stream(of(set)).mapToObj(Integer::toString).collect(Collectors.joining(", "));
  }
}
