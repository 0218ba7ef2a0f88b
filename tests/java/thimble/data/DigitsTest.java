package thimble.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;

class DigitsTest {
  // Of the pixels and labels of the default seed. A change of the drawing changes every number that
  // was measured on these images: measure them anew, then pin the new digest.
  private static final String SHA_256 =
      "0f8b2a470d5e5ac27f8e1eeb1fbf676a5773c2515c0097df9e7905b566097e72";

  @Test
  void theDefaultImagesAreTheSameEverywhere() throws Exception {
    Dataset digits = Digits.load();
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (Images images : List.of(digits.train(), digits.test())) {
      digest.update(images.pixels());
      digest.update(images.labels());
    }
    assertEquals(SHA_256, HexFormat.of().formatHex(digest.digest()));
  }

  @Test
  void theNumberOfThreadsChangesNothing() throws Exception {
    Dataset many = Digits.generate(7);
    try (ForkJoinPool single = new ForkJoinPool(1)) {
      Dataset one = single.submit(() -> Digits.generate(7)).get();
      assertArrayEquals(many.train().pixels(), one.train().pixels());
      assertArrayEquals(many.test().pixels(), one.test().pixels());
    }
  }

  @Test
  void everyClassIsAsFrequentAndShuffled() {
    Dataset digits = Digits.load();
    assertEquals(10, digits.classes());
    assertEquals(28, digits.train().rows());
    assertEquals(28, digits.train().columns());
    for (Images images : List.of(digits.train(), digits.test())) {
      int[] counts = new int[10];
      int repeats = 0;
      for (int i = 0; i < images.count(); i++) {
        counts[images.labels()[i]]++;
        repeats += i > 0 && images.labels()[i] == images.labels()[i - 1] ? 1 : 0;
      }
      int each = images.count() / 10;
      assertArrayEquals(
          new int[] {each, each, each, each, each, each, each, each, each, each}, counts);
      // A shuffled order repeats a label at one place in ten; 0 or all would be sorted orders.
      assertTrue(Math.abs(repeats - each) < each / 4, "repeats: " + repeats);
    }
    assertEquals(10_000, digits.train().count());
    assertEquals(2_000, digits.test().count());
  }

  @Test
  void noImageIsEmptyOrAppearsTwice() {
    Dataset digits = Digits.load();
    Set<String> seen = new HashSet<>();
    for (Images images : List.of(digits.train(), digits.test())) {
      for (int i = 0; i < images.count(); i++) {
        byte[] image = Arrays.copyOfRange(images.pixels(), i * 784, (i + 1) * 784);
        int bright = 0;
        for (byte pixel : image) {
          bright += Byte.toUnsignedInt(pixel) > 100 ? 1 : 0;
        }
        assertTrue(bright >= 10 && bright <= 400, "image " + i + ": bright pixels " + bright);
        assertTrue(seen.add(HexFormat.of().formatHex(image)), "image " + i + " is there twice");
      }
    }
  }

  @Test
  void anotherSeedMakesOtherImagesInAnotherOrder() {
    Dataset one = Digits.generate(1);
    Dataset two = Digits.generate(2);
    assertFalse(Arrays.equals(one.train().pixels(), two.train().pixels()));
    assertFalse(Arrays.equals(one.train().labels(), two.train().labels()));
    assertFalse(Arrays.equals(one.test().labels(), two.test().labels()));
  }

  @Test
  void everyWayToWriteADigitIsDrawnInTheFrame() {
    for (int digit = 0; digit < 10; digit++) {
      DigitShapes.Shape[] shapes = DigitShapes.of(digit);
      assertTrue(shapes.length >= 3, "ways to write " + digit + ": " + shapes.length);
      for (DigitShapes.Shape shape : shapes) {
        assertTrue(shape.commands().matches("M[LC]+(M[LC]+)*"), shape.commands());
        int points = shape.commands().chars().map(c -> c == 'C' ? 3 : 1).sum();
        assertEquals(2 * points, shape.points().length, shape.commands());
        for (double p : shape.points()) {
          assertTrue(p > -0.2 && p < 1.2, digit + ": " + p);
        }
      }
    }
  }
}
