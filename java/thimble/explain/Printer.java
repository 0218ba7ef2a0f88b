package thimble.explain;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import thimble.explain.Expr.Call;
import thimble.explain.Expr.Numeral;
import thimble.explain.Expr.Power;
import thimble.explain.Expr.Product;
import thimble.explain.Expr.Sum;
import thimble.explain.Expr.Symbol;
import thimble.explain.Num.Ratio;
import thimble.explain.Num.Real;
import thimble.tensor.Compare;

/**
 * Writes expressions as people do: cos x2 without parentheses where it stands alone, quotients for
 * negative exponents, a minus for the factor −1, and a sum begins with a term that has none.
 */
final class Printer {
  // How tightly a text holds together, from a comparison to a name.
  private static final int RELATION = 0;
  private static final int SUM = 1;
  private static final int CALL = 2; // a·cos x: nothing may follow
  private static final int PRODUCT = 3;
  private static final int POWER = 4;
  private static final int ATOM = 5;

  /** What is longer is not for reading; of parts that are shared it would be beyond all memory. */
  private static final int LONGEST = 1 << 20;

  private final Notation notation;
  private final IdentityHashMap<Expr, Text> texts = new IdentityHashMap<>();

  Printer(Notation notation) {
    this.notation = notation;
  }

  String print(Expr e) {
    e.parts().forEach(part -> texts.put(part, text(part)));
    return known(e).signed();
  }

  /**
   * What is written for a part.
   *
   * @param negative whether a minus belongs in front
   * @param body what comes after that
   * @param level how tightly the body holds together
   * @param alone as an operand of what holds tighter
   */
  private record Text(boolean negative, String body, int level, String minus, String alone) {
    String signed() {
      return negative ? minus + body : body;
    }

    /** As an operand that holds together at least that tightly. */
    String operand(int least) {
      return !negative && level >= least ? body : alone;
    }
  }

  private Text text(boolean negative, String whole, int level) {
    String body = whole.length() > LONGEST ? "…" : whole;
    String signed = negative ? notation.minus() + body : body;
    return new Text(negative, body, level, notation.minus(), notation.parentheses(signed));
  }

  private Text text(Expr e) {
    return switch (e) {
      case Numeral n -> number(n.value());
      case Symbol s -> text(false, notation.symbol(s.name()), ATOM);
      case Sum s -> sum(s.args());
      case Product p -> product(p.args());
      case Power p ->
          p.exponent() instanceof Numeral n && n.value().isNegative()
              ? product(List.of(p))
              : power(p.base(), p.exponent());
      case Call c -> call(c);
    };
  }

  // -- Numbers and sums ---------------------------------------------------------------------------

  private Text number(Num n) {
    return switch (n) {
      case Ratio(long p, long q) when q == 1 -> text(p < 0, Long.toString(Math.abs(p)), ATOM);
      case Ratio(long p, long q) ->
          text(p < 0, quotient(Long.toString(Math.abs(p)), Long.toString(q)), PRODUCT);
      case Real(double v) when v == Math.PI -> text(false, notation.pi(), ATOM);
      case Real(double v) when v == Math.E -> text(false, "e", ATOM);
      case Real(double v) -> text(v < 0, notation.number(Math.abs(v)), ATOM);
    };
  }

  private Text sum(List<Expr> terms) {
    List<Expr> order = new ArrayList<>(terms);
    terms.stream()
        .filter(t -> !known(t).negative)
        .findFirst()
        .ifPresent(first -> {
          order.remove(first);
          order.addFirst(first);
        });
    StringBuilder sum = new StringBuilder();
    for (Expr term : order) {
      Text t = known(term);
      if (sum.isEmpty()) {
        sum.append(t.negative ? notation.minus() : "");
        sum.append(t.level >= SUM ? t.body : t.alone);
      } else {
        sum.append(t.negative ? " " + notation.minus() + " " : " + ");
        sum.append(t.level > SUM ? t.body : t.alone);
      }
    }
    return text(false, sum.toString(), SUM);
  }

  // -- Products -----------------------------------------------------------------------------------

  private Text product(List<Expr> factors) {
    Quotient q = new Quotient();
    factors.forEach(q::add);
    return q.text();
  }

  /** Factors above and below the line. */
  private final class Quotient {
    private boolean negative;
    private final List<Text> above = new ArrayList<>();
    private final List<Text> below = new ArrayList<>();

    private boolean isFirst() {
      return above.isEmpty() && below.isEmpty();
    }

    void add(Expr factor) {
      if (factor instanceof Numeral n && n.value() instanceof Ratio(long p, long q) && isFirst()) {
        negative ^= p < 0;
        if (Math.abs(p) != 1) {
          above.add(number(new Ratio(Math.abs(p), 1)));
        }
        if (q != 1) {
          below.add(number(new Ratio(q, 1)));
        }
      } else if (factor instanceof Power p
          && p.exponent() instanceof Numeral n
          && n.value().isNegative()) {
        below.add(power(p.base(), new Numeral(n.value().negated())));
      } else {
        Text t = known(factor);
        boolean lift = t.negative && isFirst();
        negative ^= lift;
        above.add(lift ? Printer.this.text(false, t.body, t.level) : t);
      }
    }

