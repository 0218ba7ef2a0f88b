package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.Cases;
import thimble.Cases.Case;
import thimble.Cases.Value;
import thimble.InBothBackends;

/** The cases of the course's homework 3: strided views, assignment, reductions, products. */
class Hw3CasesTest extends InBothBackends {
  static List<Case> views() {
    return read("ndarray_view");
  }

  static List<Case> assignments() {
    return read("ndarray_setitem");
  }

  static List<Case> reductions() {
    return read("ndarray_reduce");
  }

  static List<Case> elementwise() {
    return read("ndarray_ewise");
  }

  static List<Case> scalars() {
    return read("ndarray_scalar");
  }

  static List<Case> products() {
    return read("ndarray_matmul");
  }

  static List<Case> formulas() {
    return read("ndarray_matmul_formula");
  }

  static List<Case> tiles() {
    return read("matmul_tiled");
  }

  private static List<Case> read(String kind) {
    return Cases.read("hw3.json", kind::equals);
  }

  @Test
  void theseTestsTakeEveryCase() {
    List<String> all = Cases.read("hw3.json", _ -> true).stream().map(Case::id).sorted().toList();
    List<String> taken =
        Stream.of(
                views(),
                assignments(),
                reductions(),
                elementwise(),
                scalars(),
                products(),
                formulas(),
                tiles())
            .flatMap(List::stream)
            .map(Case::id)
            .sorted()
            .toList();
    assertEquals(94, taken.size());
    assertEquals(all, taken);
  }

  // -- Views and assignment -----------------------------------------------------------------------

  @ParameterizedTest
  @MethodSource("views")
  void aViewHasTheStridesOnTheSameStorage(Case c) {
    Tensor x = counted(0, c.json().get("base_shape"));
    Tensor y = x;
    for (JsonElement step : c.list("chain").toList()) {
      y = move(y, step.getAsJsonArray());
    }
    Value expected = c.value("expected");
    expected.assertClose(y, 0, c.number("tolerance"), c.id());
    assertEquals(expected.dtype(), y.dtype());
    if (c.json().get("shares_memory").getAsBoolean()) {
      assertSame(x.value().storage(), y.value().storage());
      Layout layout = y.value().layout();
      long[] strides = IntStream.range(0, y.rank()).mapToLong(layout::stride).toArray();
      assertArrayEquals(Cases.longs(c.json().get("expected_strides")), strides);
      assertEquals(c.number("expected_offset"), layout.offset());
    } else {
      assertNotSame(x.value().storage(), y.value().storage());
    }
  }

  private static Tensor move(Tensor x, JsonArray step) {
    JsonElement to = step.get(1);
    return switch (step.get(0).getAsString()) {
      case "permute" -> x.permute(Cases.ints(to));
      case "broadcast_to" -> x.broadcastTo(Cases.longs(to));
      case "reshape" -> x.reshape(Cases.longs(to));
      case "flip" -> x.flip(Cases.ints(to));
      case "getitem" -> x.get(index(to, x.shape()));
      case "compact" -> x.contiguous();
      default -> throw new AssertionError(step);
    };
  }

  /** Where needle assigns in place, a new tensor differs in a part. */
  @ParameterizedTest
  @MethodSource("assignments")
  void anUpdateGivesWhatAnAssignmentLeaves(Case c) {
    Tensor x = counted(0, c.json().get("base_shape"));
    double[] before = x.toDoubleArray();
    Index index = index(c.json().get("index"), x.shape());
    JsonElement rhs = c.json().get("rhs");
    Tensor y =
        rhs.isJsonObject()
            ? x.update(index, part(rhs.getAsJsonObject()))
            : x.update(index, rhs.getAsDouble());
    c.value("expected").assertClose(y, 0, 0, c.id());
    assertNotSame(x.value().storage(), y.value().storage());
    assertArrayEquals(before, x.toDoubleArray());
  }

  private static Tensor part(JsonObject rhs) {
    assertEquals("100+arange", rhs.get("base").getAsString());
    Tensor v = counted(100, rhs.get("shape"));
    return v.get(index(rhs.get("index"), v.shape()));
  }

  /** The numbers from first on, int64. */
  private static Tensor counted(long first, JsonElement shape) {
    Shape s = Shape.of(Cases.longs(shape));
    return Tensor.arange(s.count()).add(first).reshape(s);
  }

  /** Entries are i, which keeps the axis, or [from, to, step], where null leaves an end out. */
  private static Index index(JsonElement entries, Shape x) {
    JsonArray a = entries.getAsJsonArray();
    return Index.of(
        IntStream.range(0, a.size())
            .mapToObj(d -> range(a.get(d), x.size(d)))
            .toArray(Index.Part[]::new));
  }

  private static Index.Part range(JsonElement entry, long size) {
    if (entry.isJsonPrimitive()) {
      long i = entry.getAsLong();
      return Index.range(i, i + 1);
    }
    JsonArray a = entry.getAsJsonArray();
    long step = a.get(2).getAsLong();
    long end = step > 0 ? size : -size - 1;
    return Index.range(
        a.get(0).getAsLong(), a.get(1).isJsonNull() ? end : a.get(1).getAsLong(), step);
  }

  // -- Reductions and elementwise ops -------------------------------------------------------------

