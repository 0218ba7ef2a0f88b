package thimble.runtime;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import thimble.runtime.ffi.Library;
import thimble.runtime.ffi.gen.ThimbleH;
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
import thimble.tensor.Shape;
import thimble.tensor.Storage;
import thimble.tensor.Unary;

/** Which entry point of libthimble computes an op, and with what. */
final class Kernels {
  private final Codes unary = new Codes(ThimbleH.TH_UNARY(), Unary.class);
  private final Codes binary = new Codes(ThimbleH.TH_BINARY(), Binary.class);
  private final Codes compare = new Codes(ThimbleH.TH_COMPARE(), Compare.class);
  private final Codes reduce = new Codes(ThimbleH.TH_REDUCE(), Reduce.class);

  /** The rows of the library's table of reductions. */
  private enum Reduce {
    SUM,
    PROD,
    MAX,
    MIN,
    LOGSUMEXP,
    NORM,
    ARGMAX,
    ARGMIN
  }

  /**
   * The codes of the rows of a family, as the library itself numbers them: the two tables need no
   * common order. Asked for with the first of its ops, as the rules of a family take time to load.
   */
  private static final class Codes {
    private final int family;
    private final Class<? extends Enum<?>> rows;
    private volatile int @Nullable [] codes;

    Codes(int family, Class<? extends Enum<?>> rows) {
      this.family = family;
      this.rows = rows;
    }

    int of(Enum<?> row) {
      int[] known = codes;
      if (known == null) {
        known = find();
        codes = known; // the same, whichever thread finds them
      }
      return known[row.ordinal()];
    }

    private int[] find() {
      Map<String, Integer> names = new HashMap<>();
      for (int code = 0; ; code++) {
        MemorySegment name = ThimbleH.th_op_name(family, code);
        if (name.address() == 0) {
          break;
        }
        names.put(name.getString(0), code);
      }
      Enum<?>[] all = rows.getEnumConstants();
      int[] found = new int[all.length];
      for (Enum<?> row : all) {
        Integer code = names.get(row.name());
        if (code == null) {
          throw new BackendException(
              "%s has no kernel %s: it is of another build".formatted(Library.file(), row.name()));
        }
        found[row.ordinal()] = code;
      }
      return found;
    }
  }

  int code(Unary row) {
    return unary.of(row);
  }

  int code(Binary row) {
    return binary.of(row);
  }

  int code(Compare row) {
    return compare.of(row);
  }

  /** The code of an op that reduces axes. */
  int reduction(Op op) {
    return reduce.of(
        switch (op) {
          case Linears.Sum _ -> Reduce.SUM;
          case Reductions.Prod _ -> Reduce.PROD;
          case Reductions.Extremum m -> m.end() == Reductions.End.MAX ? Reduce.MAX : Reduce.MIN;
          case Reductions.LogSumExp _ -> Reduce.LOGSUMEXP;
          case Reductions.Norm _ -> Reduce.NORM;
          case Reductions.ArgExtremum m ->
              m.end() == Reductions.End.MAX ? Reduce.ARGMAX : Reduce.ARGMIN;
          default -> throw new AssertionError(op + " reduces nothing");
        });
  }

  /**
   * Computes the value of op. The ops that most programs consist of are here, in a switch of few
   * cases, as that is compiled in place; and the method is of more bytecode than is inlined (325
   * bytes), so that their calls of the library are compiled here, each whole, and not within a
   * caller that the compiler gives up in the middle of.
   */
  void run(Call c, Op op, Buffer[] in, Buffer out) throws Throwable {
    switch (op) {
      case Unary u -> c.each(out, in).unary(code(u), dtype(in), address(in[0]), address(out));
      case Binary b ->
          c.each(out, in).binary(code(b), dtype(in), address(in[0]), address(in[1]), address(out));
      case Scaled s ->
          c.each(out, in)
              .scalar(
                  code(s.row().kernel()),
                  dtype(in),
                  address(in[0]),
                  s.scalar(),
                  s.row().left(),
                  address(out));
      case Compare k ->
          c.each(out, in).compare(code(k), dtype(in), address(in[0]), address(in[1]), address(out));
      case Select s ->
          c.each(out, in)
              .select(
                  out.dtype().ordinal(),
                  address(in[0]),
                  address(in[1]),
                  address(in[2]),
                  address(out));
      case Linears.Sum s ->
          c.walk(in[0])
              .reduce(reduce.of(Reduce.SUM), dtype(in), s.axes(), address(in[0]), address(out));
      case MatMul m -> {
        Shape s = out.shape();
        c.product(in[0].layout(), in[1].layout())
            .matmul(
                dtype(in),
                s.size(-2),
                s.size(-1),
                in[0].shape().size(-1),
                address(in[0]),
                address(in[1]),
                address(out));
      }
      case Op.Leaf _, Op.Linear _, Op.General _, Op.Custom _ -> other(c, op, in, out);
    }
    c.check(op);
  }

