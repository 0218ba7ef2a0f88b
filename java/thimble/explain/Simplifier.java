package thimble.explain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import thimble.explain.Expr.Call;
import thimble.explain.Expr.Numeral;
import thimble.explain.Expr.Power;
import thimble.explain.Expr.Product;
import thimble.explain.Expr.Sum;
import thimble.explain.Expr.Symbol;
import thimble.tensor.Compare;

/**
 * Brings expressions into a normal form, from the inside out.
 *
 * <ul>
 *   <li>A sum has no sums among its terms, no two like terms, at most one number, at the end.
 *   <li>A product has no products among its factors, no two powers of one base, at most one number,
 *       at the front.
 *   <li>A power of a power or product with an integer outside is one power, or a product of powers;
 *       e^x to a number is e to a product.
 *   <li>Roots, reciprocals, exp, expm1 and log1p are powers, sums and logarithms.
 *   <li>Numbers are computed where the result is exact, functions at 0 and 1 included.
 *   <li>Odd functions have their sign outside, even ones none.
 * </ul>
 */
final class Simplifier {
  private static final Set<String> ODD =
      Set.of("sin", "tan", "asin", "atan", "sinh", "tanh", "erf", "sign");
  private static final Set<String> EVEN = Set.of("cos", "cosh", "abs");
  private static final Set<String> ZERO_AT_ZERO =
      Set.of(
          "sin", "tan", "asin", "atan", "sinh", "tanh", "erf", "sign", "abs", "relu", "gelu",
          "floor", "ceil", "round");
  private static final Set<String> ONE_AT_ZERO = Set.of("cos", "cosh");
  private static final Set<String> ANALYTIC =
      Set.of(
          "sin",
          "cos",
          "tan",
          "asin",
          "acos",
          "atan",
          "sinh",
          "cosh",
          "tanh",
          "ln",
          "erf",
          "gelu",
          "sigmoid",
          "softplus");

  private static final Expr NAN = Expr.number(Double.NaN);

  private final boolean almostEverywhere;

  /** One object for each expression, so that equal ones are found by identity. */
  private final Map<Expr, Expr> pool = new HashMap<>();

  /**
   * A simplifier.
   *
   * @param almostEverywhere whether a difference at single points does not matter: then what is
   *     equal at such points only is never equal
   */
  Simplifier(boolean almostEverywhere) {
    this.almostEverywhere = almostEverywhere;
  }

  Expr simplify(Expr e) {
    return e.fold(this::step);
  }

  /** An expression like e of these parts, which are simple. */
  private Expr step(Expr e, List<Expr> args) {
    Expr simple =
        switch (e) {
          case Numeral _, Symbol _ -> e;
          case Sum _ -> sum(args);
          case Product _ -> product(args);
          case Power _ -> power(args.getFirst(), args.getLast());
          case Call c -> call(c.function(), args);
        };
    Expr known = pool.putIfAbsent(simple, simple);
    return known != null ? known : simple;
  }

  // -- Sums ---------------------------------------------------------------------------------------

  private Expr sum(List<Expr> terms) {
    Map<Expr, Num> coefficients = new LinkedHashMap<>();
    terms.forEach(t -> addTerm(t, Num.ONE, coefficients));
    List<Expr> simple = new ArrayList<>();
    Map<Expr, List<Expr>> cases = new LinkedHashMap<>();
    coefficients.forEach((term, n) -> {
      if (term instanceof Call c && c.function().equals("where")) {
        Expr scaled = product(List.of(new Numeral(n), c));
        cases.computeIfAbsent(c.args().getFirst(), k -> new ArrayList<>()).add(scaled);
      } else if (!n.equals(Num.ZERO)) {
        simple.add(scaled(n, term));
      }
    });
    cases.values().forEach(c -> simple.addAll(merged(c)));
    simple.sort(TermOrder.TERMS);
    return switch (simple.size()) {
      case 0 -> Numeral.ZERO;
      case 1 -> simple.getFirst();
      default -> new Sum(simple);
    };
  }

