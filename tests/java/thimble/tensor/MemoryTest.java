package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.program.Program;
import thimble.runtime.ffi.gen.ThimbleH;

/** Native memory: what is said of it, its limit, and what happens there. */
class MemoryTest {
  private static final long N = 100_000;

  private Block block;
  private long limit;

  @BeforeEach
  void choose() throws InterruptedException {
    InBothBackends.assumeBuilt("native");
    block = Backends.use("native");
    limit = Memory.stats().limit();
    collectForgotten();
    Memory.trim();
  }

  /** Has found what was forgotten until now, which would make room in the middle of a test. */
  private static void collectForgotten() throws InterruptedException {
    for (long before = Long.MAX_VALUE; Memory.stats().live() < before; ) {
      before = Memory.stats().live();
      System.gc();
      Thread.sleep(50);
    }
  }

  @AfterEach
  void goBack() {
    if (block != null) {
      ThimbleH.th_fail_allocation(0);
      Memory.limit(limit);
      block.close();
    }
  }

  /** So many float32 elements in native memory, filled. */
  private static Tensor large(long n) {
    return Tensor.ones(FLOAT32, n).contiguous();
  }

  // -- What there is ------------------------------------------------------------------------------

  @Test
  void statsFollowATensorAndItsViews() {
    Memory.Stats before = Memory.stats();
    Tensor x = large(N);
    Memory.Stats with = Memory.stats();
    assertTrue(with.live() >= before.live() + 4 * N, () -> before + " " + with);
    assertTrue(with.live() <= before.live() + 5 * N, () -> before + " " + with);
    assertEquals(before.tensors() + 1, with.tensors());
    assertTrue(with.allocations() > before.allocations());
    assertTrue(with.peak() >= with.live());

    Tensor view = x.reshape(10, -1).transpose();
    x.close();
    assertEquals(with.tensors(), Memory.stats().tensors(), "a view shares the memory");
    assertEquals(with.live(), Memory.stats().live());
    view.close();
    assertEquals(before.tensors() + 1, Memory.stats().tensors(), "so does the view of the view");
  }

  @Test
  void closingGivesBackAndTrimReturnsToTheSystem() {
    Memory.Stats before = Memory.stats();
    large(N).close();
    assertEquals(before.live(), Memory.stats().live());
    assertTrue(Memory.stats().cached() >= 4 * N);
    Memory.trim();
    assertEquals(0, Memory.stats().cached());
  }

  @Test
  void smallTensorsTakeNoNativeMemory() {
    Memory.Stats before = Memory.stats();
    try (Scope _ = Scope.open()) {
      Tensor x = Tensor.of(new double[] {1, 2, 3, 4}).requiresGrad(true);
      x.exp().mul(2).sum().backward();
      assertEquals(before.live(), Memory.stats().live());
      assertEquals(before.allocations(), Memory.stats().allocations());
    }
  }

  @Test
  void theLargestComeFirst() {
    Tensor small = large(N);
    Tensor largest = Tensor.ones(FLOAT64, 10, N).contiguous();
    List<Memory.Held> two = Memory.largest(2);
    assertEquals(new Memory.Held(80 * N, "float64 [10, 100000]", Optional.empty()), two.get(0));
    assertEquals("float64 [10, 100000], 8000000 bytes", two.get(0).toString());
    assertTrue(two.get(1).bytes() <= two.get(0).bytes());
    assertTrue(
        Memory.largest(1_000_000).stream()
            .anyMatch(h -> h.what().equals("float32 " + small.shape())));
    assertEquals(List.of(), Memory.largest(0));
    assertThrows(IllegalArgumentException.class, () -> Memory.largest(-1));
    largest.close();
    assertTrue(Memory.largest(1_000_000).stream().noneMatch(h -> h.bytes() == 80 * N));
    small.close();
  }

  @Test
  void thePlainJavaBackendHasNone() {
    try (Block _ = Backends.use("java")) {
      Tensor x = Tensor.ones(FLOAT64, 1000).contiguous();
      assertEquals(0, Memory.stats().live());
      assertEquals(Runtime.getRuntime().maxMemory(), Memory.stats().limit());
      assertEquals(List.of(), Memory.largest(3));
      Memory.trim();
      String said = assertThrows(IllegalStateException.class, () -> Memory.limit(1)).getMessage();
      assertTrue(said.contains("-Xmx"), said);
      x.close();
    }
  }

  // -- The limit ----------------------------------------------------------------------------------

  @Test
  void theLimitIsPositive() {
    assertThrows(IllegalArgumentException.class, () -> Memory.limit(0));
    assertThrows(IllegalArgumentException.class, () -> Memory.limit(-1));
    assertEquals(limit, Memory.stats().limit());
  }

