package thimble.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * How an operand lies in memory: its axes in some order, the step along each (2 skips every second
 * place, −1 goes back, 0 stands still, so that all elements along the axis are the same one), how
 * many places are left free around each axis, and before all. What is free is filled with numbers
 * that show in every result.
 */
record Lie(int[] order, int[] step, int[] free, int before) {
  /** Row-major and without gaps. */
  static Lie contiguous(int rank) {
    return all(rank, 1, 0, 0);
  }

  private static Lie all(int rank, int step, int free, int before) {
    int[] steps = new int[rank];
    Arrays.fill(steps, step);
    int[] frees = new int[rank];
    Arrays.fill(frees, free);
    return new Lie(IntStream.range(0, rank).toArray(), steps, frees, before);
  }

  private static Lie transposed(int rank) {
    Lie lie = contiguous(rank);
    Arrays.setAll(lie.order, d -> rank - 1 - d);
    return lie;
  }

  private static Lie change(Lie lie, int[] of, int axis, int value) {
    if (lie.order.length > 0) {
      of[axis < 0 ? axis + lie.order.length : axis] = value;
    }
    return lie;
  }

  private static Lie sliced(int rank) {
    Lie lie = contiguous(rank);
    return change(lie, lie.free, -1, 2);
  }

  private static Lie expanded(int rank, int axis) {
    Lie lie = contiguous(rank);
    return change(lie, lie.step, axis, 0);
  }

  private static Lie mixed(int rank) {
    Lie lie = transposed(rank);
    Arrays.setAll(lie.step, d -> new int[] {-2, 1, 3}[d % 3]);
    Arrays.fill(lie.free, 1);
    return new Lie(lie.order, lie.step, lie.free, 5);
  }

  /** The layouts that every row is tried in. */
  enum Named {
    CONTIGUOUS(Lie::contiguous),
    TRANSPOSED(Lie::transposed),
    SLICED(Lie::sliced),
    STEPPED(rank -> all(rank, 2, 0, 0)),
    FLIPPED(rank -> all(rank, -1, 0, 0)),
    EXPANDED(rank -> expanded(rank, -1)),
    EXPANDED_FIRST(rank -> expanded(rank, 0)),
    OFFSET(rank -> all(rank, 1, 0, 3)),
    MIXED(Lie::mixed);

    private final IntFunction<Lie> make;

    Named(IntFunction<Lie> make) {
      this.make = make;
    }

    Lie of(int rank) {
      return make.apply(rank);
    }
  }

  /** Any layout; the simplest is the contiguous one. */
  static Lie random(Choices c, int rank) {
    Lie lie = contiguous(rank);
    if (c.below(4) == 0) {
      return lie;
    }
    for (int d = 0; d < rank; d++) {
      int other = c.between(0, d);
      lie.order[d] = lie.order[other];
      lie.order[other] = d;
      lie.step[d] = c.of(1, 1, 1, -1, 2, 0, -2, 3);
      lie.free[d] = c.of(0, 0, 0, 1, 2);
    }
    return new Lie(lie.order, lie.step, lie.free, c.of(0, 0, 1, 3));
  }

  /** The array with all elements equal along axes that stand still. */
  NdArray fit(NdArray x) {
    boolean moves = true;
    for (int s : step) {
      moves &= s != 0;
    }
    if (moves || x.count() == 0) {
      return x;
    }
    int[] strides = NdArray.strides(x.shape());
    return x.pick(
        x.shape(),
        NdArray.walk(
            x.shape(),
            IntStream.range(0, x.rank()).map(d -> step[d] == 0 ? 0 : strides[d]).toArray()));
  }

  /** A tensor with these elements, lying so. */
  Tensor lay(NdArray x) {
    if (isContiguous()) {
      return Tensors.of(x);
    }
    int rank = x.rank();
    long[] strides = new long[rank];
    int places = 1;
    long offset = before;
    for (int k = rank - 1; k >= 0; k--) {
      int d = order[k];
      int n = (int) x.shape()[d];
      int length = step[d] == 0 || n == 0 ? Math.min(n, 1) : (n - 1) * Math.abs(step[d]) + 1;
      strides[d] = (long) places * step[d];
      offset += (long) places * (free[d] + (step[d] < 0 ? length - 1 : 0));
      places *= length + 2 * free[d];
    }
    if (x.count() == 0) {
      offset = 0;
    }
    int[] steps = Arrays.stream(strides).mapToInt(s -> (int) s).toArray();
    int[] from = new int[before + Math.max(places, 1)];
    Arrays.fill(from, -1);
    int[] to = NdArray.walk(x.shape(), steps);
    for (int k = 0; k < to.length; k++) {
      from[(int) offset + to[k]] = k;
    }
    NdArray whole = poisoned(x, from);
    return Tensors.of(whole).asStrided(Shape.of(x.shape()), strides, offset);
  }

  private static NdArray poisoned(NdArray x, int[] from) {
    double[] floats = new double[x.isFloating() ? from.length : 0];
    Arrays.setAll(floats, k -> from[k] < 0 ? Double.NaN : x.doubles()[from[k]]);
    long[] others = new long[x.isFloating() ? 0 : from.length];
    long poison = NdArray.cut(x.dtype(), 77);
    Arrays.setAll(others, k -> from[k] < 0 ? poison : x.longs()[from[k]]);
    return new NdArray(x.dtype(), new long[] {from.length}, floats, others);
  }

  /** Whether it is nothing special. */
  boolean isContiguous() {
    boolean plain = before == 0;
    for (int d = 0; d < order.length; d++) {
      plain &= order[d] == d && step[d] == 1 && free[d] == 0;
    }
    return plain;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Lie l && l.parts().equals(parts());
  }

  @Override
  public int hashCode() {
    return parts().hashCode();
  }

  private List<String> parts() {
    return List.of(
        Arrays.toString(order), Arrays.toString(step), Arrays.toString(free), "" + before);
  }

  @Override
  public String toString() {
    return isContiguous()
        ? "contiguous"
        : "axes in order %s, steps %s, %s free around, %d before"
            .formatted(parts().get(0), parts().get(1), parts().get(2), before);
  }
}
