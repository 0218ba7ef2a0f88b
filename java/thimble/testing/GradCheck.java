package thimble.testing;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import thimble.tensor.Key;
import thimble.transform.Function3;

/**
 * Checks the derivatives of a function at a point, of first and second order, in float64:
 *
 * <pre>{@code
 * GradCheck.standard().check(x -> x.mul(x.sigmoid()), Key.of(1).normal(FLOAT64, 3, 4));
 * GradCheck.standard().order(1).check((a, b) -> a.matmul(b), a, b);
 * }</pre>
 *
 * <p>A function takes a tensor, two, three, or a structure of tensors, and gives a tensor of any
 * shape or a structure; whatever is not floating stands still. With J its Jacobian, w random
 * weights of the result, u and v random directions, and H the Hessian of Σ w·(f + f²/s), s the
 * largest |f| or 1, in which a linear function shows too, it is checked that
 *
 * <ul>
 *   <li>reverse mode's Jᵀw has the shapes of the arguments, and in each element, and along a
 *       direction, the value of a central difference: (f(x + ε) − f(x − ε))/2ε;
 *   <li>forward mode is its transpose: ⟨w, J·u⟩ = ⟨Jᵀw, u⟩ up to rounding, for each argument;
 *   <li>H·v has the value of a central difference of gradients;
 *   <li>forward over reverse mode gives the same H·v as reverse over reverse mode, and uᵀH·v =
 *       vᵀH·u, up to rounding.
 * </ul>
 *
 * <p><b>Kinks.</b> Where a difference disagrees, the differences to either side are looked at, and
 * a smaller step is taken. If the derivative lies between the two sides, which are not the same, or
 * is not off by the same for the smaller step, as a wrong one is, then the step may have crossed a
 * kink, as relu has at 0, with every rule right. Then all is checked again at another point, near
 * by, a few times. Nothing is ever excused: a check passes only at a point where all agrees, and
 * kinks at every point fail too. What is no kink is reported at once.
 *
 * <p>Differences have an error of their own. Allowed are 1e-6 of the largest derivative of the
 * argument, what is rounded off in f, and 1e-9: so a function should not be tiny. Immutable.
 *
 * @param name what the function is called in messages
 * @param seed of all that is random
 * @param order how many derivatives are checked, 1 or 2
 * @param step ε; 0 for 6e-6·max(1, |x|)
 * @param tolerance relative, of differences; those of gradients have ten times as much
 * @param exactness relative, of what is equal up to rounding; a hundred times as much for second
 *     derivatives
 * @param moves how often to go to another point
 * @param elements how many elements are looked at one by one, at most; if there are more, random
 *     ones
 */
