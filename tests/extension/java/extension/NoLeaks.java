package extension;

import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import thimble.tensor.Backends;
import thimble.tensor.Block;
import thimble.tensor.Memory;

/**
 * After every test, the live native bytes are back where they were before it: what it made was
 * closed, or the garbage collector finds it. Tensors of fixtures, made before the test method runs,
 * are none of its business.
 *
 * <p>JUnit finds this class through META-INF/services. It is no part of the module thimble, where
 * JUnit would not look.
 */
public final class NoLeaks implements BeforeTestExecutionCallback, AfterTestExecutionCallback {
  private static final ExtensionContext.Namespace HERE =
      ExtensionContext.Namespace.create(NoLeaks.class);

  private static final int COLLECTIONS = 6;
  private static final int LISTED = 5;

  /** For JUnit. */
  public NoLeaks() {}

  private interface Watch {
    void go() throws InterruptedException;
  }

  /** Does it with the native backend, if that was built. */
  private static void natively(Watch watch) throws InterruptedException {
    if (!Boolean.getBoolean("thimble.native.skip")) {
      try (Block _ = Backends.use("native")) {
        watch.go();
      }
    }
  }

  @Override
  public void beforeTestExecution(ExtensionContext test) throws InterruptedException {
    natively(() -> test.getStore(HERE).put("live", Memory.stats().live()));
  }

  @Override
  public void afterTestExecution(ExtensionContext test) throws InterruptedException {
    natively(() -> check(test.getStore(HERE).get("live", Long.class)));
  }

  private static void check(long before) throws InterruptedException {
    long after = Memory.stats().live();
    for (int i = 0; i < COLLECTIONS && after > before; i++) {
      System.gc();
      for (int wait = 1; wait <= 16 && after > before; wait *= 2) {
        Thread.sleep(wait); // what was found takes a moment to be handed on
        after = Memory.stats().live();
      }
    }
    if (after > before) {
      throw new AssertionError(
          "%d native bytes were live before the test, %d are after it; the largest:%s"
              .formatted(
                  before,
                  after,
                  Memory.largest(LISTED).stream()
                      .map(held -> "\n  " + held)
                      .collect(Collectors.joining())));
    }
  }
}
