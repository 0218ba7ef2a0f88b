package thimble.data;

import java.util.Objects;

/**
 * Labelled images to learn from, and others of the same kind to test with.
 *
 * @param name what to call the data in a report
 * @param train the images to learn from
 * @param test the images to test with, of the same size
 * @param classes the number of classes; labels are 0 to {@code classes} - 1
 */
public record Dataset(String name, Images train, Images test, int classes) {
  /**
   * Makes a data set.
   *
   * @throws IllegalArgumentException if the images of the two parts differ in size, or if a label
   *     is not below {@code classes}
   */
  public Dataset {
    Objects.requireNonNull(name);
    if (train.rows() != test.rows() || train.columns() != test.columns()) {
      throw new IllegalArgumentException(
          "dataset "
              + name
              + ": train images of "
              + size(train)
              + " but test images of "
              + size(test));
    }
    checkLabels(name + " train", train.labels(), classes);
    checkLabels(name + " test", test.labels(), classes);
  }

  private static void checkLabels(String what, byte[] labels, int classes) {
    for (int i = 0; i < labels.length; i++) {
      if (Byte.toUnsignedInt(labels[i]) >= classes) {
        throw new IllegalArgumentException(
            "dataset "
                + what
                + ": label "
                + Byte.toUnsignedInt(labels[i])
                + " at index "
                + i
                + ", but there are "
                + classes
                + " classes");
      }
    }
  }

  private static String size(Images images) {
    return images.rows() + " x " + images.columns();
  }
}
