package thimble.tensor;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Where the elements of a tensor lie in its storage: element (i, j, …) at offset + i·strides[0] +
 * j·strides[1] + …, counted in elements. Several layouts over one storage are views of each other;
 * a stride of 0 repeats.
 */
public final class Layout {
  private final Shape shape;
  private final long[] strides;
  private final long offset;
  private final boolean contiguous;

  private Layout(Shape shape, long[] strides, long offset) {
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
    this.contiguous = isContiguous(shape, strides);
  }

  /** Row-major and without gaps, from the start of the storage. */
  public static Layout contiguous(Shape shape) {
    long[] strides = new long[shape.rank()];
    long step = 1;
    for (int d = strides.length - 1; d >= 0; d--) {
      strides[d] = step;
      step *= Math.max(shape.at(d), 1);
    }
    return new Layout(shape, strides, 0);
  }

  /** The sizes of the axes. */
  public Shape shape() {
    return shape;
  }

  /** The step along an axis (0 to rank − 1), in elements. */
  public long stride(int axis) {
    return strides[axis];
  }

  /** Where the first element lies. */
  public long offset() {
    return offset;
  }

  /** Whether the elements lie row-major and without gaps, wherever they start. */
  public boolean isContiguous() {
    return contiguous;
  }

  private static boolean isContiguous(Shape shape, long[] strides) {
    if (shape.count() == 0) {
      return true;
    }
    long step = 1;
    for (int d = strides.length - 1; d >= 0; d--) {
      if (shape.at(d) != 1) {
        if (strides[d] != step) {
          return false;
        }
        step *= shape.at(d);
      }
    }
    return true;
  }

  /** Whether this is the same walk, wherever it starts. */
  boolean isLike(Layout other) {
    return shape.equals(other.shape) && Arrays.equals(strides, other.strides);
  }

  /** The same walk from another first element. */
  public Layout from(long first) {
    return new Layout(shape, strides, first);
  }

  /** How far before its first element this lies: the lowest place, as 0 or a negative number. */
  public long lowest() {
    long low = 0;
    for (int d = 0; d < strides.length; d++) {
      low += Math.min(0, (shape.at(d) - 1) * strides[d]);
    }
    return shape.count() == 0 ? 0 : low;
  }

  /** From the lowest place to the highest, in elements; 0 without elements. */
  public long extent() {
    if (shape.count() == 0) {
      return 0;
    }
    long span = 1;
    for (int d = 0; d < strides.length; d++) {
      span += (shape.at(d) - 1) * Math.abs(strides[d]);
    }
    return span;
  }

  /** Axis d of the result is axis order[d] of this. */
  Layout permute(int[] order) {
    long[] sizes = new long[order.length];
    long[] steps = new long[order.length];
    for (int d = 0; d < order.length; d++) {
      sizes[d] = shape.at(order[d]);
      steps[d] = strides[order[d]];
    }
    return new Layout(Shape.of(sizes), steps, offset);
  }

  /** The axes whose bits are set, alone: a walk over them from the same start. */
  public Layout only(int axes) {
    int[] order = IntStream.range(0, shape.rank()).filter(d -> ((axes >> d) & 1) != 0).toArray();
    return permute(order);
  }

  /**
   * A walk over that shape, which differs on one axis at most, that stands still along this axis.
   */
  public Layout standing(int axis, Shape other) {
    long[] steps = strides.clone();
    steps[axis] = 0;
    return new Layout(other, steps, offset);
  }

  /** Aligned at the last axis; axes of size 1 and new leading ones are repeated. */
  Layout broadcastTo(Shape to) {
    long[] steps = new long[to.rank()];
    int added = to.rank() - shape.rank();
    for (int d = 0; d < shape.rank(); d++) {
      steps[added + d] = shape.at(d) == to.at(added + d) ? strides[d] : 0;
    }
    return new Layout(to, steps, offset);
  }

  /** From, step and number of elements along each axis. */
  Layout region(long[] from, long[] step, Shape part) {
    long[] steps = new long[step.length];
    long start = offset;
    for (int d = 0; d < step.length; d++) {
      steps[d] = strides[d] * step[d];
      start += strides[d] * from[d];
    }
    return new Layout(part, steps, part.count() == 0 ? offset : start);
  }

  /** Other strides, counted from the start of this; the caller has seen to the bounds. */
  Layout strided(Shape to, long[] steps, long from) {
    return new Layout(to, steps.clone(), to.count() == 0 ? offset : offset + from);
  }

  /** The same elements in the same order under another shape, or null if that takes a copy. */
  @Nullable Layout reshape(Shape to) {
    if (shape.count() == 0) {
      return contiguous(to);
    }
    int[] wide = new int[shape.rank()];
    for (int i = 0, w = 0; i < wide.length; i++) {
      if (shape.at(i) != 1) {
        wide[w++] = i;
      }
    }
    long[] steps = new long[to.rank()];
    int d = 0; // next axis of this, of those with more than one element
    for (int k = 0; k < steps.length; ) {
      // Take axes on both sides until they hold the same number of elements.
      int firstD = d;
      int firstK = k;
      long theirs = to.at(k++);
      for (long mine = 1; mine != theirs; ) {
        if (mine < theirs) {
          mine *= shape.at(wide[d++]);
        } else {
          theirs *= to.at(k++);
        }
      }
      // These axes of this must be one even walk.
      for (int i = firstD; i + 1 < d; i++) {
        if (strides[wide[i]] != shape.at(wide[i + 1]) * strides[wide[i + 1]]) {
          return null;
        }
      }
      long step = d > firstD ? strides[wide[d - 1]] : 1;
      for (int i = k - 1; i >= firstK; i--) {
        steps[i] = step;
        step *= to.at(i);
      }
    }
    // Nothing is ever reached by the stride of an axis of size 1; it is that of rows without gaps.
    for (int i = steps.length - 2; i >= 0; i--) {
      if (to.at(i) == 1) {
        steps[i] = steps[i + 1] * to.at(i + 1);
      }
    }
    return new Layout(to, steps, offset);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Layout l
        && shape.equals(l.shape)
        && offset == l.offset
        && Arrays.equals(strides, l.strides);
  }

  @Override
  public int hashCode() {
    return shape.hashCode() * 31 + Arrays.hashCode(strides) + Long.hashCode(offset);
  }

  @Override
  public String toString() {
    return "%s strides %s offset %d".formatted(shape, Arrays.toString(strides), offset);
  }
}
