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
import thimble.tensor.Compiled;
import thimble.tensor.DType;
import thimble.tensor.MatMul;
import thimble.tensor.Op;
import thimble.tensor.Routine;
import thimble.tensor.Shape;
import thimble.tensor.Storage;

/** Computes in libthimble, one call an op. */
final class NativeBackend implements Backend {
  /** Tensors of so many bytes at most lie on the Java heap; above, native memory is as cheap. */
  private static final int HEAP = 4096;

  /** Elements that take some microseconds to go over. */
  private static final long SHORT = 1 << 13;

  /** How many multiplications of a product take the time of an element. */
  private static final double PRODUCTS = 8;

  private final NativeMemory memory;
  private final int heap;
  private final long work;
  private final Kernels kernels = new Kernels();
  private volatile int threads;

  private NativeBackend(NativeMemory memory, int heap, long work) {
    this.memory = memory;
    this.heap = heap;
    this.work = work;
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
    Settings.isa().ifPresent(NativeBackend::isa);
    NativeMemory memory = new NativeMemory(Settings.limit(), Settings.pool(), Settings.leaks());
    NativeBackend backend = new NativeBackend(memory, HEAP, SHORT);
    backend.threads(Settings.threads());
    return backend;
  }

  /**
   * The same, with other limits: the most bytes that lie on the Java heap, and the most elements
   * that an op there goes over. For tests.
   */
  NativeBackend with(int heapBytes, long elements) {
    return new NativeBackend(memory, heapBytes, elements);
  }

  /** Computes with another instruction set from now on. */
  static void isa(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment error = th_error.allocate(arena);
      ThimbleH.th_isa_use(arena.allocateFrom(name), error);
      if (th_error.code(error) != ThimbleH.TH_OK()) {
        throw Settings.bad(Settings.ISA, name, th_error.text(error).getString(0), null);
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
    return count <= heap && count * dtype.bytes() <= heap
        ? HeapStorage.ofBytes(count * dtype.bytes())
        : memory.allocate(user, dtype, shape);
  }

  @Override
  public boolean writes(Storage s) {
    return s instanceof NativeStorage;
  }

  @Override
  public Pool pool() {
    return memory;
  }

  // -- Programs -----------------------------------------------------------------------------------

  @Override
  public Compiled compile(Routine r) {
    if (!r.steps().stream().allMatch(s -> isCompiled(r, s))) {
      return new Reported(Backend.super.compile(r));
    }
    Compiled program = new NativeProgram(r, kernels, memory, heap);
    memory.watch(program);
    return program;
  }

  /**
   * Whether a program can compute it: not what a user's code does, nor a remainder of integers
   * whose divisor is to be looked at first.
   */
  private static boolean isCompiled(Routine r, Routine.Step s) {
    return !(s.op() instanceof Op.Custom)
        && (s.op() != Binary.REMAINDER
            || s.dtype().isFloating()
            || r.number(s.in().get(1)).orElse(0.0) != 0);
  }

  // -- Ops ----------------------------------------------------------------------------------------

  @Override
  public void run(Op op, Buffer[] in, Buffer out) {
    boolean staged = Staged.needed(in, out);
    if (staged && isShort(op, in, out)) {
      call(true, op, in, out);
      return;
    }
    Events.Kernel event = Events.begin(Events.Kernel::new);
    if (staged) {
      stage(op, in, out);
    } else {
      call(false, op, in, out);
    }
    if (event != null && event.shouldCommit()) {
      event.op = op.toString();
      event.shape = out.shape().toString();
      event.dtype = out.dtype().toString();
      event.commit();
    }
  }

  private void stage(Op op, Buffer[] in, Buffer out) {
    Staged staged = Staged.of(op, memory, in, out);
    try {
      call(false, op, staged.in(), staged.out());
      staged.copyBack();
    } finally {
      staged.release();
    }
  }

  /** Whether it takes some microseconds at most, so that it may hold up the whole JVM. */
  private boolean isShort(Op op, Buffer[] in, Buffer out) {
    if (op instanceof MatMul) {
      return (double) out.count() * in[0].shape().size(-1) <= PRODUCTS * work;
    }
    long count = out.count();
    if (op instanceof Op.Elementwise) { // whose operands have as many elements
      return count <= work;
    }
    for (Buffer x : in) {
      count = Math.max(count, x.count());
    }
    return count <= work;
  }

  private void call(boolean critical, Op op, Buffer[] in, Buffer out) {
    for (boolean first = true; ; first = false) {
      try {
        kernels.run(Call.get(critical), op, in, out);
        return;
      } catch (Call.BadIndex e) {
        throw Indices.outOfBounds(op, in, e.index());
      } catch (Call.Scarce e) { // the kernel had no memory to work in
        if (!first || !memory.makeRoom(e.bytes())) {
          throw memory.full(op + ": memory to work in", e.bytes());
        }
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new AssertionError(e); // a downcall throws nothing
      }
    }
  }
}
