package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import outside.Careless;
import thimble.InBothBackends;

/** Errors say which line of the user's program they are about. */
class SiteTest extends InBothBackends {
  @Test
  void aShapeError() {
    String said = Careless.shape();
    assertTrue(
        said.matches("(?s).*inner sizes differ.*; at Careless\\..*\\(Careless.java:\\d+\\)"), said);
  }

  @Test
  void anAnomaly() {
    String said = Careless.anomaly();
    assertTrue(
        said.matches(
            "(?s).*log float32 \\[3\\], made at Careless\\..*\\(Careless.java:\\d+\\) is not.*"),
        said);
  }

  @Test
  void aLookAtATracedValue() {
    String said = Careless.trace();
    assertTrue(
        said.matches("(?s).*asked for at Careless.look\\(Careless.java:\\d+\\) that depends on.*"),
        said);
  }
}
