package thimble.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Movements that are made of others, and their checks. */
final class Moves {
  private Moves() {}

  static Tensor slice(Tensor x, Region region) {
    return region.isAllOf(x.shape()) ? x : Eager.apply(new Views.Slice(region), x);
  }

  static Tensor update(Tensor x, Index index, Tensor v) {
    Index.Place place = index.in("update", x.shape());
    if (DType.promote(x.dtype(), v.dtype()) != x.dtype()) {
      throw new DTypeException(
          "update: %s %s with %s %s: convert with to(%s)"
              .formatted(x.dtype(), x.shape(), v.dtype(), v.shape(), x.dtype().name()));
    }
    Tensor part = to(place.shape(), x, index, v.to(x.dtype()));
    return Eager.apply(new Linears.Update(place.region()), x, part.reshape(place.region().shape()));
  }

  private static Tensor to(Shape part, Tensor x, Index index, Tensor v) {
    if (!v.shape().broadcastsTo(part)) {
      throw new ShapeException(
          "update: %s of %s is %s, to which %s does not broadcast"
              .formatted(index, x.shape(), part, v.shape()));
    }
    return v.broadcastTo(part);
  }

  static List<Tensor> split(Tensor x, int axis, long[] sizes) {
    int a = x.shape().axis("split", axis);
    long sum = 0;
    for (long n : sizes) {
      sum = n < 0 || n > x.shape().at(a) - sum ? -1 : sum + n;
      if (sum < 0) {
        break;
      }
    }
    if (sum != x.shape().at(a)) {
      throw new ShapeException(
          "split: axis %d of %s into %s: must add up to %d"
              .formatted(axis, x.shape(), Arrays.toString(sizes), x.shape().at(a)));
    }
    List<Tensor> parts = new ArrayList<>(sizes.length);
    long from = 0;
    for (long n : sizes) {
      parts.add(x.slice(a, from, from + n));
      from += n;
    }
    return List.copyOf(parts);
  }

  static Tensor concat(int axis, Tensor... in) {
    if (in.length == 0) {
      throw new ShapeException("concat: of nothing");
    }
    int a = in[0].shape().axis("concat", axis);
    DType dtype = in[0].dtype();
    for (Tensor x : in) {
      dtype = DType.promote(dtype, x.dtype());
      if (x.rank() != in[0].rank()
          || !x.shape().without(1 << a).equals(in[0].shape().without(1 << a))) {
        throw new ShapeException(
            "concat: %s and %s: sizes must agree but for axis %d"
                .formatted(in[0].shape(), x.shape(), a));
      }
    }
    if (in.length == 1) {
      return in[0];
    }
    Tensor[] same = new Tensor[in.length];
    for (int i = 0; i < in.length; i++) {
      same[i] = in[i].to(dtype);
    }
    Linears.Concat op = new Linears.Concat(a);
    Checks.shape(
        () -> "%s of %d tensors as %s".formatted(op, in.length, in[0].shape()),
        () -> op.shape(same));
    return Eager.apply(op, same);
  }

  static Tensor stack(int axis, Tensor... in) {
    if (in.length == 0) {
      throw new ShapeException("stack: of nothing");
    }
    Shape first = in[0].shape();
    int a = Checks.shape(() -> "stack: of " + first, () -> first.plus(1)).axis("stack", axis);
    Tensor[] parts = new Tensor[in.length];
    for (int i = 0; i < in.length; i++) {
      if (!in[i].shape().equals(first)) {
        throw new ShapeException(
            "stack: %s and %s: shapes must agree".formatted(first, in[i].shape()));
      }
      parts[i] = in[i].unsqueeze(a);
    }
    return concat(a, parts);
  }

  /** Zeros before, after, and between the elements along an axis. */
  static Tensor pad(String op, Tensor x, int axis, long before, long after, long between) {
    Shape s = x.shape();
    int a = s.axis(op, axis);
    long n = s.at(a);
    String what =
        "%s: axis %d of %s: %d before, %d after, %d between"
            .formatted(op, axis, s, before, after, between);
    if (LongStream.of(before, after, between).anyMatch(k -> k < 0 || k > Shape.MAX_COUNT)
        || (n > 1 && between > Shape.MAX_COUNT / n)) {
      throw new ShapeException(what);
    }
    long inside = n == 0 ? 0 : n + (n - 1) * between;
    Shape to =
        Checks.shape(() -> what, () -> Shape.of(s.with(a, before + inside + after).toArray()));
    return to.equals(s)
        ? x
        : Eager.apply(new Linears.Embed(Region.all(s).with(a, before, between + 1, n), to), x);
  }

