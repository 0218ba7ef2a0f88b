package thimble.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BinaryOperator;
import thimble.explain.Expr.Call;
import thimble.explain.Expr.Numeral;
import thimble.explain.Expr.Power;
import thimble.explain.Expr.Product;
import thimble.explain.Expr.Sum;
import thimble.explain.Expr.Symbol;
import thimble.tensor.Compare;

/**
 * Reads an expression by recursive descent.
 *
 * <pre>
 * sum     = product { ("+" | "-") product }
 * product = sign { ("*" | "/") sign }
 * sign    = ("-" | "+") sign | power
 * power   = atom [ "^" sign ]
 * atom    = number | name | "(" sum ")" | function "(" arguments ")" | function (number | name)
 * </pre>
 *
 * The first argument of where is a condition: two sums with one of {@code < <= > >= = !=} between,
 * or and, or, xor of two conditions, and(x > 0, x < 1). The signs · × − are taken for {@code * *
 * -}.
 */
final class Parser {
  private static final int DEEPEST = 400;
  private static final String OPERAND = "expected a number, a name or '('";

  private static final Map<String, Compare> RELATIONS =
      Map.of(
          "<",
          Compare.LT,
          "<=",
          Compare.LE,
          ">",
          Compare.GT,
          ">=",
          Compare.GE,
          "=",
          Compare.EQ,
          "!=",
          Compare.NE);

  private static final Set<String> LOGIC = Set.of("and", "or", "xor");

  private final String text;
  private final List<Token> tokens;
  private int next;
  private int depth;

  Parser(String text, int most) {
    this.text = text;
    this.tokens = new Lexer(text).tokens();
    if (tokens.size() - 1 > most) { // the last is the end
      throw error(tokens.get(most), "longer than %d numbers, names and signs".formatted(most));
    }
  }

  Expr parse() {
    Expr e = sum();
    Token t = peek();
    if (t.kind() == Token.Kind.END) {
      return e;
    }
    throw error(t, afterOperand(t));
  }

  // -- The grammar --------------------------------------------------------------------------------

  private Expr sum() {
    Expr sum = product();
    while (isSign("+", "-")) {
      boolean minus = take().is("-");
      Expr term = product();
      sum = new Sum(List.of(sum, minus ? Expr.negative(term) : term));
    }
    return sum;
  }

  private Expr product() {
    Expr product = sign();
    while (isSign("*", "/")) {
      BinaryOperator<Expr> op =
          take().is("/") ? Expr::quotient : (a, b) -> new Product(List.of(a, b));
      product = op.apply(product, sign());
    }
    return product;
  }

  private Expr sign() {
    if (++depth > DEEPEST) {
      throw error(peek(), "nested more than %d deep".formatted(DEEPEST));
    }
    try {
      if (!isSign("+", "-")) {
        return power();
      }
      boolean minus = take().is("-");
      Expr e = sign();
      return !minus
          ? e
          : e instanceof Numeral n ? new Numeral(n.value().negated()) : Expr.negative(e);
    } finally {
      depth--;
    }
  }

  private Expr power() {
    Token start = peek();
    Expr base = atom();
    if (!isSign("^")) {
      return base;
    }
    if (base instanceof Call c && !tokens.get(next - 1).is(")") && c.args().size() == 1) {
      throw error(
          peek(),
          "is it the function or its argument that is raised? Write %1$s(%2$s)^… or %1$s(%2$s^…)"
              .formatted(start.text(), tokens.get(next - 1).text()));
    }
    take();
    return new Power(base, sign());
  }

  private Expr atom() {
    Token t = take();
    return switch (t.kind()) {
      case NUMBER -> Expr.number(number(t));
      case NAME -> name(t);
      case SIGN -> {
        if (!t.is("(")) {
          throw error(t, OPERAND + after(t));
        }
        Expr e = sum();
        expect(")");
        yield e;
      }
      case END -> throw error(t, OPERAND + after(t));
    };
  }

  private double number(Token t) {
    double value = Double.parseDouble(t.text());
    if (Double.isInfinite(value)) {
      throw error(t, "%s is too large for a double".formatted(t.text()));
    }
    return value;
  }

