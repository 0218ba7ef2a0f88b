package thimble.runtime;

import java.lang.foreign.MemorySegment;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.tensor.Memory;
import thimble.tensor.Storage;

/**
 * A block of the native allocator: freed once, by its storage, or, where that was forgotten, by
 * whoever finds it in {@link #FORGOTTEN}.
 */
final class NativeBlock extends PhantomReference<Storage> {
  /** The blocks whose storage the garbage collector has found. */
  static final ReferenceQueue<Storage> FORGOTTEN = new ReferenceQueue<>();

  /** Those in use, in several lists, so that threads seldom wait for each other. */
  private static final Ring[] RINGS = new Ring[16];

  static {
    for (int i = 0; i < RINGS.length; i++) {
      RINGS[i] = new Ring();
    }
  }

  /** How many bytes all of them have. */
  private static final AtomicLong TOTAL = new AtomicLong();

  private final MemorySegment address;
  private final long bytes;
  private final Object what;
  private final Optional<StackTraceElement> site;
  private final Ring ring;
  private @Nullable NativeBlock next;
  private @Nullable NativeBlock previous;

  /** The block at that address, from now on in use. */
  NativeBlock(
      Storage storage,
      MemorySegment address,
      long bytes,
      Object what,
      Optional<StackTraceElement> site) {
    super(storage, FORGOTTEN);
    this.address = address;
    this.bytes = bytes;
    this.what = what;
    this.site = site;
    this.ring = RINGS[(int) Thread.currentThread().threadId() & (RINGS.length - 1)];
    ring.add(this);
    TOTAL.addAndGet(bytes);
  }

  /** Gives it back; false if somebody has already. */
  boolean free() {
    if (!ring.remove(this)) {
      return false;
    }
    TOTAL.addAndGet(-bytes);
    ThimbleH.th_free(address, bytes);
    return true;
  }

  long bytes() {
    return bytes;
  }

  Memory.Held held() {
    return new Memory.Held(bytes, what.toString(), site);
  }

  /** How many are in use. */
  static long count() {
    long n = 0;
    for (Ring ring : RINGS) {
      n += ring.count();
    }
    return n;
  }

  /** How many bytes are in use. */
  static long total() {
    return TOTAL.get();
  }

  /** All that are in use. */
  static List<NativeBlock> all() {
    List<NativeBlock> all = new ArrayList<>();
    for (Ring ring : RINGS) {
      ring.addTo(all);
    }
    return all;
  }

  /** Blocks in a doubly linked list, which also keeps these references themselves reachable. */
  private static final class Ring {
    private @Nullable NativeBlock first;
    private long count;

    synchronized void add(NativeBlock b) {
      NativeBlock after = first;
      b.next = after;
      if (after != null) {
        after.previous = b;
      }
      first = b;
      count++;
    }

    /** Takes it out; false if it is out already. */
    synchronized boolean remove(NativeBlock b) {
      NativeBlock before = b.previous;
      NativeBlock after = b.next;
      if (before == null && first != b) {
        return false;
      }
      if (before == null) {
        first = after;
      } else {
        before.next = after;
      }
      if (after != null) {
        after.previous = before;
      }
      b.previous = null;
      b.next = null;
      count--;
      return true;
    }

    synchronized long count() {
      return count;
    }

    synchronized void addTo(List<NativeBlock> all) {
      for (NativeBlock b = first; b != null; b = b.next) {
        all.add(b);
      }
    }
  }
}