  @Test
  void atTheLimitTheErrorExplainsAndSmallerComputationsGoOn() {
    Tensor held = large(10 * N);
    Tensor rows = held.reshape(10, -1);
    Memory.limit(Memory.stats().live() + 10 * N);
    String said = assertThrows(OutOfMemoryException.class, rows::exp).getMessage();
    assertTrue(said.contains("exp: float32 [10, 100000], 4000000 bytes asked for, "), said);
    assertTrue(said.contains(Memory.stats().live() + " in use of " + Memory.stats().limit()), said);
    assertTrue(said.contains("-Dthimble.memory.limit="), said);
    assertTrue(said.contains("\n  float32 [1000000], 4000000 bytes"), said);

    try (Scope _ = Scope.open()) {
      assertEquals(2.0 * N, held.slice(0, 0, N).add(1).sum().item());
    }
    held.close();
    rows.close();
    large(10 * N).close();
  }

  @Test
  void moreThanTheLimitIsRefused() {
    Memory.limit(Memory.stats().live() + N);
    long allocations = Memory.stats().allocations();
    for (long n : new long[] {N, 1L << 40, 1L << 58}) {
      String said = assertThrows(OutOfMemoryException.class, () -> large(n)).getMessage();
      assertTrue(said.contains("float32 [%d], %d bytes asked for".formatted(n, 4 * n)), said);
    }
    assertEquals(allocations, Memory.stats().allocations());
  }

  @Test
  void forgottenTensorsMakeRoomAtTheLimit() {
    Memory.limit(Memory.stats().live() + 16 * 4 * N);
    Tensor sum = Tensor.zeros(FLOAT32, N).contiguous();
    for (int i = 0; i < 200; i++) {
      sum = sum.add(large(N));
    }
    assertEquals(200.0 * N, sum.sum().item());
  }

  /**
   * Fresh memory costs more than looking, and a process is not to grow to its limit with garbage.
   */
  @Test
  void forgottenTensorsAreLookedForLongBeforeTheLimit() {
    long before = Memory.stats().live();
    Memory.limit(before + (2L << 30));
    long most = 0;
    for (int i = 0; i < 1000; i++) { // 4 MB each
      large(10 * N);
      most = Math.max(most, Memory.stats().live() - before);
    }
    assertTrue(most < 1L << 30, most + " bytes in use at once");
  }

