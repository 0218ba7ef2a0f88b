package thimble.bench;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * A fixed number of threads that run one function together, the caller among them.
 *
 * <p>Between two calls of {@link #run} they poll for some 50 µs, as Thimble's own pool does, and
 * then sleep; within one they spin, so that a {@link #barrier} costs a fraction of a microsecond.
 */
final class Team implements AutoCloseable {
  /** Works on a part of a range. */
  interface Part {
    void run(int begin, int end);
  }

  private static final long POLL_NANOS = 50_000;

  private final int threads;
  private final Thread[] workers;
  private final AtomicInteger arrived = new AtomicInteger();
  private final AtomicInteger turn = new AtomicInteger();
  private volatile IntConsumer work = t -> {};
  private volatile int job;
  private volatile boolean closed;

  /** Starts a team of {@code threads}, counting its caller. */
  Team(int threads) {
    this.threads = threads;
    workers = new Thread[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      int number = i + 1;
      workers[i] = Thread.ofPlatform().daemon().name("bench-" + number).start(() -> serve(number));
    }
  }

  int size() {
    return threads;
  }

  /** Runs {@code work} with the numbers 0 to {@code size() - 1}, 0 on the caller. */
  void run(IntConsumer work) {
    this.work = work;
    job++;
    for (Thread worker : workers) {
      LockSupport.unpark(worker);
    }
    work.accept(0);
    barrier();
  }

  /** Runs {@code work} on even shares of 0 to {@code count}, cut at multiples of {@code grain}. */
  void share(int count, int grain, Part work) {
    run(t -> work.run(cut(count, grain, t, threads), cut(count, grain, t + 1, threads)));
  }

  /** Where the share of thread t begins, of so many threads. */
  static int cut(int count, int grain, int t, int threads) {
    int grains = (count + grain - 1) / grain;
    return Math.min(count, grains * t / threads * grain);
  }

  /** Returns when all threads of the team have called it. */
  void barrier() {
    int before = turn.get();
    if (arrived.incrementAndGet() == threads) {
      arrived.set(0);
      turn.set(before + 1);
      return;
    }
    for (int i = 1; turn.get() == before; i++) {
      if (i % 1024 == 0) {
        Thread.yield();
      }
      Thread.onSpinWait();
    }
  }

  private void serve(int number) {
    for (int seen = 0; ; ) {
      poll(seen);
      while (job == seen && !closed) {
        LockSupport.park(this);
      }
      if (closed) {
        return;
      }
      seen = job;
      work.accept(number);
      barrier();
    }
  }

  /** Waits for the next job, but not for long. */
  private void poll(int seen) {
    for (long begin = System.nanoTime(); System.nanoTime() - begin < POLL_NANOS; ) {
      for (int i = 0; i < 64; i++) {
        if (job != seen || closed) {
          return;
        }
        Thread.onSpinWait();
      }
    }
  }

  /** Ends the threads. */
  @Override
  public void close() {
    closed = true;
    for (Thread worker : workers) {
      LockSupport.unpark(worker);
    }
  }
}