  /** The sum of terms that are by cases of one condition, by these cases. */
  private List<Expr> merged(List<Expr> terms) {
    if (terms.size() == 1 || !terms.stream().allMatch(t -> t instanceof Call)) {
      return terms;
    }
    Expr then = sum(terms.stream().map(t -> t.args().get(1)).toList());
    Expr otherwise = sum(terms.stream().map(t -> t.args().get(2)).toList());
    Expr all = where(terms.getFirst().args().getFirst(), then, otherwise);
    return all.equals(Numeral.ZERO) ? List.of() : List.of(all);
  }

  /** Adds n·term, taken apart; a number is a multiple of 1. */
  private void addTerm(Expr term, Num n, Map<Expr, Num> coefficients) {
    switch (term) {
      case Numeral k -> coefficients.merge(Numeral.ONE, n.times(k.value()), Num::plus);
      case Sum s -> s.args().forEach(t -> addTerm(t, n, coefficients));
      case Product p when p.args().getFirst() instanceof Numeral k ->
          addTerm(TermOrder.rest(p), n.times(k.value()), coefficients);
      case Symbol _, Product _, Power _, Call _ -> coefficients.merge(term, n, Num::plus);
    }
  }

  /** n·e for a simple e that has no number at its front. */
  private Expr scaled(Num n, Expr e) {
    if (n.equals(Num.ONE)) {
      return e;
    }
    if (e.equals(Numeral.ONE)) {
      return new Numeral(n);
    }
    List<Expr> factors = new ArrayList<>(List.of(new Numeral(n)));
    factors.addAll(e instanceof Product p ? p.args() : List.of(e));
    return new Product(factors);
  }

  // -- Products -----------------------------------------------------------------------------------

  private Expr product(List<Expr> factors) {
    for (Expr f : factors) {
      if (f instanceof Call c && c.function().equals("where") && c.args().contains(Numeral.ZERO)) {
        return distributed(c, factors);
      }
    }
    Factors all = new Factors();
    factors.forEach(all::add);
    return all.product();
  }

  /** The product with what is by cases, and 0 in one of them, by the same cases. */
  private Expr distributed(Call where, List<Expr> factors) {
    List<Expr> cases = new ArrayList<>();
    for (Expr value : where.args().subList(1, 3)) {
      List<Expr> all = new ArrayList<>(factors);
      all.set(factors.indexOf(where), value);
      cases.add(product(all));
    }
    return where(where.args().getFirst(), cases.getFirst(), cases.getLast());
  }

  /** A number, and bases with their exponents. */
  private final class Factors {
    private Num number = Num.ONE;
    private final Map<Expr, List<Expr>> exponents = new LinkedHashMap<>();

    void add(Expr factor) {
      switch (factor) {
        case Numeral n -> number = number.times(n.value());
        case Product p -> p.args().forEach(this::add);
        case Power p -> add(p.base(), p.exponent());
        case Symbol _, Sum _, Call _ -> add(factor, Numeral.ONE);
      }
    }

    private void add(Expr base, Expr exponent) {
      exponents.computeIfAbsent(base, b -> new ArrayList<>()).add(exponent);
    }

    Expr product() {
      List<Expr> powers = new ArrayList<>();
      exponents.forEach((base, exponent) -> {
        Expr power =
            exponent.size() == 1 ? ofOne(base, exponent.getFirst()) : power(base, sum(exponent));
        switch (power) {
          case Numeral n -> number = number.times(n.value());
          case Product p when p.args().getFirst() instanceof Numeral n -> {
            number = number.times(n.value());
            powers.addAll(p.args().subList(1, p.args().size()));
          }
          case Product p -> powers.addAll(p.args());
          case Symbol _, Sum _, Power _, Call _ -> powers.add(power);
        }
      });
      if (number.equals(Num.ZERO) || powers.isEmpty()) {
        return new Numeral(number);
      }
      powers.sort(TermOrder.FACTORS);
      Expr product = powers.size() == 1 ? powers.getFirst() : new Product(powers);
      return scaled(number, product);
    }

