package thimble.runtime;

import thimble.tensor.DType;
import thimble.tensor.Layout;
import thimble.tensor.Shape;

/**
 * A value of a routine that is being planned: where its elements lie in a place. Views of a value
 * have its place.
 */
record Value(Place place, DType dtype, Layout layout) {
  Shape shape() {
    return layout.shape();
  }

  long count() {
    return layout.shape().count();
  }

  Value with(Layout other) {
    return new Value(place, dtype, other);
  }

  /** Whether it is all of its place, in order. */
  boolean isWhole() {
    return layout.isContiguous() && layout.offset() == 0 && count() == place.count();
  }

  /** Whether all elements are one. */
  boolean isOne() {
    return layout.extent() == 1;
  }
}
