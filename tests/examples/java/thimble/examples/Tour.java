package thimble.examples;

import static thimble.tensor.Index.all;
import static thimble.tensor.Index.at;
import static thimble.tensor.Index.every;
import static thimble.tensor.Index.range;

import thimble.tensor.DType;
import thimble.tensor.Index;
import thimble.tensor.Key;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;

/** What tensors can do, in the order of the guide. */
public final class Tour {
  private Tour() {}

  /** Prints the results that the guide shows. */
  public static void main(String[] args) {
    dtypes();
    parts();
    reductions();
    products();
    randomNumbers();
    errors();
  }

  private static void dtypes() {
    Tensor k = Tensor.of(new int[] {1, 2, 3});
    System.out.println(k.mul(2).dtype()); // int32
    System.out.println(k.mul(0.5).dtype()); // float32
    System.out.println(k.div(k).dtype()); // float32
    System.out.println(k.sum().dtype()); // int64
    System.out.println(k.add(Tensor.of(2.5)).dtype()); // float64
  }

  private static void parts() {
    Tensor x = Tensor.arange(12).reshape(3, 4);
    System.out.println(x.get(at(-1))); // [ 8,  9, 10, 11]  int64 [4]
    System.out.println(x.get(all(), range(1, 3)).shape()); // [3, 2]
    System.out.println(x.get(at(0), range(3, 0, -1))); // [3, 2, 1]  int64 [3]
    System.out.println(x.get(every(2), at(0))); // [0, 8]  int64 [2]
    Tensor y = x.update(Index.of(at(0), range(0, 2)), Tensor.of(new long[] {-1, -2}));
    System.out.println(y.get(at(0))); // [-1, -2,  2,  3]  int64 [4]
    System.out.println(x.get(at(0))); // [0, 1, 2, 3]  int64 [4]
  }

  private static void reductions() {
    Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 6}});
    System.out.println(x.sum()); // 12.  float64
    System.out.println(x.mean(0)); // [2., 4.]  float64 [2]
    System.out.println(x.sub(x.mean(1).unsqueeze(1)).get(at(1))); // [-1.5,  1.5]  float64 [2]
    System.out.println(x.gt(1).all().item() == 1); // false
  }

  private static void products() {
    Tensor a = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    System.out.println(Tensor.einsum("ij,kj->ik", a, a).get(at(0))); // [ 5., 11.]  float64 [2]
    System.out.println(Tensor.einsum("ii", a)); // 5.  float64
  }

  private static void randomNumbers() {
    Key key = Key.of(42);
    Tensor w = key.fold(1).normal(DType.FLOAT32, 784, 100);
    Tensor b = key.fold(2).normal(DType.FLOAT32, 100);
    System.out.println(w.matmul(b).shape()); // [784]
    Tensor order = key.fold(3).permutation(5);
    System.out.println(order.sum().item()); // 10.0
  }

  private static void errors() {
    try {
      Tensor.zeros(DType.FLOAT32, 100, 784).matmul(Tensor.zeros(DType.FLOAT32, 785, 10));
    } catch (ShapeException e) {
      String why = e.getMessage();
      System.out.println(why); // matmul: [100, 784] x [785, 10]: inner sizes differ (784 and 785)
    }
  }
}
