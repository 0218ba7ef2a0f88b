package thimble.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * The native yardsticks of {@code thimblebench}, a library beside Thimble's own whose path the
 * system property {@value #PROPERTY} names.
 */
public final class Reference {
  /** The system property with the library's path. */
  public static final String PROPERTY = "thimble.bench.lib";

  private Reference() {}

  /** The functions; a class of their own, so that they are constants and are bound when needed. */
  @SuppressWarnings("restricted")
  private static final class Functions {
    static final SymbolLookup LIBRARY =
        SymbolLookup.libraryLookup(Path.of(System.getProperty(PROPERTY)), Arena.global());

    /** int tb_epoch_products(blas_path, threads, rows, in, hidden, out, batch, double *seconds). */
    static final MethodHandle EPOCH_PRODUCTS =
        bind(
            "tb_epoch_products",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS));

    /** void tb_empty(void). */
    static final MethodHandle EMPTY = bind("tb_empty", FunctionDescriptor.ofVoid());

    private static MethodHandle bind(String name, FunctionDescriptor type) {
      return Linker.nativeLinker().downcallHandle(LIBRARY.find(name).orElseThrow(), type);
    }
  }

  /** Returns whether a library has been named. */
  public static boolean available() {
    return System.getProperty(PROPERTY) != null;
  }

  private static void check() {
    if (!available()) {
      throw new IllegalStateException(
          "no native reference: pass -D" + PROPERTY + "=FILE, the library thimblebench");
    }
  }

  /**
   * Returns the seconds that the matrix products of an epoch of {@code work} take, done by
   * single-threaded calls of the CBLAS library {@code blas} spread over {@code threads} threads.
   *
   * @throws IllegalStateException if no reference library has been named, or {@code blas} cannot be
   *     loaded
   */
  public static double epochProducts(Path blas, int threads, Work work) {
    check();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment seconds = arena.allocate(ValueLayout.JAVA_DOUBLE);
      int status =
          (int)
              Functions.EPOCH_PRODUCTS.invokeExact(
                  arena.allocateFrom(blas.toAbsolutePath().toString()),
                  threads,
                  (long) work.rows(),
                  work.in(),
                  work.hidden(),
                  work.out(),
                  work.batch(),
                  seconds);
      switch (status) {
        case 0 -> {
          return seconds.get(ValueLayout.JAVA_DOUBLE, 0);
        }
        case 2 -> throw new IllegalStateException("cannot load cblas_sgemm from " + blas);
        case 3 -> throw new OutOfMemoryError("tb_epoch_products");
        default -> throw new IllegalArgumentException("tb_epoch_products: status " + status);
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the seconds that {@code calls} calls of an empty C function take. */
  public static double emptyCalls(int calls) {
    check();
    try {
      long begin = System.nanoTime();
      for (int i = 0; i < calls; i++) {
        Functions.EMPTY.invokeExact();
      }
      return (System.nanoTime() - begin) / 1e9;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
