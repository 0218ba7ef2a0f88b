package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT64;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import thimble.InBothBackends;
import thimble.runtime.InstructionSets;
import thimble.runtime.Paths;

/** Tensors on the Java heap and in native memory give the same, alone and mixed. */
class StorageTest {
  /** The bytes up to which a tensor lies on the Java heap. */
  private static final long HEAP = 4096;

  @BeforeEach
  void skipWithoutTheNativeLibrary() {
    InBothBackends.assumeBuilt("native");
  }

  private static <T> T on(Paths path, Supplier<T> body) {
    try (Block _ = Mode.get().use(path.backend())) {
      return body.get();
    }
  }

  /** Element i is (i·7 mod 31)/8 − 1.5: few digits, both signs. */
  private static Tensor numbers(DType dtype, long... shape) {
    double[] x = new double[(int) Shape.of(shape).count()];
    for (int i = 0; i < x.length; i++) {
      x[i] = i * 7 % 31 / 8.0 - 1.5;
    }
    return Tensor.of(x, shape).to(dtype);
  }

  private static Tensor index(int bound, long... shape) {
    long[] k = new long[(int) Shape.of(shape).count()];
    for (int i = 0; i < k.length; i++) {
      k[i] = i * 5L % bound;
    }
    return Tensor.of(k, shape);
  }

  // -- Where a tensor lies ------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource(DType.class)
  void aTensorLiesOnTheHeapUpToAFewKilobytes(DType dtype) {
    long most = HEAP / dtype.bytes();
    for (long n : List.of(0L, 1L, 3L, most - 1, most, most + 1, 3 * most)) {
      on(
          Paths.USUAL,
          () -> {
            Tensor x = index(2, n).to(dtype);
            assertEquals(n > most, x.value().storage().segment().isNative(), n + " of " + dtype);
            assertArrayEquals(index(2, n).toLongArray(), x.toLongArray());
            assertArrayEquals(x.toLongArray(), x.contiguous().to(FLOAT64).to(INT64).toLongArray());
            return x;
          });
    }
  }

  // -- The same bits ------------------------------------------------------------------------------

