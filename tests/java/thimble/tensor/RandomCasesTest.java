package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static thimble.tensor.At.shape;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Random rows, shapes, types, layouts and values: as many cases as {@code -Dthimble.cases} says,
 * from the one that {@code -Dthimble.seed} names. A failure is simplified, and says how to see it
 * again.
 */
class RandomCasesTest {
  private static final long SEED = Long.parseLong(setting("thimble.seed", "1"));
  private static final long CASES = Long.parseLong(setting("thimble.cases", "200000"));

  /** Cases that failed once. */
  private static final long[] FAILED = {17, 345, 1011120};

  private static String setting(String property, String otherwise) {
    String value = System.getProperty(property, "");
    return value.isEmpty() ? otherwise : value;
  }

  @Test
  void randomCasesHaveTheValueOfTheOracleInBothBackends() {
    LongStream.concat(LongStream.of(FAILED), LongStream.range(SEED, SEED + CASES))
        .parallel()
        .mapToObj(seed -> failure(seed, c -> c.of(OpTable.rows())))
        .flatMap(Optional::stream)
        .findFirst()
        .ifPresent(what -> fail(what));
  }

  /** What is wrong with a case, as simple as it can be made, and how to see it again. */
  private static Optional<String> failure(long seed, Function<Choices, Row> rows) {
    Choices choices = Choices.random(seed);
    Row row = rows.apply(choices);
    int before = choices.made().length;
    return wrong(row, choices)
        .map(what -> {
          long[] made = choices.made();
          long[] own = java.util.Arrays.copyOfRange(made, before, made.length);
          return """
          case %d: %s
          as simple as can be: %s
          again: ./thimble test -Dtest=RandomCasesTest -Dthimble.seed=%d -Dthimble.cases=1\
          """
              .formatted(seed, what, simplest(row, own), seed);
        });
  }

  private static String simplest(Row row, long[] made) {
    long[] fewer = Choices.shrink(made, some -> wrong(row, Choices.replay(some)).isPresent());
    try {
      return wrong(Case.random(row, Choices.replay(fewer)).simplified(c -> wrong(c).isPresent()))
          .orElseThrow();
    } catch (RuntimeException e) { // it is not even a case
      return wrong(row, Choices.replay(fewer)).orElseThrow();
    }
  }

  private static Optional<String> wrong(Row row, Choices choices) {
    try {
      return wrong(Case.random(row, choices));
    } catch (RuntimeException e) {
      return Optional.of("%s: %s".formatted(row, e));
    }
  }

  private static Optional<String> wrong(Case c) {
    try {
      return c.wrong(List.of(Engine.JAVA, Engine.best()));
    } catch (RuntimeException e) {
      return Optional.of("%s: %s".formatted(c, e));
    }
  }

  // -- The generator itself -----------------------------------------------------------------------

  /** Wrong where an element is 2 or more and there are at least 3 of them. */
  private static final Row PLANTED =
      new Row(
          "planted",
          Set.of(DType.FLOAT32, DType.FLOAT64),
          List.of(Kind.of(Domain.ANY, Kind.Slope.LINEAR)),
          List.of(At.of(shape(3))),
          Settings::drawOne,
          (in, p) -> in[0].neg(),
          (in, p) -> Oracle.map(in[0], 0, x -> x >= 2 && in[0].count() >= 3 ? -x + 1 : -x, x -> x),
          EnumSet.of(Row.Trait.POINTWISE),
          List.of());

  @Test
  void aPlantedFaultIsFoundAndToldAsSimplyAsItCanBe() {
    String what =
        LongStream.range(1, 1000)
            .mapToObj(seed -> failure(seed, _ -> PLANTED))
            .flatMap(Optional::stream)
            .findFirst()
            .orElseThrow();
    String simple = what.lines().filter(l -> l.startsWith("as simple")).findFirst().orElseThrow();
    assertTrue(
        simple.contains("float32 [3] [0.0, 0.0, 2.0]: ")
            || simple.contains("float32 [3] [2.0, 0.0, 0.0]: ")
            || simple.contains("float32 [3] [0.0, 2.0, 0.0]: "),
        simple);
    String again = what.lines().filter(l -> l.startsWith("again")).findFirst().orElseThrow();
    long seed = Long.parseLong(again.replaceAll(".*thimble.seed=(\\d+).*", "$1"));
    assertEquals(Optional.of(what), failure(seed, _ -> PLANTED));
  }

  @Test
  void theSameSeedIsTheSameCase() {
    for (long seed = 1; seed < 50; seed++) {
      Choices one = Choices.random(seed);
      Choices other = Choices.random(seed);
      Row row = one.of(OpTable.rows());
      assertEquals(row, other.of(OpTable.rows()));
      String text = Case.random(row, one).toString();
      assertEquals(text, Case.random(row, other).toString());
      Choices again = Choices.replay(one.made());
      assertEquals(row, again.of(OpTable.rows()));
      assertEquals(text, Case.random(row, again).toString());
    }
  }
}
