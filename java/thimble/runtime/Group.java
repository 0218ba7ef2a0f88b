package thimble.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.tensor.Binary;
import thimble.tensor.Compare;
import thimble.tensor.DType;
import thimble.tensor.Linears;
import thimble.tensor.Op;
import thimble.tensor.Scalar;
import thimble.tensor.Scaled;
import thimble.tensor.Select;
import thimble.tensor.Shape;
import thimble.tensor.Unary;

/**
 * Elementwise ops that are computed as one pass, tile by tile: what one gives and only others of
 * them take never gets to memory.
 */
final class Group {
  // What th_run takes.
  private static final int OPERANDS = 48;
  private static final int WALKS = 16;
  private static final int OPS = 96;

  /** Operands that an op has at most. */
  private static final int MOST = 3;

  /** What is loaded: a value, or a number that the program holds. */
  private sealed interface Operand {
    DType dtype();

    /** As it lies in memory. */
    record Loaded(Value value) implements Operand {
      @Override
      public DType dtype() {
        return value.dtype();
      }

      /** Whether it lies neither one element after the other nor is one for all. */
      boolean isWalk() {
        return !value.layout().isContiguous() && !value.isOne();
      }
    }

    record Scale(DType dtype, double number) implements Operand {}
  }

  /**
   * An op.
   *
   * @param in operand i as i, the result of instruction i as −1 − i
   */
  private record Instruction(Op op, DType takes, int[] in, Value out) {}

  private final Shape shape;
  private final List<Operand> operands = new ArrayList<>();
  private final List<Instruction> instructions = new ArrayList<>();
  private final IdentityHashMap<Place, Integer> made = new IdentityHashMap<>();
  private int walks;

  Group(Shape shape) {
    this.shape = shape;
  }

  /** Whether an op can be computed in such a pass. */
  static boolean takes(Op op) {
    return op instanceof Op.Elementwise || op instanceof Linears.Cast;
  }

  Shape shape() {
    return shape;
  }

  boolean hasRoom() {
    return instructions.size() < OPS && operands.size() + MOST <= OPERANDS && walks + MOST <= WALKS;
  }

  /** Whether it makes or loads what is in this place. */
  boolean knows(Place p) {
    return made.containsKey(p)
        || operands.stream().anyMatch(x -> x instanceof Operand.Loaded l && l.value().place() == p);
  }

  /** Computes one op more. */
  void add(Op op, List<Value> in, Value out) {
    int[] from = in.stream().mapToInt(this::number).toArray();
    DType takes = in.getLast().dtype(); // of a select, not that of its mask
    if (op instanceof Scaled s) {
      int number = operand(new Operand.Scale(takes, s.scalar()));
      from =
          isSquare(s)
              ? new int[] {from[0], from[0]}
              : s.row().left() ? new int[] {number, from[0]} : new int[] {from[0], number};
    }
    made.put(out.place(), instructions.size());
    instructions.add(new Instruction(op, takes, from, out));
  }

  private static boolean isSquare(Scaled s) {
    return s.row() == Scalar.POW && s.scalar() == 2; // as th_scalar has it
  }

  private int number(Value v) {
    Integer instruction = made.get(v.place());
    return instruction != null ? -1 - instruction : operand(new Operand.Loaded(v));
  }

  private int operand(Operand x) {
    int known = operands.indexOf(x);
    if (known >= 0) {
      return known;
    }
    operands.add(x);
    walks += x instanceof Operand.Loaded l && l.isWalk() ? 1 : 0;
    return operands.size() - 1;
  }

  /** What it loads. */
  List<Value> loads() {
    return operands.stream()
        .filter(Operand.Loaded.class::isInstance)
        .map(x -> ((Operand.Loaded) x).value())
        .toList();
  }

  /** What it makes, in order. */
  List<Value> results() {
    return instructions.stream().map(Instruction::out).toList();
  }

  Op first() {
    return instructions.getFirst().op();
  }

  List<String> names() {
    return instructions.stream().map(i -> i.op().toString()).toList();
  }

  /**
   * Whether the place of a result may be that of something that is loaded: then an element is
   * written when it has been read for the last time, by whatever tile has it.
   */
  boolean mayOverwrite(Place loaded, Value result) {
    Integer writer = made.get(result.place());
    if (writer == null) {
      return false;
    }
    for (int i = 0; i < operands.size(); i++) {
      if (operands.get(i) instanceof Operand.Loaded(Value v)
          && v.place() == loaded
          && (!v.layout().isContiguous()
              || v.layout().offset() != 0
              || v.dtype().bytes() != result.dtype().bytes()
              || lastUse(i) > writer)) {
        return false;
      }
    }
    return true;
  }

