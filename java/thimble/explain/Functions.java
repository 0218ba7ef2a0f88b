package thimble.explain;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import thimble.tensor.Binary;
import thimble.tensor.Compare;
import thimble.tensor.DType;
import thimble.tensor.Select;
import thimble.tensor.Tensor;
import thimble.tensor.Unary;

/** What a name in front of parentheses stands for: a row of the tables of elementwise ops. */
final class Functions {
  /**
   * A function.
   *
   * @param name what it prints as
   * @param arity how many arguments it takes
   * @param apply its value
   */
  record Named(String name, int arity, Function<List<Tensor>, Tensor> apply) {}

  /** Rows that are written with a name, not with a sign. */
  private static final List<Binary> NAMED =
      List.of(Binary.MAXIMUM, Binary.MINIMUM, Binary.REMAINDER, Binary.ATAN2);

  private static final Map<String, Named> BY_NAME = table();

  private Functions() {}

  private static Map<String, Named> table() {
    Map<String, Named> table = new TreeMap<>();
    for (Unary u : Unary.values()) {
      add(table, nameOf(u), u.toString(), 1, x -> u.apply(x.getFirst()));
    }
    for (Binary b : NAMED) {
      add(table, nameOf(b), b.toString(), 2, x -> b.apply(x.getFirst(), x.getLast()));
    }
    String where = Select.SELECT.toString();
    add(table, where, where, 3, x -> Tensor.where(x.get(0).to(DType.BOOL), x.get(1), x.get(2)));
    return table;
  }

  private static void add(
      Map<String, Named> table,
      String name,
      String row,
      int arity,
      Function<List<Tensor>, Tensor> apply) {
    Named function = new Named(name, arity, apply);
    table.put(name, function);
    table.put(row, function);
  }

  /** What mathematics calls it. */
  static String nameOf(Unary u) {
    return u == Unary.LOG ? "ln" : u.toString();
  }

  /** What mathematics calls it. */
  static String nameOf(Binary b) {
    return b == Binary.MAXIMUM ? "max" : b == Binary.MINIMUM ? "min" : b.toString();
  }

  /** The function of a name: that of a row, ln, max or min. */
  static Optional<Named> find(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /** The function of a Call: one of these, or a comparison. */
  static Optional<Named> of(Expr.Call call) {
    return find(call.function())
        .or(() ->
            comparison(call.function())
                .map(c -> new Named(c.toString(), 2, x -> c.apply(x.getFirst(), x.getLast()))))
        .filter(f -> f.arity() == call.args().size());
  }

  /** The names of all, for a message. */
  static String names() {
    return String.join(", ", BY_NAME.keySet());
  }

  /** The comparison that a Call's function is, if it is one. */
  static Optional<Compare> comparison(String name) {
    return Arrays.stream(Compare.values()).filter(c -> c.toString().equals(name)).findFirst();
  }
}
