package thimble.tensor;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
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

  @ParameterizedTest
  @MethodSource("rows")
  void theValueIsTheOraclesInEveryTypeAndLayout(Row row) {
    for (DType dtype : row.dtypes()) {
      for (At at : row.at()) {
        for (Lie.Named lie : Lie.Named.values()) {
          check(new Sample(row, at, row.dtypes(at, dtype), lie, Values.DOMAIN));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theValueIsTheOraclesForOtherNumbers(Row row) {
    for (DType dtype : row.dtypes()) {
      for (At at : row.at()) {
        for (Values values : List.of(Values.WHOLE, Values.WIDE, Values.SPECIAL)) {
          check(new Sample(row, at, row.dtypes(at, dtype), Lie.Named.CONTIGUOUS, values));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theValueIsTheOraclesForOperandsOfSeveralTypes(Row row) {
    Assumptions.assumeTrue(row.is(Trait.MIXED), "its operands have one type");
    for (DType a : row.dtypes()) {
      for (DType b : row.dtypes()) {
        for (At at : row.small()) {
          List<DType> dtypes =
              IntStream.range(0, at.shapes().size())
                  .mapToObj(i -> row.kind(i).dtype().orElse(i == at.shapes().size() - 1 ? b : a))
                  .toList();
          check(new Sample(row, at, dtypes, Lie.Named.CONTIGUOUS, Values.DOMAIN));
        }
      }
    }
  }

  /** Operand i + 1 lies as the layout after that of operand i. */
  private record Sample(Row row, At at, List<DType> dtypes, Lie.Named lie, Values values) {
    Case made() {
      Lie.Named[] all = Lie.Named.values();
      List<Lie> lies = new ArrayList<>();
      for (long[] s : at.shapes()) {
        lies.add(all[(lie.ordinal() + (lie.ordinal() == 0 ? 0 : lies.size())) % all.length].of(s.length));
      }
      return Case.of(row, at, dtypes, lies, Case.all(at, values), row.name().hashCode());
    }
  }

  private static void check(Sample sample) {
    Case c = sample.made();
    Expected expected = c.expected();
    for (Engine engine : Engine.all()) {
      c.wrong(engine, expected).ifPresent(what -> fail(what));
    }
  }
}
