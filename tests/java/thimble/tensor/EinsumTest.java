package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.DType.INT64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.InBothBackends;
import thimble.transform.Grad;

/** Einstein's summation, and its derivatives, against one loop over all letters. */
class EinsumTest extends InBothBackends {
  private static final String LETTERS = "abcdeW";

  static List<String> equations() {
    List<String> all =
        new ArrayList<>(
            List.of(
                // one operand: orders, sums, diagonals
                "->",
                "a->a",
                "a->",
                "a",
                "ab->ba",
                "ba",
                "ab->b",
                "ab->",
                "aa->a",
                "aa->",
                "aa",
                "aba->ab",
                "aab->b",
                "aaa->a",
                "aabb->ba",
                "abab->",
                "abcd->dbca",
                // products
                "a,a->",
                "a,a->a",
                "a,b->ab",
                "a,b->ba",
                ",a->a",
                ",->",
                "ab,b->a",
                "ab,bc->ac",
                "ab,bc",
                "ab,bc->ca",
                "ab,cb->ac",
                "ab,ab->ab",
                "ab,ab->",
                "ab,cd->abcd",
                "ab,cd->",
                "ab,cd->bd",
                "abc,abd->acd",
                "abc,abd->cd",
                "abcd,abed->abce",
                "abcd,dcba->a",
                // letters that repeat in one of two operands
                "aa,ab->b",
                "aab,b->a",
                "aa,bb->ab",
                "aa,bb->",
                "aba,ca->bc",
                "ab,bb->a",
                // more operands
                "a,b,c->cba",
                "a,ab,b->",
                "ab,bc,cd->ad",
                "ab,bc,ca->",
                "abc,cd,db->a",
                "ab,bc,cd,de->ae",
                "a,a,a,a->a",
                "W,aW->a",
                " ab , bc -> ac "));
    Random random = new Random(21);
    for (int i = 0; i < 60; i++) {
      all.add(random(random));
    }
    return all;
  }

  private static String random(Random random) {
    String inputs =
        Stream.generate(() -> word(random, random.nextInt(5)))
            .limit(1 + random.nextInt(3))
            .collect(Collectors.joining(","));
    if (random.nextInt(4) == 0) {
      return inputs;
    }
    String result =
        random
            .ints(4, 0, LETTERS.length())
            .distinct()
            .mapToObj(i -> LETTERS.substring(i, i + 1))
            .filter(inputs::contains)
            .collect(Collectors.joining());
    return inputs + "->" + result;
  }

  private static String word(Random random, int length) {
    return random
        .ints(length, 0, LETTERS.length())
        .mapToObj(i -> LETTERS.substring(i, i + 1))
        .collect(Collectors.joining());
  }

  /** An equation taken apart, and a size for each letter. */
  private record Equation(String text, List<String> inputs, String result, long[] sizes) {
    static Equation of(String text, long... sizes) {
      String[] sides = text.replace(" ", "").split("->", -1);
      List<String> inputs = List.of(sides[0].split(",", -1));
      return new Equation(text, inputs, sides.length > 1 ? sides[1] : once(sides[0]), sizes);
    }

    private static String once(String inputs) {
      return LETTERS
          .chars()
          .filter(c -> inputs.chars().filter(i -> i == c).count() == 1)
          .sorted()
          .mapToObj(Character::toString)
          .collect(Collectors.joining());
    }

    Shape shape(String letters) {
      return Shape.of(letters.chars().mapToLong(c -> sizes[LETTERS.indexOf(c)]).toArray());
    }

    List<Tensor> operands(DType dtype, Random random) {
      return inputs.stream().map(letters -> whole(dtype, shape(letters), random)).toList();
    }

    /** Σ over the letters of ∏ operands, into the result. */
    Naive run(List<Naive> in) {
      Naive y = Naive.zeros(shape(result));
      forEachLetters(i -> y.add(product(in, i, -1), places(i, result)));
      return y;
    }

    /** The gradient of Σ w·y in operand k. */
    Naive gradient(List<Naive> in, Naive w, int k) {
      Naive g = Naive.zeros(shape(inputs.get(k)));
      forEachLetters(
          i -> g.add(product(in, i, k) * w.at(places(i, result)), places(i, inputs.get(k))));
      return g;
    }

    /** Without operand k. */
    private double product(List<Naive> in, long[] i, int k) {
      return IntStream.range(0, in.size())
          .filter(j -> j != k)
          .mapToDouble(j -> in.get(j).at(places(i, inputs.get(j))))
          .reduce(1, (a, b) -> a * b);
    }

    /** Letters that do not occur stand still. */
    private void forEachLetters(Consumer<long[]> body) {
      String all = String.join("", inputs);
      long[] used =
          IntStream.range(0, sizes.length)
              .mapToLong(l -> all.indexOf(LETTERS.charAt(l)) < 0 ? 1 : sizes[l])
              .toArray();
      Naive.forEach(Shape.of(used), body);
    }

    private static long[] places(long[] i, String letters) {
      return letters.chars().mapToLong(c -> i[LETTERS.indexOf(c)]).toArray();
    }
  }

  /** Whole numbers: every sum is exact. */
  private static Tensor whole(DType dtype, Shape shape, Random random) {
    long[] v = random.longs(shape.count(), -3, 4).toArray();
    return Tensor.of(v).reshape(shape).to(dtype);
  }

