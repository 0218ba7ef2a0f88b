package thimble.tensor;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Random rows, shapes, types, layouts and values: as many cases as {@code -Dthimble.cases} says,
 * from the one that {@code -Dthimble.seed} names. A failure is simplified, and says how to see it
 * again.
 */
class RandomCasesTest {
  private static final long SEED = Long.getLong("thimble.seed", 1);
  private static final int CASES = Integer.getInteger("thimble.cases", 200_000);

  /** Cases that failed once. */
  private static final long[] FAILED = {};

  @Test
  void randomCasesHaveTheValueOfTheOracleInBothBackends() {
    for (long seed : FAILED) {
      check(seed);
    }
    for (int i = 0; i < CASES; i++) {
      check(SEED + i);
    }
  }

  private static void check(long seed) {
    Choices choices = Choices.random(seed);
    Row row = choices.of(OpTable.rows());
    wrong(row, choices)
        .ifPresent(
            what -> {
              long[] simplest =
                  Choices.shrink(
                      choices.made(), made -> wrong(row, Choices.replay(made)).isPresent());
              fail(
                  """
                  case %d: %s
                  as simple as can be: %s
                  again: ./thimble test -Dtest=RandomCasesTest -Dthimble.seed=%d -Dthimble.cases=1"""
                      .formatted(
                          seed, what, wrong(row, Choices.replay(simplest)).orElseThrow(), seed));
            });
  }

  private static Optional<String> wrong(Row row, Choices choices) {
    try {
      return Case.random(row, choices).wrong(List.of(Engine.JAVA, Engine.best()));
    } catch (RuntimeException e) {
      return Optional.of("%s: %s".formatted(row, e));
    }
  }
}
