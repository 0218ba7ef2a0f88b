package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;

/** What a tensor looks like as text: NumPy's look, with dtype and shape behind. */
class PrintTest extends InBothBackends {
  private static final double INF = Double.POSITIVE_INFINITY;

  private static void assertPrints(String expected, Tensor x) {
    assertEquals(expected, x.toString());
  }

  private static Tensor range(int n) {
    return Tensor.of(IntStream.range(0, n).asDoubleStream().toArray());
  }

  private static Tensor of(double... elements) {
    return Tensor.of(elements);
  }

  @Test
  void aSingleNumberHasNoBracketsAndNoShape() {
    assertPrints("2.5  float64", Tensor.of(2.5));
    assertPrints("0.  float64", Tensor.of(0));
    assertPrints("-3.  float64", Tensor.of(-3));
    assertPrints("7  int32", Tensor.full(DType.INT32, 7));
    assertPrints("true  bool", Tensor.full(DType.BOOL, 1));
    assertPrints("nan  float64", Tensor.of(Double.NaN));
  }

  @Test
  void aVectorIsALine() {
    assertPrints("[1., 2., 3.]  float64 [3]", of(1, 2, 3));
    assertPrints("[2.5]  float64 [1]", of(2.5));
  }

  @Test
  void numbersAreAlignedAtThePoint() {
    assertPrints("[ 1. , -2.5, 13. ]  float64 [3]", of(1, -2.5, 13));
    assertPrints("[0.001, 1.5  ]  float64 [2]", of(0.001, 1.5));
    assertPrints("[   0.001, 1001.   ]  float64 [2]", of(0.001, 1001));
  }

  @Test
  void negativeZeroKeepsItsSign() {
    assertPrints("[ 0., -0.]  float64 [2]", of(0.0, -0.0));
  }

  @Test
  void aMatrixHasALineForEachRow() {
    assertPrints(
        """
        [[0., 1., 2.],
         [3., 4., 5.]]  float64 [2, 3]\
        """,
        range(6).reshape(2, 3));
    assertPrints(
        """
        [[0.],
         [1.]]  float64 [2, 1]\
        """,
        range(2).reshape(2, 1));
  }

  @Test
  void anEmptyLinePartsMatrices() {
    assertPrints(
        """
        [[[ 0.,  1.,  2.,  3.],
          [ 4.,  5.,  6.,  7.],
          [ 8.,  9., 10., 11.]],

         [[12., 13., 14., 15.],
          [16., 17., 18., 19.],
          [20., 21., 22., 23.]]]  float64 [2, 3, 4]\
        """,
        range(24).reshape(2, 3, 4));
  }

  @Test
  void twoEmptyLinesPartStacksOfMatrices() {
    assertPrints(
        """
        [[[[0.],
           [1.]],

          [[2.],
           [3.]]],


         [[[4.],
           [5.]],

          [[6.],
           [7.]]]]  float64 [2, 2, 2, 1]\
        """,
        range(8).reshape(2, 2, 2, 1));
  }

  @Test
  void aLongVectorIsWrappedAt75Columns() {
    assertPrints(
        """
        [ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13., 14.,
         15., 16., 17., 18., 19., 20., 21., 22., 23., 24., 25., 26., 27., 28., 29.,
         30., 31., 32., 33., 34., 35., 36., 37., 38., 39.]  float64 [40]\
        """,
        range(40));
  }

  @Test
  void aThousandElementsAreAllShown() {
    String text = range(1000).toString();
    assertFalse(text.contains("..."));
    assertTrue(text.contains(" 500., ") && text.endsWith(" 999.]  float64 [1000]"), text);
    assertTrue(text.lines().allMatch(line -> line.length() <= 75), text);
  }

  @Test
  void theMiddleOfMoreIsLeftOut() {
    assertPrints("[   0.,    1.,    2., ...,  998.,  999., 1000.]  float64 [1001]", range(1001));
    assertPrints(
        """
        [[   0.,    1.,    2., ...,   37.,   38.,   39.],
         [  40.,   41.,   42., ...,   77.,   78.,   79.],
         [  80.,   81.,   82., ...,  117.,  118.,  119.],
         ...,
         [1480., 1481., 1482., ..., 1517., 1518., 1519.],
         [1520., 1521., 1522., ..., 1557., 1558., 1559.],
         [1560., 1561., 1562., ..., 1597., 1598., 1599.]]  float64 [40, 40]\
        """,
        range(1600).reshape(40, 40));
  }

  @Test
  void shortAxesOfALargeTensorAreShownWhole() {
    assertPrints(
        """
        [[   0.,    1.,    2.],
         [   3.,    4.,    5.],
         [   6.,    7.,    8.],
         ...,
         [2991., 2992., 2993.],
         [2994., 2995., 2996.],
         [2997., 2998., 2999.]]  float64 [1000, 3]\
        """,
        range(3000).reshape(1000, 3));
  }

  @Test
  void theMiddleOfMatricesIsLeftOutToo() {
    String text = range(7 * 2 * 100).reshape(7, 2, 100).toString();
    assertTrue(
        text.startsWith(
            """
            [[[   0.,    1.,    2., ...,   97.,   98.,   99.],
              [ 100.,  101.,  102., ...,  197.,  198.,  199.]],

             [[ 200.,\
            """),
        text);
    assertTrue(text.contains("599.]],\n\n ...,\n\n [[ 800.,"), text);
  }

