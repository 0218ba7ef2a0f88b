package thimble.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.runtime.ffi.gen.th_memory_stats;
import thimble.tensor.Backend;
import thimble.tensor.Compiled;
import thimble.tensor.DType;
import thimble.tensor.Memory;
import thimble.tensor.OutOfMemoryException;
import thimble.tensor.Shape;
import thimble.tensor.Storage;

/**
 * The native allocator and its limit. Java does not tell when a tensor is forgotten, and its
 * garbage collector sees little of what one holds; so it is asked to look when much more is in use
 * than it left. Where there is no room at all, programs give back what they keep for their next
 * run, then the collector looks again, and only then is it an error.
 */
final class NativeMemory implements Backend.Pool {
  private static final int LISTED = 5;
  private static final int COLLECTIONS = 2;
  private static final int MILLIS = 50;
  private static final int TRIES = 20;

  /** How long no more has to come from the garbage collector until that is all it has found. */
  private static final int QUIET_MILLIS = 2;

  /** Of the limit, what may come to be in use before the garbage collector looks. */
  private static final int SHARE = 8;

  /** Less is not worth its time. */
  private static final long LEAST = 64 << 20;

  private final Leaks leaks;

  /** Those that may keep memory for their next run; this alone keeps none of them. */
  private final Set<Compiled> programs = Collections.newSetFromMap(new WeakHashMap<>());

  /** How many blocks have been freed because they were forgotten. */
  private final AtomicLong reclaimed = new AtomicLong();

  /**
   * Taken by the one thread that has the garbage collector look; the others wait for what it finds.
   */
  private final ReentrantLock collecting = new ReentrantLock();

  /** How often it has looked; those who waited meanwhile need not have it look once more. */
  private final AtomicLong looked = new AtomicLong();

  /** How much more than it left may be in use before it looks again. */
  private volatile long room;

  /** With more bytes in use than this, it is to look. */
  private volatile long mark;

  NativeMemory(long limit, boolean pool, Leaks leaks) {
    this.leaks = leaks;
    ThimbleH.th_pool(pool ? 1 : 0);
    limit(limit);
  }

