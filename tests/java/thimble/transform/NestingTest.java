package thimble.transform;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.InBothBackends;
import thimble.program.Program;
import thimble.tensor.Block;
import thimble.tensor.DType;
import thimble.tensor.Index;
import thimble.tensor.Lazy;
import thimble.tensor.Op;
import thimble.tensor.Shape;
import thimble.tensor.Tensor;

/**
 * Functions that take derivatives, map, recompute and cut themselves, differentiated by every
 * nesting of transforms, to the third order: all agree with each other and with central
 * differences.
 */
class NestingTest extends InBothBackends {
  private static final Tensor AT = Tensor.of(new double[] {0.7, -0.4, 1.3});
  private static final Tensor ALONG = Tensor.of(new double[] {0.3, 1.1, -0.6});
  private static final Tensor ROWS = Tensor.of(new double[][] {{0.5, -1.2, 0.9}, {1.4, 0.3, -0.8}});

  /** A function of three numbers. */
  record Named(String name, Function<Tensor, Tensor> f) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** x·2^k for whole numbers k, which have no derivative. */
  private record Shifted() implements Op.Custom {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    @Override
    public boolean differentiable(int i) {
      return i == 0;
    }

    @Override
    public Tensor compute(Tensor... x) {
      return x[0].mul(Tensor.full(x[0].dtype(), 2.0).pow(x[1].to(x[0].dtype())));
    }

    @Override
    public Tensor jvp(Tensor y, List<Tensor> t) {
      return Tensor.apply(this, t.getFirst(), y.in(1));
    }

    @Override
    public List<Tensor> vjp(Tensor y, Tensor g) {
      return List.of(Tensor.apply(this, g, y.in(1)), y.in(1));
    }
  }

  private static Tensor wave(Tensor x) {
    return x.sin().mul(x.exp()).sum();
  }