  private static List<long[]> sizes() {
    return List.of(
        new long[] {2, 3, 4, 2, 3, 2},
        new long[] {3, 1, 2, 1, 5, 1},
        new long[] {2, 0, 3, 1, 2, 4});
  }

  @ParameterizedTest
  @MethodSource("equations")
  void theSumIsThatOfALoop(String text) {
    Random random = new Random(text.hashCode());
    for (long[] sizes : sizes()) {
      for (DType dtype : List.of(FLOAT32, FLOAT64)) {
        Equation e = Equation.of(text, sizes);
        List<Tensor> in = e.operands(dtype, random);
        Tensor y = Tensor.einsum(text, in.toArray(Tensor[]::new));
        e.run(in.stream().map(Naive::of).toList()).assertSame(dtype, y, text);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("equations")
  void theGradientsAreThoseOfALoop(String text) {
    Random random = new Random(text.hashCode());
    for (long[] sizes : sizes()) {
      Equation e = Equation.of(text, sizes);
      List<Tensor> in = e.operands(FLOAT64, random);
      Tensor w = whole(FLOAT64, e.shape(e.result), random);
      List<Tensor> gradients =
          Grad.grad((List<Tensor> x) -> Tensor.einsum(text, x.toArray(Tensor[]::new)).mul(w).sum())
              .apply(in);
      List<Naive> elements = in.stream().map(Naive::of).toList();
      for (int k = 0; k < in.size(); k++) {
        Naive expected = e.gradient(elements, Naive.of(w), k);
        expected.assertSame(FLOAT64, gradients.get(k), text + " in operand " + k);
      }
    }
  }

  @Test
  void operandsMayLieInAnyWay() {
    Random random = new Random(3);
    Tensor a = whole(FLOAT64, Shape.of(4, 3), random).transpose();
    Tensor b = whole(FLOAT64, Shape.of(1, 9), random).broadcastTo(4, 9).slice(1, 1, 9, 2).flip(1);
    Equation e = Equation.of("ab,bc->ca", 3, 4, 4, 0, 0, 0);
    e.run(List.of(Naive.of(a), Naive.of(b)))
        .assertSame(FLOAT64, Tensor.einsum("ab,bc->ca", a, b), "views");
    Equation same = Equation.of("ab,cb->ac", 3, 4, 3, 0, 0, 0);
    same.run(List.of(Naive.of(a), Naive.of(a)))
        .assertSame(FLOAT64, Tensor.einsum("ab,cb->ac", a, a), "twice the same");
  }

  @Test
  void aDerivativeInATensorThatIsTakenTwiceHasBothParts() {
    Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    Tensor gradient = Grad.grad((Tensor a) -> Tensor.einsum("ab,bc->", a, a)).apply(x);
    // Σ (xᵀ·1)ᵢ (x·1)ᵢ: column sums 4 and 6, row sums 3 and 7.
    assertEquals(List.of(3 + 4.0, 7 + 4.0, 3 + 6.0, 7 + 6.0), list(gradient));
  }

  private static List<Double> list(Tensor x) {
    return Arrays.stream(x.toDoubleArray()).boxed().toList();
  }

  @Test
  void dtypesArePromotedAndIntegersAreForOneOperand() {
    Tensor a = Tensor.ones(FLOAT32, 2, 3);
    Tensor b = Tensor.ones(FLOAT64, 3, 2);
    assertEquals(FLOAT64, Tensor.einsum("ab,bc->ac", a, b).dtype());
    assertEquals(FLOAT64, Tensor.einsum("ab,cd->", a, b).dtype());
    Tensor n = Tensor.of(LongStream.range(0, 9).toArray(), 3, 3).to(INT32);
    assertEquals(INT32, Tensor.einsum("ab->ba", n).dtype());
    assertEquals(INT64, Tensor.einsum("aa->", n).dtype());
    assertEquals(12, Tensor.einsum("aa->", n).item());
    assertThrows(DTypeException.class, () -> Tensor.einsum("ab,bc->ac", n, n));
    assertThrows(DTypeException.class, () -> Tensor.einsum("ab,bc->ac", b.transpose(), n));
  }

  @Test
  void manyAxesAreManyLetters() {
    Random random = new Random(4);
    Tensor a = whole(FLOAT64, Shape.of(2, 2, 2, 2, 2, 2, 2, 2), random);
    Tensor b = Tensor.einsum("abcdefgh->hgfedcba", a);
    assertEquals(list(a.permute(7, 6, 5, 4, 3, 2, 1, 0)), list(b));
    double squares = a.mul(a).sum().item();
    assertEquals(squares, Tensor.einsum("abcdefgh,hgfedcba->", a, b).item());
  }

  @Test
  void aResultThatIsTooLargeIsNamed() {
    Tensor five = Tensor.ones(FLOAT64, 1, 1, 1, 1, 1);
    assertRefused("\"abcde,fghij->abcdefghij\": shape", five, "abcde,fghij->abcdefghij");
    assertRefused("2^59", Tensor.ones(FLOAT64, 1L << 30), "a,b->ab");
    assertEquals(Shape.of(1), Tensor.einsum("abcde,fghij->b", five, five).shape());
  }

  private static void assertRefused(String part, Tensor x, String equation) {
    String message =
        assertThrows(ShapeException.class, () -> Tensor.einsum(equation, x, x)).getMessage();
    assertTrue(message.startsWith("einsum: ") && message.contains(part), message);
  }
}
