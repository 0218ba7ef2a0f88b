package thimble.tensor;

import static thimble.tensor.At.shape;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.Kind.INDEX;
import static thimble.tensor.Kind.Slope.LINEAR;
import static thimble.tensor.Kind.Slope.SMOOTH;
import static thimble.tensor.Row.Trait.ALIKE;
import static thimble.tensor.Row.Trait.COMPOSED;
import static thimble.tensor.Row.Trait.FINITE;
import static thimble.tensor.Row.Trait.MIXED;
import static thimble.tensor.Row.Trait.TAME;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import thimble.nn.Loss;

/** Rows of {@link OpTable}: sums of products. */
final class ProductRows extends Families {
  ProductRows() {
    products();
    einsum();
    vectors();
    losses();
    longSums();
  }

  private void products() {
    product(
        "matmul",
        LINEAR,
        EnumSet.of(TAME, MIXED),
        MATRICES,
        ProductRows::drawMatrices,
        (in, p) -> in[0].matmul(in[1]),
        (in, p) -> Oracle.matmul(in[0], in[1]),
        refuses(two(shape(2, 3), shape(2, 3)), FLOAT32, "matmul", "[2, 3] x [2, 3]", "3 and 2"),
        refuses(two(shape(2), shape(3)), FLOAT32, "matmul", "[2] x [3]", "2 and 3"),
        refuses(two(shape(), shape(2, 3)), FLOAT32, "matmul", "[] x [2, 3]"),
        refuses(two(shape(2, 3, 4), shape(3, 4, 5)), FLOAT32, "matmul", "[2, 3, 4]", "axis -3"));
    product(
        "matmul in tiles",
        LINEAR,
        SUMS,
        List.of(
            two(shape(100, 784), shape(784, 100)),
            two(shape(33, 2000), shape(2000, 17)),
            two(shape(4, 40, 50), shape(4, 50, 30))),
        c -> {
          int k = c.of(1, 200, 201);
          return two(shape(100, k), shape(k, c.of(1, 52)));
        },
        (in, p) -> in[0].matmul(in[1]),
        (in, p) -> Oracle.matmul(in[0], in[1]));
    product(
        "matmul of a square with itself",
        SMOOTH,
        SUMS,
        List.of(At.of(shape(3, 3)), At.of(shape(2, 2, 2)), At.of(shape(3))),
        c -> {
          int n = c.of(1, 2, 3, 0, 17);
          return At.of(shape(n, n));
        },
        (in, p) -> in[0].matmul(in[0]),
        (in, p) -> Oracle.matmul(in[0], in[0]));
    product(
        "matmul by the transpose",
        SMOOTH,
        SUMS,
        List.of(At.of(shape(2, 3)), At.of(shape(2, 3, 4)), At.of(shape(70, 33))),
        c -> At.of(Settings.draw(c, c.of(2, 3))),
        (in, p) -> in[0].matmul(in[0].transpose()),
        (in, p) -> Oracle.matmul(in[0], Oracle.swapped(in[0], in[0].rank() - 2, in[0].rank() - 1)));
  }

  /** An equation, the letters of its operands, and those of its result, which may be left out. */
  private record Equation(String text, String inputs, String result) {
    static Equation of(String inputs, String result) {
      return new Equation(inputs + "->" + result, inputs, result);
    }

    At at(long... sizes) {
      String letters =
          inputs
              .replace(",", "")
              .chars()
              .distinct()
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      return At.of(
          Arrays.stream(inputs.split(",", -1))
              .map(own ->
                  own.chars().mapToLong(c -> sizes[letters.indexOf(c) % sizes.length]).toArray())
              .toList(),
          EQUATIONS.indexOf(this));
    }
  }

  private static final List<Equation> EQUATIONS =
      List.of(
          Equation.of("ij,jk", "ik"),
          Equation.of("bij,bjk", "bik"),
          Equation.of("ij", "ji"),
          Equation.of("ij", "j"),
          Equation.of("ij", ""),
          Equation.of("ii", "i"),
          Equation.of("ii", ""),
          Equation.of("iji", "j"),
          Equation.of("iii", "i"),
          Equation.of("iijj", "ji"),
          Equation.of("i,i", ""),
          Equation.of("i,j", "ij"),
          Equation.of("i,j", "ji"),
          Equation.of("ij,ij", "ij"),
          Equation.of("ij,ij", ""),
          Equation.of("ij,k", "ik"),
          Equation.of("ij,kj", "ik"),
          Equation.of("ij,", "ji"),
          Equation.of("ijk,jil", "kl"),
          Equation.of("iij,jk", "ik"),
          Equation.of("abc,abd", "cd"),
          Equation.of("abc,cb", "bca"),
          Equation.of("ij,jk,kl", "il"),
          Equation.of("i,ij,j", ""),
          Equation.of("bi,bj,bij", "b"),
          Equation.of("ij,kl,mn", "jln"),
          new Equation("ij,jk", "ij,jk", "ik"),
          new Equation("ba", "ba", "ab"),
          new Equation("ii", "ii", ""),
          new Equation(" i j , j -> i ", "ij,j", "i"),
          Equation.of("Zz,zA", "ZA"));