  private static int dtype(Buffer[] in) {
    return in[0].dtype().ordinal();
  }

  private void other(Call c, Op op, Buffer[] in, Buffer out) throws Throwable {
    if (op instanceof Random r) {
      c.random(
          kind(r), r.dtype().ordinal(), out.count(), r.key(), r.low(), r.range(), address(out));
      return;
    }
    Buffer a = in[0];
    MemorySegment x = address(a);
    MemorySegment y = address(out);
    int dtype = a.dtype().ordinal();
    switch (op) {
      case Linears.Cast cast -> c.each(out, in).cast(dtype, cast.to().ordinal(), x, y);
      case Linears.Copy copy -> copy(c, a, out, out.layout());
      case Linears.Embed embed -> {
        c.fill(dtype, out.count(), 0, y);
        c.check(op);
        copy(c, a, out, embed.region().of(out.layout()));
      }
      case Linears.Update update -> {
        copy(c, a, out, out.layout());
        c.check(op);
        copy(c, in[1], out, update.region().of(out.layout()));
      }
      case Linears.Concat concat -> {
        long from = 0;
        for (Buffer part : in) {
          Region place = concat.place(out.shape(), from, part.shape());
          copy(c, part, out, place.of(out.layout()));
          c.check(op);
          from += part.shape().size(concat.axis());
        }
      }
      case Linears.CumSum s -> c.walk(a).cumsum(dtype, s.axis(), x, y);
      case Reductions.Prod p -> c.walk(a).reduce(reduction(op), dtype, p.axes(), x, y);
      case Reductions.Extremum m -> c.walk(a).reduce(reduction(op), dtype, m.axes(), x, y);
      case Reductions.LogSumExp l -> c.walk(a).reduce(reduction(op), dtype, l.axes(), x, y);
      case Reductions.Norm n -> c.walk(a).reduce(reduction(op), dtype, n.axes(), x, y);
      case Reductions.ArgExtremum m -> c.walk(a).reduce(reduction(op), dtype, 1 << m.axis(), x, y);
      case Reductions.Softmax s -> c.walk(a).softmax(s.log(), dtype, s.axis(), x, y);
      case Linears.Gather g ->
          c.walk(out.shape(), a.layout(), in[1].layout())
              .gather(dtype, g.axis(), a.shape().size(g.axis()), x, address(in[1]), y);
      case Linears.ScatterAdd s -> {
        c.fill(dtype, out.count(), 0, y);
        c.check(op);
        c.walk(a.shape(), a.layout(), in[1].layout(), out.layout())
            .scatterAdd(dtype, s.axis(), s.size(), x, address(in[1]), y);
      }
      case Op.Elementwise _, Linears.Sum _, MatMul _ -> throw new AssertionError("seen to: " + op);
      case Op.Leaf _, Op.View _, Op.Custom _ -> throw new AssertionError(op + " has no kernel");
    }
  }

  /** What the library calls a kind of random numbers. */
  static int kind(Random r) {
    return switch (r.kind()) {
      case BITS -> ThimbleH.TH_BITS();
      case UNIFORM -> ThimbleH.TH_UNIFORM();
      case INTEGERS -> ThimbleH.TH_INTEGERS();
    };
  }

  /** Copies to the place in a result that a layout tells. */
  private static void copy(Call c, Buffer x, Buffer out, Layout place) throws Throwable {
    c.walk(x.shape(), x.layout(), place)
        .copy(x.dtype().ordinal(), address(x), address(out.storage(), out.dtype(), place));
  }

  private static MemorySegment address(Buffer b) {
    return address(b.storage(), b.dtype(), b.layout());
  }

  private static MemorySegment address(Storage s, DType dtype, Layout layout) {
    long bytes = layout.offset() * dtype.bytes();
    return bytes == 0 ? s.segment() : s.segment().asSlice(bytes);
  }
}
