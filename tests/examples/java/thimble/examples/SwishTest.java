package thimble.examples;

import static thimble.tensor.DType.FLOAT64;

import thimble.tensor.Key;
import thimble.tensor.Tensor;
import thimble.testing.GradCheck;
import thimble.testing.GradCheckTest;

/** A user's test of a function of their own. */
class SwishTest {
  private static Tensor swish(Tensor x, Tensor beta) {
    return x.mul(x.mul(beta).sigmoid());
  }

  @GradCheckTest(runs = 3)
  void swishHasItsDerivatives(GradCheck check, Key key) {
    check.check(SwishTest::swish, key.normal(FLOAT64, 3, 4), Tensor.of(1.5));
  }
}