  private void einsum() {
    List<At> at =
        EQUATIONS.stream()
            .flatMap(
                e -> Stream.of(e.at(2, 3, 4, 2, 3), e.at(1, 2), e.at(2, 0, 3), e.at(5, 4, 9, 3)))
            .toList();
    product(
        "einsum",
        LINEAR,
        EnumSet.of(TAME, ALIKE, FINITE),
        at,
        c -> {
          long[] sizes = new long[6];
          Equation e = c.of(EQUATIONS);
          Arrays.setAll(sizes, _ -> c.of(1, 2, 3, 4, 0));
          return e.at(sizes);
        },
        (in, p) -> Tensor.einsum(EQUATIONS.get((int) p[0]).text, in),
        (in, p) -> {
          Equation e = EQUATIONS.get((int) p[0]);
          DType dtype = Arrays.stream(in).map(NdArray::dtype).reduce(Oracle::promote).orElseThrow();
          return Oracle.einsum(e.inputs, e.result, dtype, in);
        },
        refuses(
            At.of(List.of(shape(2, 3), shape(2, 3)), 0),
            FLOAT32,
            "einsum",
            "ij,jk->ik",
            "'j' is 3",
            "[2, 3]"),
        refuses(
            At.of(List.of(shape(2, 3), shape(3)), 0),
            FLOAT32,
            "einsum",
            "operand 1",
            "[3]",
            "2 letters"),
        new Row.Bad(
            At.of(List.of(shape(2, 3)), 0),
            List.of(FLOAT32),
            IllegalArgumentException.class,
            List.of("einsum", "2 operands, 1")));
  }

  private void vectors() {
    product(
        "matmul by dot",
        LINEAR,
        EnumSet.of(TAME, MIXED),
        Stream.of(3, 1, 0, 7, 300).map(n -> two(shape(n), shape(n))).toList(),
        c -> {
          int n = c.of(1, 2, 3, 0, 17, 129);
          return two(shape(n), shape(n));
        },
        (in, p) -> in[0].dot(in[1]),
        (in, p) -> Oracle.matmul(in[0], in[1]),
        refuses(two(shape(3), shape(3, 2)), FLOAT32, "dot", "[3]", "[3, 2]"),
        refuses(two(shape(3), shape(2)), FLOAT32, "[3]", "[2]", "3 and 2"));
    row(
        "mul by outer",
        NUMBERS,
        List.of(any(LINEAR)),
        List.of(
            two(shape(3), shape(2)),
            two(shape(1), shape(3)),
            two(shape(0), shape(2)),
            two(shape(33), shape(70))),
        c -> two(shape(c.of(1, 2, 0, 9)), shape(c.of(1, 2, 0, 17))),
        (in, p) -> in[0].outer(in[1]),
        (in, p) -> {
          DType dtype = Oracle.promote(in[0].dtype(), in[1].dtype());
          NdArray column = in[0].reshape(in[0].count(), 1);
          return Oracle.zip(column, in[1], dtype, 0, (a, b) -> a * b, (a, b) -> a * b);
        },
        EnumSet.of(MIXED, COMPOSED),
        List.of(refuses(two(shape(3), shape(3, 2)), FLOAT32, "outer", "[3]", "[3, 2]")));
  }

  /** Compositions, whose derivatives are worth a row; of labels, one-hot rows and probabilities. */
  private void losses() {
    Kind probabilities = Kind.of(POSITIVE, LINEAR);
    List<At> same = List.of(two(shape(2, 3), shape(2, 3)), two(shape(5, 4), shape(5, 4)));
    row(
        "softmaxLoss of probabilities",
        FLOATS,
        List.of(any(SMOOTH), probabilities),
        same,
        c -> {
          long[] s = shape(c.between(1, 4), c.between(1, 5));
          return two(s, s);
        },
        (in, p) -> Loss.softmaxLoss(in[0], in[1]),
        (in, p) -> loss(in[0], in[1], false),
        EnumSet.of(TAME, COMPOSED),
        List.of(
            refuses(two(shape(2, 3), shape(2, 4)), FLOAT32, "softmaxLoss", "[2, 3]", "[2, 4]")));
    row(
        "softmaxLoss of labels",
        FLOATS,
        List.of(any(SMOOTH), INDEX),
        List.of(two(shape(2, 3), shape(2)).below(3), two(shape(5, 4), shape(5)).below(4)),
        c -> {
          int classes = c.between(1, 5);
          int batch = c.between(1, 4);
          return two(shape(batch, classes), shape(batch)).below(classes);
        },
        (in, p) -> Loss.softmaxLoss(in[0], in[1]),
        (in, p) -> {
          double[] rows = new double[in[0].count()];
          for (int i = 0; i < in[1].count(); i++) {
            rows[i * (int) in[0].shape()[1] + (int) in[1].longs()[i]] = 1;
          }
          return loss(in[0], NdArray.of(in[0].dtype(), in[0].shape(), rows), true);
        },
        EnumSet.of(TAME, COMPOSED),
        List.of(refuses(two(shape(2, 3), shape(3)), FLOAT32, "softmaxLoss", "[2, 3]", "[3]")));
  }

