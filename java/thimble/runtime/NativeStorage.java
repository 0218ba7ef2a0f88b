package thimble.runtime;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import thimble.tensor.DType;
import thimble.tensor.Shape;
import thimble.tensor.Storage;

/** Memory of the native allocator, freed when the last holder lets go, or when it is forgotten. */
final class NativeStorage extends Storage {
  private static final VarHandle OTHERS;

  static {
    try {
      OTHERS = MethodHandles.lookup().findVarHandle(NativeStorage.class, "others", long.class);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private final NativeBlock block;

  /** Holders but one, −1 is nobody: counted from 0, so that making one needs no volatile write. */
  private volatile long others;

  /** Over the first bytes of a block, which may have a few more. */
  NativeStorage(
      MemorySegment address,
      long bytes,
      long block,
      DType dtype,
      Shape shape,
      Optional<StackTraceElement> site) {
    super(address.reinterpret(bytes));
    this.block = new NativeBlock(this, address, block, dtype, shape, site);
  }

  @Override
  public boolean retain() {
    for (long n = others; n >= 0; n = others) {
      if (OTHERS.compareAndSet(this, n, n + 1)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void release() {
    long before = (long) OTHERS.getAndAdd(this, -1L);
    if (before == 0) {
      block.free();
    } else if (before < 0) {
      throw new AssertionError("storage released more often than held");
    }
  }
}