  static List<Named> functions() {
    Tensor shifts = Tensor.of(new long[] {1, 0, -1});
    return List.of(
        new Named("plain", NestingTest::wave),
        new Named(
            "map with the variable outside",
            x -> Grad.vmap((Tensor r) -> r.mul(x).sum().sin()).apply(ROWS).pow(2).sum()),
        new Named(
            "map over the variable",
            x -> Grad.vmap((Tensor v) -> v.mul(v).mul(x.sum()).sin()).apply(x).prod()),
        new Named(
            "gradient in a map",
            x -> Grad.vmap(Grad.grad((Tensor z) -> z.mul(x).sin().sum())).apply(ROWS).pow(2).sum()),
        new Named(
            "tangent in a map",
            x ->
                Grad.vmap((Tensor r) -> Grad.jvp((Tensor z) -> z.mul(x).sin(), r, x))
                    .apply(ROWS)
                    .pow(3)
                    .sum()),
        new Named(
            "map in a gradient in a map",
            x ->
                Grad.vmap(
                        Grad.grad((Tensor z) ->
                            Grad.vmap((Tensor v) -> v.mul(x).mul(z).cos().sum()).apply(z).sum()))
                    .apply(ROWS)
                    .pow(2)
                    .sum()),
        new Named(
            "Hessian inside",
            x ->
                Grad.hessian((Tensor z) -> z.mul(x).sum().sin())
                    .apply(x.mul(x))
                    .mul(Tensor.linspace(DType.FLOAT64, 0, 1, 9).reshape(3, 3))
                    .sum()),
        new Named(
            "Jacobian in a map",
            x -> Grad.vmap(Grad.jacrev((Tensor z) -> z.mul(x).exp())).apply(ROWS).pow(2).sum()),
        new Named(
            "pullback inside",
            x -> Grad.vjp((Tensor z) -> z.mul(x).sin(), x.mul(2)).pullback().apply(x).pow(2).sum()),
        new Named(
            "checkpoint in checkpoint",
            x ->
                Rules.checkpoint(
                        (Tensor z) -> Rules.checkpoint((Tensor u) -> u.sin()).apply(z).mul(z))
                    .apply(x.exp())
                    .sum()),
        new Named(
            "checkpoint in a map",
            x ->
                Grad.vmap(Rules.checkpoint((Tensor v) -> v.sin().mul(v)))
                    .apply(ROWS.mul(x))
                    .pow(2)
                    .sum()),
        new Named(
            "map in a checkpoint",
            x ->
                Rules.checkpoint(
                        (Tensor z) -> Grad.vmap((Tensor r) -> r.mul(z).sum().sin()).apply(ROWS))
                    .apply(x)
                    .prod()),
        new Named(
            "gradient in a checkpoint",
            x ->
                Rules.checkpoint((Tensor z) -> Grad.grad(NestingTest::wave).apply(z).pow(2))
                    .apply(x)
                    .sum()),
        new Named(
            "custom cotangent in a map",
            x ->
                Grad.vmap(
                        Rules.customVjp(
                            (Tensor v) -> v.sin(), (Tensor v, Tensor ct) -> v.cos().mul(ct)))
                    .apply(x)
                    .mul(x)
                    .sum()),
        new Named(
            "custom tangent in a map",
            x ->
                Grad.vmap(
                        Rules.customJvp(
                            (Tensor v) -> v.sin(), (Tensor v, Tensor t) -> v.cos().mul(t)))
                    .apply(x)
                    .mul(x)
                    .sum()),
        new Named(
            "a user's op in a map",
            x ->
                Grad.vmap((Tensor v) -> Tensor.apply(new RulesTest.Cube(), v.mul(x)).sum())
                    .apply(x)
                    .sin()
                    .sum()),
        new Named(
            "a user's op of whole numbers in a map",
            x ->
                Grad.vmap((Tensor v, Tensor k) -> Tensor.apply(new Shifted(), v, k))
                    .apply(x, shifts)
                    .sin()
                    .sum()),
        new Named(
            "a user's op of whole numbers that are there once",
            x ->
                Grad.vmap((Tensor v, Tensor k) -> Tensor.apply(new Shifted(), v, k), 0, Grad.NONE)
                    .apply(ROWS.mul(x), shifts)
                    .sin()
                    .sum()),
        new Named("a hook", x -> Rules.hook(x.mul(x), ct -> ct.mul(1)).sin().sum()),
        new Named(
            "lazy inside",
            x -> {
              try (Block _ = Lazy.open()) {
                return wave(x.mul(x));
              }
            }),
        new Named("a constant beside it", x -> wave(x).add(Tensor.of(3).exp())),
        new Named("the variable itself", x -> x.get(Index.at(1)).mul(x.get(Index.at(1)))),
        new Named(
            "broadcast",
            x ->
                x.reshape(3, 1).mul(x).add(x.sum()).sin().sub(x.broadcastTo(2, 3, 3)).pow(2).sum()),
        new Named(
            "nothing in between",
            x ->
                Tensor.concat(0, x, x.slice(0, 0, 0), x.mul(x).slice(0, 2, 2))
                    .sin()
                    .sum()
                    .add(x.slice(0, 1, 1).exp().sum())),
        new Named(
            "chosen by values",
            x -> Tensor.where(x.gt(0.0), x.exp(), x.sin().mul(3)).sum().mul(x.max())),
        new Named(
            "taken by index",
            x ->
                x.gather(0, Tensor.of(new long[] {2, 0, 2}))
                    .mul(x)
                    .sin()
                    .sum()
                    .mul(x.softmax(0).logsumexp())),
        new Named(
            "a program inside",
            x -> {
              Program p = Program.trace((Tensor z) -> Grad.grad(NestingTest::wave).apply(z), AT);
              return p.<Tensor>run(x).pow(2).sum();
            }),
        new Named(
            "second derivative in a map",
            x ->
                Grad.vmap((Tensor r) -> Grad.hvp((Tensor z) -> z.mul(x).sum().sin(), r, x))
                    .apply(ROWS)
                    .sum()),
        new Named(
            "other axes",
            x ->
                Grad.vmap((Tensor c) -> c.mul(c).cumsum(0).sin(), -1, 1)
                    .apply(ROWS.mul(x))
                    .pow(2)
                    .sum()));
  }

