package thimble.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The ops of a {@link Tensor} that put elements elsewhere. Axes may be negative, counted from the
 * last. Most give a view: another layout on the same memory, made without looking at an element.
 */
public sealed interface MovementOps permits Tensor {

  private Tensor self() {
    return (Tensor) this;
  }

  // -- Shapes -------------------------------------------------------------------------------------

  /**
   * The same elements, row-major, under another shape; a size of −1 is worked out from the others.
   * A view where strides allow it.
   *
   * @throws ShapeException if the number of elements differs
   */
  default Tensor reshape(long... sizes) {
    return reshape(Checks.sizes(self(), sizes));
  }

  /** The same elements under that shape. */
  default Tensor reshape(Shape to) {
    Tensor x = self();
    if (to.count() != x.count()) {
      throw new ShapeException(
          "reshape: %s to %s: %d elements, not %d".formatted(x.shape(), to, x.count(), to.count()));
    }
    return to.equals(x.shape()) ? x : Eager.apply(new Views.Reshape(to), x);
  }

  /**
   * Without these axes, which have size 1; without any given, without all of size 1.
   *
   * @throws ShapeException if another size is found
   */
  default Tensor squeeze(int... axes) {
    Shape s = self().shape();
    int set = 0;
    if (axes.length > 0) {
      set = s.axes("squeeze", axes);
    } else {
      for (int d = 0; d < s.rank(); d++) {
        set |= s.at(d) == 1 ? 1 << d : 0;
      }
    }
    if (s.countOf(set) != 1) {
      throw new ShapeException(
          "squeeze: axes %s of %s: must have size 1".formatted(Axes.text(set), s));
    }
    return reshape(s.without(set));
  }

  /**
   * With new axes of size 1 at these places of the result; so {@code x.sum(1).unsqueeze(1)} keeps
   * the axis that it sums over.
   *
   * @throws ShapeException if a place is given twice, or there are too many axes
   */
  default Tensor unsqueeze(int... axes) {
    Shape s = self().shape();
    int rank = s.rank() + axes.length;
    long[] ones = new long[rank];
    Arrays.fill(ones, 1);
    Shape all = Checks.shape(() -> "unsqueeze: %s".formatted(s), () -> Shape.of(ones));
    int set = axes.length == 0 ? 0 : all.axes("unsqueeze", axes);
    for (int d = 0, k = 0; d < rank; d++) {
      if (((set >> d) & 1) == 0) {
        ones[d] = s.at(k++);
      }
    }
    return reshape(Shape.of(ones));
  }

  /**
   * The axes in another order: axis d of the result is axis order[d].
   *
   * @throws ShapeException unless order names every axis once
   */
  default Tensor permute(int... order) {
    Tensor x = self();
    int rank = x.rank();
    if (order.length != rank) {
      throw new ShapeException(
          "permute: %d axes are given for %s".formatted(order.length, x.shape()));
    }
    x.shape().axes("permute", order);
    int[] from = Arrays.stream(order).map(a -> a < 0 ? a + rank : a).toArray();
    return Arrays.equals(from, IntStream.range(0, rank).toArray())
        ? x
        : Eager.apply(new Views.Permute(from), x);
  }

  /** Swaps two axes. */
  default Tensor transpose(int axis0, int axis1) {
    Shape s = self().shape();
    int a = s.axis("transpose", axis0);
    int b = s.axis("transpose", axis1);
    int[] order = IntStream.range(0, s.rank()).toArray();
    order[a] = b;
    order[b] = a;
    return permute(order);
  }

  /**
   * Swaps the last two axes.
   *
   * @throws ShapeException if there are fewer than two
   */
  default Tensor transpose() {
    if (self().rank() < 2) {
      throw new ShapeException("transpose: %s has no two axes".formatted(self().shape()));
    }
    return transpose(-2, -1);
  }

  /** The elements repeated along axes of size 1 and along new leading axes. */
  default Tensor broadcastTo(long... sizes) {
    return broadcastTo(
        Checks.shape(
            () -> "broadcastTo: %s to %s".formatted(self().shape(), Arrays.toString(sizes)),
            () -> Shape.of(sizes)));
  }

  /**
   * The elements repeated along axes of size 1 and along new leading axes.
   *
   * @throws ShapeException if another axis differs
   */
  default Tensor broadcastTo(Shape to) {
    Tensor x = self();
    if (to.equals(x.shape())) {
      return x;
    }
    if (!x.shape().broadcastsTo(to)) {
      throw new ShapeException("broadcastTo: %s does not broadcast to %s".formatted(x.shape(), to));
    }
    return Eager.apply(new Views.BroadcastTo(to), x);
  }

