package thimble.runtime;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import thimble.tensor.Storage;

/** Memory of the native allocator, freed when the last holder lets go, or when it is forgotten. */
final class NativeStorage extends Storage {
  private final MemorySegment segment;
  private final NativeBlock block;

  /** The first storage over the block: while it can be reached, the block is not forgotten. */
  private final Storage first;

  /** Over the first bytes of a block, which may have a few more. */
  NativeStorage(
      MemorySegment address,
      long bytes,
      long block,
      Object what,
      Optional<StackTraceElement> site) {
    this.segment = address.reinterpret(bytes);
    this.block = new NativeBlock(this, address, block, what, site);
    this.first = this;
  }

  private NativeStorage(NativeStorage before) {
    this.segment = before.segment;
    this.block = before.block;
    this.first = before.first;
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  @Override
  public boolean retain() {
    return share();
  }

  @Override
  public void release() {
    drop();
  }

  @Override
  protected void free() {
    block.free();
  }

  @Override
  protected Storage successor() {
    return new NativeStorage(this);
  }
}