  /** Each waits for what the collector finds for another; so they do not queue for their own. */
  @Test
  void whereManyRunOutAtOnceTheCollectorLooksForAllOfThem() throws InterruptedException {
    Tensor held = large(4 * N);
    Memory.limit(Memory.stats().live() + N);
    int threads = 40;
    AtomicInteger refused = new AtomicInteger();
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      all.add(
          Thread.ofPlatform()
              .start(() -> {
                try (Block _ = Backends.use("native")) {
                  start.await();
                  large(N);
                } catch (OutOfMemoryException e) {
                  refused.incrementAndGet();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              }));
    }
    long before = collections();
    start.countDown();
    for (Thread thread : all) {
      thread.join();
    }
    assertEquals(threads, refused.get());
    long found = collections() - before;
    assertTrue(found < threads, () -> found + " collections for " + threads + " threads");
    held.close();
  }

  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }

  @Test
  void aKernelThatHasNoRoomToWorkInSaysSo() {
    int n = 512;
    Tensor b = Tensor.ones(FLOAT32, n, n).contiguous();
    Tensor few = Tensor.ones(FLOAT32, 100, 100).contiguous();
    Memory.trim();
    Memory.limit(Memory.stats().live() + n * n * 4 + 4096);
    // Room for the result, but not for the packed operands.
    String said = assertThrows(OutOfMemoryException.class, () -> b.matmul(b)).getMessage();
    assertTrue(said.matches("(?s)matmul: memory to work in, \\d{7} bytes asked for, .*"), said);
    assertEquals(100, few.matmul(few).slice(0, 0, 1).slice(1, 0, 1).item());
  }

  @Test
  void aSweepThatHasNoRoomForASumHoldsNothing() {
    Tensor x = large(N).requiresGrad(true);
    Tensor y = x.add(x); // the cotangent goes to x twice, and is not to be written over
    Tensor g = large(N);
    Memory.trim();
    long live = Memory.stats().live();
    Memory.limit(live + 4096);
    assertThrows(OutOfMemoryException.class, () -> y.backward(g));
    g.close();
    assertTrue(Memory.stats().live() <= live - N * 4);
    Memory.limit(limit);
    y.backward();
    assertEquals(2, x.grad().mean().item());
  }

  // -- What programs keep for their next run ------------------------------------------------------

  /** Sums of sums, which are kept in memory meanwhile: of N elements. */
  private static Tensor sums(Tensor x) {
    return x.cumsum(0).cumsum(1).sum(0);
  }

  private static Program program() {
    return Program.trace(MemoryTest::sums, Tensor.input(FLOAT32, N / 100, 100));
  }

  private static double[] run(Program program, long rows) {
    try (Scope _ = Scope.open()) {
      return program.<Tensor>run(Tensor.ones(FLOAT32, rows, 100).contiguous()).toDoubleArray();
    }
  }

  @Test
  void trimGivesBackWhatAProgramKeeps() {
    Program f = program();
    long before = Memory.stats().live();
    double[] expected = run(f, N / 100);
    assertTrue(Memory.stats().live() >= before + 4 * N, "kept for the next run");
    Memory.trim();
    assertEquals(before, Memory.stats().live());
    assertEquals(0, Memory.stats().cached());
    assertArrayEquals(expected, run(f, N / 100));
  }

  @Test
  void itIsNamed() {
    Program f = program();
    run(f, N);
    Memory.Held held = Memory.largest(1).getFirst();
    assertEquals("memory of a program, %d bytes".formatted(held.bytes()), held.toString());
    assertTrue(held.bytes() >= 400 * N, held::toString);
    Memory.trim();
    Memory.limit(Memory.stats().live() + 700 * N); // for the argument and not for the sums
    String said = assertThrows(OutOfMemoryException.class, () -> run(f, N)).getMessage();
    assertTrue(said.startsWith("run: memory of a program, "), said);
  }

  @Test
  void itMakesRoomAtTheLimitBeforeTheCollectorLooks() {
    Program f = program();
    for (int rows = 1; rows <= 4; rows++) {
      run(f, rows * N / 100);
    }
    Memory.limit(Memory.stats().live() + N);
    long before = collections();
    large(2 * N).close();
    assertEquals(before, collections());
  }

  @Test
  void threadsRunAProgramWhileAnotherTrims() throws InterruptedException {
    Program f = program();
    double[] expected = run(f, N / 100);
    AtomicInteger right = new AtomicInteger();
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.add(
          Thread.ofPlatform()
              .start(() -> {
                try (Block _ = Backends.use("native")) {
                  for (int n = 0; n < 200; n++) {
                    right.addAndGet(Arrays.equals(expected, run(f, N / 100)) ? 1 : 0);
                  }
                }
              }));
    }
    while (all.stream().anyMatch(Thread::isAlive)) {
      Memory.trim();
    }
    for (Thread thread : all) {
      thread.join();
    }
    assertEquals(800, right.get());
  }

  @Test
  void itGoesWithAForgottenProgram() throws InterruptedException {
    long before = Memory.stats().live();
    run(program(), N / 100);
    assertTrue(Memory.stats().live() > before);
    collectForgotten();
    assertEquals(before, Memory.stats().live());
  }

  // -- Any allocation may fail --------------------------------------------------------------------

  /** A step of training, closed at its end: the loss before, and the sum of the new weights. */
  private static double[] step(Tensor w, Tensor x) {
    try (Scope _ = Scope.open()) {
      Tensor leaf = w.detach().requiresGrad(true);
      Tensor loss = x.matmul(leaf).relu().logsumexp(1).sum();
      loss.backward();
      Tensor next = leaf.detach().sub(leaf.grad().mul(0.01));
      return new double[] {loss.item(), next.sum().item()};
    }
  }

  @Test
  void everyAllocationOfAStepMayFail() throws InterruptedException {
    Tensor w = Key.of(1).normal(FLOAT32, 64, 48);
    Tensor x = Key.of(2).normal(FLOAT32, 80, 64);
    double[] expected = step(w, x);
    collectForgotten();
    long live = Memory.stats().live();
    boolean failed = true;
    int n = 0;
    while (failed) {
      ThimbleH.th_fail_allocation(++n);
      try {
        assertArrayEquals(expected, step(w, x), "allocation " + n);
        failed = false;
      } catch (OutOfMemoryException e) {
        assertTrue(e.getMessage().contains(" bytes asked for, "), e.getMessage());
      }
      ThimbleH.th_fail_allocation(0);
      assertEquals(live, Memory.stats().live(), "after allocation " + n + " has failed");
    }
    assertTrue(n > 5, "only " + n + " allocations");
    assertArrayEquals(expected, step(w, x));
    assertFalse(w.toString().isEmpty());
  }
}
