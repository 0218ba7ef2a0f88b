package thimble.runtime;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.tensor.IndexException;
import thimble.tensor.Layout;
import thimble.tensor.Linears;
import thimble.tensor.MatMul;
import thimble.tensor.Op;
import thimble.tensor.Random;
import thimble.tensor.Reductions;
import thimble.tensor.Region;
import thimble.tensor.Shape;

/**
 * Writes stages as the steps of a program for {@code th_run}, with the parameters that {@link
 * Kernels} calls the library with: so results have the same bits.
 */
final class Encoder {
  private final Kernels kernels;
  private final Words words = new Words();
  private final List<Step> steps = new ArrayList<>();

  /**
   * A step of the program.
   *
   * @param start its first word
   * @param op that it computes, or the first of them
   * @param in its operands
   */
  record Step(int start, Op op, List<Value> in) {
    /** The error where an index among the second of the operands names no element. */
    IndexException outOfBounds(long index) {
      Value x = in.get(0);
      Value i = in.get(1);
      return Indices.outOfBounds(op, x.dtype(), x.shape(), i.dtype(), i.shape(), index);
    }
  }

  /** What is being written. */
  private Op op = Linears.Copy.COPY;

  private List<Value> operands = List.of();

  Encoder(Kernels kernels) {
    this.kernels = kernels;
  }

  Step[] steps() {
    return steps.toArray(Step[]::new);
  }

  long[] words() {
    return words.toArray();
  }

  private Words step(int kind) {
    steps.add(new Step(words.count(), op, operands));
    return words.put(kind);
  }

  void fused(Group group) {
    op = group.first();
    operands = List.of();
    step(ThimbleH.TH_STEP_FUSED());
    group.encode(kernels, words);
  }

  /** A pass with a reduction at its end. */
  void reduced(Group group, Stage.Reduction r) {
    op = group.first();
    operands = List.of();
    step(ThimbleH.TH_STEP_FUSED_REDUCE())
        .put(kernels.reduction(r.op()))
        .put(r.x().dtype().ordinal())
        .put(r.x().shape().rank())
        .put(r.axes())
        .place(r.out())
        .sizes(r.x().layout())
        .strides(r.x().layout());
    group.encode(kernels, r.x().place(), words);
  }

  /** An op by its own kernel; after a product also a group, on its tiles. */
  void kernel(Op kernel, List<Value> in, Value out, @Nullable Group group) {
    op = kernel;
    operands = in;
    switch (kernel) {
      case MatMul _ -> product(in.get(0), in.get(1), out, group);
      case Linears.Copy _ -> copy(in.getFirst(), out, out.layout());
      case Linears.Embed e -> {
        clear(out);
        copy(in.getFirst(), out, e.region().of(out.layout()));
      }
      case Linears.Update u -> {
        copy(in.getFirst(), out, out.layout());
        copy(in.get(1), out, u.region().of(out.layout()));
      }
      case Linears.Concat c -> concat(c, in, out);
      case Linears.Sum s -> reduce(op, s.axes(), in.getFirst(), out);
      case Reductions.Prod p -> reduce(op, p.axes(), in.getFirst(), out);
      case Reductions.Extremum m -> reduce(op, m.axes(), in.getFirst(), out);
      case Reductions.LogSumExp l -> reduce(op, l.axes(), in.getFirst(), out);
      case Reductions.Norm n -> reduce(op, n.axes(), in.getFirst(), out);
      case Reductions.ArgExtremum m -> reduce(op, 1 << m.axis(), in.getFirst(), out);
      case Linears.CumSum s ->
          walk(ThimbleH.TH_STEP_CUMSUM(), s.axis(), in.getFirst(), out)
              .sizes(in.getFirst().layout())
              .strides(in.getFirst().layout());
      case Reductions.Softmax s ->
          walk(ThimbleH.TH_STEP_SOFTMAX(), s.log() ? 1 : 0, in.getFirst(), out)
              .put(s.axis())
              .sizes(in.getFirst().layout())
              .strides(in.getFirst().layout());
      case Linears.Gather g -> gather(g, in.get(0), in.get(1), out);
      case Linears.ScatterAdd s -> scatterAdd(s, in.get(0), in.get(1), out);
      case Random r -> random(r, out);
      case Op.Elementwise _, Linears.Cast _, Op.View _, Op.Leaf _, Op.Custom _ ->
          throw new AssertionError(op + " has no kernel of its own");
    }
  }

  /** The words that most steps begin with. */
  private Words walk(int kind, int parameter, Value x, Value y) {
    return step(kind)
        .put(parameter)
        .put(x.dtype().ordinal())
        .put(x.shape().rank())
        .place(x)
        .place(y);
  }

  private void reduce(Op op, int axes, Value x, Value y) {
    walk(ThimbleH.TH_STEP_REDUCE(), kernels.reduction(op), x, y)
        .put(axes)
        .sizes(x.layout())
        .strides(x.layout());
  }

  /** Copies to the place in a result that a layout tells. */
  private void copy(Value x, Value y, Layout part) {
    step(ThimbleH.TH_STEP_COPY())
        .put(0)
        .put(x.dtype().ordinal())
        .put(x.shape().rank())
        .place(x)
        .place(y, part)
        .sizes(x.layout())
        .strides(x.layout())
        .strides(part);
  }

  private void clear(Value y) {
    step(ThimbleH.TH_STEP_FILL()).put(y.dtype().ordinal()).put(y.count()).number(0).place(y);
  }

  private void concat(Linears.Concat c, List<Value> in, Value out) {
    long from = 0;
    for (Value part : in) {
      Region place = c.place(out.shape(), from, part.shape());
      copy(part, out, place.of(out.layout()));
      from += part.shape().size(c.axis());
    }
  }

  private void gather(Linears.Gather g, Value x, Value index, Value y) {
    step(ThimbleH.TH_STEP_GATHER())
        .put(g.axis())
        .put(x.dtype().ordinal())
        .put(y.shape().rank())
        .place(x)
        .place(y)
        .put(x.shape().size(g.axis()))
        .place(index)
        .sizes(y.layout())
        .strides(x.layout())
        .strides(index.layout());
  }

  private void scatterAdd(Linears.ScatterAdd s, Value x, Value index, Value y) {
    clear(y);
    walk(ThimbleH.TH_STEP_SCATTER_ADD(), s.axis(), x, y)
        .put(s.size())
        .place(index)
        .sizes(x.layout())
        .strides(x.layout())
        .strides(index.layout())
        .strides(y.layout());
  }

  private void random(Random r, Value y) {
    step(ThimbleH.TH_STEP_RANDOM())
        .put(Kernels.kind(r))
        .put(r.dtype().ordinal())
        .put(y.count())
        .put(r.key())
        .put(r.low())
        .put(r.range())
        .place(y);
  }

  private void product(Value a, Value b, Value c, @Nullable Group group) {
    Shape s = c.shape();
    int lead = s.rank() - 2;
    step(ThimbleH.TH_STEP_MATMUL())
        .put(c.dtype().ordinal())
        .put(lead)
        .put(s.size(-2))
        .put(s.size(-1))
        .put(a.shape().size(-1))
        .place(a)
        .place(b)
        .place(c);
    for (int d = 0; d < lead; d++) {
      words.put(a.shape().size(d));
    }
    words.strides(a.layout()).strides(b.layout());
    if (group == null) {
      words.put(0);
    } else {
      words.put(1);
      group.encode(kernels, words);
    }
  }
}
