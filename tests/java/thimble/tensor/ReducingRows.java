package thimble.tensor;

import static thimble.tensor.At.shape;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.DType.INT64;
import static thimble.tensor.Kind.INDEX;
import static thimble.tensor.Kind.MASK;
import static thimble.tensor.Kind.Slope.FLAT;
import static thimble.tensor.Kind.Slope.LINEAR;
import static thimble.tensor.Kind.Slope.NONE;
import static thimble.tensor.Kind.Slope.SMOOTH;
import static thimble.tensor.Row.Trait.POINTWISE;
import static thimble.tensor.Row.Trait.ROUNDED;
import static thimble.tensor.Row.Trait.TAME;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import thimble.tensor.Kind.Slope;
import thimble.tensor.Row.Trait;

/** Rows of {@link OpTable}: one number of many, and rows of rows. */
final class ReducingRows extends Families {
  ReducingRows() {
    reducing();
  }

  // spotless:off
  private void reducing() {
    reduce("sum",       FLOATS, ANY,      LINEAR, true,  SUMS,      Tensor::sum,       (x, axes) -> Oracle.reduce(x, Oracle::sum, Oracle::sumError, axes));
    reduce("mean",      FLOATS, ANY,      LINEAR, true,  SUMS,      Tensor::mean,      (x, axes) -> Oracle.reduce(x, Oracle::mean, Oracle::meanError, axes));
    reduce("max",       FLOATS, DISTINCT, SMOOTH, false, NO_TRAITS, Tensor::max,       (x, axes) -> Oracle.reduce(x, x.dtype(), Oracle::max, row -> Arrays.stream(row).max().getAsLong(), axes));
    reduce("logsumexp", FLOATS, ANY,      SMOOTH, true,  SUMS,      Tensor::logsumexp, (x, axes) -> Oracle.reduce(x, Oracle::logsumexp, Oracle::logsumexpError, axes));
    along("argmax",     FLOATS, DISTINCT, NONE,   false, NO_TRAITS, Tensor::argmax,    (x, axis) -> Oracle.reduce(x, INT64, Oracle::argmax, Oracle::argmax, axis));
  }
  // spotless:on
}