  /**
   * The whole repeated so often along each axis; new leading axes where more numbers are given.
   *
   * @throws ShapeException if fewer numbers are given than there are axes, one is negative, or the
   *     result is too large
   */
  default Tensor tile(long... repeats) {
    Shape s = self().shape();
    int added = repeats.length - s.rank();
    if (added < 0 || LongStream.of(repeats).anyMatch(n -> n < 0)) {
      throw new ShapeException(
          "tile: %s by %s: takes a number >= 0 for each axis"
              .formatted(s, Arrays.toString(repeats)));
    }
    Supplier<String> what = () -> "tile: %s by %s".formatted(s, Arrays.toString(repeats));
    Tensor x = reshape(Checks.shape(what, () -> s.behind(added)));
    for (int d = 0; d < repeats.length; d++) {
      int axis = d;
      Shape once = x.shape();
      Shape all = Checks.shape(what, () -> once.times(axis, repeats[axis]));
      if (repeats[d] != 1) {
        x = repeat(x, d, repeats[d], all);
      }
    }
    return x;
  }

  private static Tensor repeat(Tensor x, int axis, long times, Shape to) {
    Shape once = x.shape();
    if (to.count() == 0) {
      return (times == 0 ? x.slice(axis, 0, 0) : x).reshape(to);
    }
    // One axis as two: [.., n, ..] to [.., times, n, ..].
    long before = once.countOf((1 << axis) - 1);
    long block = once.count() / before;
    return x.reshape(before, 1, block).broadcastTo(before, times, block).reshape(to);
  }

  // -- Parts --------------------------------------------------------------------------------------

  /**
   * A part, as a view: {@code x.get(all(), range(1, 3), at(-1))}.
   *
   * @throws ShapeException if there is no such part
   */
  default Tensor get(Index.Part... parts) {
    return get(Index.of(parts));
  }

  /**
   * A part, as a view.
   *
   * @throws ShapeException if there is no such part
   */
  default Tensor get(Index index) {
    Index.Place place = index.in("get", self().shape());
    return Moves.slice(self(), place.region()).reshape(place.shape());
  }

  /**
   * Another tensor that differs in a part: there it is v, broadcast to the part's shape.
   *
   * @throws ShapeException if there is no such part, or v does not broadcast to it
   * @throws DTypeException if v's dtype does not convert to this one by promotion
   */
  default Tensor update(Index index, Tensor v) {
    return Moves.update(self(), index, v);
  }

  /** Another tensor that differs in a part: there it is v, converted to this dtype. */
  default Tensor update(Index index, double v) {
    return update(index, Tensor.full(self().dtype(), v));
  }

  /**
   * Another tensor that differs in a part: there it is v.
   *
   * @throws DTypeException if this dtype does not hold it
   */
  default Tensor update(Index index, long v) {
    return update(index, Tensor.full(self().dtype(), v));
  }

  /**
   * Elements from, …, to − 1 of one axis, as a view.
   *
   * @throws ShapeException unless 0 ≤ from ≤ to ≤ size(axis)
   */
  default Tensor slice(int axis, long from, long to) {
    return slice(axis, from, to, 1);
  }

  /**
   * Elements from, from + step, … before to of one axis, as a view.
   *
   * @throws ShapeException unless 0 ≤ from ≤ to ≤ size(axis) and step &gt; 0
   */
  default Tensor slice(int axis, long from, long to, long step) {
    Shape s = self().shape();
    int a = s.axis("slice", axis);
    if (from < 0 || to < from || to > s.at(a) || step < 1) {
      throw new ShapeException(
          "slice: %d to %d by %d of axis %d of %s: must be 0 <= from <= to <= %d and step >= 1"
              .formatted(from, to, step, axis, s, s.at(a)));
    }
    long size = to == from ? 0 : (to - from - 1) / step + 1;
    return Moves.slice(self(), Region.all(s).with(a, from, step, size));
  }

  /**
   * The parts of these sizes, one after the other along an axis, as views.
   *
   * @throws ShapeException unless they add up to size(axis)
   */
  default List<Tensor> split(int axis, long... sizes) {
    return Moves.split(self(), axis, sizes);
  }

  /** In reverse along these axes, along all without any, as a view. */
  default Tensor flip(int... axes) {
    Shape s = self().shape();
    int set = s.axes("flip", axes);
    Region region = Region.all(s);
    for (int d = 0; d < s.rank(); d++) {
      if (((set >> d) & 1) != 0) {
        region = region.with(d, s.at(d) - 1, -1, s.at(d));
      }
    }
    return Moves.slice(self(), region);
  }