  private static Tensor first(Tensor all) {
    return all.get(Index.at(0));
  }

  private static Tensor stacked(Tensor x) {
    return Tensor.stack(0, x, x.mul(0.9), x.add(0.1));
  }

  private static Map<String, UnaryOperator<Tensor>> gradients(Function<Tensor, Tensor> f) {
    Function<Tensor, Tensor> again = Rules.checkpoint(f);
    return Map.ofEntries(
        Map.entry("grad", Grad.grad(f)),
        Map.entry("jacfwd", x -> Grad.jacfwd(f).apply(x)),
        Map.entry("jacrev", Grad.jacrev(f)),
        Map.entry("vmap(grad)", x -> first(Grad.vmap(Grad.grad(f)).apply(stacked(x)))),
        Map.entry("vmap(jacfwd)", x -> first(Grad.vmap(Grad.jacfwd(f)).apply(stacked(x)))),
        Map.entry(
            "vmap(vmap(grad))",
            x ->
                first(
                    first(
                        Grad.vmap(Grad.vmap(Grad.grad(f)))
                            .apply(Tensor.stack(0, stacked(x), stacked(x.neg())))))),
        Map.entry(
            "grad(vmap)",
            x -> first(Grad.grad((Tensor v) -> Grad.vmap(f).apply(v).sum()).apply(stacked(x)))),
        Map.entry(
            "jvp(vmap) along a basis",
            x -> Grad.vmap((Tensor t) -> Grad.jvp(f, x, t)).apply(Tensor.eye(DType.FLOAT64, 3, 3))),
        Map.entry("vjp", x -> Grad.vjp(f, x).pullback().apply(Tensor.of(1))),
        Map.entry("grad(checkpoint)", Grad.grad(again)),
        Map.entry("jacfwd(checkpoint)", x -> Grad.jacfwd(again).apply(x)),
        Map.entry(
            "vmap(grad(checkpoint))", x -> first(Grad.vmap(Grad.grad(again)).apply(stacked(x)))),
        Map.entry(
            "checkpoint(grad)",
            x -> Rules.checkpoint((Tensor v) -> Grad.grad(f).apply(v)).apply(x)),
        Map.entry(
            "grad in Lazy",
            x -> {
              try (Block _ = Lazy.open()) {
                return Grad.grad(f).apply(x).realize();
              }
            }),
        Map.entry(
            "backward",
            x -> {
              Tensor leaf = x.detach().requiresGrad(true);
              f.apply(leaf).backward();
              Tensor g = leaf.grad();
              assertNotNull(g);
              return g;
            }),
        Map.entry(
            "grad of a leaf, backward",
            x -> {
              Tensor leaf = x.detach().requiresGrad(true);
              Grad.jvp(f, x, leaf).backward();
              Tensor g = leaf.grad();
              assertNotNull(g);
              return g;
            }));
  }

  private static Map<String, UnaryOperator<Tensor>> hessians(Function<Tensor, Tensor> f) {
    Function<Tensor, Tensor> again = Rules.checkpoint(f);
    UnaryOperator<Tensor> g = Grad.grad(f);
    return Map.ofEntries(
        Map.entry("hessian", Grad.hessian(f)),
        Map.entry("jacrev(grad)", Grad.jacrev(g)),
        Map.entry("jacfwd(jacfwd)", x -> Grad.jacfwd(Grad.jacfwd(f)).apply(x)),
        Map.entry("jacrev(jacfwd)", Grad.jacrev(Grad.jacfwd(f))),
        Map.entry("vmap(hessian)", x -> first(Grad.vmap(Grad.hessian(f)).apply(stacked(x)))),
        Map.entry("hessian(checkpoint)", Grad.hessian(again)),
        Map.entry("jacrev(jacrev(checkpoint))", Grad.jacrev(Grad.jacrev(again))),
        Map.entry(
            "vmap(hessian(checkpoint))",
            x -> first(Grad.vmap(Grad.hessian(again)).apply(stacked(x)))),
        Map.entry(
            "jacrev(vmap(grad))",
            x ->
                first(
                    Grad.jacrev((Tensor v) -> first(Grad.vmap(g).apply(v)))
                        .apply(stacked(x))
                        .permute(1, 0, 2))),
        Map.entry(
            "hessian in Lazy",
            x -> {
              try (Block _ = Lazy.open()) {
                return Grad.hessian(f).apply(x).realize();
              }
            }));
  }

