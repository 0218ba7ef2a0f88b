package thimble.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A part of a tensor: along axis d the elements from(d), from(d) + step(d), …, size(d) of them.
 * Steps may be negative, not 0. Immutable; all of it lies inside of the shape that it was made for.
 */
public final class Region {
  private final long[] from;
  private final long[] step;
  private final Shape shape;

  private Region(long[] from, long[] step, Shape shape) {
    this.from = from;
    this.step = step;
    this.shape = shape;
  }

  /** All of a shape. */
  static Region all(Shape shape) {
    long[] step = new long[shape.rank()];
    Arrays.fill(step, 1);
    return new Region(new long[shape.rank()], step, shape);
  }

  /** This with other elements along one axis; the caller has seen to it that they exist. */
  Region with(int axis, long first, long by, long size) {
    long[] f = from.clone();
    long[] s = step.clone();
    f[axis] = size == 0 ? 0 : first;
    s[axis] = size <= 1 ? 1 : by;
    return new Region(f, s, shape.with(axis, size));
  }

  /** The same region in each of n wholes, which have one more axis, the first. */
  Region lead(long n) {
    long[] f = new long[from.length + 1];
    long[] s = new long[step.length + 1];
    System.arraycopy(from, 0, f, 1, from.length);
    System.arraycopy(step, 0, s, 1, step.length);
    s[0] = 1;
    return new Region(f, s, shape.lead(n));
  }

  /** The first element along an axis. */
  public long from(int axis) {
    return from[axis];
  }

  /** The step from one element to the next along an axis. */
  public long step(int axis) {
    return step[axis];
  }

  /** How many elements there are along each axis. */
  public Shape shape() {
    return shape;
  }

  /** Whether it is all of that shape, in order. */
  boolean isAllOf(Shape whole) {
    return shape.equals(whole) && Arrays.stream(step).allMatch(s -> s == 1);
  }

  /** Where the elements of the region lie, given those of the whole. */
  public Layout of(Layout whole) {
    return whole.region(from, step, shape);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Region r
        && shape.equals(r.shape)
        && Arrays.equals(from, r.from)
        && Arrays.equals(step, r.step);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * shape.hashCode() + Arrays.hashCode(from)) + Arrays.hashCode(step);
  }

  /** As {@code [0:4, 5:-1:-2]}: first, end (not included) and, where it is not 1, step. */
  @Override
  public String toString() {
    return IntStream.range(0, from.length)
        .mapToObj(d -> {
          long end = from[d] + shape.at(d) * step[d];
          return from[d] + ":" + end + (step[d] == 1 ? "" : ":" + step[d]);
        })
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
