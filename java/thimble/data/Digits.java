package thimble.data;

import java.util.stream.IntStream;

/**
 * Handwritten-looking digits that the library draws itself: data for a first run without a
 * download.
 *
 * <p>Each image is 28 by 28 pixels, light on dark as in MNIST. A digit is one of the ways in which
 * people write it, with its points moved, sized, slanted, turned, bent and drawn with a pen of some
 * width; some have a stray stroke or a gap, all have some blur and grain.
 *
 * <p>A linear softmax classifier ends at about 17 % test error, the two-layer network with 100
 * hidden units at about 5 % (batch 100, learning rate 0.2, 10 epochs).
 *
 * <p>The same seed gives the same bytes on every JVM, whatever the number of threads: each image
 * has a generator of its own, and only arithmetic that Java defines to the last bit is used.
 */
public final class Digits {
  /** The seed of {@link #load()}. */
  public static final long DEFAULT_SEED = 0;

  private static final int CLASSES = 10;
  private static final int TRAIN = 10_000;
  private static final int TEST = 2_000;

  private Digits() {}

  /**
   * Draws the digits that everybody gets.
   *
   * @return 10,000 images to learn from and 2,000 to test with, as many of each class
   */
  public static Dataset load() {
    return generate(DEFAULT_SEED);
  }

  /**
   * Draws digits.
   *
   * @param seed any number; the same for the same images
   * @return 10,000 images to learn from and 2,000 to test with, as many of each class
   */
  public static Dataset generate(long seed) {
    return new Dataset("digits", draw(seed, 0, TRAIN), draw(seed, TRAIN, TEST), CLASSES);
  }

  /** Draws {@code count} images; those from {@code first} on of all that the seed makes. */
  private static Images draw(long seed, int first, int count) {
    byte[] labels = labels(SplitMix64.of(seed, -1L - first), count);
    int size = DigitPainter.SIDE * DigitPainter.SIDE;
    byte[] pixels = new byte[count * size];
    IntStream.range(0, count)
        .parallel()
        .forEach(i ->
            DigitPainter.paint(labels[i], SplitMix64.of(seed, (long) first + i), pixels, i * size));
    return new Images(count, DigitPainter.SIDE, DigitPainter.SIDE, pixels, labels);
  }

  /** As many labels of each class, in a random order. */
  private static byte[] labels(SplitMix64 random, int count) {
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      int j = random.below(i + 1);
      labels[i] = labels[j];
      labels[j] = (byte) (i % CLASSES);
    }
    return labels;
  }
}