  private Expr name(Token t) {
    String name = t.text();
    var function = Functions.find(name);
    boolean open = isSign("(");
    if (function.isPresent()) {
      return call(t, function.get());
    }
    if (open) {
      throw error(
          t,
          "no function is called %1$s; for a product write %1$s*(…). There are: %2$s"
              .formatted(name, Functions.names()));
    }
    return switch (name) {
      case "pi", "π" -> new Numeral(Num.PI);
      case "e" -> new Numeral(Num.E);
      case "inf", "∞" -> Expr.number(Double.POSITIVE_INFINITY);
      case "nan" -> Expr.number(Double.NaN);
      default -> new Symbol(name);
    };
  }

  private Expr call(Token t, Functions.Named function) {
    if (!isSign("(")) {
      Token argument = peek();
      boolean bare = argument.kind() == Token.Kind.NUMBER || argument.kind() == Token.Kind.NAME;
      if (!bare || function.arity() != 1) {
        throw error(argument, "expected '(' after the function %s".formatted(t.text()));
      }
      return apply(function, List.of(atom()));
    }
    Token open = take();
    List<Expr> args = new ArrayList<>();
    do {
      args.add(function.name().equals("where") && args.isEmpty() ? condition() : sum());
    } while (isSign(",") && take().is(","));
    if (args.size() != function.arity()) {
      throw error(
          open,
          "%s takes %d argument%s, not %d"
              .formatted(
                  t.text(), function.arity(), function.arity() == 1 ? "" : "s", args.size()));
    }
    expect(")");
    return apply(function, args);
  }

  private static Expr apply(Functions.Named function, List<Expr> args) {
    return function.name().equals("neg")
        ? Expr.negative(args.getFirst())
        : new Call(function.name(), args);
  }

  /** A comparison, or and, or, xor of two conditions. */
  private Expr condition() {
    Token t = peek();
    if (t.kind() != Token.Kind.NAME || !LOGIC.contains(t.text()) || !tokens.get(next + 1).is("(")) {
      return relation();
    }
    if (++depth > DEEPEST) {
      throw error(t, "nested more than %d deep".formatted(DEEPEST));
    }
    take();
    take();
    Expr a = condition();
    expect(",");
    Expr b = condition();
    expect(")");
    depth--;
    return new Call(t.text(), List.of(a, b));
  }

  private Expr relation() {
    Expr left = sum();
    Token t = peek();
    Compare c = t.kind() == Token.Kind.SIGN ? RELATIONS.get(t.text()) : null;
    if (c == null) {
      throw error(t, "expected a comparison: <, <=, >, >=, = or !=");
    }
    take();
    return new Call(c.toString(), List.of(left, sum()));
  }

  // -- Tokens -------------------------------------------------------------------------------------

  private Token peek() {
    return tokens.get(next);
  }

  private Token take() {
    Token t = tokens.get(next);
    next = Math.min(next + 1, tokens.size() - 1);
    return t;
  }

  private boolean isSign(String... signs) {
    return peek().kind() == Token.Kind.SIGN && List.of(signs).contains(peek().text());
  }

  private void expect(String sign) {
    Token t = peek();
    if (!isSign(sign)) {
      throw error(t, "expected '%s' or an operator%s".formatted(sign, hint(t)));
    }
    take();
  }

  // -- Errors -------------------------------------------------------------------------------------

  private ExpressionException error(Token at, String problem) {
    return new ExpressionException(problem, text, at.at());
  }

  private String after(Token t) {
    int i = tokens.indexOf(t);
    return i == 0 ? "" : " after '%s'".formatted(tokens.get(i - 1).text());
  }

  private String afterOperand(Token t) {
    return t.is(")")
        ? "no '(' is open here"
        : t.is(",")
            ? "a ',' separates the arguments of a function only"
            : RELATIONS.containsKey(t.text())
                ? "a comparison is the first argument of where only"
                : "expected an operator" + hint(t);
  }

  /** What an operand right after an operand was meant to be. */
  private String hint(Token t) {
    boolean operand = t.kind() == Token.Kind.NAME || t.kind() == Token.Kind.NUMBER || t.is("(");
    return operand && next > 0
        ? ": a product is written %s*%s".formatted(tokens.get(next - 1).text(), t.text())
        : "";
  }
}
