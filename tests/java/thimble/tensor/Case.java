package thimble.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A row at one setting with operands: all that it takes to compute a value and to judge it.
 *
 * @param dtypes of each operand
 * @param lies how each operand lies in memory
 * @param in the operands' elements, which are equal along axes that stand still
 */
record Case(Row row, At at, List<DType> dtypes, List<Lie> lies, List<NdArray> in) {

  static Case of(
      Row row, At at, List<DType> dtypes, List<Lie> lies, List<Values> values, long seed) {
    List<NdArray> in =
        IntStream.range(0, dtypes.size())
            .mapToObj(i -> row.operand(i, at, dtypes.get(i), values.get(i), seed))
            .toList();
    return new Case(row, at, dtypes, lies, in).lying(lies);
  }

  /** The same elements, as far as they can be, lying otherwise. */
  Case lying(List<Lie> other) {
    List<NdArray> fit =
        IntStream.range(0, in.size()).mapToObj(i -> other.get(i).fit(in.get(i))).toList();
    return new Case(row, at, dtypes, other, fit);
  }

  /** Any dtypes, layouts and values for a row; the simplest is of the simplest. */
  static Case random(Row row, Choices c) {
    At at = row.draw().apply(c);
    List<DType> types = row.dtypes().stream().sorted().toList();
    DType first = c.of(types);
    int n = at.shapes().size();
    boolean mixed = (row.is(Row.Trait.MIXED) || row.is(Row.Trait.ALIKE)) && c.once(4);
    List<DType> others =
        mixed ? Stream.of(DType.values()).filter(d -> row.mixes(first, d)).toList() : List.of();
    List<DType> dtypes =
        IntStream.range(0, n)
            .mapToObj(i ->
                row.kind(i).dtype().orElseGet(() -> mixed && i == n - 1 ? c.of(others) : first))
            .toList();
    List<Lie> lies = at.shapes().stream().map(s -> Lie.random(c, s.length)).toList();
    List<Values> values =
        IntStream.range(0, n).mapToObj(_ -> c.of(List.of(Values.values()))).toList();
    return of(row, at, dtypes, lies, values, c.below(1 << 20));
  }

  /** The same elements, each operand contiguous. */
  Case contiguous() {
    return new Case(
        row, at, dtypes, lies.stream().map(l -> Lie.contiguous(l.order().length)).toList(), in);
  }

  /** Whether the operands are the very same arrays. */
  boolean sameElements(Case other) {
    return IntStream.range(0, in.size()).allMatch(i -> in.get(i) == other.in.get(i));
  }

  Expected expected() {
    return row.oracle().apply(in.toArray(NdArray[]::new), at.p());
  }

  /** The operands, in the memory of the current backend. */
  Tensor[] operands() {
    Tensor[] x = new Tensor[in.size()];
    Arrays.setAll(x, i -> lies.get(i).lay(in.get(i)));
    return x;
  }

  NdArray value(Engine engine) {
    try (Block _ = engine.use()) {
      return Tensors.read(row.apply(at, operands()));
    }
  }

  /** What is wrong with the value that one of these computes; empty if nothing is. */
  Optional<String> wrong(List<Engine> engines, Expected expected) {
    Tensor[] x = {};
    String backend = "";
    for (Engine engine : engines) {
      try (Block _ = engine.use()) {
        if (!engine.backend().equals(backend)) { // one memory for all instruction sets
          backend = engine.backend();
          x = operands();
        }
        Optional<String> wrong = expected.differs(Tensors.read(row.apply(at, x)));
        if (wrong.isPresent()) {
          return wrong.map(what -> engine + ": " + this + ": " + what);
        }
      }
    }
    return Optional.empty();
  }

  /** What is wrong with it, and whether bits go with the layout where they should not. */
  Optional<String> wrong(List<Engine> engines) {
    Optional<String> wrong = wrong(engines, expected());
    boolean plain = lies.stream().allMatch(Lie::isContiguous);
    if (wrong.isPresent() || plain || row.is(Row.Trait.TAME)) {
      return wrong;
    }
    Engine engine = engines.getLast();
    return Expected.exactly(contiguous().value(engine))
        .differs(value(engine))
        .map(what -> "%s: %s: with contiguous operands %s".formatted(engine, this, what));
  }

  /** With elements made 0, or 1, one after the other, as long as that still fails. */
  Case simplified(Predicate<Case> fails) {
    Case best = this;
    for (int i = 0; i < in.size(); i++) {
      for (int k = 0; k < Math.min(in.get(i).count(), 200); k++) {
        for (double simple : new double[] {0, 1, 2}) {
          Case c = best.with(i, k, simple);
          if (fails.test(c)) {
            best = c;
            break;
          }
        }
      }
    }
    return best;
  }

  /** With another number for an element of an operand, and for those that stand still with it. */
  private Case with(int operand, int element, double number) {
    NdArray x = in.get(operand);
    double[] v = new double[x.count()];
    Arrays.setAll(v, x::get);
    v[element] = number;
    List<NdArray> other = new ArrayList<>(in);
    other.set(operand, lies.get(operand).fit(NdArray.of(x.dtype(), x.shape(), v)));
    return new Case(row, at, dtypes, lies, other);
  }

  /** All operands lying the same way. */
  static List<Lie> lying(At at, Lie.Named name) {
    return at.shapes().stream().map(s -> name.of(s.length)).toList();
  }

  static List<Values> all(At at, Values values) {
    return Collections.nCopies(at.shapes().size(), values);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(row.name());
    if (at.p().length > 0) {
      text.append(" with ").append(Arrays.toString(at.p()));
    }
    text.append(" of ");
    for (int i = 0; i < in.size(); i++) {
      text.append(i == 0 ? "" : " and ").append(in.get(i));
      if (!lies.get(i).isContiguous()) {
        text.append(" lying ").append(lies.get(i));
      }
    }
    return text.toString();
  }
}
