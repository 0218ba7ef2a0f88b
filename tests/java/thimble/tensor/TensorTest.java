package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.BOOL;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.DType.INT64;
import static thimble.tensor.DType.UINT8;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import thimble.InBothBackends;

/**
 * Making tensors, reading them back through views, conversion, promotion, and tensors of nothing.
 */
class TensorTest extends InBothBackends {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;

  private static Tensor range(DType dtype, long... shape) {
    int n = (int) Shape.of(shape).count();
    return Tensor.of(IntStream.range(0, n).toArray()).to(dtype).reshape(shape);
  }

  private static Tensor of(double... elements) {
    return Tensor.of(elements);
  }

  private static Tensor nothing(long... shape) {
    return Tensor.full(FLOAT64, 7, shape);
  }

  private static void assertElements(Tensor actual, double... expected) {
    assertArrayEquals(expected, actual.toDoubleArray());
  }

  // -- Making -------------------------------------------------------------------------------------

  @Test
  void everyArrayTypeHasItsDtype() {
    assertMade(Tensor.of(new float[] {1, 2.5f}), FLOAT32, 1, 2.5);
    assertMade(Tensor.of(new double[] {1, 2.5}), FLOAT64, 1, 2.5);
    assertMade(Tensor.of(new int[] {1, -2}), INT32, 1, -2);
    assertMade(Tensor.of(new long[] {1, -2}), INT64, 1, -2);
    assertMade(Tensor.of(new byte[] {1, -2}), UINT8, 1, 254);
    assertMade(Tensor.of(new boolean[] {true, false}), BOOL, 1, 0);
  }

  private static void assertMade(Tensor x, DType dtype, double... elements) {
    assertEquals(dtype, x.dtype());
    assertEquals(Shape.of(2), x.shape());
    assertElements(x, elements);
  }

  @Test
  void rowsMakeAMatrix() {
    Tensor x = Tensor.of(new double[][] {{1, 2, 3}, {4, 5, 6}});
    assertEquals(Shape.of(2, 3), x.shape());
    assertElements(x, 1, 2, 3, 4, 5, 6);
    Tensor y = Tensor.of(new float[][] {{1}, {2}});
    assertEquals(FLOAT32, y.dtype());
    assertEquals(Shape.of(2, 1), y.shape());
    assertEquals(Shape.of(0, 0), Tensor.of(new float[0][]).shape());
    assertEquals(Shape.of(2, 0), Tensor.of(new double[2][0]).shape());
  }

  @Test
  void rowsOfDifferentLengthAreRefused() {
    assertThrows(ShapeException.class, () -> Tensor.of(new float[][] {{1, 2}, {3}}));
    assertThrows(ShapeException.class, () -> Tensor.of(new double[][] {{1}, {3, 4}}));
  }

  @Test
  void aShapeMustHoldTheElements() {
    assertElements(Tensor.of(new int[] {1, 2, 3, 4}, 2, 2).slice(0, 1, 2), 3, 4);
    assertThrows(ShapeException.class, () -> Tensor.of(new int[] {1, 2, 3}, 2, 2));
    assertThrows(ShapeException.class, () -> Tensor.of(new float[0], 1));
    assertThrows(ShapeException.class, () -> Tensor.of(new byte[4], -2, -2));
  }

  @Test
  void anArrayIsCopied() {
    double[] elements = {1, 2};
    Tensor x = Tensor.of(elements);
    elements[0] = 9;
    assertElements(x, 1, 2);
    x.toDoubleArray()[0] = 9;
    assertElements(x, 1, 2);
  }

  @Test
  void rankZeroIsASingleNumber() {
    Tensor x = Tensor.of(2.5);
    assertEquals(Shape.of(), x.shape());
    assertEquals(0, x.rank());
    assertEquals(1, x.count());
    assertEquals(FLOAT64, x.dtype());
    assertEquals(2.5, x.item());
    assertElements(x.exp().log().reshape(1, 1), Math.log(Math.exp(2.5)));
    assertEquals(5, x.add(x).item());
    assertEquals(2.5, x.sum().item());
    assertEquals(2.5, x.mean().item());
    assertEquals(2.5, x.max().item());
    assertEquals(2.5, x.logsumexp().item());
    assertElements(x.broadcastTo(3), 2.5, 2.5, 2.5);
    assertThrows(ShapeException.class, () -> x.sum(0));
    assertThrows(ShapeException.class, () -> x.matmul(x));
    assertThrows(ShapeException.class, () -> x.size(0));
  }

