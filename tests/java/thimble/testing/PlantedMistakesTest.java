package thimble.testing;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.BinaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import thimble.InBothBackends;
import thimble.tensor.DType;
import thimble.tensor.Key;
import thimble.tensor.Tensor;
import thimble.testing.GradCheck.Report;

/**
 * A test of the tests: functions whose derivative is wrong, each in another way that is usual, are
 * caught by {@link GradCheck} for every seed; with the right derivative they pass.
 */
class PlantedMistakesTest extends InBothBackends {
  /** A function of a 3×3 and another one, and one that has its value but a wrong derivative. */
  private enum Mistake {
    A_WRONG_SIGN((a, b) -> a.cos(), (a, b) -> a.cos().neg()),
    SWAPPED_OPERANDS((a, b) -> a.mul(b), (a, b) -> a.pow(2).add(b.pow(2)).mul(0.5)),
    A_FORGOTTEN_FACTOR((a, b) -> a.pow(3), (a, b) -> a.pow(3).mul(1.0 / 3)),
    A_FORGOTTEN_OPERAND((a, b) -> a.div(b), (a, b) -> a.div(b.detach())),
    A_WRONG_AXIS((a, b) -> a.softmax(0).matmul(b), (a, b) -> a.softmax(1).matmul(b)),
    A_BROADCAST_THAT_IS_NOT_SUMMED(
        (a, b) -> a.mul(row(b)), (a, b) -> a.mul(Tensor.concat(0, row(b), rest(b)))),
    A_TRANSPOSE_THAT_IS_MISSING((a, b) -> a.matmul(b), (a, b) -> a.transpose().matmul(b)),
    /** e^x − 1 for e^x: y for what is y + 1. */
    A_STALE_RESULT((a, b) -> a.expm1(), (a, b) -> ruled(a, a.expm1())),
    /** Right where it is looked at once, but it is a constant when it is differentiated again. */
    A_MISSING_SECOND_ORDER_TERM((a, b) -> a.sin(), (a, b) -> ruled(a, a.cos()).add(b.mul(0)));

    private final BinaryOperator<Tensor> right;
    private final BinaryOperator<Tensor> wrong;

    Mistake(BinaryOperator<Tensor> right, BinaryOperator<Tensor> wrong) {
      this.right = right;
      this.wrong = wrong;
    }

    private static Tensor row(Tensor b) {
      return b.slice(0, 0, 1);
    }

    private static Tensor rest(Tensor b) {
      return row(b).broadcastTo(2, 3).detach();
    }

    /** What has this slope in x at x, and no other derivative. */
    private static Tensor ruled(Tensor x, Tensor slope) {
      return x.sub(x.detach()).mul(slope.detach());
    }

    /** The value of one with the derivative of the other. */
    Tensor planted(Tensor a, Tensor b) {
      Tensor slope = wrong.apply(a, b);
      return right.apply(a, b).sub(slope).detach().add(slope);
    }
  }

  private static Tensor operand(long seed, int i) {
    Tensor x = Key.of(seed).fold(i).normal(DType.FLOAT64, 3, 3);
    return x.add(x.sign().mul(0.3)); // not near 0
  }

  private static Report report(long seed, BinaryOperator<Tensor> f) {
    return GradCheck.standard().seed(seed).report(f, operand(seed, 0), operand(seed, 1));
  }

  @ParameterizedTest
  @EnumSource
  void isCaughtWhateverTheSeed(Mistake mistake) {
    for (long seed = 0; seed < 10; seed++) {
      Report found = report(seed, mistake::planted);
      assertFalse(found.isRight(), found.toString());
      assertFalse(found.isNearKink(), found.toString());
      Report right = report(seed, mistake.right);
      assertTrue(right.isRight(), right.toString());
    }
  }

  @ParameterizedTest
  @EnumSource(names = "A_MISSING_SECOND_ORDER_TERM")
  void ofSecondOrderIsNotSeenAtFirst(Mistake mistake) {
    Tensor a = operand(1, 0);
    assertTrue(GradCheck.standard().order(1).report(mistake::planted, a, operand(1, 1)).isRight());
  }
}
