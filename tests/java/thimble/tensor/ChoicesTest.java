package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Decisions that can be replayed, and are simplified. */
class ChoicesTest {
  @Test
  void choicesAreTheSameForTheSameSeedAndWhenReplayed() {
    Choices one = Choices.random(9);
    Choices other = Choices.random(9);
    for (int i = 1; i < 200; i++) {
      assertEquals(one.below(i), other.below(i));
    }
    Choices again = Choices.replay(one.made());
    for (int i = 1; i < 200; i++) {
      assertEquals(one.made()[i - 1], again.below(i));
    }
    assertEquals(0, again.below(7), "nothing is left");
  }

  @Test
  void choicesGoEverywhere() {
    int[] count = new int[10];
    Choices c = Choices.random(3);
    for (int i = 0; i < 10_000; i++) {
      count[c.below(10)]++;
    }
    for (int n : count) {
      assertEquals(1000, n, 150);
    }
  }

  @Test
  void whatFailsIsMadeFewerAndSmaller() {
    long[] failing = {7, 0, 3, 150, 9, 4, 101, 2};
    assertArrayEquals(
        new long[] {100}, Choices.shrink(failing, x -> Arrays.stream(x).anyMatch(v -> v >= 100)));
    assertArrayEquals(new long[] {0, 0, 1}, Choices.shrink(failing, x -> x.length > 2 && x[2] > 0));
    assertArrayEquals(new long[0], Choices.shrink(failing, x -> true));
  }

  @Test
  void aListBeginsWithTheSimplest() {
    assertEquals("a", Choices.replay().of(List.of("a", "b")));
    assertEquals(5, Choices.replay().of(5, 6));
    assertEquals(2, Choices.replay().between(2, 4));
  }
}