public record GradCheck(
    String name,
    long seed,
    int order,
    double step,
    double tolerance,
    double exactness,
    int moves,
    int elements) {
  private static final GradCheck STANDARD =
      new GradCheck("function", 42, 2, 0, 1e-6, 1e-12, 4, 256);

  /** Checks numbers. */
  public GradCheck {
    if (order != 1 && order != 2) {
      throw new IllegalArgumentException("gradient check: order %d: takes 1 or 2".formatted(order));
    }
    if (!(step >= 0 && tolerance >= 0 && exactness >= 0 && step < Double.POSITIVE_INFINITY)
        || moves < 0
        || elements < 0) {
      throw new IllegalArgumentException(
          "gradient check: step %s, tolerance %s, exactness %s, moves %d, elements %d: must not be negative"
              .formatted(step, tolerance, exactness, moves, elements));
    }
  }

  /** Both orders, with the tolerances that float64 allows. */
  public static GradCheck standard() {
    return STANDARD;
  }

  /** With a name for messages. */
  public GradCheck named(String function) {
    return new GradCheck(function, seed, order, step, tolerance, exactness, moves, elements);
  }

  /** With other random numbers; the same seed, the same check. */
  public GradCheck seed(long other) {
    return new GradCheck(name, other, order, step, tolerance, exactness, moves, elements);
  }

  /** With first derivatives alone, or with both. */
  public GradCheck order(int most) {
    return new GradCheck(name, seed, most, step, tolerance, exactness, moves, elements);
  }

  /** With steps of that length; a linear function takes long ones. */
  public GradCheck step(double eps) {
    return new GradCheck(name, seed, order, eps, tolerance, exactness, moves, elements);
  }

  /** With another tolerance of differences, for functions that are rough, or exact. */
  public GradCheck tolerance(double relative) {
    return new GradCheck(name, seed, order, step, relative, exactness, moves, elements);
  }

  /** With another tolerance of identities, for functions that go through float32. */
  public GradCheck exactness(double relative) {
    return new GradCheck(name, seed, order, step, tolerance, relative, moves, elements);
  }

  /** With so many other points where there are kinks; 0 for a check right here or not at all. */
  public GradCheck moves(int most) {
    return new GradCheck(name, seed, order, step, tolerance, exactness, most, elements);
  }

  /** With so many elements looked at one by one, at most. */
  public GradCheck elements(int most) {
    return new GradCheck(name, seed, order, step, tolerance, exactness, moves, most);
  }

  /**
   * Checks a function at x.
   *
   * @param f takes a structure like x and gives one
   * @param x with a float32 or float64 tensor in it
   * @throws GradCheckError if something is wrong
   */
  public <T> void check(Function<? super T, ?> f, T x) {
    report(f, x).orThrow();
  }

  /** Checks a function at a, b; as {@link #check(Function, Object)}. */
  public <A, B> void check(BiFunction<? super A, ? super B, ?> f, A a, B b) {
    report(f, a, b).orThrow();
  }

  /** Checks a function at a, b, c; as {@link #check(Function, Object)}. */
  public <A, B, C> void check(Function3<? super A, ? super B, ? super C, ?> f, A a, B b, C c) {
    report(f, a, b, c).orThrow();
  }

  /** What a check of a function at x finds. */
  public <T> Report report(Function<? super T, ?> f, T x) {
    Point<T> point = Point.of(f, x);
    Key key = Key.of(seed);
    Report report = new Examination(this, point, key).report(0);
    for (int move = 1; move <= moves && report.isNearKink(); move++) {
      Key other = key.fold(move);
      report = new Examination(this, point.near(other, move), other).report(move);
    }
    return report;
  }

  /** What a check of a function at a, b finds. */
  public <A, B> Report report(BiFunction<? super A, ? super B, ?> f, A a, B b) {
    return report(of(x -> f.apply(GradCheck.<A>at(x, 0), GradCheck.<B>at(x, 1))), List.of(a, b));
  }

  /** What a check of a function at a, b, c finds. */
  public <A, B, C> Report report(Function3<? super A, ? super B, ? super C, ?> f, A a, B b, C c) {
    return report(
        of(x -> f.apply(GradCheck.<A>at(x, 0), GradCheck.<B>at(x, 1), GradCheck.<C>at(x, 2))),
        List.of(a, b, c));
  }

  private static Function<List<Object>, Object> of(Function<List<Object>, Object> f) {
    return f;
  }

  /** An argument in the list of all, of the type that it was put there with. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T> T at(List<Object> all, int i) {
    return (T) all.get(i);
  }

  /** What was checked of a derivative. */
  public enum Property {
    /** The gradient has the shape of its argument. */
    SHAPE("shape"),
    /** The gradient, element by element. */
    GRADIENT("gradient"),
    /** The gradient along a random direction. */
    DIRECTION("gradient along a direction"),
    /** Forward mode is the transpose of reverse mode. */
    TRANSPOSITION("transposition"),
    /** The Hessian times a direction. */
    HESSIAN("second derivative"),
    /** The Hessian is symmetric. */
    SYMMETRY("symmetry of second derivatives"),
    /** Forward over reverse mode is reverse over reverse mode. */
    COMPOSITION("forward over reverse mode");

    private final String text;

    Property(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * Something that is wrong, or not to be decided.
   *
   * @param property what
   * @param where the argument, and the index of the element if it is of one
   * @param expected the right value, and what says so
   * @param got the derivative's
   * @param kink whether it may be right, a kink being near
   */
  public record Mistake(
      Property property, String where, String expected, String got, boolean kink) {
    @Override
    public String toString() {
      return "%s, %s: expected %s, got %s%s"
          .formatted(property, where, expected, got, kink ? ": near a kink" : "");
    }
  }

  /**
   * What a check found.
   *
   * @param name of the function
   * @param ops of which the function is made
   * @param seed of the check
   * @param moves how far from the point that was asked for: how often another one was taken
   * @param evaluations how often the function was called at the last point
   * @param mistakes none if all is right; derivatives are those of Σ w·f, of f itself if it is one
   *     number
   */
  public record Report(
      String name,
      List<String> ops,
      long seed,
      int moves,
      long evaluations,
      List<Mistake> mistakes) {
    private static final int SHOWN = 10;

    /** Whether all is right. */
    public boolean isRight() {
      return mistakes.isEmpty();
    }

    /** Whether something may be wrong, but nothing is for certain. */
    public boolean isNearKink() {
      return !isRight() && mistakes.stream().allMatch(Mistake::kink);
    }

    /**
     * Does nothing if all is right.
     *
     * @throws GradCheckError otherwise
     */
    public void orThrow() {
      if (!isRight()) {
        throw new GradCheckError(this);
      }
    }

    @Override
    public String toString() {
      StringBuilder text =
          new StringBuilder("gradient check of %s, made of %s, seed %d".formatted(name, ops, seed));
      text.append(moves == 0 ? "" : ", at point %d near by".formatted(moves));
      text.append(isRight() ? ": right" : isNearKink() ? ": near a kink" : ": wrong");
      mistakes.stream().limit(SHOWN).forEach(m -> text.append("\n  ").append(m));
      if (mistakes.size() > SHOWN) {
        text.append("\n  and %d more".formatted(mistakes.size() - SHOWN));
      }
      return text.toString();
    }
  }
}
