package thimble.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * An op as the tests see it; {@link OpTable} has one for each.
 *
 * @param name the op's, as messages have it, and what is peculiar
 * @param dtypes which types operands may have, unless a kind says otherwise
 * @param kinds what the operands are; the last kind is that of all further ones
 * @param at where it is tried, in every test
 * @param draw where it may be tried at random
 * @param f the op
 * @param oracle its value, by other means
 * @param traits what tests have to know
 * @param bad what it must refuse
 */
record Row(
    String name,
    Set<DType> dtypes,
    List<Kind> kinds,
    List<At> at,
    Function<Choices, At> draw,
    BiFunction<Tensor[], long[], Tensor> f,
    BiFunction<NdArray[], long[], Expected> oracle,
    Set<Trait> traits,
    List<Bad> bad) {

  /** What tests have to know about a row. */
  enum Trait {
    /** Element by element: the shape of the result is that of the operands, broadcast. */
    POINTWISE,
    /** Operands may be of any types that promote to one of the row's. */
    MIXED,
    /** Operands may be of different types, all of them the row's. */
    ALIKE,
    /** A sum, in an order that may go with the layout; of no numbers of all magnitudes. */
    TAME,
    /** Goes through float32, linearly: wide steps, and float32's digits. */
    ROUNDED,
    /** Made of several ops, which tell what is wrong in their own names. */
    COMPOSED,
    /** Vertical where all elements are equal, as the one element of a row is. */
    SPREAD,
    /** What comes of infinities depends on the order of things, which is not said. */
    FINITE
  }

  /**
   * Operands that must be refused.
   *
   * @param at their shapes, and the numbers that go with the op
   * @param dtypes their types
   * @param says what the message must contain
   */
  record Bad(
      At at, List<DType> dtypes, Class<? extends RuntimeException> type, List<String> says) {}

  Kind kind(int i) {
    return kinds.get(Math.min(i, kinds.size() - 1));
  }

  boolean is(Trait trait) {
    return traits.contains(trait);
  }

  /** Whether operands of these two types may meet. */
  boolean mixes(DType a, DType b) {
    return is(Trait.MIXED)
        ? dtypes.contains(Oracle.promote(a, b))
        : is(Trait.ALIKE) && dtypes.contains(a) && dtypes.contains(b);
  }

  /** The types of the operands there, where the row's own is that one. */
  List<DType> dtypes(At at, DType dtype) {
    List<DType> all = new ArrayList<>();
    for (int i = 0; i < at.shapes().size(); i++) {
      all.add(kind(i).dtype().orElse(dtype));
    }
    return all;
  }

  /** The operands that count as variables. */
  int[] variables(At at) {
    return IntStream.range(0, at.shapes().size())
        .filter(i -> kind(i).slope() != Kind.Slope.NONE)
        .toArray();
  }

  /** The settings at which derivatives are taken: of few elements, but some. */
  List<At> small() {
    return at.stream()
        .filter(a -> a.count() <= 40 && a.shapes().stream().allMatch(s -> NdArray.count(s) > 0))
        .filter(a -> !is(Trait.SPREAD) || Settings.reduced(a) > 1)
        .toList();
  }

  Tensor apply(At at, Tensor... in) {
    return f.apply(in, at.p());
  }

  /** The operands at such a setting, contiguous, of the current backend. */
  Tensor[] operands(At at, DType dtype, Values values, long seed) {
    Tensor[] in = new Tensor[at.shapes().size()];
    for (int i = 0; i < in.length; i++) {
      in[i] = Tensors.of(operand(i, at, dtypes(at, dtype).get(i), values, seed));
    }
    return in;
  }

  /** The same as leaves, those marked that count as variables. */
  Tensor[] leaves(At at, DType dtype) {
    Tensor[] in = operands(at, dtype, Values.DOMAIN, name.hashCode());
    Arrays.stream(variables(at)).forEach(i -> in[i].requiresGrad(true));
    return in;
  }

  /** The floating types that it takes. */
  List<DType> floats() {
    return dtypes.stream().filter(NdArray::isFloating).sorted().toList();
  }

  NdArray operand(int i, At at, DType dtype, Values values, long seed) {
    long[] s = at.shapes().get(i);
    long own = seed * 31 + i;
    Values all = is(Trait.FINITE) && values == Values.SPECIAL ? Values.DOMAIN : values;
    return all.make(kind(i), dtype, is(Trait.TAME), at.bound(), NdArray.count(s), own).reshape(s);
  }

  /** The ops that this row computes or records at a setting, and of tabular families which row. */
  Set<Object> ops() {
    DType dtype = dtypes.contains(DType.FLOAT64) ? DType.FLOAT64 : dtypes.iterator().next();
    List<Op> ops = new ArrayList<>();
    for (At a : at) {
      CountingBackend counting = CountingBackend.ofCurrent();
      try (Block _ = Mode.get().use(counting)) {
        Tensor[] in = operands(a, dtype, Values.DOMAIN, 1);
        Arrays.stream(in).filter(x -> x.dtype().isFloating()).forEach(x -> x.requiresGrad(true));
        Graph.topologicalOrder(apply(a, in)).forEach(x -> ops.add(x.op()));
      }
      ops.addAll(counting.ops()); // what cuts the derivative is in no graph
    }
    Set<Object> all = new HashSet<>();
    for (Op op : ops) {
      all.add(op.getClass());
      if (op instanceof Enum<?> row) {
        all.add(row);
      } else if (op instanceof Scaled scaled) {
        all.add(scaled.row());
      }
    }
    return all;
  }

  @Override
  public String toString() {
    return name;
  }
}
