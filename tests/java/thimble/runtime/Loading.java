package thimble.runtime;

import java.io.PrintStream;
import thimble.tensor.BackendException;
import thimble.tensor.Backends;
import thimble.tensor.DType;
import thimble.tensor.OutOfMemoryException;
import thimble.tensor.Tensor;

/** The program that {@link LoadingTest} starts: loads a backend, computes, and says how it went. */
public final class Loading {
  private Loading() {}

  /** Computes; with an argument, first asks for a tensor of that many floats. */
  public static void main(String[] args) {
    System.exit(run(args, System.out, System.err));
  }

  private static int run(String[] args, PrintStream out, PrintStream err) {
    try {
      out.println(Backends.current().describe());
      if (args.length > 0) {
        tooLarge(Long.parseLong(args[0]), out);
      }
      Tensor ones = Tensor.full(DType.FLOAT32, 1, 64, 64);
      out.println("product " + ones.relu().matmul(ones).sum().item());
      return 0;
    } catch (BackendException e) {
      err.println("BackendException: " + e.getMessage());
      return 1;
    }
  }

  private static void tooLarge(long elements, PrintStream out) {
    try {
      Tensor.full(DType.FLOAT32, 1, elements).exp();
      out.println("was not too large");
    } catch (OutOfMemoryException e) {
      out.println("OutOfMemoryException: " + e.getMessage());
    }
  }
}