  static Stream<Row> rows() {
    return OpTable.differentiable().stream();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void everyOpGivesTheSameBitsOnEveryPath(Row row) {
    for (DType dtype : row.floats()) {
      for (At at : row.small().stream().limit(8).toList()) {
        double[] expected = on(Paths.NATIVE, () -> valueAndGradient(row, at, dtype));
        for (Paths path : Paths.values()) {
          double[] actual = on(path, () -> valueAndGradient(row, at, dtype));
          assertArrayEquals(expected, actual, row + " at " + at + " " + dtype + " " + path);
        }
      }
    }
  }

  private static double[] valueAndGradient(Row row, At at, DType dtype) {
    Tensor[] x = row.leaves(at, dtype);
    Tensor y = row.apply(at, x);
    y.to(FLOAT64).mul(2).backward();
    List<Tensor> all = new ArrayList<>(List.of(y.detach().to(FLOAT64).reshape(-1)));
    for (int i : row.variables(at)) {
      all.add(x[i].grad().to(FLOAT64).reshape(-1));
    }
    return Tensor.concat(0, all.toArray(Tensor[]::new)).toDoubleArray();
  }

  /** What mixes operands and results of both kinds, small work and large. */
  private static Map<String, Supplier<Tensor>> mixes() {
    Map<String, Supplier<Tensor>> all = new LinkedHashMap<>();
    for (int n : List.of(5, 100, 300)) {
      Supplier<Tensor> x = () -> numbers(FLOAT32, n, 100);
      all.put("bias", () -> x.get().add(numbers(FLOAT32, 100)));
      all.put("scale by a number", () -> x.get().mul(Tensor.full(FLOAT32, 3.0)));
      all.put("a view of a large one", () -> x.get().slice(0, 1, 2).add(numbers(FLOAT32, 1, 100)));
      all.put("offset and transposed", () -> x.get().slice(0, 1, 4).transpose().exp());
      all.put("flipped", () -> x.get().flip(0, 1).add(numbers(FLOAT32, 100)));
      all.put("sum of all", () -> x.get().sum());
      all.put("sum of rows", () -> x.get().sum(1));
      all.put("max of columns", () -> x.get().max(0));
      all.put("argmax", () -> x.get().argmax(1));
      all.put("softmax", () -> x.get().softmax(1));
      all.put("cumsum", () -> x.get().cumsum(0));
      all.put("matrix and column", () -> x.get().matmul(numbers(FLOAT32, 100, 1)));
      all.put("row and matrix", () -> numbers(FLOAT32, 1, n).matmul(x.get()));
      all.put("product of all", () -> x.get().transpose().matmul(x.get()));
      all.put("compare", () -> x.get().gt(numbers(FLOAT32, n, 1)));
      all.put("where", () -> Tensor.where(numbers(FLOAT32, 100).gt(0), x.get(), numbers(FLOAT32)));
      all.put("gather", () -> x.get().gather(1, index(100, n, 2)));
      all.put("scatter", () -> numbers(FLOAT32, n, 2).scatterAdd(1, index(100, n, 2), 100));
      all.put("concat", () -> Tensor.concat(0, numbers(FLOAT32, 1, 100), x.get()));
      all.put("pad", () -> x.get().slice(0, 0, 2).pad(0, 1, n));
      all.put("update", () -> x.get().update(Index.of(Index.at(1)), numbers(FLOAT32, 100)));
      all.put("cast", () -> x.get().to(FLOAT64).to(DType.UINT8));
      all.put("random", () -> Key.of(n).normal(FLOAT32, n, 100).slice(0, 0, 2).contiguous());
    }
    return all;
  }

  static Stream<String> names() {
    return mixes().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void mixedOperandsGiveTheSameBits(String name) {
    Supplier<Tensor> f = mixes().get(name);
    double[] expected = on(Paths.NATIVE, () -> f.get().to(FLOAT64).toDoubleArray());
    for (Paths path : Paths.values()) {
      double[] actual = on(path, () -> f.get().to(FLOAT64).toDoubleArray());
      assertArrayEquals(expected, actual, path::toString);
    }
  }

  @Test
  void tensorsOfEveryPathMeetInOneOp() {
    for (int n : List.of(16, 5000)) {
      Tensor sum = Tensor.zeros(FLOAT32, n);
      for (Paths path : Paths.values()) {
        Tensor x = on(path, () -> numbers(FLOAT32, n));
        for (Paths other : Paths.values()) {
          Tensor before = sum;
          sum = on(other, () -> before.add(x));
        }
      }
      assertArrayEquals(numbers(FLOAT32, n).mul(16).toFloatArray(), sum.toFloatArray());
    }
  }

  @Test
  void everyInstructionSetTakesTheHeap() {
    for (String isa : InstructionSets.all()) {
      try (Block _ = InstructionSets.use(isa)) {
        double[] expected =
            on(Paths.NATIVE, () -> numbers(FLOAT32, 77).exp().sum().toDoubleArray());
        assertArrayEquals(
            expected, on(Paths.HEAP, () -> numbers(FLOAT32, 77).exp().sum().toDoubleArray()), isa);
      }
    }
  }

  // -- After close --------------------------------------------------------------------------------

  private static final Map<String, Consumer<Tensor>> USES =
      Map.of(
          "add", x -> x.add(x),
          "exp", Tensor::exp,
          "sum", x -> x.sum(),
          "reshape", x -> x.reshape(-1),
          "detach", Tensor::detach,
          "to", x -> x.to(FLOAT64),
          "backward", x -> x.backward(),
          "toFloatArray", Tensor::toFloatArray);

  @ParameterizedTest
  @ValueSource(longs = {1, 4, 5000})
  void useAfterCloseIsTyped(long n) {
    USES.forEach((name, use) -> {
      Tensor x = on(Paths.USUAL, () -> numbers(FLOAT32, 1, n));
      x.close();
      x.close();
      String said = assertThrows(ClosedException.class, () -> use.accept(x), name).getMessage();
      assertTrue(said.contains("float32 [1, " + n + "]"), said);
    });
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5000})
  void aViewOutlivesWhatItIsAViewOf(long n) {
    Tensor x = on(Paths.USUAL, () -> numbers(FLOAT32, n));
    Tensor y = x.slice(0, 1, 3);
    Tensor z = x.detach();
    x.close();
    assertArrayEquals(new float[] {-0.625f, 0.25f}, y.toFloatArray());
    y.close();
    assertEquals(-0.625, z.slice(0, 1, 2).item());
  }
}
