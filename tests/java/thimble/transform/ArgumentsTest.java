package thimble.transform;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.tensor.Tensor;

/** Functions of several arguments. */
class ArgumentsTest extends InBothBackends {
  private static Tensor vector(double... x) {
    return Tensor.of(x);
  }

  private static void assertValues(Tensor x, double... expected) {
    assertArrayEquals(expected, x.toDoubleArray(), 1e-12);
  }

  @Test
  void theGradientOfAFunctionOfSeveralArgumentsIsThatInTheFirst() {
    Tensor a = Tensor.of(2);
    Tensor b = Tensor.of(3);
    Tensor c = Tensor.of(5);
    Tensor d = Tensor.of(7);
    BiFunction<Tensor, Tensor, Tensor> two = (x, y) -> x.mul(x).mul(y);
    Function3<Tensor, Tensor, Tensor, Tensor> three = (x, y, z) -> two.apply(x, y).mul(z);
    Function4<Tensor, Tensor, Tensor, Tensor, Tensor> four =
        (x, y, z, u) -> three.apply(x, y, z).mul(u);
    assertValues(Grad.grad(two).apply(a, b), 12);
    assertValues(Grad.grad(three).apply(a, b, c), 60);
    assertValues(Grad.grad(four).apply(a, b, c, d), 420);
    assertValues(Grad.valueAndGrad(two).apply(a, b).value(), 12);
    assertValues(Grad.valueAndGrad(three).apply(a, b, c).grad(), 60);
    assertValues(Grad.valueAndGrad(four).apply(a, b, c, d).value(), 420);

    assertValues(Grad.grad(two, 1).apply(a, b).second(), 4);
    Gradients.Of3<Tensor, Tensor, Tensor> some = Grad.grad(three, 2, 0).apply(a, b, c);
    assertValues(some.third(), 12);
    assertValues(some.first(), 60);
    assertTrue(
        assertThrows(IllegalStateException.class, some::second)
            .getMessage()
            .contains("argument 1 was not asked for: argnums are [2, 0]"));
    assertValues(Grad.grad(four, 3).apply(a, b, c, d).fourth(), 60);
    assertValues(Grad.valueAndGrad(two, 0, 1).apply(a, b).value(), 12);
    assertValues(Grad.valueAndGrad(three, 1).apply(a, b, c).grad().second(), 20);
    assertValues(Grad.valueAndGrad(four, 0, 1, 2, 3).apply(a, b, c, d).grad().third(), 84);
  }

  @Test
  void argumentsThatAreNotAskedForMayBeAnything() {
    record Net(Tensor w, Tensor b) {}
    BiFunction<Net, int[], Tensor> f = (net, rows) -> net.w.mul(rows.length).add(net.b).sum();
    Net g = Grad.grad(f).apply(new Net(vector(1), vector(2)), new int[3]);
    assertValues(g.w, 3);
    Gradients.Of2<Net, int[]> also =
        Grad.grad(f, 0).apply(new Net(vector(1), vector(2)), new int[4]);
    assertValues(also.first().w, 4);
  }

  @Test
  void argnumsThatAreNoneAreRefused() {
    BiFunction<Tensor, Tensor, Tensor> f = Tensor::mul;
    for (int[] argnums : new int[][] {{2}, {-1}, {0, 0}, {}}) {
      String said =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> Grad.grad(f, argnums).apply(Tensor.of(1), Tensor.of(2)))
              .getMessage();
      assertEquals(
          "grad: argnums %s of a function of 2 arguments: takes some of 0 to 1, each once"
              .formatted(Arrays.toString(argnums)),
          said);
    }
  }

  @Test
  void severalArgumentsAsOneGoThroughEveryTransform() {
    Tensor a = vector(2, 3);
    Tensor b = vector(5, 7);
    var f = Arguments.asOne((Tensor x, Tensor y) -> x.mul(y));
    var at = Arguments.of(a, b);
    assertValues(Grad.jvp(f, at, Arguments.of(vector(1, 1), vector(10, 0))), 25, 7);
    assertValues(Grad.vjp(f, at).pullback().apply(vector(1, 2)).second(), 2, 6);
    assertValues(Grad.jacrev(f).apply(at).first(), 5, 0, 0, 7);
    var three =
        Grad.grad(Arguments.asOne((Tensor x, Tensor y, Tensor z) -> x.mul(y).mul(z).sum()))
            .apply(Arguments.of(a, b, vector(1, 2)));
    assertValues(three.third(), 10, 21);
    var four =
        Grad.hvp(
            Arguments.asOne((Tensor x, Tensor y, Tensor z, Tensor u) -> x.mul(u).sum()),
            Arguments.of(a, b, a, b),
            Arguments.of(vector(1, 0), a, a, vector(0, 1)));
    assertValues(four.first(), 0, 1);
    assertValues(four.fourth(), 1, 0);
  }
}
