package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.InBothBackends;
import thimble.transform.Grad;

/** concat, stack and split, and their derivatives, against one element at a time. */
class JoinsTest extends InBothBackends {
  static Stream<List<Shape>> joined() {
    return Stream.of(
            new long[][] {{3}, {2}, {4}},
            new long[][] {{0}, {2}, {0}},
            new long[][] {{0}, {0}},
            new long[][] {{5}},
            new long[][] {{2, 3}, {2, 3}},
            new long[][] {{2, 3}, {2, 0}, {2, 1}},
            new long[][] {{1, 3, 2}, {4, 3, 2}, {0, 3, 2}, {2, 3, 2}},
            new long[][] {{2, 2, 1, 3}, {2, 2, 5, 3}},
            new long[][] {{0, 2}, {0, 3}})
        .map(shapes -> Arrays.stream(shapes).map(Shape::of).toList());
  }

  /** The axis that may differ. */
  private static int axis(List<Shape> shapes) {
    Shape first = shapes.getFirst();
    return IntStream.range(0, first.rank())
        .filter(d -> shapes.stream().anyMatch(s -> s.at(d) != first.at(d)))
        .findFirst()
        .orElse(0);
  }

  /** Part and place of element i of parts of these shapes, one after the other. */
  private static <R> R locate(List<Shape> parts, int axis, long[] i, PartAndPlace<R> body) {
    long from = 0;
    for (int k = 0; ; k++) {
      long n = parts.get(k).at(axis);
      if (i[axis] < from + n) {
        return body.at(k, Naive.with(i, axis, i[axis] - from));
      }
      from += n;
    }
  }

  private interface PartAndPlace<R> {
    R at(int part, long[] place);
  }

  private static Shape joined(List<Shape> parts, int axis) {
    return parts.getFirst().with(axis, parts.stream().mapToLong(s -> s.at(axis)).sum());
  }

