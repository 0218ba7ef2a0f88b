package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.transform.Grad;

/** Ops that put elements elsewhere, and their derivatives, against one element at a time. */
class MovesTest extends InBothBackends {
  private static final List<Shape> SHAPES =
      Stream.of(
              new long[] {5},
              new long[] {1},
              new long[] {0},
              new long[] {3, 4},
              new long[] {4, 3},
              new long[] {2, 1},
              new long[] {2, 0, 3},
              new long[] {2, 3, 4},
              new long[] {3, 1, 2, 4})
          .map(Shape::of)
          .toList();

  /**
   * An op, and what it does: element i of a result of shape y is the element at source(i) of x, or
   * 0.
   */
  private record Move(
      String name,
      UnaryOperator<Tensor> op,
      Shape x,
      Shape y,
      Function<long[], Optional<long[]>> source) {
    @Override
    public String toString() {
      return name + " of " + x;
    }
  }

  private static Move everywhere(
      String name, UnaryOperator<Tensor> op, Shape x, Shape y, UnaryOperator<long[]> source) {
    return new Move(name, op, x, y, source.andThen(Optional::of));
  }

  private static void check(List<Move> moves) {
    for (Move m : moves) {
      for (DType dtype : DType.values()) {
        for (Tensor x : Naive.lying(dtype, m.x)) {
          Naive from = Naive.of(x);
          Naive.of(m.y, i -> m.source.apply(i).map(from::at).orElse(0.0))
              .assertSame(dtype, m.op.apply(x), dtype + " " + m);
        }
      }
      Tensor weights = Naive.numbers(FLOAT64, m.y);
      Naive w = Naive.of(weights);
      Naive gradient = Naive.zeros(m.x);
      Naive.forEach(m.y, i -> m.source.apply(i).ifPresent(at -> gradient.add(w.at(i), at)));
      Tensor got =
          Grad.grad((Tensor x) -> m.op.apply(x).mul(weights).sum())
              .apply(Naive.numbers(FLOAT64, m.x));
      gradient.assertSame(FLOAT64, got, "derivative of " + m);
    }
  }

  // -- Moves along one axis -----------------------------------------------------------------------

  @Test
  void roll() {
    List<Move> moves = new ArrayList<>();
    for (Shape s : SHAPES) {
      for (int axis = 0; axis < s.rank(); axis++) {
        int a = axis;
        long n = s.at(a);
        for (long k : new long[] {0, 1, -1, 2, 3, 5, 7, -7, Long.MAX_VALUE, Long.MIN_VALUE}) {
          moves.add(
              everywhere(
                  "roll(%d, %d)".formatted(a, k),
                  x -> x.roll(a - x.rank(), k),
                  s,
                  s,
                  i -> Naive.with(i, a, Math.floorMod(i[a] - Math.floorMod(k, n), n))));
        }
      }
    }
    check(moves);
  }

  @Test
  void pad() {
    List<Move> moves = new ArrayList<>();
    for (Shape s : SHAPES) {
      for (int axis = 0; axis < s.rank(); axis++) {
        int a = axis;
        for (long[] p : new long[][] {{0, 0}, {1, 0}, {0, 2}, {3, 1}}) {
          moves.add(
              new Move(
                  "pad(%d, %d, %d)".formatted(a, p[0], p[1]),
                  x -> x.pad(a, p[0], p[1]),
                  s,
                  s.with(a, p[0] + s.at(a) + p[1]),
                  i -> inside(s, Naive.with(i, a, i[a] - p[0]))));
        }
      }
    }
    check(moves);
  }

  private static Optional<long[]> inside(Shape s, long[] i) {
    return IntStream.range(0, i.length).allMatch(d -> i[d] >= 0 && i[d] < s.at(d))
        ? Optional.of(i)
        : Optional.empty();
  }

