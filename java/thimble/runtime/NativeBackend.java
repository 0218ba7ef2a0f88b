package thimble.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import thimble.runtime.ffi.Library;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.runtime.ffi.gen.th_error;
import thimble.tensor.Backend;
import thimble.tensor.BackendException;
import thimble.tensor.Binary;
import thimble.tensor.Buffer;
import thimble.tensor.Compare;
import thimble.tensor.DType;
import thimble.tensor.Layout;
import thimble.tensor.Linears;
import thimble.tensor.MatMul;
import thimble.tensor.Op;
import thimble.tensor.Reductions;
import thimble.tensor.Scaled;
import thimble.tensor.Select;
import thimble.tensor.Shape;
import thimble.tensor.Storage;
import thimble.tensor.Unary;

/** Computes in libthimble, one call an op. */
final class NativeBackend implements Backend {
  /** The property with the number of threads. */
  static final String THREADS = "thimble.threads";

  /** Tensors of so many bytes at most lie on the Java heap; above, native memory is as cheap. */
  private static final int HEAP = 4096;

  /** Elements, and multiplications of a product, that take some microseconds. */
  private static final int SHORT = 1 << 13;

  private static final double SHORT_PRODUCT = 1 << 16;

  private final int[] unary = codes(ThimbleH.TH_UNARY(), Unary.values());
  private final int[] binary = codes(ThimbleH.TH_BINARY(), Binary.values());
  private final int[] compare = codes(ThimbleH.TH_COMPARE(), Compare.values());
  private final int sum = code(ThimbleH.TH_REDUCE(), "SUM");
  private final int max = code(ThimbleH.TH_REDUCE(), "MAX");
  private final int logsumexp = code(ThimbleH.TH_REDUCE(), "LOGSUMEXP");
  private final int argmax = code(ThimbleH.TH_REDUCE(), "ARGMAX");
  private final NativeMemory memory;
  private volatile int threads;

  private NativeBackend(NativeMemory memory) {
    this.memory = memory;
  }

  /** Opens the library and its BLAS. */
  static NativeBackend open() {
    Library.lookup(); // what fails here says why; within a static initialiser it could not
    if (ThimbleH.th_abi() != ThimbleH.TH_ABI()) {
      throw new BackendException(
          "%s is of another build: ABI %d, %d is needed"
              .formatted(Library.file(), ThimbleH.th_abi(), ThimbleH.TH_ABI()));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment error = th_error.allocate(arena);
      ThimbleH.th_blas_open(arena.allocateFrom(Library.blas()), error);
      if (th_error.code(error) != ThimbleH.TH_OK()) {
        throw new BackendException(
            "no BLAS: %s; -D%s=FILE names another"
                .formatted(th_error.text(error).getString(0), Library.BLAS));
      }
    }
    long limit = Sizes.limit(System.getProperty(NativeMemory.LIMIT));
    Leaks leaks = Leaks.of(System.getProperty(Leaks.PROPERTY));
    NativeBackend backend = new NativeBackend(new NativeMemory(limit, leaks));
    backend.threads(Sizes.threads(System.getProperty(THREADS)));
    return backend;
  }

  /**
   * The code of each row, as the library itself numbers them: the two tables need no common order.
   */
  private static int[] codes(int family, Enum<?>[] rows) {
    return Arrays.stream(rows).mapToInt(row -> code(family, row.name())).toArray();
  }

  private static int code(int family, String row) {
    for (int code = 0; ; code++) {
      MemorySegment name = ThimbleH.th_op_name(family, code);
      if (name.address() == 0) {
        throw new BackendException(
            "%s has no kernel %s: it is of another build".formatted(Library.file(), row));
      }
      if (name.getString(0).equals(row)) {
        return code;
      }
    }
  }

  @Override
  public String name() {
    return "native";
  }

  @Override
  public String describe() {
    return "native, %s kernels, %s, %d thread%s"
        .formatted(
            ThimbleH.th_isa().getString(0),
            String.join(
                " ",
                Arrays.stream(ThimbleH.th_blas_describe().getString(0).split(" "))
                    .limit(2)
                    .toList()),
            threads,
            threads == 1 ? "" : "s");
  }

  @Override
  public void threads(int count) {
    if (count < 1 || count > 256) {
      throw new IllegalArgumentException("threads: %d: must be between 1 and 256".formatted(count));
    }
    Call call = Call.get();
    ThimbleH.th_threads(count, call.error());
    call.check("threads");
    threads = count;
  }

  @Override
  public int threads() {
    return threads;
  }

  // -- Memory -------------------------------------------------------------------------------------

  @Override
  public Storage allocate(Object user, DType dtype, Shape shape) {
    long count = shape.count();
    return count <= HEAP && count * dtype.bytes() <= HEAP
        ? HeapStorage.ofBytes(count * dtype.bytes())
        : memory.allocate(user, dtype, shape);
  }

