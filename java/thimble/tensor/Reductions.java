package thimble.tensor;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/** Reductions that are not linear. */
public final class Reductions {
  private Reductions() {}

  static Tensor extremum(End end, Tensor x, int... axes) {
    int set = x.shape().axes(end.toString(), axes);
    Checks.some(end.toString(), x, set);
    return set == 0 ? x : Eager.apply(new Extremum(end, set), x);
  }

  /** In two passes. */
  static Tensor variance(String op, Tensor x, int... axes) {
    int set = x.shape().axes(op, axes);
    Tensor mean = Checks.floating(op, x).mean(axes);
    return x.sub(mean.reshape(x.shape().keeping(set))).pow(2).mean(axes);
  }

  /** The largest or smallest truth value. */
  static Tensor truth(End end, String op, Tensor x, int... axes) {
    int set = x.shape().axes(op, axes);
    Tensor is = x.dtype() == DType.BOOL ? x : x.ne(0L);
    return set == 0 ? is : Eager.apply(new Extremum(end, set), is);
  }

  static Tensor argExtremum(End end, Tensor x, int axis) {
    int a = x.shape().axis("arg" + end, axis);
    Checks.some("arg" + end, x, 1 << a);
    return Eager.apply(new ArgExtremum(end, a), x);
  }

  /**
   * The product over a set of axes.
   *
   * @param axes the set, a bit for each axis
   */
  public record Prod(int axes) implements Op.General {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape().without(axes);
    }

    @Override
    public DType dtype(Tensor... in) {
      return in[0].dtype().sum();
    }

    @Override
    public Tensor jvp(Tensor y, int i, Tensor t) {
      return t.mul(others(y)).sum(Axes.of(axes));
    }

    @Override
    public Tensor vjp(Tensor y, int i, Tensor g) {
      return g.reshape(y.in(0).shape().keeping(axes)).mul(others(y));
    }

    /** ∂y/∂x, the product of all others: not y/x, which fails where x is 0. */
    private Tensor others(Tensor y) {
      Tensor x = y.in(0);
      int rank = x.rank();
      int kept = rank - Integer.bitCount(axes);
      int[] order =
          IntStream.concat(
                  Arrays.stream(Axes.of(~axes & ((1 << rank) - 1))), Arrays.stream(Axes.of(axes)))
              .toArray();
      Tensor rows = x.permute(order); // the axes that are reduced last, then as one
      Shape flat = y.shape().plus(x.shape().countOf(axes));
      int[] inverse = new int[rank];
      for (int d = 0; d < rank; d++) {
        inverse[order[d]] = d;
      }
      return others(rows.reshape(flat), kept).reshape(rows.shape()).permute(inverse);
    }

    /** The product of all elements along the last axis but each itself, in log n steps. */
    private static Tensor others(Tensor x, int axis) {
      long n = x.size(axis);
      if (n <= 1) {
        return Tensor.ones(x.dtype(), x.shape());
      }
      long half = n / 2;
      Tensor a = x.slice(axis, 0, half);
      Tensor b = x.slice(axis, half, 2 * half);
      if (n % 2 == 0) {
        Tensor pairs = others(a.mul(b), axis);
        return Tensor.concat(axis, pairs.mul(b), pairs.mul(a));
      }
      Tensor last = x.slice(axis, n - 1, n);
      Tensor pairs = others(Tensor.concat(axis, a.mul(b), last), axis);
      Tensor of = pairs.slice(axis, 0, half);
      return Tensor.concat(axis, of.mul(b), of.mul(a), pairs.slice(axis, half, half + 1));
    }