    private Expr ofOne(Expr base, Expr exponent) {
      return exponent.equals(Numeral.ONE) ? base : power(base, exponent);
    }
  }

  // -- Powers -------------------------------------------------------------------------------------

  private Expr power(Expr base, Expr exponent) {
    if (exponent.equals(Numeral.ZERO) || base.equals(Numeral.ONE)) {
      return Numeral.ONE;
    }
    if (exponent.equals(Numeral.ONE)) {
      return base;
    }
    if (!(exponent instanceof Numeral n)) {
      return new Power(base, exponent);
    }
    if (base.equals(Numeral.ZERO) && n.value().isNegative()) {
      return new Power(base, Numeral.MINUS_ONE);
    }
    if (base instanceof Power p && (n.value().isInteger() || isE(p.base()))) {
      return power(p.base(), product(List.of(p.exponent(), exponent)));
    }
    if (base instanceof Product p && n.value().isInteger()) {
      return product(p.args().stream().map(f -> power(f, exponent)).toList());
    }
    if (base instanceof Numeral b) {
      Optional<Num> power = b.value().pow(n.value());
      if (power.isPresent()) {
        return new Numeral(power.get());
      }
    }
    return new Power(base, exponent);
  }

  static boolean isE(Expr e) {
    return e instanceof Numeral n && n.value().equals(Num.E);
  }

  // -- Functions ----------------------------------------------------------------------------------

  private Expr call(String function, List<Expr> args) {
    Expr x = args.getFirst();
    return switch (function) {
      case "sqrt" -> power(x, new Numeral(Num.HALF));
      case "rsqrt" -> power(x, new Numeral(Num.HALF.negated()));
      case "reciprocal" -> power(x, Numeral.MINUS_ONE);
      case "exp" -> power(new Numeral(Num.E), x);
      case "expm1" -> sum(List.of(power(new Numeral(Num.E), x), Numeral.MINUS_ONE));
      case "log1p" -> call("ln", List.of(sum(List.of(Numeral.ONE, x))));
      case "ln" ->
          x.equals(Numeral.ONE) ? Numeral.ZERO : isE(x) ? Numeral.ONE : new Call(function, args);
      case "where" -> where(x, args.get(1), args.get(2));
      case "and", "or", "xor" -> logical(function, x, args.get(1));
      default ->
          Functions.comparison(function)
              .map(c -> comparison(c, x, args.get(1)))
              .orElseGet(() -> args.size() == 1 ? ofOne(function, x) : new Call(function, args));
    };
  }

  private Expr ofOne(String function, Expr x) {
    if (x.equals(Numeral.ZERO) && ZERO_AT_ZERO.contains(function)) {
      return Numeral.ZERO;
    }
    if (x.equals(Numeral.ZERO) && ONE_AT_ZERO.contains(function)) {
      return Numeral.ONE;
    }
    Expr front = x instanceof Product p ? p.args().getFirst() : x;
    boolean negative = front instanceof Numeral n && n.value().isNegative();
    if (negative && EVEN.contains(function)) {
      return ofOne(function, product(List.of(Numeral.MINUS_ONE, x)));
    }
    if (negative && ODD.contains(function)) {
      Expr positive = ofOne(function, product(List.of(Numeral.MINUS_ONE, x)));
      return product(List.of(Numeral.MINUS_ONE, positive));
    }
    if (x instanceof Numeral && function.equals("abs")) {
      return x;
    }
    return new Call(function, List.of(x));
  }

  private Expr where(Expr condition, Expr then, Expr otherwise) {
    if (condition instanceof Numeral n) {
      return n.value().equals(Num.ZERO) ? otherwise : then;
    }
    return then.equals(otherwise) ? then : new Call("where", List.of(condition, then, otherwise));
  }

