package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Where elements lie under views, and when a reshape can be one. */
class LayoutTest {
  private static Layout contiguous(long... shape) {
    return Layout.contiguous(Shape.of(shape));
  }

  /** Where the elements lie, in row-major order. */
  private static long[] walk(Layout x) {
    long[] at = {x.offset()};
    for (int d = 0; d < x.shape().rank(); d++) {
      long n = x.shape().at(d);
      long stride = x.stride(d);
      at =
          Arrays.stream(at).flatMap(a -> LongStream.range(0, n).map(i -> a + i * stride)).toArray();
    }
    return at;
  }

  private static void assertStrides(Layout x, long... strides) {
    long[] actual = new long[x.shape().rank()];
    for (int d = 0; d < actual.length; d++) {
      actual[d] = x.stride(d);
    }
    assertArrayEquals(strides, actual);
  }

  private static Layout slice(Layout x, int axis, long from, long to) {
    return Region.all(x.shape()).with(axis, from, 1, to - from).of(x);
  }

  @Test
  void contiguousIsRowMajor() {
    assertStrides(contiguous(2, 3, 4), 12, 4, 1);
    assertStrides(contiguous());
    assertEquals(0, contiguous(2, 3).offset());
  }

  @Test
  void viewsOfContiguousLayouts() {
    assertStrides(contiguous(2, 3, 4).permute(new int[] {2, 0, 1}), 1, 12, 4);
    assertStrides(contiguous(2, 1).broadcastTo(Shape.of(5, 2, 3)), 0, 1, 0);
    Layout slice = slice(contiguous(4, 6), 1, 2, 5);
    assertStrides(slice, 6, 1);
    assertEquals(2, slice.offset());
    assertEquals(18, slice(contiguous(4, 6), 0, 3, 4).offset());
  }

  @Test
  void reshapeOfContiguousIsAView() {
    assertStrides(contiguous(2, 3, 4).reshape(Shape.of(24)), 1);
    assertStrides(contiguous(2, 3, 4).reshape(Shape.of(6, 4)), 4, 1);
    assertStrides(contiguous(2, 3, 4).reshape(Shape.of(4, 1, 6)), 6, 6, 1);
    assertStrides(contiguous(4, 6).reshape(Shape.of(1, 4, 1, 6, 1)), 24, 6, 6, 1, 1);
    assertStrides(contiguous(1, 1).reshape(Shape.of()));
    assertStrides(contiguous().reshape(Shape.of(1, 1)), 1, 1);
  }

  @Test
  void reshapeOfATransposeTakesACopyWhereItMergesAxes() {
    Layout x = contiguous(2, 3).permute(new int[] {1, 0});
    assertNull(x.reshape(Shape.of(6)));
    assertNull(x.reshape(Shape.of(2, 3)));
    assertArrayEquals(walk(x), walk(x.reshape(Shape.of(3, 1, 2, 1))));
  }

  @Test
  void reshapeMergesNeighboursThatStayTogether() {
    Layout x = contiguous(2, 3, 4).permute(new int[] {2, 0, 1}); // [4, 2, 3], 2 and 3 in order
    assertArrayEquals(walk(x), walk(x.reshape(Shape.of(4, 6))));
    assertNull(x.reshape(Shape.of(8, 3)));
  }

  @Test
  void reshapeOfASliceKeepsItsGaps() {
    Layout x = slice(contiguous(4, 6), 1, 1, 4);
    assertNull(x.reshape(Shape.of(12)));
    assertStrides(x.reshape(Shape.of(2, 2, 3)), 12, 6, 1);
    assertEquals(1, x.reshape(Shape.of(2, 2, 3)).offset());
    assertStrides(slice(contiguous(4, 6), 0, 1, 3).reshape(Shape.of(12)), 1);
  }

  @Test
  void reshapeOfABroadcastKeepsTheRepeatWhereItCan() {
    assertNull(contiguous(3).broadcastTo(Shape.of(2, 3)).reshape(Shape.of(6)));
    assertStrides(contiguous(3).broadcastTo(Shape.of(4, 3)).reshape(Shape.of(2, 2, 3)), 0, 0, 1);
    assertStrides(contiguous().broadcastTo(Shape.of(2, 3)).reshape(Shape.of(6)), 0);
  }

  @Test
  void axesOfSizeOneNeverForceACopy() {
    Layout x = contiguous(2, 1, 3).permute(new int[] {1, 0, 2});
    assertArrayEquals(new long[] {0, 1, 2, 3, 4, 5}, walk(x.reshape(Shape.of(6))));
    assertTrue(x.isContiguous());
  }

