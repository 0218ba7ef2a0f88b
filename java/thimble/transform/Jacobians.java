package thimble.transform;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import thimble.tensor.Batch;
import thimble.tensor.DTypeException;
import thimble.tensor.Shape;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;

/** Jacobians of a recorded function, from its products with the vectors of a basis. */
final class Jacobians {
  private Jacobians() {}

  /** ∂y/∂x for each leaf y of the result, of shape y.shape + x.shape: a push for each column. */
  static List<Tensor> forward(Recorded<Tensor, ?> f) {
    Tensor x = f.variables().getFirst();
    List<Tensor> ys = f.results();
    ys.forEach(y -> check(y, x));
    List<Tensor> products = products(x, f::push);
    return IntStream.range(0, ys.size())
        .mapToObj(k -> columns(products.get(k), ys.get(k), x))
        .toList();
  }

  /** ∂y/∂x for each leaf x of the point, of shape y.shape + x.shape: a sweep for each row. */
  static List<Tensor> reverse(Recorded<?, Tensor> f) {
    Tensor y = f.y();
    List<Tensor> xs = f.variables();
    xs.forEach(x -> check(y, x));
    List<Tensor> products = products(y, f::pull);
    return IntStream.range(0, xs.size())
        .mapToObj(k -> rows(products.get(k), y, xs.get(k)))
        .toList();
  }

  private static void check(Tensor y, Tensor x) {
    if (!y.dtype().isFloating()) {
      throw new DTypeException(
          "jacobian of %s %s: only float32 and float64 have a derivative"
              .formatted(y.dtype(), y.shape()));
    }
    int rank = Math.max(x.rank() + y.rank(), 1 + Math.max(x.rank(), y.rank()));
    if (rank > Shape.MAX_RANK) {
      throw new ShapeException(
          "jacobian of %s by %s: takes %d axes, at most %d; jvp and vjp give products with it"
              .formatted(y.shape(), x.shape(), rank, Shape.MAX_RANK));
    }
  }

  /** What a linear map gives for each vector of the basis of tensors like this: all at once. */
  private static List<Tensor> products(Tensor like, UnaryOperator<List<Tensor>> map) {
    long n = like.count();
    long[] each = LongStream.concat(LongStream.of(n), sizes(like)).toArray();
    Tensor basis = Tensor.eye(like.dtype(), n, n).reshape(each);
    return Batch.map(map, List.of(basis), new boolean[] {true}, n);
  }

  private static LongStream sizes(Tensor x) {
    return LongStream.of(x.shape().toArray());
  }

  /** Products, one along the first axis for each element of x, as a Jacobian of y by x. */
  private static Tensor columns(Tensor products, Tensor y, Tensor x) {
    long[] shape = LongStream.concat(sizes(y), sizes(x)).toArray();
    return products.reshape(x.count(), y.count()).transpose().reshape(shape);
  }

  private static Tensor rows(Tensor products, Tensor y, Tensor x) {
    return products.reshape(LongStream.concat(sizes(y), sizes(x)).toArray());
  }
}