    @Override
    public String toString() {
      return "prod(%s)".formatted(Axes.text(axes));
    }
  }

  /** The largest or the smallest. */
  public enum End {
    /** The largest. */
    MAX,
    /** The smallest. */
    MIN;

    private final String label = name().toLowerCase(Locale.ROOT);

    @Override
    public String toString() {
      return label;
    }
  }

  /**
   * The maximum or minimum over a set of axes. Ties share the cotangent evenly; a NaN is the
   * extremum and takes it.
   *
   * @param end which
   * @param axes the set, a bit for each axis
   */
  public record Extremum(End end, int axes) implements Op.General {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape().without(axes);
    }

    /** The mean of the tangents at the ties. */
    @Override
    public Tensor jvp(Tensor y, int i, Tensor t) {
      Tensor at = at(y);
      Tensor taken = Tensor.where(at, t, Tensor.full(t.dtype(), 0));
      return taken.sum(Axes.of(axes)).div(ties(at, t));
    }

    @Override
    public Tensor vjp(Tensor y, int i, Tensor g) {
      Tensor at = at(y);
      Tensor each = g.div(ties(at, g)).reshape(y.in(0).shape().keeping(axes));
      return Tensor.where(at, each, Tensor.full(g.dtype(), 0));
    }

    /** Where x is y: if that is NaN, at the NaNs, which equal nothing, themselves included. */
    private Tensor at(Tensor y) {
      Tensor x = y.in(0);
      Tensor it = y.reshape(x.shape().keeping(axes));
      return Tensor.where(it.eq(it), x.eq(it), x.ne(x));
    }

    private Tensor ties(Tensor at, Tensor g) {
      return at.sum(Axes.of(axes)).to(g.dtype());
    }

    @Override
    public String toString() {
      return "%s(%s)".formatted(end, Axes.text(axes));
    }
  }

  /**
   * log Σ exp x over a set of axes, without overflow.
   *
   * @param axes the set, a bit for each axis
   */
  public record LogSumExp(int axes) implements Op.General {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape().without(axes);
    }

    @Override
    public Tensor jvp(Tensor y, int i, Tensor t) {
      return t.mul(softmax(y)).sum(Axes.of(axes));
    }

    @Override
    public Tensor vjp(Tensor y, int i, Tensor g) {
      return softmax(y).mul(g.reshape(y.in(0).shape().keeping(axes)));
    }

    /** ∂y/∂x, softmax x; where all of x is -inf, so is y, and the derivative is 0. */
    private Tensor softmax(Tensor y) {
      Tensor x = y.in(0);
      Tensor empty = y.eq(Double.NEGATIVE_INFINITY);
      Tensor shift = Tensor.where(empty, Tensor.full(y.dtype(), 0), y);
      return x.sub(shift.reshape(x.shape().keeping(axes))).exp();
    }

    @Override
    public String toString() {
      return "logsumexp(%s)".formatted(Axes.text(axes));
    }
  }

  /**
   * √Σ x² over a set of axes, without overflow.
   *
   * @param axes the set, a bit for each axis
   */
  public record Norm(int axes) implements Op.General {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape().without(axes);
    }

    /** Σ x·t / y. */
    @Override
    public Tensor jvp(Tensor y, int i, Tensor t) {
      return perLength(y, y.in(0).mul(t).sum(Axes.of(axes)));
    }

    /** x · g/y. */
    @Override
    public Tensor vjp(Tensor y, int i, Tensor g) {
      Tensor x = y.in(0);
      return x.mul(perLength(y, g).reshape(x.shape().keeping(axes)));
    }

    /** g/y, and 0 where y is 0. */
    private static Tensor perLength(Tensor y, Tensor g) {
      Tensor zero = y.eq(0);
      Tensor safe = Tensor.where(zero, Tensor.full(y.dtype(), 1), y);
      return Tensor.where(zero, Tensor.full(g.dtype(), 0), g.div(safe));
    }

    @Override
    public String toString() {
      return "norm(%s)".formatted(Axes.text(axes));
    }
  }

  /**
   * y = e^(x − m) / Σ e^(x − m) along an axis, m the maximum; or its logarithm.
   *
   * @param log whether the logarithm
   * @param axis counted from the first
   */
  public record Softmax(boolean log, int axis) implements Op.General {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape();
    }

    /** The Jacobian is diag y − y·yᵀ, and of the logarithm 1 − 1·(e^y)ᵀ. */
    @Override
    public Tensor jvp(Tensor y, int i, Tensor t) {
      return log
          ? t.sub(y.exp().mul(t).sum(axis).unsqueeze(axis))
          : y.mul(t.sub(t.mul(y).sum(axis).unsqueeze(axis)));
    }

    @Override
    public Tensor vjp(Tensor y, int i, Tensor g) {
      return log
          ? g.sub(y.exp().mul(g.sum(axis).unsqueeze(axis)))
          : y.mul(g.sub(g.mul(y).sum(axis).unsqueeze(axis)));
    }

    @Override
    public String toString() {
      return "%s(axis %d)".formatted(log ? "logSoftmax" : "softmax", axis);
    }
  }

  /**
   * The index of the maximum or minimum along one axis, {@link DType#INT64}: the first of several,
   * the first NaN where there is one.
   *
   * @param end which
   * @param axis counted from the first
   */
  public record ArgExtremum(End end, int axis) implements Op.General {
    @Override
    public Shape shape(Tensor... in) {
      return in[0].shape().without(1 << axis);
    }

    @Override
    public DType dtype(Tensor... in) {
      return DType.INT64;
    }

    @Override
    public boolean differentiable(int i) {
      return false;
    }

    @Override
    public Tensor jvp(Tensor y, int i, Tensor t) {
      throw new AssertionError("an index has no derivative");
    }

    @Override
    public Tensor vjp(Tensor y, int i, Tensor g) {
      throw new AssertionError("an index has no derivative");
    }

    @Override
    public String toString() {
      return "arg%s(axis %d)".formatted(end, axis);
    }
  }
}
