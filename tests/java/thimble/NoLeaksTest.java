package thimble;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;
import thimble.tensor.Backends;
import thimble.tensor.Block;
import thimble.tensor.DType;
import thimble.tensor.Tensor;

/** The extension that watches every test: a test that leaks fails, and no other. */
class NoLeaksTest {
  private static final List<Tensor> HELD = new ArrayList<>();

  @BeforeEach
  void skipWithoutTheNativeLibrary() {
    InBothBackends.assumeBuilt("native");
  }

  @AfterEach
  void letGo() {
    HELD.forEach(Tensor::close);
    HELD.clear();
  }

  private static Tensor large() {
    try (Block _ = Backends.use("native")) {
      return Tensor.ones(DType.FLOAT32, 12_345).contiguous();
    }
  }

  /** A test that leaves native memory behind. */
  static class Leaking {
    @Test
    void holds() {
      HELD.add(large());
    }
  }

  /** Tests that leave none, with fixtures that do. */
  static class Tight {
    private Tensor fixture;

    @BeforeAll
    static void hold() {
      HELD.add(large());
    }

    @BeforeEach
    void make() {
      fixture = large();
    }

    @Test
    void forgets() {
      assertEquals(12_345, large().add(fixture).count());
    }

    @Test
    void closes() {
      large().close();
    }

    @Test
    void givesBackMore() {
      HELD.removeLast().close();
    }
  }

  private static TestExecutionSummary run(Class<?> tests) {
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(tests))
                .build(),
            summary);
    return summary.getSummary();
  }

  @Test
  void aTestThatLeaksFailsAndSaysWhat() {
    TestExecutionSummary summary = run(Leaking.class);
    assertEquals(1, summary.getTestsFailedCount());
    String said = summary.getFailures().getFirst().getException().getMessage();
    assertTrue(said.contains("native bytes were live before the test"), said);
    assertTrue(said.contains("\n  float32 [12345], 49380 bytes"), said);
    letGo();
  }

  @Test
  void whatFixturesHoldIsNoLeak() {
    TestExecutionSummary summary = run(Tight.class);
    assertEquals(List.of(), summary.getFailures());
    assertEquals(3, summary.getTestsSucceededCount());
    letGo();
  }
}
