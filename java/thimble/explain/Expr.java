package thimble.explain;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import thimble.tensor.Tensor;

/**
 * A formula over named variables: ln(x1) + x1·x2 − sin(x2).
 *
 * <p>An expression comes from text, {@link #parse}, or from a function of tensors, {@link
 * #trace(List, Function)}. It is a function of tensors again by {@link #apply}, and so is
 * differentiated by the rules of the ops that it stands for, {@link #derivative}: there are no
 * others. It prints as mathematics that {@link #parse} reads, {@link #toString}, and as {@link
 * #latex}.
 *
 * <p>Immutable; equal if built alike. Parts may be shared, and every walk visits a part once.
 */
public abstract sealed class Expr {
  private final Object label;
  private final List<Expr> args;
  private final List<String> symbols;
  private final int hash;

  private Expr(Object label, List<Expr> args) {
    this.label = label;
    this.args = List.copyOf(args);
    this.symbols = label instanceof Name n ? List.of(n.text) : union(this.args);
    this.hash = 31 * label.hashCode() + this.args.hashCode();
  }

  /** A number. */
  static final class Numeral extends Expr {
    static final Numeral ZERO = new Numeral(Num.ZERO);
    static final Numeral ONE = new Numeral(Num.ONE);
    static final Numeral MINUS_ONE = new Numeral(Num.MINUS_ONE);

    private final Num value;

    Numeral(Num value) {
      super(value, List.of());
      this.value = value;
    }

    Num value() {
      return value;
    }
  }

  /** A variable. */
  static final class Symbol extends Expr {
    private final String name;

    Symbol(String name) {
      super(new Name(name), List.of());
      this.name = name;
    }

    String name() {
      return name;
    }
  }

  /** a + b + …; a difference has a term that begins with the factor −1. */
  static final class Sum extends Expr {
    Sum(List<Expr> terms) {
      super("+", terms);
    }
  }

  /** a · b · …; a quotient has a factor with the exponent −1. */
  static final class Product extends Expr {
    Product(List<Expr> factors) {
      super("*", factors);
    }
  }

  /** a^b. */
  static final class Power extends Expr {
    Power(Expr base, Expr exponent) {
      super("^", List.of(base, exponent));
    }

    Expr base() {
      return args().getFirst();
    }

    Expr exponent() {
      return args().getLast();
    }
  }

  /** f(a, …) for an op by its name, ln for the logarithm. */
  static final class Call extends Expr {
    private final String function;

    Call(String function, List<Expr> args) {
      super(function, args);
      this.function = function;
    }

    String function() {
      return function;
    }
  }

  /** Tells the symbol x from the function x. */
  private record Name(String text) {}

  // -- Making -------------------------------------------------------------------------------------

  static Expr number(double value) {
    return new Numeral(Num.of(value));
  }

  static Expr negative(Expr a) {
    return new Product(List.of(Numeral.MINUS_ONE, a));
  }

  static Expr quotient(Expr a, Expr b) {
    return new Product(List.of(a, new Power(b, Numeral.MINUS_ONE)));
  }

  /**
   * The expression that a text says: numbers, names, {@code + - * / ^}, parentheses, pi, e, inf,
   * nan, and the elementwise ops by their names, ln, max and min. {@code ^} binds before a minus on
   * its left and from right to left.
   *
   * @throws ExpressionException if it says none; the message shows where
   */
  public static Expr parse(String text) {
    return parse(text, Integer.MAX_VALUE);
  }

  /**
   * The same of a text that is not too long.
   *
   * @param most how many numbers, names and signs it may have
   * @throws ExpressionException if it has more, or says no expression; the message shows where
   */
  public static Expr parse(String text, int most) {
    return new Parser(text, most).parse();
  }

  /**
   * The expression that a function computes, as it computes it: {@link #simplify} makes it shorter.
   *
   * @param names of the arguments
   * @param f a function of scalars, computed by elementwise ops
   * @throws UnsupportedOperationException if it is computed by an op that has no meaning for
   *     scalars
   */
  public static Expr trace(List<String> names, Function<? super List<Tensor>, ? extends Tensor> f) {
    return Symbolic.value(names, f);
  }

  // -- What it is ---------------------------------------------------------------------------------

  List<Expr> args() {
    return args;
  }

  /** The names of the variables, x2 before x10. */
  public List<String> symbols() {
    return symbols;
  }

  private static List<String> union(List<Expr> args) {
    List<String> largest = List.of();
    boolean all = true;
    for (Expr a : args) {
      largest = a.symbols.size() > largest.size() ? a.symbols : largest;
    }
    for (Expr a : args) {
      all &= largest.containsAll(a.symbols);
    }
    if (all) {
      return largest;
    }
    Set<String> names = new TreeSet<>(Names.NATURAL);
    args.forEach(a -> names.addAll(a.symbols));
    return List.copyOf(names);
  }