  @Test
  void dilate() {
    List<Move> moves = new ArrayList<>();
    for (Shape s : SHAPES) {
      for (int axis = 0; axis < s.rank(); axis++) {
        int a = axis;
        for (long zeros = 0; zeros < 4; zeros++) {
          long z = zeros;
          long n = s.at(a);
          moves.add(
              new Move(
                  "dilate(%d, %d)".formatted(a, z),
                  x -> x.dilate(a - x.rank(), z),
                  s,
                  s.with(a, n == 0 ? 0 : (n - 1) * (z + 1) + 1),
                  i ->
                      i[a] % (z + 1) == 0
                          ? Optional.of(Naive.with(i, a, i[a] / (z + 1)))
                          : Optional.empty()));
        }
      }
    }
    check(moves);
  }

  @Test
  void flip() {
    List<Move> moves = new ArrayList<>();
    for (Shape s : SHAPES) {
      for (int set = 1; set < 1 << s.rank(); set++) {
        int[] axes = Axes.of(set);
        moves.add(
            everywhere(
                "flip(%s)".formatted(Arrays.toString(axes)),
                x -> x.flip(axes),
                s,
                s,
                i -> {
                  long[] at = i.clone();
                  for (int d : axes) {
                    at[d] = s.at(d) - 1 - i[d];
                  }
                  return at;
                }));
      }
    }
    check(moves);
  }

  // -- Moves of several axes ----------------------------------------------------------------------

  @Test
  void tile() {
    List<Move> moves = new ArrayList<>();
    long[][] repeats = {
      {}, {1}, {3}, {0}, {2, 3}, {1, 2}, {3, 1}, {2, 0}, {2, 1, 3}, {1, 2, 1, 2}, {2, 1, 1, 1, 2}
    };
    for (Shape s : Stream.concat(Stream.of(Shape.of()), SHAPES.stream()).toList()) {
      for (long[] r : repeats) {
        int added = r.length - s.rank();
        if (added >= 0) {
          Shape y =
              Shape.of(
                  IntStream.range(0, r.length)
                      .mapToLong(d -> r[d] * (d < added ? 1 : s.at(d - added)))
                      .toArray());
          moves.add(
              everywhere(
                  "tile(%s)".formatted(Arrays.toString(r)),
                  x -> x.tile(r),
                  s,
                  y,
                  i ->
                      IntStream.range(0, s.rank())
                          .mapToLong(d -> i[added + d] % s.at(d))
                          .toArray()));
        }
      }
    }
    check(moves);
  }

  @Test
  void diagonal() {
    List<Move> moves = new ArrayList<>();
    for (Shape s : SHAPES) {
      for (int first = 0; first < s.rank(); first++) {
        for (int second = 0; second < s.rank(); second++) {
          int a = first;
          int b = second;
          if (a != b) {
            for (long k :
                new long[] {0, 1, -1, 2, -2, 3, -3, 9, -9, Long.MAX_VALUE, Long.MIN_VALUE}) {
              moves.add(diagonal(s, k, a, b));
            }
          }
        }
      }
    }
    moves.add(
        everywhere(
            "diagonal()",
            Tensor::diagonal,
            Shape.of(2, 3, 4),
            Shape.of(2, 3),
            i -> new long[] {i[0], i[1], i[1]}));
    check(moves);
  }

  private static Move diagonal(Shape s, long k, int a, int b) {
    int[] others = IntStream.range(0, s.rank()).filter(d -> d != a && d != b).toArray();
    long n = LongStream.range(0, s.at(a)).filter(i -> i + k >= 0 && i + k < s.at(b)).count();
    long[] sizes =
        LongStream.concat(IntStream.of(others).mapToLong(s::at), LongStream.of(n)).toArray();
    return everywhere(
        "diagonal(%d, %d, %d)".formatted(k, a, b),
        x -> x.diagonal(k, a, b - x.rank()),
        s,
        Shape.of(sizes),
        i -> {
          long[] at = new long[s.rank()];
          for (int d = 0; d < others.length; d++) {
            at[others[d]] = i[d];
          }
          at[a] = i[others.length] + Math.max(-k, 0);
          at[b] = i[others.length] + Math.max(k, 0);
          return at;
        });
  }

