package thimble.transform;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import thimble.tensor.Tensor;

/** Jacobians of a recorded function, from its products with the vectors of a basis. */
final class Jacobians {
  private Jacobians() {}

  /** ∂y/∂x for each leaf y of the result, of shape y.shape + x.shape: a push for each column. */
  static List<Tensor> forward(Recorded<Tensor, ?> f) {
    Tensor x = f.variables().getFirst();
    List<Tensor> ys = f.results();
    List<List<Tensor>> columns = products(x, f::push);
    return IntStream.range(0, ys.size())
        .mapToObj(k -> joined(-1, columns, k, ys.get(k), ys.get(k), x))
        .toList();
  }

  /** ∂y/∂x for each leaf x of the point, of shape y.shape + x.shape: a sweep for each row. */
  static List<Tensor> reverse(Recorded<?, Tensor> f) {
    Tensor y = f.y();
    List<Tensor> xs = f.variables();
    List<List<Tensor>> rows = products(y, f::pull);
    return IntStream.range(0, xs.size())
        .mapToObj(k -> joined(0, rows, k, xs.get(k), y, xs.get(k)))
        .toList();
  }

  /** What a linear map gives for each vector of the basis of tensors like this. */
  private static List<List<Tensor>> products(Tensor like, UnaryOperator<List<Tensor>> map) {
    long n = like.count();
    Tensor basis = Tensor.eye(like.dtype(), n, n);
    List<List<Tensor>> products = new ArrayList<>();
    for (long i = 0; i < n; i++) {
      Tensor e = basis.slice(0, i, i + 1).reshape(like.shape().toArray());
      products.add(map.apply(List.of(e)));
    }
    return products;
  }

  /** The k-th of each of the products along an axis of their own, as a Jacobian of y by x. */
  private static Tensor joined(
      int axis, List<List<Tensor>> products, int k, Tensor like, Tensor y, Tensor x) {
    long[] shape =
        LongStream.concat(LongStream.of(y.shape().toArray()), LongStream.of(x.shape().toArray()))
            .toArray();
    return products.isEmpty()
        ? Tensor.zeros(like.dtype(), shape)
        : Tensor.stack(axis, products.stream().map(p -> p.get(k)).toArray(Tensor[]::new))
            .reshape(shape);
  }
}
