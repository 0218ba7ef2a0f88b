package thimble.tensor;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The sizes of a tensor's axes, outermost first; no axes for a single number. */
public final class Shape {
  /** The largest rank that ops take. */
  public static final int MAX_RANK = 8;

  /**
   * The most elements, whatever their type: so that bytes, and sums of a few of them, are longs.
   */
  static final long MAX_COUNT = 1L << 59;

  private static final Shape SCALAR = new Shape(new long[0]);

  private final long[] sizes;
  private final long count;

  /** Made when first asked for; whichever of several threads makes it, it is the same. */
  private @Nullable Layout contiguous;

  private Shape(long[] sizes) {
    this.sizes = sizes;
    this.count = count(sizes);
  }

  /**
   * The shape with these sizes.
   *
   * @throws ShapeException if a size is negative, there are more than {@value #MAX_RANK}, or the
   *     number of elements is above 2^59
   */
  public static Shape of(long... sizes) {
    return sizes.length == 0 ? SCALAR : new Shape(sizes.clone());
  }

  private static long count(long[] sizes) {
    if (sizes.length > MAX_RANK) {
      throw new ShapeException(
          "shape %s: rank %d, at most %d"
              .formatted(Arrays.toString(sizes), sizes.length, MAX_RANK));
    }
    for (long n : sizes) {
      if (n < 0) {
        throw new ShapeException("shape %s: size %d is negative".formatted(text(sizes), n));
      }
    }
    long product = 1;
    long strides = 1; // also where a 0 makes the product small, these must fit
    for (long n : sizes) {
      long high = Math.multiplyHigh(strides, Math.max(n, 1));
      strides *= Math.max(n, 1);
      product *= n;
      if (high != 0 || strides < 0 || strides > MAX_COUNT) {
        throw new ShapeException("shape %s: more than 2^59 elements".formatted(text(sizes)));
      }
    }
    return product;
  }

  /** How many axes there are. */
  public int rank() {
    return sizes.length;
  }

  /** The number of elements: the product of the sizes, 1 for rank 0. */
  public long count() {
    return count;
  }

  /**
   * The size of one axis; negative axes count from the last, −1.
   *
   * @throws ShapeException if there is no such axis
   */
  public long size(int axis) {
    return sizes[axis("size", axis)];
  }

  /** Row-major and without gaps. */
  Layout contiguous() {
    Layout layout = contiguous;
    if (layout == null) {
      layout = Layout.contiguous(this);
      contiguous = layout;
    }
    return layout;
  }

  /** The sizes as a new array. */
  public long[] toArray() {
    return sizes.clone();
  }

  /** Axis as counted from the first; {@code op} is for the message. */
  int axis(String op, int axis) {
    int a = axis < 0 ? axis + sizes.length : axis;
    if (a < 0 || a >= sizes.length) {
      throw new ShapeException(
          sizes.length == 0
              ? "%s: axis %d of a tensor without axes".formatted(op, axis)
              : "%s: axis %d of %s: must be between %d and %d"
                  .formatted(op, axis, this, -sizes.length, sizes.length - 1));
    }
    return a;
  }

  /** The set of these axes as a bit mask; no axes means all of them. */
  int axes(String op, int... axes) {
    if (axes.length == 0) {
      return (1 << sizes.length) - 1;
    }
    int mask = 0;
    for (int axis : axes) {
      int bit = 1 << axis(op, axis);
      if ((mask & bit) != 0) {
        throw new ShapeException(
            "%s: axis %d of %s is given twice in %s"
                .formatted(op, axis, this, Arrays.toString(axes)));
      }
      mask |= bit;
    }
    return mask;
  }

  /** The size of an axis that is known to exist. */
  long at(int axis) {
    return sizes[axis];
  }

  /** This shape with another size in one place. */
  Shape with(int axis, long size) {
    long[] s = sizes.clone();
    s[axis] = size;
    return new Shape(s);
  }

  /** This shape with one size so many times as large. */
  Shape times(int axis, long k) {
    long n = sizes[axis];
    if (n > 0 && k > MAX_COUNT / n) {
      throw new ShapeException("shape %s: %d times axis %d".formatted(this, k, axis));
    }
    return with(axis, n * k);
  }

  /** Without the axes whose bits are set. */
  Shape without(int axes) {
    long[] s = new long[sizes.length - Integer.bitCount(axes)];
    for (int d = 0, k = 0; d < sizes.length; d++) {
      if (((axes >> d) & 1) == 0) {
        s[k++] = sizes[d];
      }
    }
    return of(s);
  }

  /** With size 1 where the bits are set. */
  Shape keeping(int axes) {
    long[] s = sizes.clone();
    for (int d = 0; d < s.length; d++) {
      if (((axes >> d) & 1) != 0) {
        s[d] = 1;
      }
    }
    return new Shape(s);
  }

  /** These axes, then others. */
  Shape plus(long... more) {
    long[] s = Arrays.copyOf(sizes, sizes.length + more.length);
    System.arraycopy(more, 0, s, sizes.length, more.length);
    return of(s);
  }

  /** So many axes of size 1, then these. */
  Shape behind(int ones) {
    long[] s = new long[ones + sizes.length];
    Arrays.fill(s, 0, ones, 1);
    System.arraycopy(sizes, 0, s, ones, sizes.length);
    return of(s);
  }

  /** Number of elements along the axes whose bits are set. */
  long countOf(int axes) {
    long n = 1;
    for (int d = 0; d < sizes.length; d++) {
      if (((axes >> d) & 1) != 0) {
        n *= sizes[d];
      }
    }
    return n;
  }

  /** This with one more axis, the first. */
  Shape lead(long n) {
    return Shape.of(n).plus(toArray());
  }

  /**
   * The shape that two operands of an elementwise op share under NumPy's rule: aligned at the last
   * axis, an axis of size 1, or a missing one, is repeated.
   */
  static Shape broadcast(String op, Shape a, Shape b) {
    return a.equals(b) ? a : broadcast(op, a, b, 0);
  }

  /** The same for all axes but the last few, which the result lacks. */
  static Shape broadcast(String op, Shape a, Shape b, int last) {
    int rank = Math.max(a.rank(), b.rank());
    long[] s = new long[rank - last];
    for (int i = last + 1; i <= rank; i++) {
      long m = i <= a.rank() ? a.sizes[a.rank() - i] : 1;
      long n = i <= b.rank() ? b.sizes[b.rank() - i] : 1;
      if (m != n && m != 1 && n != 1) {
        throw new ShapeException(
            "%s: %s and %s cannot be broadcast: axis -%d has %d and %d"
                .formatted(op, a, b, i, m, n));
      }
      s[rank - i] = m == 1 ? n : m;
    }
    return Checks.shape(() -> "%s: %s and %s".formatted(op, a, b), () -> of(s));
  }

  /** Whether repeating axes of size 1, and new leading ones, makes that shape of this. */
  boolean broadcastsTo(Shape to) {
    int added = to.rank() - rank();
    for (int d = 0; d < sizes.length && added >= 0; d++) {
      if (sizes[d] != 1 && sizes[d] != to.sizes[added + d]) {
        return false;
      }
    }
    return added >= 0;
  }

  @Override
  public boolean equals(Object o) {
    return this == o || (o instanceof Shape s && Arrays.equals(sizes, s.sizes));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  /** The sizes in brackets: {@code [60000, 784]}, {@code []} for rank 0. */
  @Override
  public String toString() {
    return text(sizes);
  }

  private static String text(long[] sizes) {
    return Arrays.toString(sizes);
  }
}
