package thimble.runtime;

import java.lang.foreign.MemorySegment;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import org.jspecify.annotations.Nullable;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.tensor.Storage;

/**
 * Memory of the native allocator. Freed when the last holder lets go; one that was forgotten is
 * found through a phantom reference, by whoever allocates next.
 */
final class NativeStorage extends Storage {
  private static final ReferenceQueue<NativeStorage> FORGOTTEN = new ReferenceQueue<>();

  private final Block block;

  /** Over the first bytes of a block, which may have a few more. */
  NativeStorage(MemorySegment address, long bytes, long block) {
    super(address.reinterpret(bytes));
    this.block = new Block(this, address, block);
  }

  @Override
  protected void free() {
    block.free();
  }

  /** Frees what the garbage collector has found; whether there was any. */
  static boolean reclaim() {
    boolean some = false;
    while (FORGOTTEN.poll() instanceof Block b) {
      b.free();
      some = true;
    }
    return some;
  }

  /** The block itself; outlives the storage, and is freed once. */
  private static final class Block extends PhantomReference<NativeStorage> {
    /** All blocks in use, doubly linked, which keeps the references themselves reachable. */
    private static final Block ALL = new Block();

    private final MemorySegment address;
    private final long bytes;
    private @Nullable Block next;
    private @Nullable Block previous;

    private Block() {
      super(null, FORGOTTEN);
      this.address = MemorySegment.NULL;
      this.bytes = 0;
    }

    Block(NativeStorage storage, MemorySegment address, long bytes) {
      super(storage, FORGOTTEN);
      this.address = address;
      this.bytes = bytes;
      synchronized (ALL) {
        next = ALL.next;
        previous = ALL;
        if (next != null) {
          next.previous = this;
        }
        ALL.next = this;
      }
    }

    void free() {
      if (unlink()) {
        clear();
        ThimbleH.th_free(address, bytes);
      }
    }

    /** Takes it out of the list; false if somebody has already. */
    private boolean unlink() {
      synchronized (ALL) {
        Block before = previous;
        if (before == null) {
          return false;
        }
        Block after = next;
        before.next = after;
        if (after != null) {
          after.previous = before;
        }
        previous = null;
        next = null;
        return true;
      }
    }
  }
}