  /** The last instruction that takes an operand, or a result, numbered as in instructions. */
  private int lastUse(int number) {
    int last = -1;
    for (int k = 0; k < instructions.size(); k++) {
      for (int i : instructions.get(k).in()) {
        last = i == number ? k : last;
      }
    }
    return last;
  }

  // -- The program --------------------------------------------------------------------------------

  /** Appends the words for {@code Fused} in native/src/fused.h; places are known now. */
  void encode(Kernels kernels, Words w) {
    encode(kernels, null, w);
  }

  /** The same, with one result handed to a reduction. */
  void encode(Kernels kernels, @Nullable Place handed, Words w) {
    int[] registers = new int[instructions.size()];
    int used = allocate(registers);
    long widest = 1;
    for (Operand x : operands) {
      widest = Math.max(widest, x.dtype().bytes());
    }
    for (Instruction i : instructions) {
      widest = Math.max(widest, i.out().dtype().bytes());
    }
    Integer copied = handed != null && handed.needed ? made.get(handed) : null;
    w.put(shape.count())
        .put(used)
        .put(widest)
        .put(operands.size())
        .put(instructions.size() + (copied == null ? 0 : 1));
    operands.forEach(x -> encode(x, w));
    for (int k = 0; k < registers.length; k++) {
      Instruction i = instructions.get(k);
      encode(i, kernels, w);
      if (registers[k] >= 0 && i.out().place().equals(handed)) {
        w.put(2);
      } else if (registers[k] >= 0) {
        w.put(0).put(registers[k]);
      } else {
        w.put(1).place(i.out());
      }
    }
    if (copied != null) {
      int dtype = instructions.get(copied).out().dtype().ordinal();
      w.put(ThimbleH.TH_CAST()).put(dtype).put(dtype).put(operands.size() + copied);
      w.put(dtype).put(2);
    }
  }

  private static void encode(Operand operand, Words w) {
    switch (operand) {
      case Operand.Scale n -> w.put(2).put(n.dtype().ordinal()).number(n.number());
      case Operand.Loaded(Value v) -> {
        int kind = v.layout().isContiguous() ? 0 : v.isOne() ? 1 : 3;
        w.put(kind).put(v.dtype().ordinal()).place(v);
        if (kind == 3) {
          w.put(v.shape().rank()).sizes(v.layout()).strides(v.layout());
        }
      }
    }
  }

  private void encode(Instruction i, Kernels kernels, Words w) {
    switch (i.op()) {
      case Unary u -> w.put(ThimbleH.TH_UNARY()).put(kernels.code(u));
      case Binary b -> w.put(ThimbleH.TH_BINARY()).put(kernels.code(b));
      case Scaled s ->
          w.put(ThimbleH.TH_BINARY())
              .put(kernels.code(isSquare(s) ? Binary.MUL : s.row().kernel()));
      case Compare c -> w.put(ThimbleH.TH_COMPARE()).put(kernels.code(c));
      case Select s -> w.put(ThimbleH.TH_SELECT()).put(0);
      case Linears.Cast c -> w.put(ThimbleH.TH_CAST()).put(c.to().ordinal());
      default -> throw new AssertionError(i.op() + " is not elementwise");
    }
    w.put(i.takes().ordinal());
    for (int from : i.in()) {
      w.put(from >= 0 ? from : operands.size() - 1 - from);
    }
    w.put(i.out().dtype().ordinal());
  }

  /**
   * Gives each result that stays inside a register, −1 to the others; a register is free again
   * after the last use of what is in it. Walks have the first ones.
   */
  private int allocate(int[] registers) {
    int[] holds = new int[walks + instructions.size()]; // the last use of what is there
    Arrays.fill(holds, Integer.MIN_VALUE);
    int walk = 0;
    int used = walks;
    for (int i = 0; i < operands.size(); i++) {
      if (operands.get(i) instanceof Operand.Loaded l && l.isWalk()) {
        holds[walk++] = lastUse(i);
      }
    }
    for (int k = 0; k < registers.length; k++) {
      Instruction i = instructions.get(k);
      registers[k] = -1;
      if (i.out().place().needed) {
        continue;
      }
      // What this op takes for the last time it may write over, if elements are as wide.
      boolean same = i.takes().bytes() == i.out().dtype().bytes() && !(i.op() instanceof Select);
      int r = 0;
      while (holds[r] > k || (holds[r] == k && !same)) {
        r++;
      }
      registers[k] = r;
      holds[r] = Math.max(k, lastUse(-1 - k));
      used = Math.max(used, r + 1);
    }
    return used;
  }
}
