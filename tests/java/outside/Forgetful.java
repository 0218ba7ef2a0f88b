package outside;

import thimble.tensor.Backends;
import thimble.tensor.DType;
import thimble.tensor.Memory;
import thimble.tensor.OutOfMemoryException;
import thimble.tensor.Tensor;

/** A user's program, for {@code LeaksTest}: holds a tensor, forgets one, and asks for too much. */
public final class Forgetful {
  private Forgetful() {}

  /** Prints what memory is known to hold. */
  public static void main(String[] args) throws InterruptedException {
    System.out.println(Backends.current().name());
    Tensor held = make(100_000);
    Memory.largest(1).forEach(System.out::println);
    make(50_000); // forgotten
    for (int i = 0; i < 50 && Memory.stats().tensors() > 1; i++) {
      System.gc();
      Thread.sleep(20);
    }
    System.out.println("tensors " + Memory.stats().tensors());
    Memory.limit(Memory.stats().live() + 1000);
    try {
      held.exp();
    } catch (OutOfMemoryException e) {
      System.out.println(e.getMessage());
    }
    held.close();
    System.out.println("tensors " + Memory.stats().tensors());
  }

  private static Tensor make(long n) {
    return Tensor.ones(DType.FLOAT32, n).contiguous();
  }
}
