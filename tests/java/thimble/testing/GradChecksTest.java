package thimble.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.FLOAT64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import thimble.tensor.Key;
import thimble.tensor.Tensor;

/** What a JUnit user sees of {@link GradCheckTest} and {@link GradChecks}. */
class GradChecksTest {
  private static final List<GradCheck> SEEN = new ArrayList<>();

  /** A user's tests. */
  static class Users {
    @GradCheckTest
    void right(GradCheck check, Key key) {
      SEEN.add(check);
      assertEquals(Key.of(check.seed()), key);
      check.check(x -> x.mul(x.sigmoid()), key.normal(FLOAT64, 3, 4));
    }

    @GradCheckTest(runs = 3, seed = 7, order = 1)
    void wrong(GradCheck check, Key key) {
      SEEN.add(check);
      check.check(x -> x.exp().mul(x.detach()), key.normal(FLOAT64, 2));
    }

    @GradCheckTest(seed = 5)
    void throwing() {
      Tensor.of(1).matmul(Tensor.of(2));
    }
  }

  /** A user's tests of the ordinary kind. */
  @ExtendWith(GradChecks.class)
  static class Plain {
    @Test
    void right(GradCheck check, Key key) {
      SEEN.add(check);
      check.check(x -> x.exp(), key.normal(FLOAT64, 2));
    }

    @Test
    void wrong(GradCheck check) {
      check.check(x -> x.exp().mul(x.detach()), Tensor.of(2));
    }

    @GradCheckTest(runs = 2)
    void both(GradCheck check) {
      SEEN.add(check);
    }
  }

  private record Ended(String name, TestExecutionResult result) {
    Throwable thrown() {
      return result.getThrowable().orElseThrow();
    }
  }

  /** The tests of a class, run by JUnit. */
  private static List<Ended> run(Class<?> tests, String method, Map<String, String> settings) {
    SEEN.clear();
    List<Ended> ended = new ArrayList<>();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(
                    Arrays.stream(tests.getDeclaredMethods())
                        .filter(m -> m.getName().equals(method))
                        .map(m -> DiscoverySelectors.selectMethod(tests, m))
                        .toList())
                .configurationParameters(settings)
                .build(),
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                  ended.add(new Ended(test.getDisplayName(), result));
                } else {
                  assertEquals(TestExecutionResult.Status.SUCCESSFUL, result.getStatus());
                }
              }
            });
    return ended;
  }

  private static void assertRight(List<Ended> all) {
    all.forEach(e -> assertEquals(TestExecutionResult.Status.SUCCESSFUL, e.result.getStatus()));
  }

  @Test
  void aRunIsNamedAfterItsSeed() {
    List<Ended> all = run(Users.class, "right", Map.of());
    assertEquals(List.of("seed 42"), all.stream().map(Ended::name).toList());
    assertRight(all);
    assertEquals(GradCheck.standard().named("right"), SEEN.getFirst());
  }

  @Test
  void runsHaveSeedsOfTheirOwnAndFailuresTellThem() {
    List<Ended> all = run(Users.class, "wrong", Map.of());
    assertEquals(List.of("seed 7", "seed 8", "seed 9"), all.stream().map(Ended::name).toList());
    assertEquals(List.of(1, 1, 1), SEEN.stream().map(GradCheck::order).toList());
    Throwable last = all.getLast().thrown();
    assertEquals(GradCheckError.class, last.getClass());
    assertTrue(
        last.getMessage().startsWith("gradient check of wrong, made of [exp, mul], seed 9: wrong"),
        last.getMessage());
    assertEquals(1, last.getSuppressed().length);
    assertEquals(
        "the seed was 9: -Dthimble.seed=9 makes the same test",
        last.getSuppressed()[0].getMessage());
  }

  @Test
  void whateverIsThrownTheSeedIsTold() {
    Throwable thrown = run(Users.class, "throwing", Map.of()).getFirst().thrown();
    assertTrue(thrown.getMessage().startsWith("matmul"), thrown.getMessage());
    assertTrue(thrown.getSuppressed()[0].getMessage().startsWith("the seed was 5:"));
  }

  @Test
  void theSeedMayBeConfigured() {
    assertEquals("seed -3", run(Users.class, "right", Map.of("thimble.seed", "-3")).get(0).name());
    run(Plain.class, "right", Map.of("thimble.seed", "12"));
    assertEquals(12, SEEN.getFirst().seed());
    Throwable thrown = run(Plain.class, "wrong", Map.of("thimble.seed", "x")).get(0).thrown();
    assertTrue(thrown.getMessage().contains("thimble.seed=x: takes a whole number"));
  }

  @Test
  void anOrdinaryTestMayHaveTheExtension() {
    assertRight(run(Plain.class, "right", Map.of()));
    assertEquals("right(GradCheck, Key)", SEEN.getFirst().name());
    Throwable thrown = run(Plain.class, "wrong", Map.of()).getFirst().thrown();
    assertTrue(thrown.getSuppressed()[0].getMessage().startsWith("the seed was 42:"));
    assertEquals(1, thrown.getSuppressed().length);
    assertRight(run(Plain.class, "both", Map.of()));
    assertEquals(List.of(42L, 43L), SEEN.stream().map(GradCheck::seed).toList());
  }
}