  @Test
  void whatIsNotShownDoesNotAffectTheDigits() {
    Tensor x = Tensor.of(IntStream.range(0, 2000).mapToDouble(i -> i == 900 ? 1e-9 : i).toArray());
    assertPrints("[   0.,    1.,    2., ..., 1997., 1998., 1999.]  float64 [2000]", x);
  }

  @Test
  void nanAndInfinitiesAreWords() {
    assertPrints("[  1.,  nan,  inf, -inf]  float64 [4]", of(1, Double.NaN, INF, -INF));
    assertPrints("[ nan, -inf]  float64 [2]", of(Double.NaN, -INF));
    assertPrints("[ 0.5, -inf]  float64 [2]", of(0.5, -INF));
  }

  @Test
  void largeAndSmallNumbersAreScientific() {
    assertPrints("[1.e+08, 1.e+00]  float64 [2]", of(1e8, 1));
    assertPrints("[1.e-05, 1.e+00]  float64 [2]", of(1e-5, 1));
    assertPrints("[1.0e+10, 2.5e-10]  float64 [2]", of(1e10, 2.5e-10));
    assertPrints("[ 1.e+300,  1.e-300, -1.e+100]  float64 [3]", of(1e300, 1e-300, -1e100));
    assertPrints("[1.e+20,    nan, 0.e+00]  float64 [3]", of(1e20, Double.NaN, 0));
    assertPrints("1.79769313e+308  float64", Tensor.of(Double.MAX_VALUE));
  }

  @Test
  void moderateNumbersAreNot() {
    assertPrints("[0.0001, 0.5   ]  float64 [2]", of(0.0001, 0.5));
    assertPrints("[1000.5,    1. ]  float64 [2]", of(1000.5, 1));
    assertPrints("99999999.  float64", Tensor.of(99999999));
  }

  @Test
  void atMostEightDigitsFollowThePoint() {
    assertPrints("3.14159265  float64", Tensor.of(Math.PI));
    assertPrints("[0.33333333, 0.66666667]  float64 [2]", of(1 / 3.0, 2 / 3.0));
  }

  @Test
  void float32ShowsTheDigitsThatTellItFromItsNeighbours() {
    assertPrints("[0.1, 0.2, 0.3]  float32 [3]", Tensor.of(new float[] {0.1f, 0.2f, 0.3f}));
    assertPrints("0.33333334  float32", Tensor.full(DType.FLOAT32, 1 / 3.0));
    assertPrints("3.4028235e+38  float32", Tensor.full(DType.FLOAT32, Float.MAX_VALUE));
  }

  @Test
  void float32ShowsNoDigitsThatItHasNot() {
    Tensor x = Tensor.of(new float[] {123.456f, 0.33333334f});
    assertPrints("[123.456     ,   0.33333334]  float32 [2]", x);
  }

  @Test
  void roundedDigitsLeaveNoZerosBehind() {
    assertPrints("0.3  float64", Tensor.of(0.1 + 0.2));
    assertPrints("[0.1, 0.2]  float64 [2]", Tensor.of(new float[] {0.1f, 0.2f}).to(DType.FLOAT64));
  }

  @Test
  void integersAreAlignedAndExact() {
    assertPrints("[  1, -20, 300]  int32 [3]", Tensor.of(new int[] {1, -20, 300}));
    assertPrints("[  0, 255,   5]  uint8 [3]", Tensor.of(new byte[] {0, -1, 5}));
    assertPrints(
        "[ 9223372036854775807, -9223372036854775808]  int64 [2]",
        Tensor.of(new long[] {Long.MAX_VALUE, Long.MIN_VALUE}));
  }

  @Test
  void truthValuesAreWords() {
    assertPrints("[ true, false]  bool [2]", Tensor.of(new boolean[] {true, false}));
  }

  @Test
  void nothingIsAnEmptyPairOfBrackets() {
    assertPrints("[]  float64 [0]", of());
    assertPrints("[]  float32 [0, 3]", Tensor.full(DType.FLOAT32, 0, 0, 3));
  }

  @Test
  void rowsOfNothingDoNotFillTheScreen() {
    String text = Tensor.full(DType.INT64, 0, 2000, 0).toString();
    assertTrue(text.lines().count() < 20, () -> text.lines().count() + " lines");
    assertTrue(text.endsWith("int64 [2000, 0]"));
  }

  @Test
  void viewsPrintWhatTheyShow() {
    assertPrints(
        """
        [[1., 4.],
         [2., 5.]]  float64 [2, 2]\
        """,
        range(6).reshape(2, 3).transpose().slice(0, 1, 3));
    assertPrints(
        """
        [[0., 1.],
         [0., 1.]]  float64 [2, 2]\
        """,
        range(2).broadcastTo(2, 2));
    assertPrints("[2., 3.]  float64 [2]", range(5).slice(0, 2, 4));
  }

  @Test
  void aLargeTensorPrintsAtOnce() {
    Tensor x = Tensor.full(DType.FLOAT32, 0.5, 60000, 784);
    assertTrue(x.toString().endsWith("0.5, 0.5, 0.5]]  float32 [60000, 784]"));
  }

  @Test
  void aClosedTensorSaysSo() {
    Tensor x = of(1, 2);
    x.close();
    assertPrints("Tensor(closed, float64, [2])", x);
  }

  @Test
  void numbersOfOpsHaveNoNeedlessZeros() {
    assertEquals("mul(2)", new Scaled(Scalar.MUL, 2).toString());
    assertEquals("pow(0.5)", new Scaled(Scalar.POW, 0.5).toString());
    assertEquals("log1p", Unary.LOG1P.toString());
  }
}
