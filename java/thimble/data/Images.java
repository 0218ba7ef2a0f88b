package thimble.data;

import thimble.tensor.DType;
import thimble.tensor.Scope;
import thimble.tensor.Tensor;

/**
 * Grey images of one size with a label each.
 *
 * @param count the number of images
 * @param rows the height of each in pixels
 * @param columns the width of each in pixels
 * @param pixels the images one after the other, each by rows, 0 (background) to 255 as unsigned
 *     bytes; not copied
 * @param labels the class of each image, as unsigned bytes; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // 47 MB for MNIST, and nobody compares them
public record Images(int count, int rows, int columns, byte[] pixels, byte[] labels) {
  /**
   * Makes a set of images.
   *
   * @throws IllegalArgumentException if a size is negative, or if an array's length does not fit
   *     the sizes
   */
  public Images {
    if (count < 0 || rows < 0 || columns < 0) {
      throw new IllegalArgumentException(
          "images: negative size in " + count + " x " + rows + " x " + columns);
    }
    // An image of 2^31 pixels or more is refused first: the product of all three fits a long then.
    if ((long) rows * columns > Integer.MAX_VALUE
        || (long) rows * columns * count != pixels.length) {
      throw new IllegalArgumentException(
          "images: "
              + count
              + " x "
              + rows
              + " x "
              + columns
              + " do not fit "
              + pixels.length
              + " pixels");
    }
    if (labels.length != count) {
      throw new IllegalArgumentException(
          "images: " + count + " images but " + labels.length + " labels");
    }
  }

  /**
   * The images as rows of a matrix [count, rows · columns], 0 (background) to 1: grey values over
   * 255.
   *
   * @param dtype float32 or float64
   */
  public Tensor pixelTensor(DType dtype) {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(pixels, count, (long) rows * columns).to(dtype).div(255);
      return scope.keep(x);
    }
  }

  /** The labels: uint8 [count]. */
  public Tensor labelTensor() {
    return Tensor.of(labels);
  }
}
