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
import thimble.tensor.Random;
import thimble.tensor.Reductions;
import thimble.tensor.Region;
import thimble.tensor.Scaled;
import thimble.tensor.Select;
import thimble.tensor.Storage;
import thimble.tensor.Unary;

/** Computes in libthimble, one call an op. */
final class NativeBackend implements Backend {
  /** The property with the limit of native memory: a number of bytes, or one with k, m or g. */
  static final String LIMIT = "thimble.memory.limit";

  /** The property with the number of threads. */
  static final String THREADS = "thimble.threads";

  private final int[] unary = codes(ThimbleH.TH_UNARY(), Unary.values());
  private final int[] binary = codes(ThimbleH.TH_BINARY(), Binary.values());
  private final int[] compare = codes(ThimbleH.TH_COMPARE(), Compare.values());
  private final int sum = code(ThimbleH.TH_REDUCE(), "SUM");
  private final int prod = code(ThimbleH.TH_REDUCE(), "PROD");
  private final int max = code(ThimbleH.TH_REDUCE(), "MAX");
  private final int min = code(ThimbleH.TH_REDUCE(), "MIN");
  private final int logsumexp = code(ThimbleH.TH_REDUCE(), "LOGSUMEXP");
  private final int norm = code(ThimbleH.TH_REDUCE(), "NORM");
  private final int argmax = code(ThimbleH.TH_REDUCE(), "ARGMAX");
  private final int argmin = code(ThimbleH.TH_REDUCE(), "ARGMIN");
  private final long limit;
  private volatile int threads;

