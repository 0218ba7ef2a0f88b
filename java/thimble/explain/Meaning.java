package thimble.explain;

import java.util.ArrayList;
import java.util.List;
import thimble.tensor.Binary;
import thimble.tensor.Compare;
import thimble.tensor.DType;
import thimble.tensor.MatMul;
import thimble.tensor.Op;
import thimble.tensor.Scaled;
import thimble.tensor.Select;
import thimble.tensor.Tensor;
import thimble.tensor.Unary;
import thimble.tensor.Views;

/** What a node computes, as an expression of what it computes it from. */
final class Meaning {
  private Meaning() {}

  /**
   * As the op says it, not simplified.
   *
   * @param in its inputs
   */
  static Expr of(Tensor y, List<Expr> in) {
    return switch (y.op()) {
      case Op.Leaf leaf -> y.count() == 1 ? number(y.dtype(), y.item()) : call(leaf, in);
      case Unary u -> unary(u, in.getFirst());
      case Binary b -> binary(b, in.getFirst(), in.getLast());
      case Scaled s -> scaled(s, in.getFirst());
      case Compare c -> call(c, in);
      case Select s -> call(s, in);
      case Op.Linear l -> call(l, in);
      case MatMul m -> call(m, in);
      case Op.General g -> call(g, in);
      case Op.Custom c -> call(c, in);
    };
  }

  /**
   * The same for an op of scalars; one that moves a single element is that element.
   *
   * @throws UnsupportedOperationException if it has no meaning for scalars
   */
  static Expr scalar(Tensor y, List<Expr> in) {
    return switch (y.op()) {
      case Op.Leaf leaf when y.count() != 1 -> throw meaningless(leaf, y);
      case Op.Leaf leaf when y.dtype() == DType.BOOL -> truth(of(y, in));
      case Compare c -> compared(c, y, in);
      case Select s when y.dtype() == DType.BOOL ->
          truth(call(s, List.of(in.get(0), number(in.get(1)), number(in.get(2)))));
      case Op.Leaf _, Op.Elementwise _ -> of(y, in);
      case Op.Linear l -> {
        if (y.count() != 1 || y.inputs() != 1 || y.in(0).count() != 1 || l == Views.Detach.DETACH) {
          throw meaningless(l, y);
        }
        yield converted(y, in.getFirst());
      }
      case MatMul m -> throw meaningless(m, y);
      case Op.General g -> throw meaningless(g, y);
      case Op.Custom c -> throw meaningless(c, y);
    };
  }

  /** x, which may be of another dtype than y: truth is 1 or 0, and a number is true if not 0. */
  private static Expr converted(Tensor y, Expr x) {
    DType from = y.in(0).dtype();
    DType to = y.dtype();
    if (from == to || (from != DType.BOOL && to.isFloating())) {
      return x;
    }
    if (to == DType.BOOL) {
      return truth(x);
    }
    if (from == DType.BOOL) {
      return number(x);
    }
    throw meaningless(y.op(), y);
  }

  /** and, or and xor are of conditions, the others of numbers. */
  private static Expr compared(Compare c, Tensor y, List<Expr> in) {
    boolean conditions = c == Compare.AND || c == Compare.OR || c == Compare.XOR;
    List<Expr> all = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      boolean condition = y.in(i).dtype() == DType.BOOL;
      Expr x = in.get(i);
      all.add(condition == conditions ? x : conditions ? truth(x) : number(x));
    }
    return call(c, all);
  }

  /** 1 where a condition holds, 0 elsewhere. */
  private static Expr number(Expr condition) {
    return new Expr.Call(
        Select.SELECT.toString(), List.of(condition, Expr.Numeral.ONE, Expr.Numeral.ZERO));
  }

  /** Whether a number is not 0, as a condition. */
  private static Expr truth(Expr x) {
    return new Expr.Call(Compare.NE.toString(), List.of(x, Expr.Numeral.ZERO));
  }

  private static UnsupportedOperationException meaningless(Op op, Tensor y) {
    return new UnsupportedOperationException(
        "symbolic: %s, which gives %s %s: takes a function of scalars made of elementwise ops"
            .formatted(op, y.dtype(), y.shape()));
  }

  /** The number that someone wrote who used that dtype. */
  static Expr number(DType dtype, double value) {
    return Expr.number(
        dtype == DType.FLOAT32 ? Double.parseDouble(Float.toString((float) value)) : value);
  }

  private static Expr unary(Unary u, Expr x) {
    return u == Unary.NEG ? Expr.negative(x) : new Expr.Call(Functions.nameOf(u), List.of(x));
  }

  private static Expr binary(Binary b, Expr x, Expr z) {
    return switch (b) {
      case ADD -> new Expr.Sum(List.of(x, z));
      case SUB -> new Expr.Sum(List.of(x, Expr.negative(z)));
      case MUL -> new Expr.Product(List.of(x, z));
      case DIV -> Expr.quotient(x, z);
      case POW -> new Expr.Power(x, z);
      case MAXIMUM, MINIMUM, REMAINDER, ATAN2 -> new Expr.Call(Functions.nameOf(b), List.of(x, z));
    };
  }

  private static Expr scaled(Scaled s, Expr x) {
    Expr number = Expr.number(s.scalar());
    if (s.row().left() || s.row().kernel() == Binary.MUL) { // 2·x
      return binary(s.row().kernel(), number, x);
    }
    return binary(s.row().kernel(), x, number);
  }

  /** f(a, b); an op with parameters, f(p), has them after its inputs: f(a, p). */
  private static Expr call(Op op, List<Expr> in) {
    String name = op.toString();
    int open = name.indexOf('(');
    if (open < 0) {
      return new Expr.Call(name, in);
    }
    List<Expr> all = new ArrayList<>(in);
    all.add(new Expr.Symbol(name.substring(open + 1, name.length() - 1)));
    return new Expr.Call(name.substring(0, open), all);
  }
}