  /** Moved along an axis by so many places, those that fall off at one end put on at the other. */
  default Tensor roll(int axis, long shift) {
    int a = self().shape().axis("roll", axis);
    long n = self().shape().at(a);
    long k = n == 0 ? 0 : Math.floorMod(shift, n);
    return k == 0 ? self() : Tensor.concat(a, slice(a, n - k, n), slice(a, 0, n - k));
  }

  /**
   * Zeros before and after along one axis.
   *
   * @throws ShapeException if a number is negative, or the result too large
   */
  default Tensor pad(int axis, long before, long after) {
    return Moves.pad("pad", self(), axis, before, after, 0);
  }

  /**
   * So many zeros between any two neighbours along one axis.
   *
   * @throws ShapeException if the number is negative, or the result too large
   */
  default Tensor dilate(int axis, long zeros) {
    return Moves.pad("dilate", self(), axis, 0, 0, zeros);
  }

  /**
   * The element of this, counted row-major, at offset + i·strides[0] + j·strides[1] + …, for each
   * (i, j, …) of a shape: windows, diagonals, whatever strides can say. A view if this is
   * contiguous; elements may be taken more than once.
   *
   * @throws ShapeException if a place lies outside, or there is not a stride for each axis
   */
  default Tensor asStrided(Shape to, long[] strides, long offset) {
    Checks.strides(self(), to, strides, offset);
    return Eager.apply(new Views.AsStrided(to, strides.clone(), offset), self());
  }

  /** The main diagonal of the last two axes, which become one: {@code diagonal(0, -2, -1)}. */
  default Tensor diagonal() {
    return diagonal(0, -2, -1);
  }

  /**
   * A diagonal of two axes, as the last axis of the result: elements (i, i + offset).
   *
   * @throws ShapeException if the axes are the same, or do not exist
   */
  default Tensor diagonal(long offset, int axis0, int axis1) {
    return Moves.diagonal(self(), offset, axis0, axis1);
  }

  /** Zeros below diagonal k of the last two axes: what is left is where column ≥ row + k. */
  default Tensor triu(long k) {
    return Moves.triangle("triu", self(), k, true);
  }

  /** Zeros above diagonal k of the last two axes: what is left is where column ≤ row + k. */
  default Tensor tril(long k) {
    return Moves.triangle("tril", self(), k, false);
  }

  // -- By index -----------------------------------------------------------------------------------

  /**
   * Along one axis, the element that the index names: y[.., i, ..] = x[.., index[.., i, ..], ..].
   *
   * @param index int64, of the same sizes as this on the other axes
   * @throws IndexException if an index is not in [0, size(axis))
   */
  default Tensor gather(int axis, Tensor index) {
    int a = Checks.index("gather", self(), axis, index);
    return Eager.apply(new Linears.Gather(a), self(), index);
  }

  /**
   * Zeros, to which this is added where the index says: y[.., index[.., i, ..], ..] += x[.., i,
   * ..], in the order of i.
   *
   * @param index int64, of this shape
   * @param size the size of that axis in the result
   * @throws IndexException if an index is not in [0, size)
   */
  default Tensor scatterAdd(int axis, Tensor index, long size) {
    return Moves.scatterAdd(self(), axis, index, size);
  }

  /**
   * The parts along an axis that the index names, in the place of the axis: of [.., n, ..] and
   * index [i, j] it is [.., i, j, ..]. With axis 0 and a matrix, rows of a table of embeddings.
   *
   * @param index int64, of any shape
   * @throws IndexException if an index is not in [0, size(axis))
   */
  default Tensor take(int axis, Tensor index) {
    return Moves.take(self(), axis, index);
  }

  /**
   * A new last axis that is 1 at the place that this names, else 0; float32.
   *
   * @param classes its size
   * @throws IndexException if an element is not in [0, classes)
   * @throws DTypeException if this is floating or bool
   */
  default Tensor oneHot(long classes) {
    return Moves.oneHot(self(), classes);
  }

  // -- Copies -------------------------------------------------------------------------------------

  /** With the elements row-major and without gaps; itself if they are. */
  default Tensor contiguous() {
    return !self().isPending() && self().value().layout().isContiguous()
        ? self()
        : Eager.apply(Linears.Copy.COPY, self());
  }

  /** A node of its own with the same value: the identity. */
  default Tensor identity() {
    return Eager.apply(Views.Identity.IDENTITY, self());
  }
}
