package thimble.tensor;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.tensor.Row.Trait;

/**
 * The value of every row of {@link OpTable} against its oracle, in every type, layout, and
 * combination of shapes, in plain Java and in the kernels of each instruction set.
 */
class ValueTest {
  static List<Row> rows() {
    return OpTable.rows();
  }

  static Stream<Row> pointwise() {
    return rows().stream().filter(row -> row.is(Trait.POINTWISE));
  }

  static Stream<Row> ofSeveralTypes() {
    return rows().stream().filter(row -> row.is(Trait.MIXED) || row.is(Trait.ALIKE));
  }

  static Stream<Row> ofTwoOperands() {
    return rows().stream().filter(row -> !pairs(row).isEmpty());
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theValueIsTheOraclesInEveryTypeAndLayout(Row row) {
    Lie.Named[] lies = Lie.Named.values();
    for (DType dtype : row.dtypes()) {
      for (int i = 0; i < row.at().size(); i++) {
        At at = row.at().get(i);
        // Floats in every layout; of the other types each setting in one, each layout somewhere.
        List<Lie.Named> some =
            NdArray.isFloating(dtype) ? List.of(lies) : List.of(lies[i % lies.length]);
        check(row, at, row.dtypes(at, dtype), some, Values.DOMAIN);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theValueIsTheOraclesForOtherNumbers(Row row) {
    for (DType dtype : row.dtypes()) {
      for (At at : row.at()) {
        for (Values values : List.of(Values.WHOLE, Values.WIDE, Values.SPECIAL)) {
          if (at.count() < (values == Values.SPECIAL ? 5000 : 500)) {
            check(row, at, row.dtypes(at, dtype), List.of(Lie.Named.CONTIGUOUS), values);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ofSeveralTypes")
  void theValueIsTheOraclesForOperandsOfSeveralTypes(Row row) {
    for (DType a : DType.values()) {
      for (DType b : DType.values()) {
        if (a != b && row.mixes(a, b)) {
          for (At at : row.small()) {
            List<DType> dtypes =
                IntStream.range(0, at.shapes().size())
                    .mapToObj(i -> row.kind(i).dtype().orElse(i == at.shapes().size() - 1 ? b : a))
                    .toList();
            check(row, at, dtypes, List.of(Lie.Named.CONTIGUOUS), Values.WHOLE);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ofTwoOperands")
  void theValueIsTheOraclesForEveryPairOfLayouts(Row row) {
    List<At> pairs = pairs(row);
    for (DType dtype : row.dtypes()) {
      for (At at : NdArray.isFloating(dtype) ? pairs : pairs.subList(0, 1)) {
        Case plain = plain(row, at, row.dtypes(at, dtype), Values.DOMAIN);
        Expected expected = plain.expected();
        for (Lie.Named a : Lie.Named.values()) {
          for (Lie.Named b : Lie.Named.values()) {
            Lie left = a.of(at.shapes().get(0).length);
            Lie right = b.of(at.shapes().get(1).length);
            check(plain, expected, List.of(left, right));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("pointwise")
  void specialNumbersMeetEachOtherInEveryLane(Row row) {
    for (DType dtype : row.dtypes()) {
      for (int first = 0; first < 16; first++) {
        List<NdArray> in = new ArrayList<>();
        int operands = row.at().get(0).shapes().size();
        for (int i = 0; i < operands; i++) {
          in.add(special(row.kind(i), row.kind(i).dtype().orElse(dtype), i, operands, first));
        }
        List<DType> dtypes = in.stream().map(NdArray::dtype).toList();
        At at = At.of(in.stream().map(NdArray::shape).toList());
        List<Lie> lies = Case.lying(at, Lie.Named.CONTIGUOUS);
        Case c = new Case(row, at, dtypes, lies, in);
        check(c, c.expected(), lies);
      }
    }
  }

  /** The largest settings with two operands. */
  private static List<At> pairs(Row row) {
    return row.at().stream()
        .filter(at -> at.shapes().size() == 2 && at.count() > 100 && at.count() < 20_000)
        .sorted(Comparator.comparing(At::count).reversed())
        .limit(2)
        .toList();
  }

  /**
   * Special numbers of an operand in an order that begins with one of them. Of two operands each of
   * the one meets each of the other, of three the mask and one of the others go side by side.
   */
  private static NdArray special(Kind kind, DType dtype, int operand, int operands, int first) {
    double[] all =
        NdArray.isFloating(dtype)
            ? Values.floats(dtype)
            : Arrays.stream(Values.integers(dtype)).mapToDouble(v -> v).toArray();
    int n = 73;
    double[] row = new double[n];
    Arrays.setAll(row, i -> all[(i + first * (operand + 1)) % all.length]);
    long[] shape = operand == 0 || operands == 1 ? new long[] {n} : new long[] {n, 1};
    NdArray x = NdArray.of(dtype, shape, row);
    return kind.domain() == Domain.NONZERO && !x.isFloating() ? Values.withoutZeros(x) : x;
  }

  /** Operand i + 1 lies as the layout after that of operand i. */
  private static void check(
      Row row, At at, List<DType> dtypes, List<Lie.Named> lies, Values values) {
    Lie.Named[] all = Lie.Named.values();
    Case plain = plain(row, at, dtypes, values);
    Expected expected = plain.expected();
    for (Lie.Named lie : lies) {
      List<Lie> each = new ArrayList<>();
      for (long[] s : at.shapes()) {
        int next = lie == Lie.Named.CONTIGUOUS ? 0 : lie.ordinal() + each.size();
        each.add(all[next % all.length].of(s.length));
      }
      check(plain, expected, each);
    }
  }

  private static Case plain(Row row, At at, List<DType> dtypes, Values values) {
    return Case.of(
        row,
        at,
        dtypes,
        Case.lying(at, Lie.Named.CONTIGUOUS),
        Case.all(at, values),
        row.name().hashCode());
  }

  /** The case with operands that lie so; what is expected may be what was of contiguous ones. */
  private static void check(Case plain, Expected expected, List<Lie> lies) {
    Case c = plain.lying(lies);
    Expected own = c.sameElements(plain) ? expected : c.expected();
    c.wrong(Engine.all(), own).ifPresent(what -> fail(what));
  }
}
