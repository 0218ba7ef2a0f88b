package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.InBothBackends;
import thimble.transform.Grad;

/** Functions that are run once without values, and replayed, one by one or for a batch. */
class TraceTest extends InBothBackends {
  static List<Row> rows() {
    return OpTable.rows();
  }

  static List<Row> differentiable() {
    return OpTable.differentiable();
  }

  private static Trace trace(Row row, At at, Tensor... x) {
    return Trace.of(in -> List.of(row.apply(at, in.toArray(Tensor[]::new))), List.of(x));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void aReplayAndCompiledCodeHaveTheBitsOfTheOp(Row row) {
    for (DType dtype : row.dtypes()) {
      for (At at : LazyTest.settings(row)) {
        Trace trace = trace(row, at, row.operands(at, dtype, Values.DOMAIN, 1));
        Executor code = new Executor(trace);
        for (int seed = 2; seed < 4; seed++) {
          Tensor[] x = row.operands(at, dtype, Values.SPECIAL, seed);
          Expected expected = Expected.exactly(Tensors.read(row.apply(at, x)));
          expected
              .differs(Tensors.read(trace.replay(List.of(x)).getFirst()))
              .ifPresent(what -> fail(row + " " + at + ": " + what));
          expected
              .differs(Tensors.read(code.run(List.of(x)).getFirst()))
              .ifPresent(what -> fail(row + " " + at + ", compiled: " + what));
        }
      }
    }
  }

  /** Of every op, whichever operands have examples, the map is what a loop gives. */
  @ParameterizedTest
  @MethodSource("rows")
  void aBatchIsALoopOverItsExamples(Row row) {
    for (DType dtype : row.dtypes()) {
      for (At at : LazyTest.settings(row)) {
        int n = at.shapes().size();
        for (int set = 1; set < 1 << n; set++) {
          if (hasRoomForAnAxis(row, at, dtype)) {
            check(row, at, dtype, set);
          }
        }
      }
    }
  }

  private static boolean hasRoomForAnAxis(Row row, At at, DType dtype) {
    Tensor[] x = row.operands(at, dtype, Values.DOMAIN, 1);
    return trace(row, at, x).nodes().stream().allMatch(n -> n.rank() < Shape.MAX_RANK);
  }

  private static void check(Row row, At at, DType dtype, int set) {
    int size = 3;
    Tensor[][] examples = new Tensor[size][];
    for (int e = 0; e < size; e++) {
      examples[e] = row.operands(at, dtype, Values.DOMAIN, e);
    }
    int n = at.shapes().size();
    Tensor[] x = new Tensor[n];
    boolean[] each = new boolean[n];
    for (int i = 0; i < n; i++) {
      int k = i;
      each[i] = (set >> i & 1) != 0;
      x[i] =
          each[i]
              ? Tensor.stack(0, Arrays.stream(examples).map(in -> in[k]).toArray(Tensor[]::new))
              : examples[0][i];
    }
    Tensor y =
        Batch.map(in -> List.of(row.apply(at, in.toArray(Tensor[]::new))), List.of(x), each, size)
            .getFirst();
    assertEquals(size, y.size(0));
    for (int e = 0; e < size; e++) {
      Tensor[] in = new Tensor[n];
      for (int i = 0; i < n; i++) {
        in[i] = examples[each[i] ? e : 0][i];
      }
      Tensor expected = row.apply(at, in);
      Tensor actual = y.get(Index.at(e));
      assertEquals(expected.shape(), actual.shape());
      assertEquals(expected.dtype(), actual.dtype());
      double[] want = expected.toDoubleArray();
      double scale = Arrays.stream(want).map(Math::abs).filter(v -> v > 1).max().orElse(1);
      double tolerance = expected.dtype() == DType.FLOAT64 ? 1e-13 : 1e-5;
      assertArrayEquals(
          want, actual.toDoubleArray(), tolerance * scale, row + " " + at + " of set " + set);
    }
  }

  /** Examples along any axis of the operands, and of the result. */
  @ParameterizedTest
  @MethodSource("rows")
  void examplesMayLieAlongAnyAxis(Row row) {
    DType dtype =
        row.dtypes().contains(DType.FLOAT64) ? DType.FLOAT64 : row.dtypes().iterator().next();
    for (At at : LazyTest.settings(row).stream().limit(4).toList()) {
      if (at.shapes().isEmpty() || !hasRoomForAnAxis(row, at, dtype)) {
        continue;
      }
      List<Tensor> first = List.of(row.operands(at, dtype, Values.DOMAIN, 1));
      List<Tensor> second = List.of(row.operands(at, dtype, Values.DOMAIN, 2));
      Tensor one = row.apply(at, second.toArray(Tensor[]::new));
      int least = first.stream().mapToInt(Tensor::rank).min().orElseThrow();
      for (int in = -least - 1; in <= least; in++) {
        int axis = in;
        List<Tensor> both =
            IntStream.range(0, first.size())
                .mapToObj(i -> Tensor.stack(axis, first.get(i), second.get(i)))
                .toList();
        for (int out = -one.rank() - 1; out <= one.rank(); out++) {
          Tensor all =
              Grad.vmap((List<Tensor> x) -> row.apply(at, x.toArray(Tensor[]::new)), in, out)
                  .apply(both);
          Tensor other = all.slice(out, 1, 2).reshape(one.shape().toArray());
          double[] want = one.toDoubleArray();
          double scale = Arrays.stream(want).map(Math::abs).filter(v -> v > 1).max().orElse(1);
          assertArrayEquals(
              want, other.toDoubleArray(), 1e-13 * scale, row + " " + at + " " + in + " " + out);
        }
      }
    }
  }

  /** The map of the gradient, and the gradient of the map. */
  @ParameterizedTest
  @MethodSource("differentiable")
  void aBatchOfGradientsIsTheGradientOfTheBatch(Row row) {
    for (At at : row.small().stream().limit(3).toList()) {
      int[] own = row.variables(at);
      Tensor[] x = row.operands(at, DType.FLOAT64, Values.DOMAIN, 1);
      if (x[own[0]].rank() == Shape.MAX_RANK || own.length == 0) {
        continue;
      }
      Tensor two = Tensor.stack(0, x[own[0]], x[own[0]].mul(1.0001));
      boolean[] each = new boolean[1];
      each[0] = true;
      Tensor mapped =
          Batch.map(
                  in ->
                      List.of(
                          Grad.grad((Tensor t) -> sum(row, at, x, own[0], t)).apply(in.getFirst())),
                  List.of(two),
                  each,
                  2)
              .getFirst();
      Tensor outer =
          Grad.grad((Tensor t) ->
                  Batch.map(
                          in -> List.of(sum(row, at, x, own[0], in.getFirst())),
                          List.of(t),
                          each,
                          2)
                      .getFirst()
                      .sum())
              .apply(two);
      double[] want = outer.toDoubleArray();
      double scale = Arrays.stream(want).map(Math::abs).filter(v -> v > 1).max().orElse(1);
      assertArrayEquals(want, mapped.toDoubleArray(), 1e-12 * scale, row + " " + at);
      for (int e = 0; e < 2; e++) {
        Tensor one =
            Grad.grad((Tensor t) -> sum(row, at, x, own[0], t)).apply(two.get(Index.at(e)));
        assertArrayEquals(
            one.toDoubleArray(),
            mapped.get(Index.at(e)).toDoubleArray(),
            1e-12 * scale,
            row + " " + at);
      }
    }
  }

  private static Tensor sum(Row row, At at, Tensor[] x, int i, Tensor t) {
    Tensor[] in = x.clone();
    in[i] = t;
    Tensor y = row.apply(at, in);
    return y.mul(y).add(y).sum();
  }

  @Test
  void batchesNest() {
    Tensor x = Tensor.arange(DType.FLOAT64, 0, 24, 1).reshape(2, 3, 4);
    boolean[] each = {true};
    Tensor y =
        Batch.map(
                in ->
                    Batch.map(
                        row -> List.of(row.getFirst().mul(row.getFirst()).sum()), in, each, 3),
                List.of(x),
                each,
                2)
            .getFirst();
    assertArrayEquals(x.mul(x).sum(2).toDoubleArray(), y.toDoubleArray());
    assertEquals(Shape.of(2, 3), y.shape());
  }

  @Test
  void whatDoesNotDependOnTheExampleIsThereForEach() {
    Tensor y =
        Batch.map(
                in -> List.of(Tensor.of(5)),
                List.of(Tensor.of(new double[3])),
                new boolean[] {true},
                3)
            .getFirst();
    assertArrayEquals(new double[] {5, 5, 5}, y.toDoubleArray());
  }

  @Test
  void controlFlowThatDependsOnDataIsRefused() {
    Tensor x = Tensor.of(new double[] {1, 2});
    TraceException e =
        assertThrows(
            TraceException.class,
            () ->
                Trace.of(
                    in -> in.getFirst().sum().item() > 0 ? in : List.of(in.getFirst().neg()),
                    List.of(x)));
    assertTrue(
        e.getMessage().contains("float64 [2], an argument of a traced function"), e.getMessage());
    assertThrows(
        TraceException.class,
        () -> Trace.of(in -> List.of(in.getFirst().requiresGrad(true)), List.of(x)));
  }

  @Test
  void aTracedTensorPrintsWithoutAValue() {
    Tensor[] seen = new Tensor[1];
    Trace.of(
        in -> {
          seen[0] = in.getFirst().exp();
          return List.of(seen[0]);
        },
        List.of(Tensor.of(new float[] {1, 2})));
    assertEquals("Tensor(traced exp, float32, [2])", seen[0].toString());
  }

  @Test
  void aReplayIsRecordedForAnOuterDerivative() {
    Trace cube = Trace.of(in -> List.of(in.getFirst().pow(3)), List.of(Tensor.of(0)));
    Tensor g = Grad.grad((Tensor t) -> cube.replay(List.of(t)).getFirst()).apply(Tensor.of(2));
    assertEquals(12, g.item());
  }

  @Test
  void aReplayMakesNoNodes() {
    Tensor like = Tensor.of(new double[] {1, 2});
    Trace gradient =
        Trace.of(
            in -> List.of(Grad.grad((Tensor t) -> t.exp().mul(t).sum()).apply(in.getFirst())),
            List.of(like));
    long nodes = Graph.nodesRecorded();
    for (int i = 0; i < 1000; i++) {
      Tensor x = Tensor.of(new double[] {i * 1e-3, 1});
      double v = i * 1e-3;
      double[] g = gradient.replay(List.of(x)).getFirst().toDoubleArray();
      assertEquals(Math.exp(v) * (1 + v), g[0], 1e-14);
    }
    assertEquals(nodes, Graph.nodesRecorded());
  }

  @Test
  void argumentsMustBeAsTraced() {
    Trace f = Trace.of(in -> in, List.of(Tensor.of(new double[2])));
    assertThrows(ShapeException.class, () -> f.replay(List.of()));
    String said =
        assertThrows(ShapeException.class, () -> f.replay(List.of(Tensor.of(new float[2]))))
            .getMessage();
    assertEquals("argument 0 of a trace: float32 [2], traced for float64 [2]", said);
  }

  @Test
  void constantsOfATraceMayBeClosed() {
    Trace f;
    try (Scope _ = Scope.open()) {
      Tensor c = Tensor.of(new double[] {10, 20});
      f = Trace.of(in -> List.of(in.getFirst().add(c)), List.of(Tensor.of(new double[2])));
    }
    assertArrayEquals(
        new double[] {11, 22},
        f.replay(List.of(Tensor.of(new double[] {1, 2}))).getFirst().toDoubleArray());
  }
}
