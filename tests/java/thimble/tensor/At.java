package thimble.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Where a row is tried: the shapes of its operands, and the numbers that go with the op (axes,
 * sizes, …), as the row understands them.
 *
 * @param bound what the elements of an index operand are below
 */
record At(List<long[]> shapes, long[] p, long bound) {
  static At of(long[] shape, long... p) {
    return new At(List.of(shape), p, 0);
  }

  static At of(List<long[]> shapes, long... p) {
    return new At(shapes, p, 0);
  }

  At below(long limit) {
    return new At(shapes, p, limit);
  }

  /** A shape, for tables. */
  static long[] shape(long... sizes) {
    return sizes;
  }

  /** All elements of all operands. */
  int count() {
    return shapes.stream().mapToInt(NdArray::count).sum();
  }

  @Override
  public String toString() {
    String s = shapes.stream().map(Arrays::toString).collect(Collectors.joining(" "));
    return p.length == 0 ? s : s + " with " + Arrays.toString(p);
  }
}
