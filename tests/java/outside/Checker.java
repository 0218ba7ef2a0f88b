package outside;

import thimble.tensor.Tensor;
import thimble.testing.GradCheck;
import thimble.testing.GradCheckError;

/** A user's program, for {@code WithoutJunitTest}: checks derivatives without any JUnit. */
public final class Checker {
  private Checker() {}

  /** Prints where the library is, and what a check finds. */
  public static void main(String[] args) {
    System.out.println(GradCheck.class.getModule());
    try {
      Class.forName("org.junit.jupiter.api.Test");
      System.out.println("JUnit is there");
    } catch (ClassNotFoundException e) {
      System.out.println("no JUnit");
    }
    GradCheck check = GradCheck.standard().named("cube");
    check.check(x -> x.pow(3), Tensor.of(2));
    try {
      check.check(x -> x.pow(2).mul(x.detach()), Tensor.of(2));
    } catch (GradCheckError e) {
      System.out.println(e.getMessage());
    }
  }
}
