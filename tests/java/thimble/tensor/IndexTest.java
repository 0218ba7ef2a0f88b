package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.DType.INT64;
import static thimble.tensor.DType.UINT8;
import static thimble.tensor.Index.all;
import static thimble.tensor.Index.at;
import static thimble.tensor.Index.ellipsis;
import static thimble.tensor.Index.every;
import static thimble.tensor.Index.from;
import static thimble.tensor.Index.newAxis;
import static thimble.tensor.Index.range;
import static thimble.tensor.Index.upTo;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.transform.Grad;

/** What get takes and update replaces, for all kinds of parts, against one element at a time. */
class IndexTest extends InBothBackends {
  private static final int TIMES = 600;

  // -- By hand ------------------------------------------------------------------------------------

  private static Tensor table() {
    return Tensor.arange(12).reshape(3, 4);
  }

  private static void assertLongs(Tensor x, Shape shape, long... elements) {
    assertEquals(shape, x.shape());
    assertArrayEquals(elements, x.toLongArray());
  }

  @Test
  void getTakesParts() {
    Tensor x = table();
    assertLongs(x.get(at(1)), Shape.of(4), 4, 5, 6, 7);
    assertLongs(x.get(at(-1)), Shape.of(4), 8, 9, 10, 11);
    assertLongs(x.get(all(), at(2)), Shape.of(3), 2, 6, 10);
    assertLongs(x.get(at(1), at(2)), Shape.of(), 6);
    assertLongs(x.get(range(1, 3), range(0, 4, 2)), Shape.of(2, 2), 4, 6, 8, 10);
    assertLongs(x.get(at(0), range(3, 0, -1)), Shape.of(3), 3, 2, 1);
    assertLongs(x.get(at(0), range(-1, -5, -2)), Shape.of(2), 3, 1);
    assertLongs(x.get(at(0), every(-1)), Shape.of(4), 3, 2, 1, 0);
    assertLongs(x.get(at(0), every(3)), Shape.of(2), 0, 3);
    assertLongs(x.get(at(0), from(-2)), Shape.of(2), 2, 3);
    assertLongs(x.get(at(0), upTo(-1)), Shape.of(3), 0, 1, 2);
    assertLongs(x.get(ellipsis(), at(0)), Shape.of(3), 0, 4, 8);
    assertLongs(x.get(at(2), ellipsis()), Shape.of(4), 8, 9, 10, 11);
    assertLongs(x.get(at(2), ellipsis(), at(3)), Shape.of(), 11);
    assertLongs(x.get(newAxis(), at(0), newAxis(), range(1, 2)), Shape.of(1, 1, 1), 1);
    assertLongs(x.get(range(1, 1)), Shape.of(0, 4));
    assertLongs(x.get(range(3, 3), range(4, 2)), Shape.of(0, 0));
    assertSame(x, x.get());
    assertSame(x, x.get(all(), ellipsis()));
  }

  @Test
  void updateReplacesAPart() {
    Tensor x = table();
    assertLongs(
        x.update(Index.of(at(1)), Tensor.of(new long[] {-1, -2, -3, -4})),
        x.shape(),
        0,
        1,
        2,
        3,
        -1,
        -2,
        -3,
        -4,
        8,
        9,
        10,
        11);
    assertLongs(
        x.update(Index.of(all(), every(-3)), Tensor.of(new long[] {-1, -2})),
        x.shape(),
        -2,
        1,
        2,
        -1,
        -2,
        5,
        6,
        -1,
        -2,
        9,
        10,
        -1);
    assertLongs(
        x.update(Index.of(range(0, 2), at(0)), 7.9),
        x.shape(),
        7,
        1,
        2,
        3,
        7,
        5,
        6,
        7,
        8,
        9,
        10,
        11);
    assertLongs(table(), x.shape(), x.toLongArray());
  }

  @Test
  void updateTakesWhatConvertsByPromotion() {
    Tensor x = Tensor.zeros(FLOAT32, 2, 2);
    assertEquals(FLOAT32, x.update(Index.of(at(0)), Tensor.of(new long[] {1, 2})).dtype());
    assertEquals(INT64, table().update(Index.of(at(0)), Tensor.full(UINT8, 255L)).dtype());
    assertEquals(255, table().update(Index.of(), Tensor.full(UINT8, 255L)).max().item());
    long odd = (1L << 53) + 1;
    assertEquals(odd, table().update(Index.of(at(0)), odd).toLongArray()[0], "no double holds it");
    assertThrows(DTypeException.class, () -> table().to(UINT8).update(Index.of(at(0)), 300));
    assertThrows(DTypeException.class, () -> x.update(Index.of(at(0)), Tensor.of(1.5)));
    assertThrows(DTypeException.class, () -> table().update(Index.of(), Tensor.full(FLOAT32, 1L)));
  }

