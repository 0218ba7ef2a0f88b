package thimble;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import thimble.nn.Loss;
import thimble.tensor.Backends;
import thimble.tensor.Block;
import thimble.tensor.ClosedException;
import thimble.tensor.DType;
import thimble.tensor.IndexException;
import thimble.tensor.Key;
import thimble.tensor.Scope;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/**
 * Many threads at once, native backend: 64 of the platform's and 1,000 virtual ones that compute,
 * close and fail. All sums are of powers of two, so that results are exact in any order.
 */
@Timeout(300)
class HammerTest {
  private static final int PLATFORM = 64;
  private static final int VIRTUAL = 1_000;
  private static final int SECONDS = Integer.getInteger("thimble.hammer.seconds", 20);

  /** What a thread may do; each is done many times. */
  private enum Deed {
    SUM,
    MATMUL,
    GRADIENT,
    SCOPE,
    SHAPE_ERROR,
    INDEX_ERROR,
    CLOSED_ERROR
  }

  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  @BeforeEach
  void skipWithoutTheNativeLibrary() {
    InBothBackends.assumeBuilt("native");
  }

  private interface Body {
    void run(SplittableRandom random) throws Throwable;
  }

  /** Runs bodies on threads of both kinds, until each ends or one has failed. */
  private void onAllThreads(int platform, int virtual, Body body) throws InterruptedException {
    CountDownLatch start = new CountDownLatch(1);
    IntFunction<Runnable> task =
        i ->
            () -> {
              try (Block _ = Backends.use("native")) {
                start.await();
                body.run(new SplittableRandom(i));
              } catch (Throwable e) {
                failure.compareAndSet(null, e);
              }
            };
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < platform; i++) {
      threads.add(Thread.ofPlatform().daemon().start(task.apply(i)));
    }
    for (int i = 0; i < virtual; i++) {
      threads.add(Thread.ofVirtual().start(task.apply(platform + i)));
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    Throwable e = failure.get();
    if (e != null) {
      throw new AssertionError("a thread failed", e);
    }
  }

  @Test
  void computingClosingAndFailingAtOnce() throws Exception {
    Tensor w = Key.of(1).normal(DType.FLOAT32, 12, 4);
    Tensor x = Key.of(2).normal(DType.FLOAT32, 40, 12);
    Tensor y = Key.of(3).integers(0, 4, 40);
    float[] gradient = gradient(w, x, y);
    AtomicLongArray done = new AtomicLongArray(Deed.values().length);
    long end = System.nanoTime() + SECONDS * 1_000_000_000L;
    onAllThreads(
        PLATFORM,
        VIRTUAL,
        random -> {
          do {
            Deed deed = Deed.values()[random.nextInt(Deed.values().length)];
            switch (deed) {
              case SUM -> sum(random);
              case MATMUL -> matmul(random);
              case GRADIENT -> assertArrayEquals(gradient, gradient(w, x, y));
              case SCOPE -> scope(random);
              case SHAPE_ERROR -> assertFails(ShapeException.class, () -> x.matmul(x));
              case INDEX_ERROR ->
                  assertFails(
                      IndexException.class,
                      () -> x.gather(1, Tensor.of(new long[] {0, 12}, 1, 2).broadcastTo(40, 2)));
              case CLOSED_ERROR -> {
                Tensor closed = Tensor.ones(DType.FLOAT64, 5_000).add(1);
                closed.close();
                closed.close();
                assertFails(ClosedException.class, () -> closed.add(1));
              }
            }
            done.incrementAndGet(deed.ordinal());
          } while (System.nanoTime() < end && failure.get() == null);
        });
    for (Deed deed : Deed.values()) {
      assertTrue(done.get(deed.ordinal()) > 0, "never done: " + deed);
    }
  }

  private static float[] gradient(Tensor w, Tensor x, Tensor y) {
    return Grad.grad((Tensor v) -> Loss.softmaxLoss(x.matmul(v), y)).apply(w).toFloatArray();
  }

  /** Sizes on the Java heap and in native memory, small work and work for the pool. */
  private static long size(SplittableRandom random) {
    return 1L << random.nextInt(4, random.nextInt(8) == 0 ? 18 : 12);
  }

  private static void sum(SplittableRandom random) {
    long n = size(random);
    Tensor a = Tensor.full(DType.FLOAT32, 0.25, n).add(0.5);
    Tensor b = a.mul(2).add(a);
    a.close();
    assertEquals(2.25 * n, b.sum().item());
    assertEquals(2.25 * n, b.reshape(2, -1).transpose().sum(1).sum().item());
  }

  private static void matmul(SplittableRandom random) {
    long n = 1L << random.nextInt(1, 7);
    Tensor a = Tensor.full(DType.FLOAT64, 0.5, n, n).contiguous();
    Tensor c = a.matmul(a.transpose());
    a.close();
    assertEquals(0.25 * n * n * n, c.sum().item());
  }

  private static void scope(SplittableRandom random) {
    long n = size(random);
    Tensor kept;
    try (Scope scope = Scope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, n).add(1);
      kept = scope.keep(a.mul(a).slice(0, 0, n / 2));
    }
    assertEquals(4.0 * (n / 2), kept.sum().item());
    kept.close();
  }

  private static void assertFails(Class<? extends RuntimeException> type, Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      assertEquals(type, e.getClass(), e.toString());
      return;
    }
    throw new AssertionError("no " + type.getSimpleName());
  }

  @Test
  void aTensorThatIsClosedWhileItIsUsedGivesItsValueOrAnError() throws Exception {
    int slots = 16;
    AtomicReferenceArray<Tensor> shared = new AtomicReferenceArray<>(slots);
    for (int i = 0; i < slots; i++) {
      shared.set(i, fresh(i));
    }
    AtomicLongArray counts = new AtomicLongArray(3); // right values, typed errors, closed
    onAllThreads(
        PLATFORM,
        0,
        random -> {
          for (int i = 0; i < 4_000 && failure.get() == null; i++) {
            int slot = random.nextInt(slots);
            Tensor x = shared.get(slot);
            if (random.nextInt(4) == 0) {
              shared.set(slot, fresh(slot));
              x.close();
              counts.incrementAndGet(2);
              continue;
            }
            try {
              double sum =
                  random.nextBoolean() ? x.add(1).sum().item() : x.transpose().sum().item();
              double n = x.count();
              assertTrue(sum == 2 * n || sum == n, () -> "%s of %s".formatted(sum, n));
              counts.incrementAndGet(0);
            } catch (ClosedException e) {
              counts.incrementAndGet(1);
            }
          }
        });
    assertTrue(counts.get(0) > 0 && counts.get(2) > 0, counts::toString);
  }

  /** Ones, with small and large storage. */
  private static Tensor fresh(int slot) {
    return Tensor.ones(DType.FLOAT32, 4, slot % 2 == 0 ? 8 : 4096).contiguous();
  }

  @Test
  void matrixProductsOnAThousandThreads() throws Exception {
    onAllThreads(
        1_000,
        0,
        random -> {
          for (int i = 0; i < 5; i++) {
            long n = 32 + random.nextInt(3) * 48;
            Tensor a = Tensor.full(DType.FLOAT32, 0.5, n, n).contiguous();
            assertEquals(0.25 * n * n * n, a.matmul(a).sum().item());
          }
        });
  }
}
