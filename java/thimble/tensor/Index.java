package thimble.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What to take of a tensor: a part for each axis, from the first on.
 *
 * <pre>{@code
 * import static thimble.tensor.Index.*;
 *
 * x.get(all(), range(1, 3), at(-1))     // all of axis 0, elements 1 and 2 of axis 1, the last of axis 2
 * x.get(ellipsis(), range(4, 0, -1))    // elements 4, 3, 2, 1 of the last axis
 * x.update(Index.of(at(0)), v)          // another tensor, whose first row is v
 * }</pre>
 *
 * Positions may be negative, counted from the end; all must exist: nothing is cut to fit. Axes that
 * are not named are taken whole. {@link #at} takes one element and drops the axis.
 */
public final class Index {
  /** What to take along one axis. */
  public sealed interface Part {}

  /** One element; the axis goes. */
  record At(long i) implements Part {
    @Override
    public String toString() {
      return Long.toString(i);
    }
  }

  /** From, from + step, … before to; a null end is that of the axis, in the direction of step. */
  record Range(@Nullable Long from, @Nullable Long to, long step) implements Part {
    @Override
    public String toString() {
      return (from == null ? "" : from)
          + ":"
          + (to == null ? "" : to)
          + (step == 1 ? "" : ":" + step);
    }
  }

  /** Parts that are no range of an axis. */
  enum Special implements Part {
    /** An axis of size 1 that was not there. */
    NEW_AXIS("newAxis"),
    /** As many whole axes as the other parts leave. */
    ELLIPSIS("...");

    private final String text;

    Special(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private static final Part ALL = new Range(null, null, 1);

  private final List<Part> parts;

  private Index(List<Part> parts) {
    this.parts = parts;
  }

  /** These parts, one an axis. */
  public static Index of(Part... parts) {
    return new Index(List.of(parts));
  }

  /** The whole axis. */
  public static Part all() {
    return ALL;
  }

  /** Element i alone; the result lacks the axis. */
  public static Part at(long i) {
    return new At(i);
  }

  /** Elements from, from + 1, … before to. */
  public static Part range(long from, long to) {
    return range(from, to, 1);
  }

  /**
   * Elements from, from + step, … before to; a negative step goes down: {@code range(4, 1, -1)} is
   * 4, 3, 2.
   *
   * @throws ShapeException if step is 0
   */
  public static Part range(long from, long to, long step) {
    return new Range(from, to, checkStep(step));
  }

  /** Elements from i to the end. */
  public static Part from(long i) {
    return new Range(i, null, 1);
  }

  /** Elements before i. */
  public static Part upTo(long i) {
    return new Range(null, i, 1);
  }

  /**
   * Every step-th element of the axis, from the first on; from the last on if step is negative.
   *
   * @throws ShapeException if step is 0
   */
  public static Part every(long step) {
    return new Range(null, null, checkStep(step));
  }

  /** A new axis of size 1 at this place. */
  public static Part newAxis() {
    return Special.NEW_AXIS;
  }

  /** As many whole axes as the other parts leave over; at most once. */
  public static Part ellipsis() {
    return Special.ELLIPSIS;
  }

  private static long checkStep(long step) {
    if (step == 0) {
      throw new ShapeException("range: a step of 0");
    }
    return step;
  }

  /**
   * An index applied to a shape.
   *
   * @param region what is taken, every axis kept
   * @param shape the shape of the result: without axes taken at one place, with new ones
   */
  record Place(Region region, Shape shape) {}

  /** Where that is in a tensor of this shape. */
  Place in(String op, Shape x) {
    long named = parts.stream().filter(p -> !(p instanceof Special)).count();
    long open = parts.stream().filter(p -> p == Special.ELLIPSIS).count();
    if (open > 1) {
      throw new ShapeException("%s: %s of %s: more than one ellipsis".formatted(op, this, x));
    }
    if (named > x.rank()) {
      throw new ShapeException(
          "%s: %s of %s: %d parts for %d axes".formatted(op, this, x, named, x.rank()));
    }
    Region region = Region.all(x);
    long[] sizes = new long[x.rank() + parts.size()];
    int rank = 0;
    int axis = 0;
    for (Part part : parts) {
      switch (part) {
        case At at -> {
          long i = position(op, x, axis, at.i, 0, x.at(axis) - 1);
          region = region.with(axis++, i, 1, 1);
        }
        case Range range -> {
          region = range(op, x, axis, range, region);
          sizes[rank++] = region.shape().at(axis++);
        }
        case Special special -> {
          if (special == Special.NEW_AXIS) {
            sizes[rank++] = 1;
          } else {
            for (long n = x.rank() - named; n > 0; n--) {
              sizes[rank++] = x.at(axis++);
            }
          }
        }
      }
    }
    while (axis < x.rank()) {
      sizes[rank++] = x.at(axis++);
    }
    long[] kept = Arrays.copyOf(sizes, rank);
    return new Place(
        region, Checks.shape(() -> "%s: %s of %s".formatted(op, this, x), () -> Shape.of(kept)));
  }

  private Region range(String op, Shape x, int axis, Range r, Region region) {
    long n = x.at(axis);
    boolean up = r.step > 0;
    // Going down, the end may lie before the first element: -n - 1, or left out.
    long first =
        r.from == null ? (up ? 0 : n - 1) : position(op, x, axis, r.from, 0, up ? n : n - 1);
    long end = r.to == null ? (up ? n : -1) : position(op, x, axis, r.to, up ? 0 : -1, n);
    long distance = up ? end - first : first - end;
    long size = distance <= 0 ? 0 : (distance - 1) / Math.abs(r.step) + 1;
    return region.with(axis, first, r.step, size);
  }

  /** Counted from the first, which must be between least and most. */
  private long position(String op, Shape x, int axis, long i, long least, long most) {
    long n = x.at(axis);
    long p = i < 0 ? i + n : i;
    if (p < least || p > most) {
      throw new ShapeException(
          n == 0
              ? "%s: %s of %s: %d of axis %d, which is empty".formatted(op, this, x, i, axis)
              : "%s: %s of %s: %d of axis %d: must be between %d and %d"
                  .formatted(op, this, x, i, axis, least - n, most));
    }
    return p;
  }

  /** As {@code [:, 1:3, -1]}. */
  @Override
  public String toString() {
    return parts.stream().map(Object::toString).collect(Collectors.joining(", ", "[", "]"));
  }
}
