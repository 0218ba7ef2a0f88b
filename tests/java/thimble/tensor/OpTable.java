package thimble.tensor;

import java.util.List;

// To add an op, add a row to the family that it belongs to, in ElementwiseRows, MovingRows,
// PartRows, IndexingRows, ReducingRows, ProductRows or MakingRows:
//
//   unary("exp", ANY, SMOOTH, Tensor::exp, 2, StrictMath::exp);
//
// its name as messages have it, where an operand may lie for a derivative to be taken (Domain),
// what
// kind of derivative there is (Kind.Slope), the op, how many units in the last place it may be off
// (0: every bit counts), and its value in plain Java. An op of no family says itself at which
// shapes
// it is tried (At, Settings) and what it must refuse (Bad). That is all: ValueTest, SameBitsTest,
// DerivativeTest, BadInputTest and RandomCasesTest go over the rows, and an op without a row fails
// OpTableTest.

/** Every op: a row each. */
final class OpTable {
  static final List<Families> FAMILIES =
      List.of(
          new ElementwiseRows(),
          new MovingRows(),
          new PartRows(),
          new IndexingRows(),
          new ReducingRows(),
          new ProductRows(),
          new MakingRows());

  private static final List<Row> ROWS =
      FAMILIES.stream().flatMap(family -> family.rows().stream()).toList();

  private OpTable() {}

  /** The table. */
  static List<Row> rows() {
    return ROWS;
  }

  /** The rows that have a derivative. */
  static List<Row> differentiable() {
    return ROWS.stream()
        .filter(row -> row.dtypes().contains(DType.FLOAT64))
        .filter(row -> row.small().stream().anyMatch(at -> row.variables(at).length > 0))
        .toList();
  }
}