  @Override
  public Memory.Stats stats() {
    reclaim();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stats = th_memory_stats.allocate(arena);
      ThimbleH.th_memory(stats);
      return new Memory.Stats(
          th_memory_stats.live(stats),
          th_memory_stats.cached(stats),
          th_memory_stats.peak(stats),
          th_memory_stats.limit(stats),
          th_memory_stats.allocations(stats),
          NativeBlock.count());
    }
  }

  @Override
  public void trim() {
    reclaim();
    trimPrograms();
    ThimbleH.th_trim();
  }

  /** From now on takes back what this one keeps, where there is no room. */
  void watch(Compiled program) {
    synchronized (programs) {
      programs.add(program);
    }
  }

  private void trimPrograms() {
    synchronized (programs) {
      programs.forEach(Compiled::trim);
    }
  }

  @Override
  public void limit(long bytes) {
    ThimbleH.th_memory_limit(bytes);
    room = Math.max(LEAST, bytes / SHARE);
    mark = room;
  }

  @Override
  public List<Memory.Held> largest(int n) {
    reclaim();
    return NativeBlock.all().stream()
        .sorted(Comparator.comparingLong(NativeBlock::bytes).reversed())
        .limit(n)
        .map(NativeBlock::held)
        .toList();
  }

  /** What a tensor's memory is taken for. */
  private record Contents(DType dtype, Shape shape) {
    @Override
    public String toString() {
      return dtype + " " + shape;
    }
  }

  /** Memory for a tensor; not cleared. */
  Storage allocate(Object user, DType dtype, Shape shape) {
    return allocate(user, new Contents(dtype, shape), shape.count() * dtype.bytes());
  }

  /** Memory for what it is to be called; not cleared. */
  Storage allocate(Object user, Object what, long bytes) {
    reclaim();
    if (NativeBlock.total() > mark) {
      look();
    }
    long block = Math.max(1, bytes); // so that every storage has an address
    Call call = Call.get();
    MemorySegment address = ThimbleH.th_alloc(block, call.error());
    for (int tries = 0; address.address() == 0; tries++) {
      if (tries == TRIES || !makeRoom(block)) {
        throw full("%s: %s".formatted(user, what), block);
      }
      address = ThimbleH.th_alloc(block, call.error());
    }
    Events.Allocation event = Events.begin(Events.Allocation::new);
    if (event != null && event.shouldCommit()) {
      event.user = "%s: %s".formatted(user, what);
      event.bytes = bytes;
      event.commit();
    }
    return new NativeStorage(address, bytes, block, what, leaks.site());
  }

  /** Frees what the garbage collector has found already. */
  private void reclaim() {
    while (NativeBlock.FORGOTTEN.poll() instanceof NativeBlock b) {
      reclaim(b);
    }
  }

  private void reclaim(NativeBlock b) {
    if (!b.free()) {
      return;
    }
    reclaimed.incrementAndGet();
    if (leaks == Leaks.REPORT) {
      System.getLogger("thimble")
          .log(
              System.Logger.Level.WARNING,
              "found by the garbage collector, neither closed nor in a Scope: " + b.held());
    }
  }

  /**
   * Has the garbage collector look, as much may be forgotten; one thread does, others go on. The
   * next time is when as much again is in use, or as the Java heap has to be gone through for it.
   */
  private void look() {
    if (!collecting.tryLock()) {
      return;
    }
    try {
      if (NativeBlock.total() > mark) {
        collect(QUIET_MILLIS);
        Runtime java = Runtime.getRuntime();
        long left = NativeBlock.total();
        long heap = java.totalMemory() - java.freeMemory();
        mark = left + Math.max(room, Math.max(left, heap));
      }
    } finally {
      collecting.unlock();
    }
  }

  /**
   * Has the garbage collector look; frees what it finds, and gives it so long to find the first.
   */
  private void collect(int millis) {
    System.gc();
    reclaimWithin(millis);
    looked.incrementAndGet();
  }

  /**
   * Takes back what programs keep, or else has forgotten tensors found; whether there is a point in
   * trying again.
   */
  boolean makeRoom(long bytes) {
    long found = reclaimed.get();
    Memory.Stats before = stats();
    if (bytes > before.limit()) {
      return false;
    }
    BooleanSupplier better = () -> reclaimed.get() > found || stats().live() < before.live();
    trimPrograms();
    long enough = looked.get() + COLLECTIONS;
    collecting.lock();
    try {
      while (looked.get() < enough && !better.getAsBoolean()) {
        collect(MILLIS);
      }
    } finally {
      collecting.unlock();
    }
    return better.getAsBoolean();
  }

  private void reclaimWithin(int millis) {
    boolean interrupted = Thread.interrupted();
    try {
      for (int wait = millis;
          NativeBlock.FORGOTTEN.remove(wait) instanceof NativeBlock b;
          wait = QUIET_MILLIS) {
        reclaim(b);
      }
    } catch (InterruptedException e) {
      interrupted = true; // the next round waits, or the caller does without
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    reclaim();
  }

  /** That so many bytes cannot be had, and what has taken the memory. */
  OutOfMemoryException full(String wanted, long bytes) {
    Memory.Stats now = stats();
    boolean limited = now.live() + bytes + bytes / 4 > now.limit(); // blocks are rounded up
    return new OutOfMemoryException(
        "%s, %d bytes asked for, %d in use of %d; %s%s"
            .formatted(
                wanted,
                bytes,
                now.live(),
                now.limit(),
                limited
                    ? "raise the limit with -D%s=, as in 4g".formatted(Settings.LIMIT)
                    : "the system gives no more",
                largest()));
  }

  /** What holds most, a line each. */
  private String largest() {
    List<Memory.Held> largest = largest(LISTED);
    return largest.isEmpty()
        ? ""
        : largest.stream()
            .map(held -> "\n  " + held)
            .collect(Collectors.joining("", "; the largest in use:", leaks.hint()));
  }
}
