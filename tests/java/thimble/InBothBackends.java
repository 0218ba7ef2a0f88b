package thimble;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import thimble.tensor.Backends;
import thimble.tensor.Block;

/** The tests of a subclass run in each backend; a native one that is missing is a failure. */
@ParameterizedClass(name = "{0}")
@ValueSource(strings = {"java", "native"})
public abstract class InBothBackends {
  /** The one that computes. */
  @Parameter protected String backend;

  private Block block;

  /** Chooses the backend for a test; skips it where the build has left the native library out. */
  @BeforeEach
  public final void choose() {
    assumeBuilt(backend);
    block = Backends.use(backend);
  }

  /** Goes back to the backend of before. */
  @AfterEach
  public final void goBack() {
    if (block != null) {
      block.close();
    }
  }

  /** Skips a test of the native backend where the build was told to do without. */
  public static void assumeBuilt(String backend) {
    Assumptions.assumeFalse(
        backend.equals("native") && Boolean.getBoolean("thimble.native.skip"),
        "built with -Dnative.skip: there is no native backend to test");
  }
}
