package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.BOOL;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.DType.INT64;
import static thimble.tensor.DType.UINT8;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import thimble.InBothBackends;

/** Tensors that are made by counting, and those that hold one number. */
class MakeTest extends InBothBackends {
  private static void assertLongs(DType dtype, Tensor x, long... elements) {
    assertEquals(dtype, x.dtype());
    assertArrayEquals(elements, x.toLongArray());
  }

  @Test
  void arangeStopsBeforeTheEnd() {
    assertLongs(INT64, Tensor.arange(4), 0, 1, 2, 3);
    assertLongs(INT64, Tensor.arange(0));
    assertLongs(INT64, Tensor.arange(INT64, 5, -1, -2), 5, 3, 1);
    assertLongs(INT32, Tensor.arange(INT32, -1, 5, 3), -1, 2);
    assertLongs(INT32, Tensor.arange(INT32, 3, 3, 1));
    assertLongs(INT32, Tensor.arange(INT32, 3, 5, -1));
    assertLongs(UINT8, Tensor.arange(UINT8, 250, 256, 2), 250, 252, 254);
    assertLongs(BOOL, Tensor.arange(BOOL, 0, 2, 1), 0, 1);
    assertLongs(INT32, Tensor.arange(INT32, 0.5, 3, 1), 0, 1, 2);
    Tensor tenths = Tensor.arange(FLOAT64, 0, 1, 0.1);
    assertEquals(Shape.of(10), tenths.shape(), "0.1 is a little more than a tenth");
    for (int i = 0; i < 10; i++) {
      assertEquals(i * 0.1, tenths.toDoubleArray()[i]);
    }
    assertEquals(Shape.of(1), Tensor.arange(FLOAT32, 0, 1, Double.MAX_VALUE).shape());
    assertEquals(Shape.of(2), Tensor.arange(FLOAT64, 1, Math.nextUp(1 + 1e-3), 1e-3).shape());
  }

  @Test
  void integersFromArangeAreExact() {
    long n = 1L << 53;
    assertLongs(INT64, Tensor.arange(INT64, n, n + 4, 1), n, n + 1, n + 2, n + 3);
    assertLongs(INT64, Tensor.arange(INT64, -n, -n - 4, -1), -n, -n - 1, -n - 2, -n - 3);
    assertLongs(INT64, Tensor.arange(INT64, 0x1p62, 0x1p63, 0x1p62), 1L << 62);
    assertLongs(
        INT64,
        Tensor.arange(INT64, -0x1p63, 0x1p63, 0x1p62),
        Long.MIN_VALUE,
        -1L << 62,
        0,
        1L << 62);
  }

  @Test
  void linspaceTakesBothEnds() {
    assertArrayEquals(
        new double[] {0, 0.25, 0.5, 0.75, 1}, Tensor.linspace(FLOAT32, 0, 1, 5).toDoubleArray());
    assertArrayEquals(new double[] {3}, Tensor.linspace(FLOAT64, 3, 1, 1).toDoubleArray());
    assertArrayEquals(new double[] {}, Tensor.linspace(FLOAT64, 3, 1, 0).toDoubleArray());
    double most = Double.MAX_VALUE;
    assertArrayEquals(
        new double[] {-most, 0, most}, Tensor.linspace(FLOAT64, -most, most, 3).toDoubleArray());
    Tensor thirds = Tensor.linspace(FLOAT64, 0.1, 0.7, 50);
    assertEquals(0.1, thirds.get(Index.at(0)).item());
    assertEquals(0.7, thirds.get(Index.at(-1)).item());
    assertEquals(FLOAT64, thirds.dtype());
  }

  @Test
  void eyeHasOnesOnItsDiagonal() {
    for (DType dtype : DType.values()) {
      for (long[] size : new long[][] {{3, 3}, {2, 4}, {4, 2}, {1, 1}, {0, 3}, {3, 0}}) {
        Naive.of(Shape.of(size), i -> i[0] == i[1] ? 1 : 0)
            .assertSame(dtype, Tensor.eye(dtype, size[0], size[1]), "eye");
      }
    }
  }

  @Test
  void oneNumberIsHeldOnce() {
    for (DType dtype : DType.values()) {
      Tensor x = Tensor.ones(dtype, 1000, 1L << 40);
      assertEquals(dtype, x.dtype());
      assertTrue(x.value().storage().segment().byteSize() <= 64);
      assertEquals(1, x.get(Index.at(-1), Index.at(-1)).item());
    }
    assertEquals(Long.MAX_VALUE, Tensor.full(INT64, Long.MAX_VALUE, 2).toLongArray()[1]);
    assertEquals(0, Tensor.zeros(FLOAT32, 2, 0).count());
    assertThrows(DTypeException.class, () -> Tensor.full(UINT8, 256L, 2));
  }

  @Test
  void whatCannotBeMadeIsNamed() {
    assertRefused("arange: 0.0 to 1.0 by 0.0", () -> Tensor.arange(FLOAT32, 0, 1, 0));
    assertRefused("arange: 0.0 to Infinity", () -> Tensor.arange(FLOAT32, 0, 1 / 0.0, 1));
    assertRefused("arange: -1 elements", () -> Tensor.arange(-1));
    assertRefused("elements: must be", () -> Tensor.arange(INT64, 0, 1e300, 1e-300));
    assertRefused("linspace: NaN to 1.0", () -> Tensor.linspace(FLOAT32, Double.NaN, 1, 3));
    assertRefused("linspace: -1 elements", () -> Tensor.linspace(FLOAT32, 0, 1, -1));
    assertRefused("split: -1 keys", () -> Key.of(1).split(-1));
  }

  private static void assertRefused(String start, Executable make) {
    String message = assertThrows(IllegalArgumentException.class, make).getMessage();
    assertTrue(message.contains(start), message);
  }
}