  @ParameterizedTest
  @MethodSource("joined")
  void concat(List<Shape> shapes) {
    int axis = axis(shapes);
    int rank = shapes.getFirst().rank();
    for (DType first : DType.values()) {
      for (DType last : DType.values()) {
        for (int lie = 0; lie < 4; lie++) {
          int l = lie;
          List<Tensor> parts =
              IntStream.range(0, shapes.size())
                  .mapToObj(k -> Naive.lying(k == 0 ? first : last, shapes.get(k)).get(l))
                  .toList();
          List<Naive> from = parts.stream().map(Naive::of).toList();
          Tensor y = Tensor.concat(axis - rank, parts.toArray(Tensor[]::new));
          DType dtype = parts.size() == 1 ? first : DType.promote(first, last);
          Naive.of(
                  joined(shapes, axis), i -> locate(shapes, axis, i, (k, at) -> from.get(k).at(at)))
              .assertSame(dtype, y, first + " and " + last + " " + shapes);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("joined")
  void theDerivativesOfConcatAreTheParts(List<Shape> shapes) {
    int axis = axis(shapes);
    Tensor weights = Naive.numbers(FLOAT64, joined(shapes, axis));
    Naive w = Naive.of(weights);
    List<Tensor> got =
        Grad.grad((List<Tensor> in) ->
                Tensor.concat(axis, in.toArray(Tensor[]::new)).mul(weights).sum())
            .apply(shapes.stream().map(s -> Naive.numbers(FLOAT64, s)).toList());
    List<Naive> expected = shapes.stream().map(Naive::zeros).toList();
    Naive.forEach(
        w.shape(),
        i ->
            locate(
                shapes,
                axis,
                i,
                (k, at) -> {
                  expected.get(k).add(w.at(i), at);
                  return k;
                }));
    for (int k = 0; k < got.size(); k++) {
      expected.get(k).assertSame(FLOAT64, got.get(k), "part " + k + " of " + shapes);
    }
  }

  @ParameterizedTest
  @MethodSource("joined")
  void splitTakesApartWhatConcatJoins(List<Shape> shapes) {
    int axis = axis(shapes);
    int rank = shapes.getFirst().rank();
    long[] sizes = shapes.stream().mapToLong(s -> s.at(axis)).toArray();
    for (Tensor x : Naive.lying(INT32, joined(shapes, axis))) {
      Naive from = Naive.of(x);
      List<Tensor> parts = x.split(axis - rank, sizes);
      assertEquals(shapes.size(), parts.size());
      long before = 0;
      for (int k = 0; k < sizes.length; k++) {
        long start = before;
        Naive.of(shapes.get(k), i -> from.at(Naive.with(i, axis, start + i[axis])))
            .assertSame(INT32, parts.get(k), "part " + k + " of " + shapes);
        assertSame(x.value().storage(), parts.get(k).value().storage());
        before += sizes[k];
      }
    }
  }

  @Test
  void concatOfMixedDtypesHasDerivativesInEach() {
    Tensor weights = Tensor.of(new double[] {2, 3, 5, 7, 11});
    Tensor n = Tensor.of(new int[] {1});
    List<Tensor> got =
        Grad.grad((List<Tensor> in) -> Tensor.concat(0, in.get(0), n, in.get(1)).mul(weights).sum())
            .apply(List.of(Tensor.ones(FLOAT32, 2), Tensor.ones(FLOAT64, 2)));
    new Naive(Shape.of(2), new double[] {2, 3}).assertSame(FLOAT32, got.get(0), "float32");
    new Naive(Shape.of(2), new double[] {7, 11}).assertSame(FLOAT64, got.get(1), "float64");
  }

  @Test
  void stack() {
    for (Shape s : List.of(Shape.of(), Shape.of(3), Shape.of(2, 0), Shape.of(2, 1, 3))) {
      for (int axis = 0; axis <= s.rank(); axis++) {
        for (int count = 1; count < 4; count++) {
          int a = axis;
          List<Tensor> parts =
              IntStream.range(0, count)
                  .mapToObj(k -> Naive.numbers(k == 1 ? FLOAT64 : INT32, s).add(k))
                  .toList();
          List<Naive> from = parts.stream().map(Naive::of).toList();
          Tensor y = Tensor.stack(a - s.rank() - 1, parts.toArray(Tensor[]::new));
          long[] sizes =
              IntStream.rangeClosed(0, s.rank())
                  .mapToLong(d -> d == a ? parts.size() : s.at(d < a ? d : d - 1))
                  .toArray();
          Naive expected =
              Naive.of(
                  Shape.of(sizes),
                  i ->
                      from.get((int) i[a])
                          .at(
                              IntStream.range(0, i.length)
                                  .filter(d -> d != a)
                                  .mapToLong(d -> i[d])
                                  .toArray()));
          expected.assertSame(count > 1 ? FLOAT64 : INT32, y, "axis " + a + " of " + s);
        }
      }
    }
  }

  @Test
  void aTensorThatIsJoinedTwiceHasBothDerivatives() {
    Tensor weights = Tensor.arange(6).to(FLOAT64).reshape(2, 3);
    Tensor got =
        Grad.grad((Tensor x) -> Tensor.stack(0, x, x).mul(weights).sum())
            .apply(Tensor.ones(FLOAT64, 3));
    new Naive(Shape.of(3), new double[] {3, 5, 7}).assertSame(FLOAT64, got, "stack");
  }

  @Test
  void whatCannotBeJoinedIsRefusedInTheNameOfTheOp() {
    Tensor x = Tensor.arange(3);
    Tensor eight = Tensor.ones(FLOAT32, 1, 1, 1, 1, 1, 1, 1, 1);
    assertRefused("stack: axis 2 of", () -> Tensor.stack(2, x, x));
    assertRefused("stack: [3] and [4]", () -> Tensor.stack(0, x, Tensor.arange(4)));
    assertRefused("stack: of [1, 1, 1, 1, 1, 1, 1, 1]: ", () -> Tensor.stack(0, eight));
    assertRefused("stack: of nothing", () -> Tensor.stack(0));
    assertRefused("concat: axis 0 of", () -> Tensor.concat(0, Tensor.of(1), Tensor.of(2)));
    assertRefused("tile: [3] by [1, 1, 1, 1, ", () -> x.tile(1, 1, 1, 1, 1, 1, 1, 1, 2));
  }

  private static void assertRefused(String start, Executable join) {
    String message = assertThrows(ShapeException.class, join).getMessage();
    assertTrue(message.startsWith(start), message);
  }
}
