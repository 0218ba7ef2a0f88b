package thimble.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.net.URISyntaxException;
import java.nio.file.Path;
import thimble.runtime.ffi.Library;

/**
 * The native yardsticks: {@code thimblebench}, a library of the benchmark's own, which the build
 * puts beside these classes. What its functions do is said at {@code tests/bench/native}.
 */
final class Reference {
  private static final SymbolLookup LIBRARY = open();
  private static final MemorySegment BLAS = Arena.global().allocateFrom(Library.blas());

  private static final MethodHandle EMPTY = bind("tb_empty", FunctionDescriptor.ofVoid());
  private static final MethodHandle EMPTY_CRITICAL =
      bind("tb_empty", FunctionDescriptor.ofVoid(), Linker.Option.critical(false));
  private static final MethodHandle ALLOC =
      bind("tb_alloc", FunctionDescriptor.of(ADDRESS, JAVA_LONG));
  private static final MethodHandle SUM =
      bindVoid("tb_sum", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle MAX =
      bindVoid("tb_max", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SOFTMAX =
      bindVoid("tb_softmax", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle TRANSPOSE =
      bindVoid("tb_transpose", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle ADD_ROW =
      bindVoid("tb_add_row", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle ELEMENTARY =
      bindVoid("tb_elementary", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
  private static final MethodHandle GATHER =
      bindVoid("tb_gather", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle TAKE =
      bindVoid("tb_take", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle UNIFORM =
      bindVoid("tb_uniform", JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG);
  private static final MethodHandle COPY =
      bindVoid("tb_copy", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
  private static final MethodHandle CHAIN =
      bindVoid("tb_chain", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
  private static final MethodHandle SOFTPLUS_SUM =
      bind(
          "tb_softplus_sum",
          FunctionDescriptor.of(JAVA_DOUBLE, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
  private static final MethodHandle MULTIPLY_ADDS =
      bind("tb_multiply_adds", FunctionDescriptor.of(JAVA_DOUBLE, JAVA_INT, JAVA_LONG));
  private static final MethodHandle PRODUCTS =
      bind(
          "tb_products",
          FunctionDescriptor.of(
              JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
              JAVA_LONG, ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle EPOCH_PRODUCTS =
      bind(
          "tb_epoch_products",
          FunctionDescriptor.of(
              JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
              ADDRESS));

  private Reference() {}

  @SuppressWarnings("restricted")
  private static SymbolLookup open() {
    Path file = beside("native/bench").resolve(System.mapLibraryName("thimblebench"));
    return SymbolLookup.libraryLookup(file, Arena.global());
  }

  /** What the build puts beside these classes. */
  static Path beside(String name) {
    try {
      return Path.of(Reference.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .resolveSibling(name);
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  @SuppressWarnings("restricted")
  private static MethodHandle bind(String name, FunctionDescriptor type, Linker.Option... options) {
    return Linker.nativeLinker().downcallHandle(LIBRARY.find(name).orElseThrow(), type, options);
  }

  private static MethodHandle bindVoid(String name, MemoryLayout... arguments) {
    return bind(name, FunctionDescriptor.ofVoid(arguments));
  }

  // -- Memory -------------------------------------------------------------------------------------

  /** Memory for so many floats, for good. */
  @SuppressWarnings("restricted")
  static MemorySegment floats(long count) {
    try {
      MemorySegment block = (MemorySegment) ALLOC.invokeExact(4 * count);
      if (block.address() == 0) {
        throw new OutOfMemoryError("no %d MB for the C loops".formatted(4 * count >> 20));
      }
      return block.reinterpret(4 * count);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** The same with these values. */
  static MemorySegment floats(float[] values) {
    MemorySegment block = floats(values.length);
    MemorySegment.copy(values, 0, block, JAVA_FLOAT, 0, values.length);
    return block;
  }

  /** Memory with these values, for good. */
  static MemorySegment longs(long[] values) {
    MemorySegment block = floats(2L * values.length);
    MemorySegment.copy(values, 0, block, JAVA_LONG, 0, values.length);
    return block;
  }

  // -- Calls --------------------------------------------------------------------------------------

  /** An empty function, called so many times. */
  static void empty(int times) {
    try {
      for (int i = 0; i < times; i++) {
        EMPTY.invokeExact();
      }
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** The same without a change of the thread's state. */
  static void emptyCritical(int times) {
    try {
      for (int i = 0; i < times; i++) {
        EMPTY_CRITICAL.invokeExact();
      }
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  // -- Loops --------------------------------------------------------------------------------------

  /** y = Σ x[m, n] over an axis, or over both: −1. */
  static void sum(int threads, int axis, MemorySegment x, MemorySegment y, long m, long n) {
    try {
      SUM.invokeExact(threads, axis, x, y, m, n);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** y = max x[m, n] over an axis, or over both: −1. */
  static void max(int threads, int axis, MemorySegment x, MemorySegment y, long m, long n) {
    try {
      MAX.invokeExact(threads, axis, x, y, m, n);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** y[m, n] = softmax of each row of x. */
  static void softmax(int threads, MemorySegment x, MemorySegment y, long m, long n) {
    try {
      SOFTMAX.invokeExact(threads, x, y, m, n);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** y[n, m] = x[m, n]ᵀ. */
  static void transpose(int threads, MemorySegment x, MemorySegment y, long m, long n) {
    try {
      TRANSPOSE.invokeExact(threads, x, y, m, n);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** y[m, n] = x[m, n] + b[n]. */
  static void addRow(
      int threads, MemorySegment x, MemorySegment b, MemorySegment y, long m, long n) {
    try {
      ADD_ROW.invokeExact(threads, x, b, y, m, n);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** A function of each element, in the order of {@code tb_elementary}. */
  enum Elementary {
    /** eˣ. */
    EXP,
    /** log x, for normal x &gt; 0. */
    LOG,
    /** tanh x. */
    TANH
  }

  /** y = f(x), so many elements. */
  static void elementary(int threads, Elementary f, MemorySegment x, MemorySegment y, long count) {
    try {
      ELEMENTARY.invokeExact(threads, f.ordinal(), x, y, count);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** y[i, j] = x[i, index[i, j]], all of [m, n]. */
  static void gather(
      int threads, MemorySegment x, MemorySegment index, MemorySegment y, long m, long n) {
    try {
      GATHER.invokeExact(threads, x, index, y, m, n);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** y[i, j] = x[index[i], j], m rows of n. */
  static void take(
      int threads, MemorySegment x, MemorySegment index, MemorySegment y, long m, long n) {
    try {
      TAKE.invokeExact(threads, x, index, y, m, n);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** y = so many uniform numbers in [0, 1), a multiple of 32, by Philox4x32-10 with that key. */
  static void uniform(int threads, long key, MemorySegment y, long count) {
    try {
      UNIFORM.invokeExact(threads, key, y, count);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** y = x, so many elements. */
  static void copy(int threads, MemorySegment x, MemorySegment y, long count) {
    try {
      COPY.invokeExact(threads, x, y, count);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** y = relu(((1.5·x + ¼)·x − ½)·x + 1)·¾, so many elements. */
  static void chain(int threads, MemorySegment x, MemorySegment y, long count) {
    try {
      CHAIN.invokeExact(threads, x, y, count);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Σ log(1 + eˣ)·x of so many elements; also g = its gradient. */
  static double softplusSum(int threads, MemorySegment x, MemorySegment g, long count) {
    try {
      return (double) SOFTPLUS_SUM.invokeExact(threads, x, g, count);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Multiply-adds in registers; how many floating-point operations that was. */
  static double multiplyAdds(int threads, long steps) {
    try {
      return (double) MULTIPLY_ADDS.invokeExact(threads, steps);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  // -- Matrix products ----------------------------------------------------------------------------

  /** {@code tb_products}: by bare calls of the CBLAS that Thimble uses. */
  static void products(
      int threads,
      long times,
      boolean transposed,
      int m,
      int n,
      int k,
      long batches,
      MemorySegment a,
      MemorySegment b,
      MemorySegment c) {
    try {
      check(
          "tb_products",
          (int)
              PRODUCTS.invokeExact(
                  BLAS, threads, times, transposed ? 1 : 0, m, n, k, batches, a, b, c));
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** The matrix products of an epoch of {@code work}, tiled, and nothing else. */
  static void epochProducts(int threads, Work work) {
    try (Arena arena = Arena.ofConfined()) {
      check(
          "tb_epoch_products",
          (int)
              EPOCH_PRODUCTS.invokeExact(
                  BLAS,
                  threads,
                  (long) work.rows(),
                  work.in(),
                  work.hidden(),
                  work.out(),
                  work.batch(),
                  arena.allocate(JAVA_DOUBLE)));
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static void check(String function, int status) {
    switch (status) {
      case 0 -> {}
      case 2 -> throw new IllegalStateException("cannot load cblas_sgemm from " + Library.blas());
      case 3 -> throw new OutOfMemoryError(function);
      default -> throw new IllegalArgumentException("%s: status %d".formatted(function, status));
    }
  }

  /** What a call threw: it declares everything, and throws nothing that is checked. */
  private static AssertionError unexpected(Throwable e) {
    switch (e) {
      case RuntimeException r -> throw r;
      case Error r -> throw r;
      default -> {
        return new AssertionError(e);
      }
    }
  }
}
