package thimble.explain;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import thimble.explain.Expr.Call;
import thimble.explain.Expr.Numeral;
import thimble.explain.Expr.Power;
import thimble.explain.Expr.Product;
import thimble.explain.Expr.Sum;
import thimble.explain.Expr.Symbol;
import thimble.tensor.Binary;
import thimble.tensor.DType;
import thimble.tensor.Tensor;

/**
 * The value of an expression by tensor ops: for each sign that is written the op that computes it,
 * for a number that is written the op with a number.
 */
final class Evaluation {
  private final Map<String, Tensor> variables;

  /** Of numbers that are an operand of their own. */
  private final DType dtype;

  private Evaluation(Map<String, Tensor> variables) {
    this.variables = variables;
    this.dtype =
        variables.values().stream()
            .map(Tensor::dtype)
            .reduce(DType::promote)
            .orElse(DType.FLOAT64)
            .floating();
  }

  static Tensor of(Expr e, Map<String, Tensor> variables) {
    Evaluation evaluation = new Evaluation(variables);
    return evaluation.tensor(e.<Operand>fold(evaluation::step));
  }

  private Operand step(Expr e, List<Operand> args) {
    return switch (e) {
      case Numeral n -> new Known(n.value().value());
      case Symbol s -> new Computed(variable(s.name()));
      case Sum _ -> args.stream().reduce(this::add).orElseThrow();
      case Product p -> product(p, args);
      case Power p -> power(p, args.getFirst(), args.getLast());
      case Call c -> call(c, args);
    };
  }

  private Tensor variable(String name) {
    Tensor x = variables.get(name);
    if (x == null) {
      throw new IllegalArgumentException(
          "the variable %s has no value: those given are %s"
              .formatted(name, new TreeSet<>(variables.keySet())));
    }
    return x;
  }

  private Operand add(Operand a, Operand b) {
    return b instanceof Negative n ? binary(Binary.SUB, a, n.of) : binary(Binary.ADD, a, b);
  }

  private Operand product(Product p, List<Operand> args) {
    boolean negative = p.args().getFirst().equals(Numeral.MINUS_ONE) && args.size() > 1;
    Operand product = args.stream().skip(negative ? 1 : 0).reduce(this::mul).orElseThrow();
    return negative ? new Negative(product) : product;
  }

  private Operand mul(Operand a, Operand b) {
    if (b instanceof Inverse d) {
      return binary(Binary.DIV, a, d.of);
    }
    return a instanceof Inverse d ? binary(Binary.DIV, b, d.of) : binary(Binary.MUL, a, b);
  }

  private Operand power(Power p, Operand base, Operand exponent) {
    if (p.exponent().equals(Numeral.MINUS_ONE)) {
      return new Inverse(base);
    }
    if (p.exponent() instanceof Numeral n && n.value().equals(Num.HALF)) {
      return new Computed(tensor(base).sqrt());
    }
    if (p.exponent() instanceof Numeral n && n.value().equals(Num.HALF.negated())) {
      return new Computed(tensor(base).rsqrt());
    }
    if (p.base() instanceof Numeral e && e.value().equals(Num.E)) {
      return new Computed(tensor(exponent).exp());
    }
    return binary(Binary.POW, base, exponent);
  }

  private Operand call(Call c, List<Operand> args) {
    Functions.Named function =
        Functions.of(c)
            .orElseThrow(() ->
                new UnsupportedOperationException("%s is no function of scalars".formatted(c)));
    return new Computed(function.apply().apply(args.stream().map(this::tensor).toList()));
  }

  /** The row of two operands; with a number for one, that is written into the op. */
  private Operand binary(Binary row, Operand a, Operand b) {
    if (a instanceof Known x && b instanceof Known y) {
      return new Known(row.apply(Tensor.of(x.value), Tensor.of(y.value)).item());
    }
    if (b instanceof Known s) {
      return new Computed(withNumber(row, tensor(a), s.value));
    }
    if (a instanceof Known s) {
      return new Computed(withNumber(row, s.value, tensor(b)));
    }
    return new Computed(row.apply(tensor(a), tensor(b)));
  }

  private Tensor withNumber(Binary row, Tensor x, double s) {
    return switch (row) {
      case ADD -> x.add(s);
      case SUB -> x.sub(s);
      case MUL -> x.mul(s);
      case DIV -> x.div(s);
      case POW -> x.pow(s);
      case MAXIMUM, MINIMUM, REMAINDER, ATAN2 -> row.apply(x, Tensor.full(dtype, s));
    };
  }

  private Tensor withNumber(Binary row, double s, Tensor x) {
    return switch (row) {
      case ADD -> x.add(s);
      case SUB -> x.rsub(s);
      case MUL -> x.mul(s);
      case DIV -> x.rdiv(s);
      case POW, MAXIMUM, MINIMUM, REMAINDER, ATAN2 -> row.apply(Tensor.full(dtype, s), x);
    };
  }

  private Tensor tensor(Operand a) {
    return switch (a) {
      case Known k -> Tensor.full(dtype, k.value);
      case Computed c -> c.value;
      case Negative(Known k) -> Tensor.full(dtype, -k.value);
      case Negative n -> tensor(n.of).neg();
      case Inverse(Known k) -> Tensor.full(dtype, 1 / k.value);
      case Inverse d -> tensor(d.of).rdiv(1);
    };
  }

  /** A value, or what it takes to have it. */
  private sealed interface Operand {}

  /** A number that the expression writes down. */
  private record Known(double value) implements Operand {}

  /** What was computed. */
  private record Computed(Tensor value) implements Operand {}

  /** −x, which is subtracted if it is part of a sum. */
  private record Negative(Operand of) implements Operand {}

  /** 1/x, by which is divided if it is part of a product. */
  private record Inverse(Operand of) implements Operand {}
}
