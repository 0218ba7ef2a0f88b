package thimble.examples;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/** Records, lists and maps of tensors as arguments and results. */
public final class Structures {
  private Structures() {}

  private record Layer(Tensor w, Tensor b) {}

  private record Net(List<Layer> layers, String name) {}

  private static Tensor loss(Net net, Tensor x) {
    Tensor y = x;
    for (Layer layer : net.layers()) {
      y = y.matmul(layer.w()).add(layer.b()).tanh();
    }
    return y.pow(2).sum();
  }

  /** Prints parts of gradients. */
  public static void main(String[] args) {
    Tensor w = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    Tensor b = Tensor.of(new double[] {0.5, -0.5});
    Tensor x = Tensor.of(new double[] {0.1, -0.1});
    Net net = new Net(List.of(new Layer(w, b), new Layer(w, b)), "small");
    Net g = Grad.grad((Net n) -> loss(n, x)).apply(net);
    System.out.println(g.layers().get(1).w().shape()); // [2, 2]
    System.out.println(g.name()); // small

    Map<String, Tensor> d = new TreeMap<>(Map.of("cat", Tensor.of(3), "dog", Tensor.of(4)));
    Function<Map<String, Tensor>, Tensor> f = m -> m.get("cat").pow(2);
    System.out.println(Grad.grad(f).apply(d)); // {cat=6.  float64, dog=0.  float64}

    BiFunction<Tensor, Tensor, Tensor> product = (p, q) -> p.mul(q);
    System.out.println(Grad.grad(product).apply(Tensor.of(3), Tensor.of(4))); // 4.  float64
    var both = Grad.grad(product, 0, 1).apply(Tensor.of(3), Tensor.of(4));
    System.out.println(both.second()); // 3.  float64
  }
}
