package thimble.explain;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import thimble.tensor.Binary;
import thimble.tensor.Compare;
import thimble.tensor.Graph;
import thimble.tensor.MatMul;
import thimble.tensor.Op;
import thimble.tensor.Scaled;
import thimble.tensor.Select;
import thimble.tensor.Tensor;
import thimble.tensor.Unary;

/**
 * How many operations a computation takes. Changes of sign are not counted, and neither are ops
 * that compute nothing, identities among them.
 *
 * @param additions sums and differences of two
 * @param multiplications products of two
 * @param divisions quotients of two
 * @param functions all others: powers, roots, sin, where
 */
public record Cost(int additions, int multiplications, int divisions, int functions) {
  static final Cost NONE = new Cost(0, 0, 0, 0);
  private static final Cost DIVISION = new Cost(0, 0, 1, 0);
  private static final Cost FUNCTION = new Cost(0, 0, 0, 1);

  /** All together. */
  public int total() {
    return additions + multiplications + divisions + functions;
  }

  /** The operations of both. */
  public Cost plus(Cost b) {
    return new Cost(
        additions + b.additions,
        multiplications + b.multiplications,
        divisions + b.divisions,
        functions + b.functions);
  }

  /** Of the values of these expressions together: what occurs several times is computed once. */
  public static Cost of(Expr... expressions) {
    Set<Expr> seen = new HashSet<>();
    Cost cost = NONE;
    for (Expr e : expressions) {
      for (Expr part : e.parts()) {
        if (seen.add(part)) {
          cost = cost.plus(own(part)).plus(inverses(part));
        }
      }
      cost = cost.plus(isInverse(e) ? DIVISION : NONE);
    }
    return cost;
  }

  /** Of the gradient of f by reverse mode, as it is recorded, with what it needs of f. */
  public static Cost ofGradient(
      List<String> names, Function<? super List<Tensor>, ? extends Tensor> f) {
    return Symbolic.reverseCost(names, f);
  }

  /** Of the recorded ops that these tensors need. */
  static Cost of(List<Tensor> tensors) {
    return Graph.topologicalOrder(tensors.toArray(Tensor[]::new)).stream()
        .map(y -> own(y.op()))
        .reduce(NONE, Cost::plus);
  }

  private static Cost own(Op op) {
    return switch (op) {
      case Op.Leaf _, Op.Linear _ -> NONE;
      case Binary b -> own(b);
      case Scaled s -> own(s.row().kernel());
      case Unary u when u == Unary.NEG -> NONE;
      case Unary u when u == Unary.RECIPROCAL -> DIVISION;
      case Unary _, Compare _, Select _, MatMul _, Op.General _, Op.Custom _ -> FUNCTION;
    };
  }

  private static Cost own(Binary row) {
    return switch (row) {
      case ADD, SUB -> new Cost(1, 0, 0, 0);
      case MUL -> new Cost(0, 1, 0, 0);
      case DIV -> DIVISION;
      case POW, MAXIMUM, MINIMUM, REMAINDER, ATAN2 -> FUNCTION;
    };
  }

  private static Cost own(Expr e) {
    return switch (e) {
      case Expr.Numeral _, Expr.Symbol _ -> NONE;
      case Expr.Sum s -> new Cost(s.args().size() - 1, 0, 0, 0);
      case Expr.Product p -> ofProduct(p);
      case Expr.Power p -> isInverse(p) ? NONE : FUNCTION;
      case Expr.Call _ -> FUNCTION;
    };
  }

  /** A quotient of two products: an inverse among the factors divides by what it is of. */
  private static Cost ofProduct(Expr.Product p) {
    List<Expr> factors = p.args().stream().filter(f -> !isUnit(f)).toList();
    int below = (int) factors.stream().filter(Cost::isInverse).count();
    int above = factors.size() - below;
    int products = Math.max(0, above - 1) + Math.max(0, below - 1);
    return new Cost(0, products, below > 0 ? 1 : 0, 0);
  }

  /** Inverses that are used for themselves, not as factors. */
  private static Cost inverses(Expr e) {
    int count = (int) e.args().stream().filter(Cost::isInverse).count();
    return e instanceof Expr.Product ? NONE : new Cost(0, 0, count, 0);
  }

  private static boolean isInverse(Expr e) {
    return e instanceof Expr.Power p && p.exponent().equals(Expr.Numeral.MINUS_ONE);
  }

  private static boolean isUnit(Expr e) {
    return e.equals(Expr.Numeral.ONE) || e.equals(Expr.Numeral.MINUS_ONE);
  }
}
