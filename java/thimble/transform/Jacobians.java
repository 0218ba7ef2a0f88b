package thimble.transform;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import thimble.tensor.Batch;
import thimble.tensor.Tensor;

/** Jacobians of a recorded function, from its products with the vectors of a basis. */
final class Jacobians {
  private Jacobians() {}

  /** ∂y/∂x for each leaf y of the result, of shape y.shape + x.shape: a push for each column. */
  static List<Tensor> forward(Recorded<Tensor, ?> f) {
    Tensor x = f.variables().getFirst();
    List<Tensor> ys = f.results();
    List<Tensor> products = products(x, f::push);
    return IntStream.range(0, ys.size())
        .mapToObj(k -> columns(products.get(k), ys.get(k), x))
        .toList();
  }

  /** ∂y/∂x for each leaf x of the point, of shape y.shape + x.shape: a sweep for each row. */
  static List<Tensor> reverse(Recorded<?, Tensor> f) {
    Tensor y = f.y();
    List<Tensor> xs = f.variables();
    List<Tensor> products = products(y, f::pull);
    return IntStream.range(0, xs.size())
        .mapToObj(k -> rows(products.get(k), y, xs.get(k)))
        .toList();
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