  static Tensor diagonal(Tensor x, long offset, int axis0, int axis1) {
    int a = x.shape().axis("diagonal", axis0);
    int b = x.shape().axis("diagonal", axis1);
    if (a == b) {
      throw new ShapeException("diagonal: %s: axis %d is given twice".formatted(x.shape(), axis0));
    }
    long rows = x.shape().at(a);
    long columns = x.shape().at(b);
    long k = Math.clamp(offset, -rows, columns); // at the ends and beyond it has no element
    long skipRows = Math.max(-k, 0);
    long skipColumns = Math.max(k, 0);
    long n = Math.min(rows - skipRows, columns - skipColumns);
    int[] order =
        IntStream.concat(
                IntStream.range(0, x.rank()).filter(d -> d != a && d != b), IntStream.of(a, b))
            .toArray();
    Shape lead = x.shape().without(1 << a | 1 << b);
    // The two axes as one: there it is every (columns + 1)-th element.
    Tensor flat = x.permute(order).reshape(lead.plus(rows * columns));
    long from = skipRows * columns + skipColumns;
    return n == 0
        ? flat.slice(-1, 0, 0)
        : flat.slice(-1, from, from + (n - 1) * (columns + 1) + 1, columns + 1);
  }

  static Tensor triangle(String op, Tensor x, long k, boolean upper) {
    if (x.rank() < 2) {
      throw new ShapeException("%s: %s has no two axes".formatted(op, x.shape()));
    }
    Tensor row = Tensor.arange(x.size(-2)).reshape(-1, 1);
    Tensor column = Tensor.arange(x.size(-1));
    // column - k against row cannot overflow where |k| is no larger than a shape is.
    long shift = Math.clamp(k, -Shape.MAX_COUNT, Shape.MAX_COUNT);
    Tensor moved = column.sub(shift);
    return Tensor.where(upper ? moved.ge(row) : moved.le(row), x, Tensor.full(x.dtype(), 0));
  }

  static Tensor scatterAdd(Tensor x, int axis, Tensor index, long size) {
    int a = Checks.index("scatterAdd", x, axis, index);
    if (size < 0 || !index.shape().equals(x.shape())) {
      throw new ShapeException(
          "scatterAdd: %s with index %s and size %d".formatted(x.shape(), index.shape(), size));
    }
    if (x.dtype() == DType.BOOL) {
      throw Checks.refused(Takes.NUMBERS, "scatterAdd", x);
    }
    Linears.ScatterAdd op = new Linears.ScatterAdd(a, size);
    Checks.shape(() -> "%s of %s".formatted(op, x.shape()), () -> op.shape(x));
    return Eager.apply(op, x, index);
  }

  static Tensor take(Tensor x, int axis, Tensor index) {
    int a = x.shape().axis("take", axis);
    if (index.dtype() != DType.INT64) {
      throw new DTypeException(
          "take: the index %s %s: convert with to(INT64)".formatted(index.dtype(), index.shape()));
    }
    long[] sizes = new long[x.rank() + index.rank() - 1];
    for (int d = 0; d < a; d++) {
      sizes[d] = x.shape().at(d);
    }
    for (int d = 0; d < index.rank(); d++) {
      sizes[a + d] = index.shape().at(d);
    }
    for (int d = a + 1; d < x.rank(); d++) {
      sizes[index.rank() + d - 1] = x.shape().at(d);
    }
    Shape to =
        Checks.shape(
            () -> "take: %s of axis %d of %s".formatted(index.shape(), axis, x.shape()),
            () -> Shape.of(sizes));
    long[] along = new long[x.rank()];
    Arrays.fill(along, 1);
    along[a] = index.count();
    Shape all = x.shape().with(a, index.count());
    return x.gather(a, index.reshape(along).broadcastTo(all)).reshape(to);
  }

  static Tensor oneHot(Tensor labels, long classes) {
    if (labels.dtype().isFloating() || labels.dtype() == DType.BOOL) {
      throw new DTypeException(
          "oneHot: %s %s: takes integers".formatted(labels.dtype(), labels.shape()));
    }
    if (classes < 0) {
      throw new ShapeException("oneHot: %s with %d classes".formatted(labels.shape(), classes));
    }
    Tensor index = labels.to(DType.INT64).unsqueeze(-1);
    return Tensor.ones(DType.FLOAT32, index.shape()).scatterAdd(-1, index, classes);
  }
}