  @ParameterizedTest
  @MethodSource("reductions")
  void aReductionIsRight(Case c) {
    Tensor x = c.tensor("input");
    JsonElement axis = c.json().get("axis");
    int[] axes =
        axis.isJsonNull()
            ? IntStream.range(0, x.rank()).toArray()
            : axis.isJsonArray() ? Cases.ints(axis) : new int[] {axis.getAsInt()};
    Tensor y = c.json().get("op").getAsString().equals("sum") ? x.sum(axes) : x.max(axes);
    if (c.json().get("keepdims").getAsBoolean()) {
      y = y.unsqueeze(axes);
    }
    assertEquals(x.dtype(), y.dtype());
    c.value("expected").assertClose(y, c.number("rtol"), c.number("atol"), c.id());
  }

  @ParameterizedTest
  @MethodSource("elementwise")
  void anElementwiseOpIsRight(Case c) {
    Tensor a = c.values("inputs").get(0).tensor();
    Tensor b = c.values("inputs").get(1).tensor();
    Tensor y =
        switch (c.json().get("op").getAsString()) {
          case "multiply" -> a.mul(b);
          case "divide" -> a.div(b);
          case "add" -> a.add(b);
          case "subtract" -> a.sub(b);
          case "equal" -> a.eq(b).to(a.dtype()); // where needle has 0 and 1, a mask
          case "greater_equal" -> a.ge(b).to(a.dtype());
          case "maximum" -> a.maximum(b);
          default -> throw new AssertionError(c);
        };
    assertEquals(a.dtype(), y.dtype());
    c.value("expected").assertClose(y, c.number("rtol"), c.number("atol"), c.id());
  }

  @ParameterizedTest
  @MethodSource("scalars")
  void anOpWithANumberIsRight(Case c) {
    Tensor x = c.values("inputs").getFirst().tensor();
    Tensor y =
        switch (c.json().get("op").getAsString()) {
          case "scalar_mul" -> x.mul(5);
          case "scalar_div" -> x.div(5);
          case "scalar_power5" -> x.pow(5);
          case "scalar_power_half" -> x.pow(0.5);
          case "scalar_maximum" -> x.maximum(0.1);
          case "log" -> x.log();
          case "exp" -> x.exp();
          case "tanh" -> x.tanh();
          default -> throw new AssertionError(c);
        };
    assertEquals(x.dtype(), y.dtype());
    c.value("expected").assertClose(y, c.number("rtol"), c.number("atol"), c.id());
  }

  // -- Matrix products ----------------------------------------------------------------------------

  @ParameterizedTest
  @MethodSource("products")
  void aProductOfIntegersIsExact(Case c) {
    Tensor a = c.values("inputs").get(0).tensor();
    Tensor b = c.values("inputs").get(1).tensor();
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      Tensor y = a.to(dtype).matmul(b.to(dtype));
      c.value("expected").assertClose(y, 0, c.number("tolerance"), c.id());
    }
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void aLargerProductOfIntegersIsExact(Case c) {
    long[] s = Cases.longs(c.json().get("shape"));
    assertEquals("(3i+5j)%11-5", c.json().get("A").getAsString());
    assertEquals("(7j+2k)%13-6", c.json().get("B").getAsString());
    Tensor a = formula(s[0], 3, s[1], 5).remainder(11).sub(5);
    Tensor b = formula(s[1], 7, s[2], 2).remainder(13).sub(6);
    double tolerance = c.number("tolerance");
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      Tensor y = a.to(dtype).matmul(b.to(dtype)).to(DType.INT64);
      assertEquals(c.number("expected_sum"), y.sum().item(), tolerance);
      assertEquals(c.number("expected_sum_sq"), y.mul(y).sum().item(), tolerance);
      Tensor corners = y.slice(0, 0, s[0], s[0] - 1).slice(1, 0, s[2], s[2] - 1);
      assertArrayEquals(
          Cases.doubles(c.json().get("expected_corners")), corners.toDoubleArray(), tolerance);
    }
  }

  /** y[i, j] = p·i + q·j. */
  private static Tensor formula(long rows, long p, long columns, long q) {
    return Tensor.arange(rows).mul(p).reshape(-1, 1).add(Tensor.arange(columns).mul(q));
  }

  /** Of matrices of tiles, the products of tiles are added up as those of numbers are. */
  @ParameterizedTest
  @MethodSource("tiles")
  void aProductOfTilesIsTheProduct(Case c) {
    int tile = 8;
    int m = (int) c.number("m");
    int n = (int) c.number("n");
    int p = (int) c.number("p");
    Random random = new Random(7);
    double[][] a = matrix(random, m * tile, n * tile);
    double[][] b = matrix(random, n * tile, p * tile);
    Tensor x = tiled(Tensor.of(a).to(DType.FLOAT32), tile).unsqueeze(2);
    Tensor y = tiled(Tensor.of(b).to(DType.FLOAT32), tile).unsqueeze(0);
    Tensor product = x.matmul(y).sum(1);
    assertEquals(Shape.of(m, p, tile, tile), product.shape());
    Tensor got = product.permute(0, 2, 1, 3).reshape(m * tile, p * tile);
    double[] expected = new double[m * tile * p * tile];
    for (int i = 0; i < expected.length; i++) {
      for (int j = 0; j < n * tile; j++) {
        expected[i] += a[i / (p * tile)][j] * b[j][i % (p * tile)];
      }
    }
    Value plain = new Value(DType.FLOAT64, got.shape(), expected);
    plain.assertClose(got, c.number("rtol"), c.number("atol"), c.id());
  }

  private static double[][] matrix(Random random, int rows, int columns) {
    return Stream.generate(() -> random.doubles(columns, -1, 1).toArray())
        .limit(rows)
        .toArray(double[][]::new);
  }

  private static Tensor tiled(Tensor x, int tile) {
    return x.reshape(x.size(0) / tile, tile, x.size(1) / tile, tile).permute(0, 2, 1, 3);
  }
}
