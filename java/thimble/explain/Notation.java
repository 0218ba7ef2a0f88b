package thimble.explain;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import thimble.tensor.Compare;

/** How the signs of mathematics are written. */
enum Notation {
  /** ASCII that can be typed in again: {@code x1*x2 - 1}. */
  PLAIN("*", "-", "pi"),
  /** On a line, with its own signs: {@code x1·x2 − 1}. */
  TYPESET("·", "−", "π"),
  /** LaTeX in math mode. */
  LATEX(" ", "-", "\\pi");

  private static final Map<Compare, String> RELATIONS =
      Map.of(
          Compare.EQ,
          "=",
          Compare.NE,
          "!=",
          Compare.LT,
          "<",
          Compare.LE,
          "<=",
          Compare.GT,
          ">",
          Compare.GE,
          ">=",
          Compare.AND,
          "and",
          Compare.OR,
          "or",
          Compare.XOR,
          "xor");
  private static final Map<String, String> COMMANDS =
      Map.of(
          "asin", "arcsin", "acos", "arccos", "atan", "arctan", "!=", "\\neq", "<=", "\\leq", ">=",
          "\\geq", "and", "\\land", "or", "\\lor", "xor", "\\oplus");
  private static final Map<String, String> SIGNS = Map.of("!=", "≠", "<=", "≤", ">=", "≥");
  private static final Set<String> KNOWN =
      Set.of(
          "ln", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "max",
          "min");
  private static final Set<String> GREEK =
      Set.of(
          "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
          "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega", "pi");

  private final String times;
  private final String minus;
  private final String pi;

  Notation(String times, String minus, String pi) {
    this.times = times;
    this.minus = minus;
    this.pi = pi;
  }

  String times() {
    return times;
  }

  String minus() {
    return minus;
  }

  String pi() {
    return pi;
  }

  String parentheses(String inside) {
    return this == LATEX ? "\\left(" + inside + "\\right)" : "(" + inside + ")";
  }

  /** A positive number: as short as it can be read back. */
  String number(double value) {
    if (!Double.isFinite(value)) {
      boolean nan = Double.isNaN(value);
      return switch (this) {
        case PLAIN -> nan ? "nan" : "inf";
        case TYPESET -> nan ? "NaN" : "∞";
        case LATEX -> nan ? "\\mathrm{NaN}" : "\\infty";
      };
    }
    String text = Double.toString(value);
    text = text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    int e = text.indexOf('E');
    if (e < 0) {
      return text;
    }
    String mantissa = text.substring(0, e).replace(".0", "");
    String exponent = text.substring(e + 1);
    return switch (this) {
      case PLAIN -> mantissa + "e" + exponent;
      case TYPESET -> mantissa + "e" + exponent.replace("-", minus);
      case LATEX -> mantissa + " \\cdot 10^{" + exponent + "}";
    };
  }

  /** A variable: x1 has an index in LaTeX. */
  String symbol(String name) {
    if (this != LATEX) {
      return name;
    }
    String stem = Expr.Names.stem(name);
    String index = name.substring(stem.length());
    stem = stem.endsWith("_") && stem.length() > 1 ? stem.substring(0, stem.length() - 1) : stem;
    String letter =
        GREEK.contains(stem)
            ? "\\" + stem
            : stem.codePointCount(0, stem.length()) == 1
                ? stem
                : "\\mathrm{" + stem.replace("_", "\\_") + "}";
    return switch (index.length()) {
      case 0 -> letter;
      case 1 -> letter + "_" + index;
      default -> letter + "_{" + index + "}";
    };
  }

  /** A function's name in front of its argument. */
  String function(String name) {
    String command = COMMANDS.getOrDefault(name, name);
    return this != LATEX
        ? name
        : KNOWN.contains(command) ? "\\" + command : "\\operatorname{" + command + "}";
  }

  /** The sign of a comparison. */
  String relation(Compare c) {
    String sign = Objects.requireNonNull(RELATIONS.get(c));
    return switch (this) {
      case PLAIN -> sign;
      case TYPESET -> SIGNS.getOrDefault(sign, sign);
      case LATEX -> COMMANDS.getOrDefault(sign, sign);
    };
  }
}