  private static Map<String, UnaryOperator<Tensor>> thirds(Function<Tensor, Tensor> f) {
    Function<Tensor, Tensor> along = x -> Grad.hvp(f, x, ALONG).mul(ALONG).sum();
    return Map.ofEntries(
        Map.entry("grad(hvp)", Grad.grad(along)),
        Map.entry("jacfwd(hvp)", x -> Grad.jacfwd(along).apply(x)),
        Map.entry("vmap(grad(hvp))", x -> first(Grad.vmap(Grad.grad(along)).apply(stacked(x)))),
        Map.entry(
            "grad(vmap(hvp))",
            x -> first(Grad.grad((Tensor v) -> Grad.vmap(along).apply(v).sum()).apply(stacked(x)))),
        Map.entry("grad(checkpoint(hvp))", Grad.grad(Rules.checkpoint(along))));
  }

  private static void assertAll(
      double[] expected, Map<String, UnaryOperator<Tensor>> ways, long... shape) {
    double scale = 1;
    for (double v : expected) {
      scale = Math.max(scale, Math.abs(v));
    }
    double[] exact = ways.values().iterator().next().apply(AT).toDoubleArray();
    for (Map.Entry<String, UnaryOperator<Tensor>> way : ways.entrySet()) {
      Tensor d = way.getValue().apply(AT);
      assertEquals(Shape.of(shape), d.shape(), way.getKey());
      assertArrayEquals(expected, d.toDoubleArray(), 1e-7 * scale, way.getKey());
      assertArrayEquals(exact, d.toDoubleArray(), 1e-11 * scale, way.getKey());
    }
  }

  @ParameterizedTest
  @MethodSource("functions")
  void everyWayToAGradient(Named f) {
    double[] expected = Numeric.central().gradient(f.f, AT).value().toDoubleArray();
    assertAll(expected, gradients(f.f), 3);
  }

  @ParameterizedTest
  @MethodSource("functions")
  void everyWayToAHessian(Named f) {
    double[] expected = Numeric.central().jacobian(Grad.grad(f.f), AT).value().toDoubleArray();
    assertAll(expected, hessians(f.f), 3, 3);
  }

  /** Nothing of a derivative is shared but what the function shares. */
  @Test
  void onManyThreadsEveryDerivativeIsTheSame() throws Exception {
    List<Named> all = functions();
    List<double[]> expected = new ArrayList<>();
    for (Named f : all) {
      expected.add(Grad.hessian(f.f).apply(AT).toDoubleArray());
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<double[]>> found = new ArrayList<>();
      for (int k = 0; k < 20 * all.size(); k++) {
        Function<Tensor, Tensor> f = all.get(k % all.size()).f;
        found.add(threads.submit(() -> Grad.hessian(f).apply(AT).toDoubleArray()));
      }
      for (int k = 0; k < found.size(); k++) {
        assertArrayEquals(
            expected.get(k % all.size()), found.get(k).get(), 1e-12, all.get(k % all.size()).name);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("functions")
  void everyWayToAThirdDerivative(Named f) {
    Function<Tensor, Tensor> second = x -> Grad.hvp(f.f, x, ALONG).mul(ALONG).sum();
    double[] expected = Numeric.central().gradient(second, AT).value().toDoubleArray();
    assertAll(expected, thirds(f.f), 3);
  }
}