  // -- Doing --------------------------------------------------------------------------------------

  /**
   * The value for these variables, of any shapes that broadcast together: computed by tensor ops,
   * which are recorded and differentiated as always.
   *
   * @throws IllegalArgumentException if a variable is missing
   */
  public Tensor apply(Map<String, Tensor> variables) {
    return Evaluation.of(this, variables);
  }

  /** The value at a point. */
  public double at(Map<String, Double> point) {
    Map<String, Tensor> variables = new HashMap<>();
    point.forEach((name, x) -> variables.put(name, Tensor.of(x)));
    return apply(variables).item();
  }

  /**
   * ∂/∂x of this, simplified: traced through the derivative rules of the ops that compute it.
   *
   * @param x the name of a variable; of another name the derivative is 0
   */
  public Expr derivative(String x) {
    int i = symbols.indexOf(x);
    return i < 0 ? Numeral.ZERO : Symbolic.gradient(symbols, this::ofList).get(i);
  }

  /** The value for the variables in the order of {@link #symbols}. */
  Tensor ofList(List<Tensor> variables) {
    Map<String, Tensor> named = new HashMap<>();
    for (int i = 0; i < symbols.size(); i++) {
      named.put(symbols.get(i), variables.get(i));
    }
    return apply(named);
  }

  /**
   * The same with like terms and like factors collected, numbers computed where that is exact, and
   * terms in a fixed order. What results is equal wherever this is defined; it may be defined where
   * this is not: x/x is 1.
   */
  public Expr simplify() {
    return new Simplifier(false).simplify(this);
  }

  /** How many operations a value takes, each part that occurs several times counted once. */
  public Cost cost() {
    return Cost.of(this);
  }

  // -- Walking ------------------------------------------------------------------------------------

  /** The parts, each after its own and once, this last. Iterative, so depth is unbounded. */
  List<Expr> parts() {
    List<Expr> order = new ArrayList<>();
    Set<Expr> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    ArrayDeque<Visit> path = new ArrayDeque<>();
    path.push(new Visit(this));
    while (!path.isEmpty()) {
      Visit visit = path.peek();
      if (visit.next < visit.of.args.size()) {
        Expr part = visit.of.args.get(visit.next++);
        if (seen.add(part)) {
          path.push(new Visit(part));
        }
      } else {
        order.add(path.pop().of);
      }
    }
    return order;
  }

  private static final class Visit {
    final Expr of;
    int next;

    Visit(Expr of) {
      this.of = of;
    }
  }

  /** The result for this of a function of each part and the results for its own parts. */
  <R> R fold(BiFunction<Expr, List<R>, R> f) {
    IdentityHashMap<Expr, R> results = new IdentityHashMap<>();
    for (Expr part : parts()) {
      results.put(part, f.apply(part, part.args.stream().map(results::get).toList()));
    }
    return Objects.requireNonNull(results.get(this));
  }

  // -- Printing -----------------------------------------------------------------------------------

  /** As LaTeX, to be put in math mode: {@code \frac{1}{x_1} + x_2}. */
  public String latex() {
    return print(Notation.LATEX);
  }

  String print(Notation notation) {
    return new Printer(notation).print(this);
  }

  /** As one writes it on a line: {@code 1/x1 + x2}; … for a part of over a million characters. */
  @Override
  public String toString() {
    return print(Notation.PLAIN);
  }

  @Override
  public boolean equals(Object other) {
    if (this == other) {
      return true;
    }
    return other instanceof Expr e
        && hash == e.hash
        && label.equals(e.label)
        && (sameArgs(e) || numbered(e));
  }

  @SuppressWarnings("ReferenceEquality") // the quick answer
  private boolean sameArgs(Expr e) {
    for (int i = 0; i < Math.min(args.size(), e.args.size()); i++) {
      if (args.get(i) != e.args.get(i)) {
        return false;
      }
    }
    return args.size() == e.args.size();
  }

  /** Whether e is built alike: parts of both get a number each, the same if built alike. */
  private boolean numbered(Expr e) {
    Map<List<Object>, Integer> numbers = new HashMap<>();
    BiFunction<Expr, List<Integer>, Integer> number =
        (part, own) -> numbers.computeIfAbsent(List.of(part.label, own), k -> numbers.size());
    return fold(number).equals(e.fold(number));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** Names in alphabetical order, but x2 before x10. */
  static final class Names {
    static final Comparator<String> NATURAL =
        Comparator.comparing(Names::stem)
            .thenComparingInt(n -> n.length() - stem(n).length())
            .thenComparing(Comparator.naturalOrder());

    private Names() {}

    /** A name without the digits at its end. */
    static String stem(String name) {
      int end = name.length();
      while (end > 0 && name.charAt(end - 1) >= '0' && name.charAt(end - 1) <= '9') {
        end--;
      }
      return name.substring(0, end);
    }
  }
}