  private NativeBackend(long limit) {
    this.limit = limit;
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
    long limit = Sizes.limit(System.getProperty(LIMIT));
    ThimbleH.th_memory_limit(limit);
    NativeBackend backend = new NativeBackend(limit);
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
  public Storage allocate(DType dtype, long count) {
    NativeStorage.reclaim();
    long bytes = count * dtype.bytes();
    long block = Math.max(1, bytes); // so that every storage has an address
    Call call = Call.get();
    MemorySegment address = ThimbleH.th_alloc(block, call.error());
    for (int tries = 0; address.address() == 0 && block <= limit && tries < 5; tries++) {
      // Forgotten tensors may hold what is missing: have them found.
      System.gc();
      for (int waits = 0; waits < 10 && !NativeStorage.reclaim(); waits++) {
        Sizes.pause(10);
      }
      address = ThimbleH.th_alloc(block, call.error());
    }
    if (address.address() == 0) {
      call.check("%d elements of %s".formatted(count, dtype));
    }
    return new NativeStorage(address, bytes, block);
  }

  // -- Ops ----------------------------------------------------------------------------------------

  @Override
  public void run(Op op, Buffer[] in, Buffer out) {
    if (Staged.areNative(in)) {
      call(op, in, out);
      return;
    }
    Staged staged = Staged.of(this, in);
    try {
      call(op, staged.buffers(), out);
    } finally {
      staged.release();
    }
  }

  private void call(Op op, Buffer[] in, Buffer out) {
    Call c = Call.get();
    MemorySegment y = address(out);
    MemorySegment e = c.error();
    if (op instanceof Random r) {
      random(r, out, y, e);
      c.check(op);
      return;
    }
    Buffer a = in[0];
    int dtype = a.dtype().ordinal();
    int rank = out.shape().rank();
    switch (op) {
      case Op.Leaf leaf -> throw new AssertionError(leaf + " has no operand");
      case Op.View view -> throw new AssertionError(view + " has no kernel");
      case Unary u ->
          ThimbleH.th_unary(
              unary[u.ordinal()], dtype, rank, c.layout(out.shape(), a), address(a), y, e);
      case Binary b ->
          ThimbleH.th_binary(
              binary[b.ordinal()],
              dtype,
              rank,
              c.layout(out.shape(), in),
              address(a),
              address(in[1]),
              y,
              e);
      case Scaled s ->
          ThimbleH.th_scalar(
              binary[s.row().kernel().ordinal()],
              dtype,
              rank,
              c.layout(out.shape(), a),
              address(a),
              s.scalar(),
              s.row().left() ? 1 : 0,
              y,
              e);
      case Compare k ->
          ThimbleH.th_compare(
              compare[k.ordinal()],
              dtype,
              rank,
              c.layout(out.shape(), in),
              address(a),
              address(in[1]),
              y,
              e);
      case Select s ->
          ThimbleH.th_select(
              out.dtype().ordinal(),
              rank,
              c.layout(out.shape(), in),
              address(a),
              address(in[1]),
              address(in[2]),
              y,
              e);
      case Linears.Cast cast ->
          ThimbleH.th_cast(
              dtype, cast.to().ordinal(), rank, c.layout(out.shape(), a), address(a), y, e);
      case Linears.Copy copy -> copy(c, a, out, y);
      case Linears.Embed embed -> {
        ThimbleH.th_fill(dtype, out.count(), 0, y, e);
        c.check(op);
        copyInto(c, a, out, embed.region().of(out.layout()));
      }
      case Linears.Update update -> {
        copy(c, a, out, y);
        c.check(op);
        copyInto(c, in[1], out, update.region().of(out.layout()));
      }
      case Linears.Concat concat -> {
        long from = 0;
        for (Buffer part : in) {
          Region place = concat.place(out.shape(), from, part.shape());
          copyInto(c, part, out, place.of(out.layout()));
          c.check(op);
          from += part.shape().size(concat.axis());
        }
      }
      case Linears.Sum s -> reduce(c, sum, s.axes(), a, y);
      case Linears.CumSum s ->
          ThimbleH.th_cumsum(dtype, rank, c.layout(out.shape(), a), s.axis(), address(a), y, e);
      case Reductions.Prod p -> reduce(c, prod, p.axes(), a, y);
      case Reductions.Extremum m ->
          reduce(c, m.end() == Reductions.End.MAX ? max : min, m.axes(), a, y);
      case Reductions.LogSumExp l -> reduce(c, logsumexp, l.axes(), a, y);
      case Reductions.Norm n -> reduce(c, norm, n.axes(), a, y);
      case Reductions.ArgExtremum m ->
          reduce(c, m.end() == Reductions.End.MAX ? argmax : argmin, 1 << m.axis(), a, y);
      case Reductions.Softmax s ->
          ThimbleH.th_softmax(
              s.log() ? 1 : 0, dtype, rank, c.layout(out.shape(), a), s.axis(), address(a), y, e);
      case Linears.Gather g ->
          ThimbleH.th_gather(
              dtype,
              rank,
              c.layout(out.shape(), in),
              g.axis(),
              a.shape().size(g.axis()),
              address(a),
              address(in[1]),
              y,
              e);
      case Linears.ScatterAdd s -> {
        ThimbleH.th_fill(dtype, out.count(), 0, y, e);
        c.check(op);
        ThimbleH.th_scatter_add(
            dtype,
            rank,
            c.layout(a.shape(), a.layout(), in[1].layout(), out.layout()),
            s.axis(),
            s.size(),
            address(a),
            address(in[1]),
            y,
            e);
      }
      case MatMul m ->
          ThimbleH.th_matmul(
              dtype,
              rank - 2,
              c.matmulLayout(a.layout(), in[1].layout()),
              out.shape().size(-2),
              out.shape().size(-1),
              a.shape().size(-1),
              address(a),
              address(in[1]),
              y,
              e);
    }
    c.check(op);
  }

  private static void random(Random r, Buffer out, MemorySegment y, MemorySegment e) {
    int kind =
        switch (r.kind()) {
          case BITS -> ThimbleH.TH_BITS();
          case UNIFORM -> ThimbleH.TH_UNIFORM();
          case INTEGERS -> ThimbleH.TH_INTEGERS();
        };
    ThimbleH.th_random(kind, r.dtype().ordinal(), out.count(), r.key(), r.low(), r.range(), y, e);
  }

  /** Copies to the place in a result that a layout tells. */
  private static void copyInto(Call c, Buffer x, Buffer out, Layout place) {
    Buffer part = new Buffer(out.storage(), out.dtype(), place);
    copy(c, x, part, address(part));
  }

  private static void copy(Call c, Buffer x, Buffer to, MemorySegment y) {
    ThimbleH.th_copy(
        x.dtype().ordinal(),
        x.shape().rank(),
        c.layout(x.shape(), x.layout(), to.layout()),
        address(x),
        y,
        c.error());
  }

  private static void reduce(Call c, int op, int axes, Buffer x, MemorySegment y) {
    ThimbleH.th_reduce(
        op,
        x.dtype().ordinal(),
        x.shape().rank(),
        c.layout(x.shape(), x),
        axes,
        address(x),
        y,
        c.error());
  }

  private static MemorySegment address(Buffer b) {
    return address(b.storage(), b.dtype(), b.layout());
  }

  private static MemorySegment address(Storage s, DType dtype, Layout layout) {
    return s.segment().asSlice(layout.offset() * dtype.bytes());
  }
}
