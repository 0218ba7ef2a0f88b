package thimble.tensor;

import static thimble.tensor.At.shape;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.DType.INT64;
import static thimble.tensor.Kind.INDEX;
import static thimble.tensor.Kind.MASK;
import static thimble.tensor.Kind.Slope.FLAT;
import static thimble.tensor.Kind.Slope.LINEAR;
import static thimble.tensor.Kind.Slope.NONE;
import static thimble.tensor.Kind.Slope.SMOOTH;
import static thimble.tensor.Row.Trait.POINTWISE;
import static thimble.tensor.Row.Trait.ROUNDED;
import static thimble.tensor.Row.Trait.TAME;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import thimble.tensor.Kind.Slope;
import thimble.tensor.Row.Trait;

/** Rows of {@link OpTable}: sums of products. */
final class ProductRows extends Families {
  ProductRows() {
    products();
  }

  private void products() {
    product(
        "matmul",
        LINEAR,
        MATRICES,
        ProductRows::drawMatrices,
        (in, p) -> in[0].matmul(in[1]),
        (in, p) -> Oracle.matmul(in[0], in[1]),
        refuses(two(shape(2, 3), shape(2, 3)), FLOAT32, "matmul", "[2, 3] x [2, 3]", "3 and 2"),
        refuses(two(shape(2), shape(3)), FLOAT32, "matmul", "[2] x [3]", "2 and 3"),
        refuses(two(shape(), shape(2, 3)), FLOAT32, "matmul", "[] x [2, 3]"),
        refuses(two(shape(2, 3, 4), shape(3, 4, 5)), FLOAT32, "matmul", "[2, 3, 4]", "axis -3"));
    product(
        "matmul of a square with itself",
        SMOOTH,
        List.of(At.of(shape(3, 3)), At.of(shape(2, 2, 2)), At.of(shape(3))),
        c -> {
          int n = c.of(1, 2, 3, 0, 17);
          return At.of(shape(n, n));
        },
        (in, p) -> in[0].matmul(in[0]),
        (in, p) -> Oracle.matmul(in[0], in[0]));
    product(
        "matmul by the transpose",
        SMOOTH,
        List.of(At.of(shape(2, 3)), At.of(shape(2, 3, 4)), At.of(shape(70, 33))),
        c -> At.of(Settings.draw(c, c.of(2, 3))),
        (in, p) -> in[0].matmul(in[0].transpose()),
        (in, p) -> Oracle.matmul(in[0], Oracle.swapped(in[0], in[0].rank() - 2, in[0].rank() - 1)));
  }

  private static At two(long[] a, long[] b) {
    return At.of(List.of(a, b));
  }

  private static final List<At> MATRICES =
      List.of(
          two(shape(2, 3), shape(3, 4)),
          two(shape(2, 4, 3), shape(2, 3, 4)),
          two(shape(2, 3, 4), shape(4, 2)),
          two(shape(2, 3), shape(2, 3, 4)),
          two(shape(1, 2, 4), shape(3, 4, 2)),
          two(shape(3, 2, 4), shape(1, 4, 2)),
          two(shape(1, 2, 3), shape(2, 1, 3, 2)),
          two(shape(2, 1, 2, 3), shape(1, 3, 2)),
          two(shape(3), shape(3, 4)),
          two(shape(3, 4), shape(4)),
          two(shape(3), shape(3)),
          two(shape(3), shape(2, 3, 4)),
          two(shape(2, 4, 3), shape(3)),
          two(shape(0, 3), shape(3, 2)),
          two(shape(2, 0), shape(0, 3)),
          two(shape(2, 3), shape(3, 0)),
          two(shape(0), shape(0)),
          two(shape(0, 2, 3), shape(3, 2)),
          two(shape(2, 0, 3), shape(2, 3, 2)),
          two(shape(1, 2, 1, 1, 1, 1, 2, 3), shape(1, 1, 1, 2, 1, 1, 3, 2)),
          two(shape(1, 1), shape(1, 1)),
          two(shape(3, 5), shape(5, 2)),
          two(shape(1, 300), shape(300, 1)),
          two(shape(33, 200), shape(200, 17)),
          two(shape(40, 1), shape(1, 60)),
          two(shape(70, 90), shape(90, 80)));

  private static At drawMatrices(Choices c) {
    int m = c.of(1, 2, 3, 0, 5, 17, 33);
    int k = c.of(1, 2, 3, 0, 8, 31, 129);
    int n = c.of(1, 2, 3, 0, 4, 16, 19);
    long[] lead = Settings.filled(Settings.draw(c, c.of(0, 0, 0, 1, 2)));
    lead = NdArray.count(lead) > 20 ? shape(2) : lead;
    long[] a = c.once(8) ? shape(k) : Oracle.join(Settings.part(c, lead), m, k);
    long[] b = c.once(8) ? shape(k) : Oracle.join(Settings.part(c, lead), k, n);
    return two(a, b);
  }
}
