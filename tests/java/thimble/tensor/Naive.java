package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

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

  /** An element by index into a shape that this is broadcast to. */
  double broadcastAt(long... i) {
    long[] own = new long[shape.rank()];
    for (int d = 0; d < own.length; d++) {
      own[d] = shape.at(d) == 1 ? 0 : i[i.length - own.length + d];
    }
    return at(own);
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
      assertEquals(0, i[d] < 0 || i[d] >= shape.at(d) ? 1 : 0, "outside of " + shape);
      n = n * shape.at(d) + i[d];
    }
    return (int) n;
  }

  Tensor tensor(DType dtype) {
    return Tensor.of(elements).reshape(shape).to(dtype);
  }

  void assertSame(DType dtype, Tensor y, String what) {
    assertClose(dtype, y, 0, what);
  }

  /** That y has this shape and that dtype, and the elements to within a bound. */
  void assertClose(DType dtype, Tensor y, double bound, String what) {
    assertEquals(shape, y.shape(), what);
    assertEquals(dtype, y.dtype(), what);
    assertArrayEquals(elements, y.toDoubleArray(), bound, what);
  }
}