  @Override
  public Pool pool() {
    return memory;
  }

  // -- Ops ----------------------------------------------------------------------------------------

  @Override
  public void run(Op op, Buffer[] in, Buffer out) {
    if (!Staged.needed(in, out)) {
      call(false, op, in, out);
    } else if (isShort(op, in, out)) {
      call(true, op, in, out);
    } else {
      Staged staged = Staged.of(op, memory, in, out);
      try {
        call(false, op, staged.in(), staged.out());
        staged.copyBack();
      } finally {
        staged.release();
      }
    }
  }

  /** Whether it takes some microseconds at most, so that it may hold up the whole JVM. */
  private static boolean isShort(Op op, Buffer[] in, Buffer out) {
    if (op instanceof MatMul) {
      return (double) out.count() * in[0].shape().size(-1) <= SHORT_PRODUCT;
    }
    long count = out.count();
    for (Buffer x : in) {
      count = Math.max(count, x.count());
    }
    return count <= SHORT;
  }

  private void call(boolean critical, Op op, Buffer[] in, Buffer out) {
    try {
      kernel(Call.get(critical), op, in, out);
    } catch (Call.Scarce e) {
      retry(critical, op, in, out, e);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e); // a downcall throws nothing
    }
  }

  /** Once more after room has been made for what the kernel needs itself. */
  private void retry(boolean critical, Op op, Buffer[] in, Buffer out, Call.Scarce first) {
    try {
      if (memory.makeRoom(0)) {
        kernel(Call.get(critical), op, in, out);
        return;
      }
    } catch (Call.Scarce e) {
      first = e;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    throw memory.full("%s: %s".formatted(op, first.getMessage()), 0);
  }

  private void kernel(Call c, Op op, Buffer[] in, Buffer out) throws Throwable {
    MemorySegment y = address(out);
    Buffer a = in[0];
    MemorySegment x = address(a);
    int dtype = a.dtype().ordinal();
    switch (op) {
      case Unary u -> c.each(out, in).unary(unary[u.ordinal()], dtype, x, y);
      case Binary b -> c.each(out, in).binary(binary[b.ordinal()], dtype, x, address(in[1]), y);
      case Scaled s ->
          c.each(out, in)
              .scalar(binary[s.row().kernel().ordinal()], dtype, x, s.scalar(), s.row().left(), y);
      case Compare k -> c.each(out, in).compare(compare[k.ordinal()], dtype, x, address(in[1]), y);
      case Select s ->
          c.each(out, in).select(out.dtype().ordinal(), x, address(in[1]), address(in[2]), y);
      case Linears.Cast cast -> c.each(out, in).cast(dtype, cast.to().ordinal(), x, y);
      case Linears.Copy copy -> c.walk(out.shape(), a.layout(), out.layout()).copy(dtype, x, y);
      case Linears.Pad pad -> {
        c.fill(dtype, out.count(), 0, y);
        c.check(op);
        Layout inside = pad.inside(out.layout());
        c.walk(a.shape(), a.layout(), inside).copy(dtype, x, address(out.storage(), a, inside));
      }
      case Linears.Sum s -> c.walk(a.shape(), a.layout()).reduce(sum, dtype, s.axes(), x, y);
      case Reductions.Max m -> c.walk(a.shape(), a.layout()).reduce(max, dtype, m.axes(), x, y);
      case Reductions.LogSumExp l ->
          c.walk(a.shape(), a.layout()).reduce(logsumexp, dtype, l.axes(), x, y);
      case Reductions.ArgMax m ->
          c.walk(a.shape(), a.layout()).reduce(argmax, dtype, 1 << m.axis(), x, y);
      case Linears.Gather g ->
          c.walk(out.shape(), a.layout(), in[1].layout())
              .gather(dtype, g.axis(), a.shape().size(g.axis()), x, address(in[1]), y);
      case Linears.ScatterAdd s -> {
        c.fill(dtype, out.count(), 0, y);
        c.check(op);
        c.walk(a.shape(), a.layout(), in[1].layout(), out.layout())
            .scatterAdd(dtype, s.axis(), s.size(), x, address(in[1]), y);
      }
      case MatMul m ->
          c.product(a.layout(), in[1].layout())
              .matmul(
                  dtype,
                  out.shape().size(-2),
                  out.shape().size(-1),
                  a.shape().size(-1),
                  x,
                  address(in[1]),
                  y);
      case Op.Leaf leaf -> throw new AssertionError(leaf + " has no kernel");
      case Op.View view -> throw new AssertionError(view + " has no kernel");
    }
    c.check(op);
  }

  private static MemorySegment address(Buffer b) {
    return address(b.storage(), b, b.layout());
  }

  private static MemorySegment address(Storage s, Buffer b, Layout layout) {
    long bytes = layout.offset() * b.dtype().bytes();
    return bytes == 0 ? s.segment() : s.segment().asSlice(bytes);
  }
}