  @Test
  void aTensorWithoutAxesHasOneElement() {
    Tensor x = Tensor.of(3);
    assertSame(x, x.get());
    assertSame(x, x.get(ellipsis()));
    assertEquals(Shape.of(1, 1), x.get(newAxis(), ellipsis(), newAxis()).shape());
    assertEquals(5, x.update(Index.of(), 5).item());
    assertEquals(5, x.update(Index.of(ellipsis()), Tensor.of(5)).item());
    assertThrows(ShapeException.class, () -> x.get(at(0)));
    assertThrows(ShapeException.class, () -> x.get(all()));
  }

  @Test
  void anIndexIsWrittenAsInNumpy() {
    Index index =
        Index.of(
            all(), at(-1), range(1, 3), range(4, -6, -1), from(2), upTo(-1), every(-2), newAxis());
    assertEquals("[:, -1, 1:3, 4:-6:-1, 2:, :-1, ::-2, newAxis]", index.toString());
    assertEquals("[..., 0]", Index.of(ellipsis(), at(0)).toString());
    assertEquals("[]", Index.of().toString());
  }

  @Test
  void positionsThatDoNotExistAreNamed() {
    assertRefused("get: [3] of [3, 4]: 3 of axis 0: must be between -3 and 2", x -> x.get(at(3)));
    assertRefused("axis 1: must be between -4 and 3", x -> x.get(all(), at(-5)));
    assertRefused("axis 0: must be between -3 and 3", x -> x.get(range(0, 4)));
    assertRefused("axis 0: must be between -3 and 3", x -> x.get(range(-4, 2)));
    assertRefused("[3:0:-1]", x -> x.get(range(3, 0, -1)));
    assertRefused("[2:-5:-1] of [3, 4]: -5 of axis 0", x -> x.get(range(2, -5, -1)));
    assertRefused("axis 0", x -> x.get(from(4)));
    assertRefused("axis 0", x -> x.get(upTo(-4)));
    assertRefused("axis 0", x -> x.get(at(Long.MIN_VALUE)));
    assertRefused("axis 0", x -> x.get(range(0, Long.MAX_VALUE)));
    assertRefused("3 parts for 2 axes", x -> x.get(at(0), at(0), at(0)));
    assertRefused("more than one ellipsis", x -> x.get(ellipsis(), at(0), ellipsis()));
    assertRefused("step of 0", x -> x.get(range(0, 1, 0)));
    assertRefused("step of 0", x -> x.get(every(0)));
    assertRefused("0 of axis 0, which is empty", x -> x.slice(0, 1, 1).get(at(0)));
    assertRefused(
        "rank 9",
        x -> x.get(LongStream.range(0, 7).mapToObj(_ -> newAxis()).toArray(Index.Part[]::new)));
    assertRefused("update: [5] of [3, 4]", x -> x.update(Index.of(at(5)), 1));
    assertRefused("does not broadcast", x -> x.update(Index.of(at(0)), Tensor.arange(3)));
    assertRefused(
        "does not broadcast", x -> x.update(Index.of(at(0)), Tensor.arange(4).reshape(1, 4)));
  }