  @Test
  void triangles() {
    List<Move> moves = new ArrayList<>();
    for (Shape s : SHAPES) {
      if (s.rank() >= 2) {
        int row = s.rank() - 2;
        int column = s.rank() - 1;
        for (long k : new long[] {0, 1, -1, 2, -2, 3, -3, 9, -9, 1L << 60, -1L << 60}) {
          moves.add(
              new Move(
                  "triu(%d)".formatted(k),
                  x -> x.triu(k),
                  s,
                  s,
                  i -> Optional.of(i).filter(_ -> i[column] >= i[row] + k)));
          moves.add(
              new Move(
                  "tril(%d)".formatted(k),
                  x -> x.tril(k),
                  s,
                  s,
                  i -> Optional.of(i).filter(_ -> i[column] <= i[row] + k)));
        }
      }
    }
    check(moves);
    Tensor x = Naive.numbers(INT32, Shape.of(3, 3));
    Naive.of(x).assertSame(INT32, x.triu(Long.MIN_VALUE), "everything");
    Naive.of(x).assertSame(INT32, x.tril(Long.MAX_VALUE), "everything");
    Naive.zeros(x.shape()).assertSame(INT32, x.triu(Long.MAX_VALUE), "nothing");
    Naive.zeros(x.shape()).assertSame(INT32, x.tril(Long.MIN_VALUE), "nothing");
    Tensor infinite = Tensor.full(FLOAT32, Double.POSITIVE_INFINITY, 2, 2);
    assertEquals(0, infinite.triu(0).get(Index.at(1), Index.at(0)).item(), "no 0·∞");
  }

  @Test
  void asStrided() {
    List<Move> moves =
        List.of(
            strided(Shape.of(7), Shape.of(5, 3), 0, 1, 1),
            strided(Shape.of(9), Shape.of(3, 3), 1, 2, 1),
            strided(Shape.of(4, 5), Shape.of(2, 3, 3, 3), 0, 5, 1, 5, 1),
            strided(Shape.of(2, 5, 6), Shape.of(2, 2, 2, 2, 2), 6, 30, 12, 2, 6, 1),
            strided(Shape.of(3, 4), Shape.of(4, 3), 11, -1, -4),
            strided(Shape.of(3, 4), Shape.of(3), 0, 5),
            strided(Shape.of(3, 4), Shape.of(), 7),
            strided(Shape.of(4), Shape.of(3, 4), 0, 0, 1),
            strided(Shape.of(4), Shape.of(2, 3), 2, 0, 0),
            strided(Shape.of(), Shape.of(2, 1), 0, 0, 5),
            strided(Shape.of(4), Shape.of(0, 3), 0, 1, 1),
            strided(Shape.of(4), Shape.of(0, 3), 1_000_000, 1, 1),
            strided(Shape.of(4), Shape.of(2, 0), -5, 1, 1),
            strided(Shape.of(0), Shape.of(2, 0), 0, 1, 1),
            strided(Shape.of(2, 3), Shape.of(1, 6), 0, Long.MAX_VALUE, 1));
    check(moves);
  }

  private static Move strided(Shape x, Shape y, long offset, long... strides) {
    Layout rows = Layout.contiguous(x);
    return everywhere(
        "asStrided(%s, %s, %d)".formatted(y, Arrays.toString(strides), offset),
        t -> t.asStrided(y, strides, offset),
        x,
        y,
        i -> {
          long flat = offset;
          for (int d = 0; d < i.length; d++) {
            flat += i[d] * strides[d];
          }
          long[] at = new long[x.rank()];
          for (int d = 0; d < at.length; d++) {
            at[d] = flat / rows.stride(d);
            flat %= rows.stride(d);
          }
          return at;
        });
  }
}