  @Test
  void itemTakesExactlyOneElement() {
    assertEquals(4, of(1, 2, 3, 4).slice(0, 3, 4).item());
    assertEquals(7, Tensor.full(UINT8, 7, 1, 1).item());
    assertThrows(ShapeException.class, () -> of(1, 2).item());
    assertThrows(ShapeException.class, () -> of().item());
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void fullHoldsTheSameNumberEverywhere(DType dtype) {
    Tensor x = Tensor.full(dtype, 1, 2, 3);
    assertEquals(dtype, x.dtype());
    assertElements(x, 1, 1, 1, 1, 1, 1);
    assertElements(Tensor.zeros(dtype, Shape.of(2)), 0, 0);
    assertElements(Tensor.ones(dtype, Shape.of(2)), 1, 1);
  }

  @Test
  void fullConvertsAsCastsDo() {
    assertEquals(0, Tensor.full(INT32, NAN).item());
    assertEquals(Integer.MAX_VALUE, Tensor.full(INT32, 1e300).item());
    assertEquals(255, Tensor.full(UINT8, 300.0).item());
    assertEquals(0, Tensor.full(UINT8, -1.0).item());
    assertEquals(1, Tensor.full(BOOL, NAN).item());
    assertEquals((float) 0.1, Tensor.full(FLOAT32, 0.1).item());
  }

  @Test
  void ranksAboveEightAreRefused() {
    assertEquals(8, Tensor.full(FLOAT32, 1, 1, 1, 1, 1, 1, 1, 1, 1).rank());
    assertThrows(ShapeException.class, () -> Tensor.full(FLOAT32, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
  }

  // -- Reading ------------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource(DType.class)
  void viewsOfViewsReadBackInEveryDtype(DType dtype) {
    Tensor x = range(INT32, 2, 3).to(dtype);
    double last = dtype == BOOL ? 1 : 5;
    double two = dtype == BOOL ? 1 : 2;
    Tensor y = x.broadcastTo(2, 2, 3).permute(2, 0, 1).slice(0, 2, 3).slice(2, 0, 2);
    assertEquals(Shape.of(1, 2, 2), y.shape());
    double[] expected = {two, last, two, last};
    assertArrayEquals(expected, y.toDoubleArray());
    assertArrayEquals(
        new long[] {(long) two, (long) last, (long) two, (long) last}, y.toLongArray());
    assertArrayEquals(new int[] {(int) two, (int) last, (int) two, (int) last}, y.toIntArray());
    assertArrayEquals(
        new float[] {(float) two, (float) last, (float) two, (float) last}, y.toFloatArray());
    assertArrayEquals(
        new byte[] {(byte) two, (byte) last, (byte) two, (byte) last}, y.toByteArray());
    assertElements(y.reshape(4), expected);
    assertElements(y.contiguous(), expected);
    assertEquals(last, y.slice(1, 1, 2).slice(2, 1, 2).item());
  }

  @Test
  void readingConvertsAsCastsDo() {
    Tensor x = of(1.9, -1.9, NAN, INF, -INF, 300);
    assertArrayEquals(
        new int[] {1, -1, 0, Integer.MAX_VALUE, Integer.MIN_VALUE, 300}, x.toIntArray());
    assertArrayEquals(new long[] {1, -1, 0, Long.MAX_VALUE, Long.MIN_VALUE, 300}, x.toLongArray());
    assertArrayEquals(new byte[] {1, 0, 0, -1, 0, -1}, x.toByteArray());
  }

  @Test
  void longsAreReadExactly() {
    long[] large = {Long.MAX_VALUE, Long.MIN_VALUE, (1L << 53) + 1};
    assertArrayEquals(large, Tensor.of(large).toLongArray());
    assertArrayEquals(
        new long[] {Long.MIN_VALUE, (1L << 53) + 1}, Tensor.of(large).slice(0, 1, 3).toLongArray());
    assertArrayEquals(large, Tensor.of(large).reshape(3, 1).transpose().toLongArray());
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void segmentsGoInAndOut(DType dtype) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment in = arena.allocate(6L * dtype.bytes());
      range(INT32, 2, 3).to(dtype).copyTo(in);
      Tensor x = Tensor.of(in, dtype, 2, 3);
      in.fill((byte) 0);
      assertElements(x, range(INT32, 2, 3).to(dtype).toDoubleArray());
      MemorySegment out = arena.allocate(6L * dtype.bytes());
      x.transpose().copyTo(out);
      assertElements(Tensor.of(out, dtype, 3, 2), x.transpose().toDoubleArray());
      MemorySegment small = arena.allocate(6L * dtype.bytes() - 1);
      assertThrows(ShapeException.class, () -> x.copyTo(small));
      assertThrows(ShapeException.class, () -> Tensor.of(small, dtype, 2, 3));
      assertThrows(ShapeException.class, () -> Tensor.of(in, dtype, 7));
    }
  }

  @Test
  void segmentsHoldNativeByteOrder() {
    MemorySegment heap = MemorySegment.ofArray(new int[2]);
    Tensor.of(new int[] {258, -1}).copyTo(heap);
    assertEquals(258, heap.getAtIndex(ValueLayout.JAVA_INT, 0));
    assertEquals(-1, heap.getAtIndex(ValueLayout.JAVA_INT, 1));
  }

  // -- Conversion and promotion -------------------------------------------------------------------

  @Test
  void aByteOfABoolIsTrueWhateverItIs() {
    Tensor x = Tensor.of(MemorySegment.ofArray(new byte[] {0, 1, 2, -128}), DType.BOOL, 4);
    assertArrayEquals(new int[] {0, 1, 1, 1}, x.toIntArray());
    assertEquals(3, x.sum().item());
    assertEquals(4, x.eq(Tensor.of(new boolean[] {false, true, true, true})).sum().item());
  }

  /** What is copied on the way to a segment is not left behind where there is no such segment. */
  @Test
  void copyingToAClosedSegmentHoldsNoMemory() {
    Tensor x = Tensor.ones(DType.FLOAT64, 100_000).broadcastTo(2, 100_000).add(1).transpose(0, 1);
    long live = Memory.stats().live();
    MemorySegment target;
    try (Arena arena = Arena.ofConfined()) {
      target = arena.allocate(x.count() * 8);
    }
    assertThrows(IllegalStateException.class, () -> x.copyTo(target));
    assertEquals(live, Memory.stats().live());
  }

  @Test
  void floatsBecomeIntegersAsCastsDo() {
    Tensor x = of(NAN, INF, -INF, 2.9, -2.9, 1e10);
    assertElements(x.to(INT32), 0, Integer.MAX_VALUE, Integer.MIN_VALUE, 2, -2, Integer.MAX_VALUE);
    assertArrayEquals(
        new long[] {0, Long.MAX_VALUE, Long.MIN_VALUE, 2, -2, 10_000_000_000L},
        x.to(INT64).toLongArray());
    assertElements(x.to(UINT8), 0, 255, 0, 2, 0, 255);
    assertElements(x.to(BOOL), 1, 1, 1, 1, 1, 1);
    assertElements(of(0, -0.0, 0.25).to(BOOL), 0, 0, 1);
  }

  @Test
  void integersNarrowAsCastsDo() {
    Tensor x = Tensor.of(new long[] {1L << 32, (1L << 31) + 5, -1});
    assertElements(x.to(INT32), 0, Integer.MIN_VALUE + 5, -1);
    assertElements(Tensor.of(new byte[] {-1, 2}).to(INT32), 255, 2);
    assertElements(Tensor.of(new int[] {0, -5, 256}).to(BOOL), 0, 1, 1);
  }

  @Test
  void doublesRoundToFloats() {
    assertElements(of(0.1, 1e300, -1e300, 1e-300).to(FLOAT32), (float) 0.1, INF, -INF, 0);
    assertElements(Tensor.of(new long[] {16777217}).to(FLOAT32), 16777216);
  }

  @Test
  void conversionToItsOwnDtypeIsTheTensorItself() {
    Tensor x = of(1, 2);
    assertSame(x, x.to(FLOAT64));
    assertSame(x, x.contiguous());
    assertSame(x, x.reshape(2));
    assertSame(x, x.permute(0));
    assertSame(x, x.slice(0, 0, 2));
    assertSame(x, x.pad(0, 0, 0));
    assertNotSame(x, x.identity());
  }

  @Test
  void float32WithFloat64IsFloat64() {
    Tensor a = Tensor.of(new float[] {0.1f, 2});
    Tensor b = of(0.1, 4);
    for (Tensor y : List.of(a.add(b), b.add(a), a.mul(b), a.pow(b), Tensor.where(a.lt(b), a, b))) {
      assertEquals(FLOAT64, y.dtype());
    }
    assertElements(a.add(b), (double) 0.1f + 0.1, 6);
    assertElements(a.eq(b), 0, 0);
    assertEquals(FLOAT64, a.matmul(b).dtype());
    assertEquals(FLOAT64, b.matmul(a).dtype());
  }

  @Test
  void numbersTakeTheDtypeOfTheTensor() {
    Tensor x = Tensor.of(new float[] {1, 2});
    assertEquals(FLOAT32, x.mul(0.1).dtype());
    assertElements(x.mul(0.1), 0.1f, 0.2f);
    assertElements(x.gt(1), 0, 1);
  }

  @Test
  void operandsAreConvertedToTheLargerDtype() {
    DType[] order = {BOOL, UINT8, INT32, INT64, FLOAT32, FLOAT64};
    for (int i = 0; i < order.length; i++) {
      for (int j = 0; j < order.length; j++) {
        DType larger = order[Math.max(i, j)];
        assertEquals(larger, DType.promote(order[i], order[j]));
        Tensor a = Tensor.ones(order[i], 2);
        Tensor b = Tensor.ones(order[j], 2);
        if (larger != BOOL) {
          assertEquals(larger, a.add(b).dtype());
          assertElements(a.add(b), 2, 2);
          assertEquals(larger.isFloating() ? larger : FLOAT32, a.div(b).dtype());
        }
        assertEquals(BOOL, a.eq(b).dtype());
        assertEquals(larger, Tensor.where(Tensor.ones(BOOL, 2), a, b).dtype());
        assertEquals(larger, Tensor.concat(0, a, b).dtype());
      }
    }
  }

  @Test
  void integersStayExact() {
    long big = (1L << 53) + 1;
    Tensor k = Tensor.of(new long[] {big, -big});
    assertArrayEquals(new long[] {big + 1, 1 - big}, k.add(1).toLongArray());
    assertArrayEquals(new long[] {3 * big, -3 * big}, k.mul(3).toLongArray());
    assertArrayEquals(new long[] {1 - big, 1 + big}, k.rsub(1).toLongArray());
    assertArrayEquals(new long[] {1, 0}, k.eq(big).to(INT64).toLongArray());
    assertArrayEquals(new long[] {-big}, k.min().reshape(1).toLongArray());
    assertArrayEquals(new long[] {0}, k.sum().reshape(1).toLongArray());
    assertArrayEquals(new long[] {big, 0}, k.cumsum(0).toLongArray());
  }

  @Test
  void integersWrapAround() {
    assertElements(Tensor.of(new byte[] {(byte) 250}).add(10), 4);
    assertElements(Tensor.of(new byte[] {3}).neg(), 253);
    assertElements(Tensor.of(new int[] {Integer.MAX_VALUE}).add(1), Integer.MIN_VALUE);
    assertEquals(Long.MIN_VALUE, Tensor.of(new long[] {Long.MAX_VALUE}).add(1).toLongArray()[0]);
  }

  @Test
  void wholeNumbersKeepAnIntegerDtypeAndOthersMakeItFloat() {
    Tensor k = Tensor.of(new int[] {1, 2});
    assertEquals(INT32, k.mul(2).dtype());
    assertEquals(FLOAT32, k.mul(0.5).dtype());
    assertElements(k.mul(0.5), 0.5, 1);
    assertElements(k.div(2), 0.5, 1);
    assertElements(k.pow(2.0), 1, 4);
    assertElements(k.gt(1.5), 0, 1);
    assertElements(k.maximum(2), 2, 2);
  }

  @Test
  void remaindersHaveTheSignOfTheDivisor() {
    Tensor a = Tensor.of(new int[] {7, -7, 7, -7, 6});
    Tensor b = Tensor.of(new int[] {3, 3, -3, -3, 3});
    assertElements(a.remainder(b), 1, 2, -2, -1, 0);
    assertElements(a.to(FLOAT64).remainder(b), 1, 2, -2, -1, 0);
    assertElements(of(5.5, -5.5).remainder(2.0), 1.5, 0.5);
    assertElements(of(1).remainder(0.0), NAN);
    ArithmeticException e = assertThrows(ArithmeticException.class, () -> a.remainder(0));
    assertTrue(e.getMessage().contains("int32 [5]: the divisor at [0] is 0"), e.getMessage());
  }

  @Test
  void whatNeedsFloatsRefusesIntegers() {
    Tensor k = Tensor.of(new int[] {1, 2});
    assertThrows(DTypeException.class, () -> k.exp());
    assertThrows(DTypeException.class, () -> k.mean());
    assertThrows(DTypeException.class, () -> k.matmul(k));
    assertElements(k.matmul(of(1, 2)), 5);
  }

  // -- Values -------------------------------------------------------------------------------------

  @Test
  void comparisonsWithNanAreFalseButForNe() {
    Tensor a = of(NAN, NAN, 1);
    Tensor b = of(NAN, 1, NAN);
    for (Tensor mask : List.of(a.eq(b), a.lt(b), a.le(b), a.gt(b), a.ge(b))) {
      assertEquals(BOOL, mask.dtype());
      assertElements(mask, 0, 0, 0);
    }
    assertElements(a.ne(b), 1, 1, 1);
    assertElements(of(0.0).eq(of(-0.0)), 1);
    assertElements(of(INF).le(of(INF)), 1);
  }

  @Test
  void elementwiseOpsFollowIeee() {
    assertElements(of(1, -1, 0).div(of(0, 0, 0)), INF, -INF, NAN);
    assertElements(of(0, -1, INF).log(), -INF, NAN, INF);
    assertElements(of(-INF, INF, 1000, NAN).exp(), 0, INF, INF, NAN);
    assertElements(of(-1, 2, -INF, INF).relu(), 0, 2, 0, INF);
    assertTrue(Double.isNaN(of(NAN).relu().item()));
    assertElements(of(0, 0, 0, -8).pow(of(0, 2, -1, 3)), 1, 0, INF, -512);
    assertElements(of(1, NAN, -1).pow(of(NAN, 0, INF)), 1, 1, 1);
    assertElements(of(3, -2).neg(), -3, 2);
  }

  @Test
  void elementwiseOpsComputeTheirFormulas() {
    Tensor x = of(0.5, 2, 3);
    assertElements(x.add(1), 1.5, 3, 4);
    assertElements(x.sub(1), -0.5, 1, 2);
    assertElements(x.rsub(1), 0.5, -1, -2);
    assertElements(x.mul(4), 2, 8, 12);
    assertElements(x.div(2), 0.25, 1, 1.5);
    assertElements(x.rdiv(3), 6, 1.5, 1);
    assertElements(x.pow(2), 0.25, 4, 9);
    assertArrayEquals(
        new double[] {Math.exp(0.5), Math.exp(2), Math.exp(3)}, x.exp().toDoubleArray(), 1e-14);
    assertArrayEquals(
        new double[] {Math.log(0.5), Math.log(2), Math.log(3)}, x.log().toDoubleArray(), 1e-15);
  }

  @Test
  void movingOpsMoveTheElements() {
    Tensor x = range(FLOAT64, 2, 3);
    assertElements(x.transpose(), 0, 3, 1, 4, 2, 5);
    assertElements(x.slice(1, 1, 3), 1, 2, 4, 5);
    assertElements(x.pad(1, 1, 0), 0, 0, 1, 2, 0, 3, 4, 5);
    assertElements(x.pad(0, 0, 1), 0, 1, 2, 3, 4, 5, 0, 0, 0);
    assertElements(x.gather(1, Tensor.of(new long[] {2, 0}, 2, 1)), 2, 3);
    assertElements(x.scatterAdd(1, Tensor.of(new long[] {1, 1, 0, 0, 0, 1}, 2, 3), 2), 2, 1, 7, 5);
    assertElements(x.reshape(3, -1), 0, 1, 2, 3, 4, 5);
  }

  @Test
  void reductionsReduceTheAxesThatAreNamed() {
    Tensor x = range(FLOAT64, 2, 3);
    assertEquals(15, x.sum().item());
    assertElements(x.sum(0), 3, 5, 7);
    assertElements(x.sum(-1), 3, 12);
    assertElements(x.mean(1), 1, 4);
    assertElements(x.max(0), 3, 4, 5);
    assertElements(x.argmax(1), 2, 2);
    assertElements(of(1, 3, 3, 2).reshape(1, 4).argmax(1), 1);
    assertElements(of(1, NAN, 3, NAN).reshape(1, 4).argmax(1), 1);
    assertArrayEquals(
        new double[] {Math.log(1 + Math.exp(3)), Math.log(Math.E + Math.exp(4))},
        x.logsumexp(0).slice(0, 0, 2).toDoubleArray(),
        1e-14);
  }

  @Test
  void logsumexpNeverOverflows() {
    assertEquals(1000 + Math.log(2), of(1000, 1000).logsumexp().item(), 1e-12);
    assertEquals(-1000 + Math.log(2), of(-1000, -1000).logsumexp().item(), 1e-12);
    assertEquals(-INF, of(-INF, -INF).logsumexp().item());
    assertEquals(INF, of(INF, 1).logsumexp().item());
    assertEquals(3, of(-INF, 3).logsumexp().item());
    assertTrue(Double.isNaN(of(NAN, 1).logsumexp().item()));
  }

  @Test
  void matmulMultipliesMatrices() {
    Tensor a = range(FLOAT64, 2, 3);
    Tensor b = range(FLOAT64, 3, 2);
    assertElements(a.matmul(b), 10, 13, 28, 40);
    assertElements(a.matmul(of(1, 2, 3)), 8, 26);
    assertElements(of(1, 2).matmul(a), 6, 9, 12);
    assertEquals(14, of(1, 2, 3).matmul(of(1, 2, 3)).item());
  }

  // -- Nothing ------------------------------------------------------------------------------------

  @Test
  void elementwiseOpsOfNothingAreNothing() {
    Tensor x = nothing(2, 0);
    List<UnaryOperator<Tensor>> ops =
        List.of(
            Tensor::neg,
            Tensor::exp,
            Tensor::log,
            Tensor::relu,
            a -> a.add(a),
            a -> a.pow(a),
            a -> a.mul(2),
            a -> a.add(Tensor.of(1)),
            a -> a.add(nothing(1, 0)),
            a -> a.mul(Tensor.full(FLOAT64, 1, 2, 1)),
            a -> Tensor.where(a.gt(0), a, a),
            a -> a.to(FLOAT32).to(INT64).to(FLOAT64),
            Tensor::identity,
            Tensor::contiguous,
            a -> a.transpose().transpose().contiguous());
    for (UnaryOperator<Tensor> op : ops) {
      assertEquals(Shape.of(2, 0), op.apply(x).shape());
      assertElements(op.apply(x));
    }
    assertEquals(BOOL, x.eq(x).dtype());
  }

  @Test
  void nothingMoves() {
    Tensor x = nothing(2, 0, 3);
    assertEquals(Shape.of(3, 2, 0), x.permute(2, 0, 1).shape());
    assertEquals(Shape.of(0, 5), x.reshape(0, 5).shape());
    assertEquals(Shape.of(0), x.transpose().reshape(0).shape());
    assertEquals(Shape.of(4, 2, 0, 3), x.broadcastTo(4, 2, 0, 3).shape());
    assertEquals(Shape.of(0, 3), nothing(1, 3).broadcastTo(1, 3).slice(0, 1, 1).shape());
    assertEquals(Shape.of(2, 0, 1), x.slice(2, 1, 2).shape());
    assertElements(nothing(2, 0).pad(1, 1, 1), 0, 0, 0, 0);
    assertElements(nothing(0, 2).pad(0, 0, 1), 0, 0);
    Tensor none = Tensor.of(new long[0], 2, 0);
    assertEquals(Shape.of(2, 0), nothing(2, 3).gather(1, none).shape());
    assertElements(nothing(2, 0).scatterAdd(1, none, 2), 0, 0, 0, 0);
    assertElements(nothing(2, 0).scatterAdd(1, none, 0));
  }

  @Test
  void anIndexIntoNothingIsOutOfBounds() {
    Tensor zero = Tensor.of(new long[] {0, 0}, 2, 1);
    assertThrows(IndexOutOfBoundsException.class, () -> nothing(2, 0).gather(1, zero));
    assertThrows(IndexOutOfBoundsException.class, () -> nothing(2, 1).scatterAdd(1, zero, 0));
  }

  @Test
  void reductionsOverNothing() {
    assertEquals(0, nothing(0).sum().item());
    assertElements(nothing(2, 0).sum(1), 0, 0);
    assertElements(nothing(2, 0).sum(0));
    assertTrue(Double.isNaN(nothing(0).mean().item()));
    assertElements(nothing(2, 0).mean(1), NAN, NAN);
    assertEquals(-INF, nothing(0).logsumexp().item());
    assertElements(nothing(2, 0).logsumexp(1), -INF, -INF);
    assertThrows(ShapeException.class, () -> nothing(0).max());
    assertThrows(ShapeException.class, () -> nothing(2, 0).max(1));
    assertThrows(ShapeException.class, () -> nothing(2, 0).argmax(1));
    assertEquals(Shape.of(0), nothing(2, 0).max(0).shape());
    assertEquals(Shape.of(0), nothing(2, 0).argmax(0).shape());
  }

  @Test
  void productsOverNothingAreZeros() {
    assertElements(nothing(2, 0).matmul(nothing(0, 3)), 0, 0, 0, 0, 0, 0);
    assertEquals(Shape.of(0, 3), nothing(0, 2).matmul(nothing(2, 3)).shape());
    assertEquals(Shape.of(2, 0), nothing(2, 3).matmul(nothing(3, 0)).shape());
    assertEquals(0, nothing(0).matmul(nothing(0)).item());
    assertElements(nothing(2, 0).matmul(nothing(0)), 0, 0);
    assertElements(nothing(0).matmul(nothing(0, 2)), 0, 0);
    assertEquals(Shape.of(0, 2, 3), nothing(0, 2, 4).matmul(nothing(4, 3)).shape());
    assertEquals(Shape.of(0, 2, 3), nothing(0, 2, 4).matmul(nothing(1, 4, 3)).shape());
    assertElements(nothing(2, 1, 0).matmul(nothing(2, 0, 1)), 0, 0);
    assertElements(nothing(2, 0).to(FLOAT32).matmul(nothing(0, 1).to(FLOAT32)), 0, 0);
  }

  @Test
  void theGradientOfNothingIsNothing() {
    Tensor x = nothing(2, 0).requiresGrad(true);
    x.exp().sum().add(x.matmul(nothing(0, 3)).sum()).add(x.logsumexp(0).sum()).backward();
    assertEquals(Shape.of(2, 0), x.grad().shape());
    Tensor w = nothing(3, 2).requiresGrad(true);
    nothing(0, 3).matmul(w).sum().backward();
    assertElements(w.grad(), 0, 0, 0, 0, 0, 0);
  }
}
