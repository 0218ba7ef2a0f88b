package thimble.runtime;

import java.lang.foreign.MemorySegment;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.tensor.Storage;

/**
 * Memory of the native allocator. Freed when the last holder lets go; one that was forgotten is
 * found through a phantom reference, by whoever allocates next.
 */
final class NativeStorage extends Storage {
  private static final ReferenceQueue<NativeStorage> FORGOTTEN = new ReferenceQueue<>();

  /** Keeps the references themselves reachable. */
  private static final Set<Block> BLOCKS = Collections.synchronizedSet(new HashSet<>());

  private final Block block;

  NativeStorage(MemorySegment address, long bytes) {
    super(address.reinterpret(bytes));
    this.block = new Block(this, address, bytes);
    BLOCKS.add(block);
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
    private final MemorySegment address;
    private final long bytes;

    Block(NativeStorage storage, MemorySegment address, long bytes) {
      super(storage, FORGOTTEN);
      this.address = address;
      this.bytes = bytes;
    }

    void free() {
      if (BLOCKS.remove(this)) {
        clear();
        ThimbleH.th_free(address, bytes);
      }
    }
  }
}
