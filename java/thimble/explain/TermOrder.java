package thimble.explain;

import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import thimble.explain.Expr.Call;
import thimble.explain.Expr.Numeral;
import thimble.explain.Expr.Power;
import thimble.explain.Expr.Product;
import thimble.explain.Expr.Sum;
import thimble.explain.Expr.Symbol;

/**
 * In which order terms and factors are written. Both orders are total: what they take for equal is
 * equal.
 */
final class TermOrder {
  /** By variables, x1 before x1·x2 before x2 and numbers last; then by degree, highest first. */
  static final Comparator<Expr> TERMS =
      Comparator.comparing((Expr e) -> e.symbols().isEmpty())
          .thenComparing(Expr::symbols, TermOrder::compareNames)
          .thenComparing(Comparator.comparingDouble(TermOrder::degree).reversed())
          .thenComparing(TermOrder::rest, TermOrder::compare);

  /** Numbers, variables, what is raised to a variable, functions, sums; each by variables. */
  static final Comparator<Expr> FACTORS =
      Comparator.comparingInt(TermOrder::rank)
          .thenComparing(Expr::symbols, TermOrder::compareNames)
          .thenComparing(TermOrder::compare);

  private TermOrder() {}

  private static int compareNames(List<String> a, List<String> b) {
    Iterator<String> other = b.iterator();
    for (String name : a) {
      if (!other.hasNext()) {
        return 1;
      }
      int order = Expr.Names.NATURAL.compare(name, other.next());
      if (order != 0) {
        return order;
      }
    }
    return other.hasNext() ? -1 : 0;
  }

  /** A term without the number at its front. */
  static Expr rest(Expr e) {
    if (!(e instanceof Product p && p.args().getFirst() instanceof Numeral)) {
      return e;
    }
    List<Expr> factors = p.args().subList(1, p.args().size());
    return factors.size() == 1 ? factors.getFirst() : new Product(factors);
  }

  /** The sum of the exponents of variables. */
  private static double degree(Expr e) {
    return switch (e) {
      case Symbol _ -> 1;
      case Power p when p.base() instanceof Symbol && p.exponent() instanceof Numeral n ->
          n.value().value();
      case Product p -> p.args().stream().mapToDouble(TermOrder::degree).sum();
      case Numeral _, Sum _, Power _, Call _ -> 0;
    };
  }

  private static int rank(Expr e) {
    return e instanceof Power p && p.exponent() instanceof Numeral ? kind(p.base()) : kind(e);
  }

  private static int kind(Expr e) {
    return switch (e) {
      case Numeral _ -> 0;
      case Symbol _ -> 1;
      case Power _ -> 2;
      case Call _ -> 3;
      case Sum _ -> 4;
      case Product _ -> 5;
    };
  }

  /** Any total order, from the outside in. */
  @SuppressWarnings("ReferenceEquality") // spares the walk through what is shared
  private static int compare(Expr a, Expr b) {
    if (a == b) {
      return 0;
    }
    int order = Integer.compare(kind(a), kind(b));
    if (order == 0) {
      order =
          switch (a) {
            case Numeral n when b instanceof Numeral m -> n.value().compareTo(m.value());
            case Symbol s when b instanceof Symbol t ->
                Expr.Names.NATURAL.compare(s.name(), t.name());
            case Call c when b instanceof Call d -> c.function().compareTo(d.function());
            case Numeral _, Symbol _, Call _, Sum _, Product _, Power _ -> 0;
          };
    }
    if (order == 0) {
      order = Integer.compare(a.args().size(), b.args().size());
    }
    for (int i = 0; order == 0 && i < a.args().size(); i++) {
      order = compare(a.args().get(i), b.args().get(i));
    }
    return order;
  }
}