  @Test
  void reshapeOfNothingIsAView() {
    Layout x = contiguous(3, 0, 2).permute(new int[] {2, 1, 0});
    assertEquals(Shape.of(0, 7), x.reshape(Shape.of(0, 7)).shape());
    assertTrue(x.isContiguous());
  }

  @Test
  void aSliceOfNothingStaysInsideTheStorage() {
    assertEquals(0, slice(contiguous(4, 6), 0, 4, 4).offset());
    assertEquals(0, slice(contiguous(4, 6), 1, 6, 6).shape().count());
  }

  @Test
  void contiguousMeansWithoutGapsWhereverItStarts() {
    assertTrue(slice(contiguous(4, 6), 0, 2, 4).isContiguous());
    assertFalse(slice(contiguous(4, 6), 1, 0, 5).isContiguous());
    assertFalse(contiguous(4, 6).permute(new int[] {1, 0}).isContiguous());
    assertFalse(contiguous(1, 6).broadcastTo(Shape.of(4, 6)).isContiguous());
    assertTrue(slice(slice(contiguous(4, 6), 0, 2, 3), 1, 1, 4).isContiguous());
    assertTrue(contiguous().isContiguous());
  }

  @Test
  void randomReshapesAreViewsExactlyWhereStridesExist() {
    Random random = new Random(5);
    int views = 0;
    int copies = 0;
    for (int i = 0; i < 3000; i++) {
      Layout x = view(random);
      Shape to = split(x.shape().count(), random);
      long[] at = walk(x);
      Layout y = x.reshape(to);
      String what = x + " to " + to;
      if (y != null) {
        views++;
        assertEquals(to, y.shape(), what);
        assertArrayEquals(at, walk(y), what);
      } else {
        copies++;
        assertFalse(isEven(at, to), what);
      }
    }
    assertTrue(views > 300 && copies > 300, views + " views, " + copies + " copies");
  }

  @Test
  void randomLayoutsAreContiguousExactlyWhereTheWalkIs() {
    Random random = new Random(6);
    int contiguous = 0;
    for (int i = 0; i < 3000; i++) {
      Layout x = view(random);
      long[] at = walk(x);
      boolean inOrder = true;
      for (int k = 0; k < at.length; k++) {
        inOrder &= at[k] == x.offset() + k;
      }
      assertEquals(inOrder, x.isContiguous(), x::toString);
      contiguous += inOrder ? 1 : 0;
    }
    assertTrue(contiguous > 100 && contiguous < 2900, contiguous + " contiguous");
  }

  /** Whether strides over that shape give this walk. */
  private static boolean isEven(long[] at, Shape to) {
    Layout rows = Layout.contiguous(to);
    for (int i = 0; i < at.length; i++) {
      long expected = at[0];
      long rest = i;
      for (int d = 0; d < to.rank(); d++) {
        long index = rest / rows.stride(d);
        rest %= rows.stride(d);
        expected += index == 0 ? 0 : index * (at[(int) rows.stride(d)] - at[0]);
      }
      if (expected != at[i]) {
        return false;
      }
    }
    return true;
  }

  private static Layout view(Random random) {
    Layout x = contiguous(1 + random.nextInt(4), 1 + random.nextInt(3), 2 * random.nextInt(1, 3));
    for (int step = random.nextInt(4); step > 0; step--) {
      int axis = random.nextInt(x.shape().rank());
      long n = x.shape().at(axis);
      switch (random.nextInt(3)) {
        case 0 -> {
          List<Integer> order = new ArrayList<>(List.of(0, 1, 2));
          Collections.shuffle(order, random);
          x = x.permute(order.stream().mapToInt(d -> d).toArray());
        }
        case 1 -> {
          long from = random.nextLong(n);
          x = slice(x, axis, from, from + 1 + random.nextLong(n - from));
        }
        default -> x = slice(x, axis, n - 1, n).broadcastTo(x.shape().with(axis, 2));
      }
    }
    return x;
  }

  /** Any shape with that many elements. */
  private static Shape split(long count, Random random) {
    List<Long> sizes = new ArrayList<>();
    for (long rest = count; rest > 1; ) {
      long n = 1 + random.nextLong(rest);
      if (rest % n == 0 && sizes.size() < 6) {
        sizes.add(n);
        rest /= n;
      } else if (sizes.size() >= 6) {
        sizes.add(rest);
        rest = 1;
      }
    }
    return Shape.of(sizes.stream().mapToLong(n -> n).toArray());
  }
}