  /** The mean of log Σ e^z − z·y; of labels nothing but the one is looked at. */
  private static Expected loss(NdArray z, NdArray y, boolean labels) {
    int classes = (int) z.shape()[1];
    int batch = (int) z.shape()[0];
    double loss = 0;
    double size = 0;
    for (int i = 0; i < batch; i++) {
      double[] row = Arrays.copyOfRange(z.doubles(), i * classes, (i + 1) * classes);
      double lse = ReducingRows.logsumexp(row);
      double picked = 0;
      for (int j = 0; j < classes; j++) {
        double weight = y.get(i * classes + j);
        double term = labels && weight == 0 ? 0 : row[j] * weight;
        picked += term;
        size += Math.abs(term) + Math.abs(lse) + 1;
      }
      loss += lse - picked;
    }
    double[] error = {Oracle.finite(60 * Oracle.unit(z.dtype()) * size / batch)};
    return Expected.within(NdArray.raw(z.dtype(), shape(), new double[] {loss / batch}), error);
  }

  /** Sums long enough for many threads, and far from the shape of a square. */
  private void longSums() {
    row(
        "sum of long rows",
        FLOATS,
        List.of(any(LINEAR)),
        List.of(
            At.of(shape(3, 70_000)),
            At.of(shape(3, 70_000), 0),
            At.of(shape(3, 70_000), 1),
            At.of(shape(70_000, 3)),
            At.of(shape(70_000, 3), 0),
            At.of(shape(70_000, 3), 1)),
        c -> At.of(shape(c.between(1, 3), c.of(1, 1000, 5000)), c.below(2)),
        (in, p) -> in[0].sum(Settings.ints(p)),
        (in, p) -> Oracle.reduce(in[0], Oracle::sum, Oracle::sumError, Settings.axes(p, 2)),
        EnumSet.of(TAME, COMPOSED),
        List.of());
  }

  private static At two(long[] a, long[] b, long... p) {
    return At.of(List.of(a, b), p);
  }

  private static final List<At> MATRICES =
      List.of(
          two(shape(2, 3), shape(3, 4)),
          two(shape(2, 4, 3), shape(2, 3, 4)),
          two(shape(2, 3, 4), shape(4, 2)),
          two(shape(2, 3), shape(2, 3, 4)),
          two(shape(1, 2, 4), shape(3, 4, 2)),
          two(shape(3, 2, 4), shape(1, 4, 2)),
          two(shape(1, 2, 3), shape(2, 1, 3, 2)),
          two(shape(2, 1, 2, 3), shape(1, 3, 2)),
          two(shape(3), shape(3, 4)),
          two(shape(3, 4), shape(4)),
          two(shape(3), shape(3)),
          two(shape(3), shape(2, 3, 4)),
          two(shape(2, 4, 3), shape(3)),
          two(shape(0, 3), shape(3, 2)),
          two(shape(2, 0), shape(0, 3)),
          two(shape(2, 3), shape(3, 0)),
          two(shape(0), shape(0)),
          two(shape(0, 2, 3), shape(3, 2)),
          two(shape(2, 0, 3), shape(2, 3, 2)),
          two(shape(1, 2, 1, 1, 1, 1, 2, 3), shape(1, 1, 1, 2, 1, 1, 3, 2)),
          two(shape(1, 1), shape(1, 1)),
          two(shape(3, 5), shape(5, 2)),
          two(shape(1, 300), shape(300, 1)),
          two(shape(33, 200), shape(200, 17)),
          two(shape(40, 1), shape(1, 60)),
          two(shape(70, 90), shape(90, 80)));

  private static At drawMatrices(Choices c) {
    int m = c.of(1, 2, 3, 0, 5, 17, 33);
    int k = c.of(1, 2, 3, 0, 8, 31, 129);
    int n = c.of(1, 2, 3, 0, 4, 16, 19);
    long[] lead = Settings.filled(Settings.draw(c, c.of(0, 0, 0, 1, 2)));
    lead = NdArray.count(lead) > 20 ? shape(2) : lead;
    long[] a = c.once(8) ? shape(k) : Oracle.join(Settings.part(c, lead), m, k);
    long[] b = c.once(8) ? shape(k) : Oracle.join(Settings.part(c, lead), k, n);
    return two(a, b);
  }
}