  private static void assertRefused(String part, Consumer<Tensor> use) {
    String message = assertThrows(ShapeException.class, () -> use.accept(table())).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void stepsOfAnySizeEndInTime() {
    Tensor x = Tensor.arange(5);
    assertLongs(x.get(range(1, 5, Long.MAX_VALUE)), Shape.of(1), 1);
    assertLongs(x.get(range(3, 0, -Long.MAX_VALUE)), Shape.of(1), 3);
    assertLongs(x.get(every(Long.MIN_VALUE)), Shape.of(1), 4);
  }

  // -- At random ----------------------------------------------------------------------------------

  /** A part of one axis, and the places that it takes there. */
  private record Taken(Index.Part part, long[] places, boolean keeps) {
    static Taken random(long n, Random random) {
      int kind = n == 0 ? 3 + random.nextInt(4) : random.nextInt(7);
      long i = random.nextLong(n + 1);
      long step = random.nextLong(1, 4);
      return switch (kind) {
        case 0 -> {
          long one = random.nextLong(n);
          yield new Taken(at(spelled(one, n, random)), new long[] {one}, false);
        }
        case 1 -> {
          long first = random.nextLong(n);
          long end = random.nextLong(n + 2) - 1;
          yield new Taken(
              range(spelled(first, n, random), spelled(end, n, random), -step),
              places(first, end, -step),
              true);
        }
        case 2 -> {
          long end = random.nextLong(n + 1);
          yield new Taken(
              range(spelled(i, n, random), spelled(end, n, random), step),
              places(i, end, step),
              true);
        }
        case 3 -> new Taken(from(spelled(i, n, random)), places(i, n, 1), true);
        case 4 -> new Taken(upTo(spelled(i, n, random)), places(0, i, 1), true);
        case 5 ->
            random.nextBoolean()
                ? new Taken(every(step), places(0, n, step), true)
                : new Taken(every(-step), places(n - 1, -1, -step), true);
        default -> whole(n);
      };
    }

    static Taken whole(long n) {
      return new Taken(all(), places(0, n, 1), true);
    }

    /** Counted from the end or not, where there is a choice. */
    private static long spelled(long i, long n, Random random) {
      return i < 0 || (i < n && random.nextBoolean()) ? i - n : i;
    }

    private static long[] places(long from, long to, long step) {
      return LongStream.iterate(from, i -> step > 0 ? i < to : i > to, i -> i + step).toArray();
    }
  }

  /** An index into x: what is taken of each axis, and the axis of each of the result's, or −1. */
  private record Case(Index index, Shape x, List<Taken> taken, List<Integer> axes) {
    static Case random(Random random) {
      int rank = random.nextInt(Shape.MAX_RANK + 1);
      int least = random.nextInt(8) == 0 ? 0 : 1;
      Shape x = Shape.of(random.longs(rank, least, rank > 5 ? 3 : 5).toArray());
      // The axes from a to b are not named: by an ellipsis, or at the end by nothing.
      int a = random.nextInt(rank + 1);
      int b = random.nextBoolean() ? rank : random.nextInt(a, rank + 1);
      boolean dots = b < rank || random.nextBoolean();
      List<Index.Part> parts = new ArrayList<>();
      List<Taken> taken = new ArrayList<>();
      List<Integer> axes = new ArrayList<>();
      for (int d = 0; d <= rank; d++) {
        boolean inside = d > a && d <= b; // where the ellipsis is already open
        if (!inside && random.nextInt(4) == 0 && axes.size() + rank - d < Shape.MAX_RANK) {
          parts.add(newAxis());
          axes.add(-1);
        }
        if (d == a && dots) {
          parts.add(ellipsis());
        }
        if (d < rank) {
          boolean named = d < a || d >= b;
          Taken t = named ? Taken.random(x.at(d), random) : Taken.whole(x.at(d));
          taken.add(t);
          if (named) {
            parts.add(t.part);
          }
          if (t.keeps) {
            axes.add(d);
          }
        }
      }
      return new Case(Index.of(parts.toArray(Index.Part[]::new)), x, taken, axes);
    }

    Shape shape() {
      return Shape.of(
          axes.stream().mapToLong(d -> d < 0 ? 1 : taken.get(d).places.length).toArray());
    }

    /** Where element i of the result is in x. */
    long[] place(long[] i) {
      long[] at = taken.stream().mapToLong(t -> t.keeps ? 0 : t.places[0]).toArray();
      for (int k = 0; k < i.length; k++) {
        if (axes.get(k) >= 0) {
          at[axes.get(k)] = taken.get(axes.get(k)).places[(int) i[k]];
        }
      }
      return at;
    }

    /** A shape that broadcasts to the result's. */
    Shape narrower(Random random) {
      long[] sizes = shape().toArray();
      int dropped = random.nextInt(3) == 0 ? random.nextInt(sizes.length + 1) : 0;
      return Shape.of(
          LongStream.of(sizes).skip(dropped).map(n -> random.nextInt(4) == 0 ? 1 : n).toArray());
    }

    @Override
    public String toString() {
      return index + " of " + x;
    }
  }

  private static void forRandomCases(Consumer<Case> body) {
    Random random = new Random(11);
    for (int i = 0; i < TIMES; i++) {
      body.accept(Case.random(random));
    }
  }

  @Test
  void getIsAViewOfWhatTheIndexSays() {
    int[] next = {0};
    forRandomCases(c -> {
      DType dtype = DType.values()[next[0]++ % DType.values().length];
      Tensor x = Naive.numbers(dtype, c.x);
      Naive elements = Naive.of(x);
      Tensor y = x.get(c.index);
      Naive.of(c.shape(), i -> elements.at(c.place(i))).assertSame(dtype, y, c.toString());
      assertSame(x.value().storage(), y.value().storage(), c.toString());
    });
  }

  @Test
  void getOfAViewIsAViewToo() {
    forRandomCases(c -> {
      Tensor x = Naive.numbers(INT32, Shape.of(flipped(c.x.toArray()))).permute(downTo(c.x.rank()));
      Naive elements = Naive.of(x);
      Tensor y = x.get(c.index);
      Naive.of(c.shape(), i -> elements.at(c.place(i))).assertSame(INT32, y, c.toString());
      assertSame(x.value().storage(), y.value().storage(), c.toString());
    });
  }

  private static long[] flipped(long[] x) {
    return LongStream.range(0, x.length).map(i -> x[x.length - 1 - (int) i]).toArray();
  }

  private static int[] downTo(int n) {
    return LongStream.range(0, n).mapToInt(i -> n - 1 - (int) i).toArray();
  }

  @Test
  void updateDiffersWhereTheIndexSays() {
    Random random = new Random(12);
    int[] next = {0};
    forRandomCases(c -> {
      DType dtype = DType.values()[next[0]++ % DType.values().length];
      Tensor x = Naive.numbers(dtype, c.x);
      Tensor v = Naive.numbers(dtype, c.narrower(random)).flip();
      Naive before = Naive.of(x);
      Naive values = Naive.of(v);
      Naive expected = Naive.of(x);
      Naive.forEach(
          c.shape(), i -> expected.set(values.at(Naive.narrow(i, v.shape())), c.place(i)));
      Tensor y = x.update(c.index, v);
      expected.assertSame(dtype, y, c.toString());
      before.assertSame(dtype, x, c.toString());
      assertNotSame(x.value().storage(), y.value().storage(), c.toString());
    });
  }

  @Test
  void theDerivativeOfGetGoesWhereTheElementsCameFrom() {
    forRandomCases(c -> {
      Tensor weights = Naive.numbers(FLOAT64, c.shape());
      Naive w = Naive.of(weights);
      Naive expected = Naive.zeros(c.x);
      Naive.forEach(c.shape(), i -> expected.add(w.at(i), c.place(i)));
      Tensor gradient =
          Grad.grad((Tensor x) -> x.get(c.index).mul(weights).sum())
              .apply(Naive.numbers(FLOAT64, c.x));
      expected.assertSame(FLOAT64, gradient, c.toString());
    });
  }

  @Test
  void theDerivativesOfUpdateShareTheElements() {
    Random random = new Random(13);
    forRandomCases(c -> {
      Tensor weights = Naive.numbers(FLOAT64, c.x);
      Naive w = Naive.of(weights);
      Shape part = c.narrower(random);
      Naive inX = Naive.of(weights);
      Naive inV = Naive.zeros(part);
      Naive.forEach(c.shape(), i -> inX.set(0, c.place(i)));
      Naive.forEach(c.shape(), i -> inV.add(w.at(c.place(i)), Naive.narrow(i, part)));
      List<Tensor> gradients =
          Grad.grad((List<Tensor> in) -> in.get(0).update(c.index, in.get(1)).mul(weights).sum())
              .apply(List.of(Naive.numbers(FLOAT64, c.x), Naive.numbers(FLOAT64, part)));
      inX.assertSame(FLOAT64, gradients.get(0), c + " in x");
      inV.assertSame(FLOAT64, gradients.get(1), c + " in v, " + part);
    });
  }

  @Test
  void getAndUpdateAreDifferentiatedTwice() {
    Tensor x = Tensor.of(new double[] {1, 2, 3, 4});
    Index last = Index.of(range(3, 1, -1));
    // y = (x0, x1, x0², x1²), Σ y³ = x0³ + x1³ + x0⁶ + x1⁶.
    Tensor gradient =
        Grad.grad((Tensor z) -> z.update(last, z.get(range(1, -5, -1)).pow(2)).pow(3).sum())
            .apply(x);
    assertArrayEquals(new double[] {9, 204, 0, 0}, gradient.toDoubleArray(), 1e-12);
    Tensor second =
        Grad.grad((Tensor t) ->
                Grad.grad((Tensor z) -> z.update(last, z.get(range(1, -5, -1)).pow(2)).pow(3).sum())
                    .apply(t)
                    .sum())
            .apply(x);
    assertArrayEquals(new double[] {6 + 30, 12 + 30 * 16, 0, 0}, second.toDoubleArray(), 1e-11);
  }
}