  private Expr logical(String function, Expr a, Expr b) {
    if (a instanceof Numeral x) {
      boolean holds = !x.value().equals(Num.ZERO);
      return switch (function) {
        case "and" -> holds ? b : truth(false);
        case "or" -> holds ? truth(true) : b;
        default -> holds ? not(b) : b;
      };
    }
    return b instanceof Numeral ? logical(function, b, a) : new Call(function, List.of(a, b));
  }

  private static Expr not(Expr condition) {
    if (condition instanceof Numeral n) {
      return truth(n.value().equals(Num.ZERO));
    }
    Expr yes = new Call(Compare.NE.toString(), List.of(Numeral.ONE, Numeral.ZERO));
    return new Call(Compare.XOR.toString(), List.of(yes, condition));
  }

  private Expr comparison(Compare c, Expr a, Expr b) {
    boolean same = a.equals(b);
    if (same || (a instanceof Numeral && b instanceof Numeral)) {
      if (a.equals(NAN) || b.equals(NAN)) {
        return truth(c == Compare.NE);
      }
      int order = same ? 0 : TermOrder.FACTORS.compare(a, b);
      return truth(
          switch (c) {
            case EQ -> order == 0;
            case NE -> order != 0;
            case LT -> order < 0;
            case LE -> order <= 0;
            case GT -> order > 0;
            case GE -> order >= 0;
            case AND, OR, XOR -> throw new AssertionError(c + " is not a comparison");
          });
    }
    if (c == Compare.NE && b.equals(Numeral.ZERO) && isTruthOf(a)) {
      return a.args().getFirst();
    }
    if (almostEverywhere && (c == Compare.EQ || c == Compare.NE)) {
      Expr difference = sum(List.of(a, product(List.of(Numeral.MINUS_ONE, b))));
      if (difference.equals(Numeral.ZERO)) {
        return truth(c == Compare.EQ);
      }
      if (difference instanceof Numeral || varies(difference)) {
        return truth(c == Compare.NE);
      }
    }
    return new Call(c.toString(), List.of(a, b));
  }

  /** Whether this is 1 where a condition holds and 0 elsewhere. */
  private static boolean isTruthOf(Expr e) {
    return e instanceof Call c
        && c.function().equals("where")
        && c.args().get(1).equals(Numeral.ONE)
        && c.args().get(2).equals(Numeral.ZERO);
  }

  /**
   * Whether a simple expression has, for certain, a value at single points only: it is a
   * polynomial, or made of one by analytic functions. What is by cases, or cancels, may have one in
   * a region.
   */
  private static boolean varies(Expr e) {
    return switch (e) {
      case Numeral _ -> false;
      case Symbol _ -> true;
      case Sum s -> varies(s.args(), Simplifier::isMonomial);
      case Product p -> varies(p.args(), Simplifier::isPower);
      case Power p when p.exponent() instanceof Numeral -> varies(p.base());
      case Power p ->
          p.base() instanceof Numeral b && b.value().value() > 0 && varies(p.exponent());
      case Call c -> ANALYTIC.contains(c.function()) && varies(c.args().getFirst());
    };
  }

  /** Whether the only part that is no number does, or all parts that are none are of that kind. */
  private static boolean varies(List<Expr> parts, Predicate<Expr> kind) {
    List<Expr> others = parts.stream().filter(e -> !(e instanceof Numeral)).toList();
    return others.size() == 1 ? varies(others.getFirst()) : others.stream().allMatch(kind);
  }

  private static boolean isMonomial(Expr e) {
    return e instanceof Product p
        ? p.args().stream().allMatch(f -> f instanceof Numeral || isPower(f))
        : isPower(e);
  }

  private static boolean isPower(Expr e) {
    return e instanceof Symbol
        || (e instanceof Power p && p.base() instanceof Symbol && p.exponent() instanceof Numeral);
  }

  private static Expr truth(boolean holds) {
    return holds ? Numeral.ONE : Numeral.ZERO;
  }
}
