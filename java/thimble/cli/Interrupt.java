package thimble.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C: asks the work to end at its next step and waits until it has. The JVM then exits with
 * 130, as a program that was interrupted does.
 */
final class Interrupt implements AutoCloseable {
  private static final int SECONDS = 10;

  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stop, "interrupt");
  private volatile boolean asked;

  private Interrupt() {}

  static Interrupt install() {
    Interrupt i = new Interrupt();
    Runtime.getRuntime().addShutdownHook(i.hook);
    return i;
  }

  /** Whether the work should end. */
  boolean asked() {
    return asked;
  }

  private void stop() {
    asked = true;
    try {
      boolean cleanly = ended.await(SECONDS, TimeUnit.SECONDS);
      if (!cleanly) {
        System.err.println("thimble: not ended after %d s, leaving anyway".formatted(SECONDS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The work has ended. */
  @Override
  public void close() {
    ended.countDown();
    if (!asked) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The interrupt came just now: the hook runs and finds that the work has ended.
        asked = true;
      }
    }
  }
}
