package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** An array in plain Java, one element at a time: what ops that move elements are held against. */
record Naive(Shape shape, double[] elements) {
  /** Element i, j, … is f of them. */
  static Naive of(Shape shape, ToDoubleFunction<long[]> f) {
    double[] elements = new double[(int) shape.count()];
    int[] next = {0};
    forEach(shape, i -> elements[next[0]++] = f.applyAsDouble(i));
    return new Naive(shape, elements);
  }

  static Naive of(Tensor x) {
    return new Naive(x.shape(), x.toDoubleArray());
  }

  static Naive zeros(Shape shape) {
    return new Naive(shape, new double[(int) shape.count()]);
  }

  /** The index with another place on one axis. */
  static long[] with(long[] i, int axis, long place) {
    long[] other = i.clone();
    other[axis] = place;
    return other;
  }

  /** The index of what is broadcast to element i. */
  static long[] narrow(long[] i, Shape from) {
    long[] own = new long[from.rank()];
    for (int d = 0; d < own.length; d++) {
      own[d] = from.at(d) == 1 ? 0 : i[i.length - own.length + d];
    }
    return own;
  }

  /** Every index into a shape, in row-major order; always in the same array. */
  static void forEach(Shape shape, Consumer<long[]> body) {
    long[] i = new long[shape.rank()];
    for (long n = 0; n < shape.count(); n++) {
      long rest = n;
      for (int d = i.length - 1; d >= 0; d--) {
        i[d] = rest % shape.at(d);
        rest /= shape.at(d);
      }
      body.accept(i);
    }
  }

  double at(long... i) {
    return elements[place(i)];
  }

  void add(double x, long... i) {
    elements[place(i)] += x;
  }

  void set(double x, long... i) {
    elements[place(i)] = x;
  }

  private int place(long[] i) {
    assertEquals(shape.rank(), i.length);
    long n = 0;
    for (int d = 0; d < i.length; d++) {
      assertTrue(i[d] >= 0 && i[d] < shape.at(d), "the test itself looks outside of an array");
      n = n * shape.at(d) + i[d];
    }
    return (int) n;
  }

  /** That y has these elements and this shape, and that dtype; −0 is as good as 0. */
  void assertSame(DType dtype, Tensor y, String what) {
    assertEquals(shape, y.shape(), what);
    assertEquals(dtype, y.dtype(), what);
    assertArrayEquals(elements, y.toDoubleArray(), 0, what);
  }

  // -- What ops are tried on ----------------------------------------------------------------------

  /** Tensors of the same elements that lie in memory in different ways. */
  static List<Tensor> lying(DType dtype, Shape s) {
    Tensor x = numbers(dtype, s);
    int[] down = IntStream.range(0, s.rank()).map(d -> s.rank() - 1 - d).toArray();
    Tensor transposed = x.permute(down).contiguous().permute(down);
    Tensor part = x;
    for (int d = 0; d < s.rank(); d++) {
      part = part.pad(d, 1, 2).slice(d, 1, 1 + s.at(d));
    }
    return List.of(x, transposed, part, x.flip().contiguous().flip());
  }

  /** Different numbers, as long as the dtype has them. */
  static Tensor numbers(DType dtype, Shape shape) {
    return Tensor.arange(shape.count()).mul(37).add(1).remainder(251).reshape(shape).to(dtype);
  }
}