    Text text() {
      if (!below.isEmpty()) {
        return Printer.this.text(negative, quotient(numerator(), denominator()), PRODUCT);
      }
      if (above.isEmpty()) {
        return Printer.this.text(negative, "1", ATOM);
      }
      Text last = above.getLast();
      boolean call = last.level == CALL && !last.negative;
      if (above.size() == 1) {
        String one = call ? last.body : last.operand(PRODUCT);
        return Printer.this.text(negative, one, call ? CALL : PRODUCT);
      }
      String product = product(above.subList(0, above.size() - 1));
      product += between(call ? last.body : last.operand(POWER));
      return Printer.this.text(negative, product, call ? CALL : PRODUCT);
    }

    private String numerator() {
      return notation == Notation.LATEX && above.size() == 1
          ? above.getFirst().signed()
          : above.isEmpty() ? "1" : product(above);
    }

    private String denominator() {
      if (below.size() == 1) {
        Text only = below.getFirst();
        return notation == Notation.LATEX ? only.signed() : only.operand(POWER);
      }
      return notation == Notation.LATEX ? product(below) : notation.parentheses(product(below));
    }

    private String product(List<Text> factors) {
      StringBuilder product = new StringBuilder(factors.getFirst().operand(PRODUCT));
      factors.subList(1, factors.size()).forEach(t -> product.append(between(t.operand(POWER))));
      return product.toString();
    }

    /** A factor with the sign that joins it to those before. */
    private String between(String factor) {
      boolean digit = notation == Notation.LATEX && Character.isDigit(factor.charAt(0));
      return (digit ? " \\cdot " : notation.times()) + factor;
    }
  }

  private String quotient(String above, String below) {
    return notation == Notation.LATEX
        ? "\\frac{" + above + "}{" + below + "}"
        : above + "/" + below;
  }

  // -- Powers and functions -----------------------------------------------------------------------

  private Text power(Expr base, Expr exponent) {
    if (exponent.equals(Numeral.ONE)) {
      return known(base);
    }
    if (exponent instanceof Numeral n && n.value().equals(Num.HALF)) {
      return call("sqrt", base);
    }
    Text n = known(exponent);
    if (notation != Notation.LATEX) {
      return text(false, known(base).operand(ATOM) + "^" + n.operand(ATOM), POWER);
    }
    String raised = n.signed().length() == 1 ? "^" + n.body : "^{" + n.signed() + "}";
    if (base instanceof Call c && known(base).level == CALL) { // \\sin^2 x
      String name = notation.function(c.function());
      String argument = known(base).body.substring(name.length());
      return text(false, name + raised + argument, POWER);
    }
    return text(false, known(base).operand(ATOM) + raised, POWER);
  }

  private Text known(Expr e) {
    Text t = texts.get(e);
    return t != null ? t : text(e);
  }

  private Text call(Call c) {
    Expr x = c.args().isEmpty() ? Numeral.ZERO : c.args().getFirst();
    Optional<Compare> comparison = Functions.comparison(c.function());
    if (comparison.isPresent()) {
      return comparison(comparison.get(), known(x), known(c.args().getLast()));
    }
    if (c.function().equals("exp")) {
      return power(new Numeral(Num.E), x);
    }
    if (c.args().size() == 1) {
      return call(c.function(), x);
    }
    return notation == Notation.LATEX && c.function().equals("where")
        ? text(false, cases(c), ATOM)
        : text(false, notation.function(c.function()) + arguments(c.args()), ATOM);
  }

  /**
   * x > 1; of conditions and(x > 1, x < 3), which are put in parentheses where it stands between.
   */
  private Text comparison(Compare c, Text a, Text b) {
    String sign = notation.relation(c);
    if (c != Compare.AND && c != Compare.OR && c != Compare.XOR) {
      return text(false, "%s %s %s".formatted(a.signed(), sign, b.signed()), RELATION);
    }
    return notation == Notation.PLAIN
        ? text(false, "%s(%s, %s)".formatted(sign, a.signed(), b.signed()), ATOM)
        : text(false, "%s %s %s".formatted(a.operand(SUM), sign, b.operand(SUM)), RELATION);
  }

  private String arguments(List<Expr> args) {
    return notation.parentheses(
        args.stream().map(a -> known(a).signed()).collect(Collectors.joining(", ")));
  }

  private Text call(String function, Expr x) {
    String inside = known(x).signed();
    if (notation == Notation.LATEX) {
      switch (function) {
        case "sqrt" -> {
          return text(false, "\\sqrt{" + inside + "}", ATOM);
        }
        case "abs" -> {
          return text(false, "\\left|" + inside + "\\right|", ATOM);
        }
        case "floor", "ceil" -> {
          return text(false, "\\left\\l%1$s %2$s\\right\\r%1$s".formatted(function, inside), ATOM);
        }
        default -> {}
      }
    }
    String name = notation.function(function);
    String tight = name + notation.parentheses(inside);
    boolean bare =
        !known(x).negative
            && (x instanceof Symbol || x instanceof Numeral)
            && Functions.find(function).isPresent();
    return bare && known(x).level == ATOM
        ? new Text(false, name + " " + inside, CALL, notation.minus(), tight)
        : text(false, tight, ATOM);
  }

  /** A function by cases; what is otherwise may be by cases again. */
  private String cases(Call where) {
    StringBuilder cases = new StringBuilder("\\begin{cases} ");
    Expr rest = where;
    while (rest instanceof Call c && c.function().equals("where")) {
      cases.append(known(c.args().get(1)).signed()).append(" & \\text{if } ");
      cases.append(known(c.args().get(0)).signed()).append(" \\\\ ");
      rest = c.args().get(2);
    }
    return cases
        .append(known(rest).signed())
        .append(" & \\text{otherwise} \\end{cases}")
        .toString();
  }
}
