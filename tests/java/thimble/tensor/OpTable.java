package thimble.tensor;

import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import thimble.nn.Loss;

// To add an op, add a row: a name, the shape of the variable, where its elements may lie (away from
// kinks), and the op as a function of that variable. Other operands come from c(x, …), which has
// the variable's dtype, so that the row works in float32 too. Give a row to each position that the
// variable can take. That is all: DerivativeTest then checks first and second derivatives, shape,
// dtype and backward(), in both backends, and BackendsAgreeTest the values; an op without a row
// fails DerivativeTest.everyOpHasARow.

/** Every differentiable op, and every way in which a variable may enter it: a row each. */
final class OpTable {
  /** Where the elements of a row's variable lie. */
  enum Domain {
    /** Of both signs, 0.25 to 1.25 from 0. */
    AWAY_FROM_ZERO,
    /** 0.5 to 1.5. */
    POSITIVE,
    /** Of both signs, 0.1 or more from each other and 0.05 from 0. */
    DISTINCT;

    double[] sample(int n, Random random) {
      double[] x = new double[n];
      for (int i = 0; i < n; i++) {
        x[i] =
            switch (this) {
              case AWAY_FROM_ZERO -> (0.25 + random.nextDouble()) * (random.nextBoolean() ? 1 : -1);
              case POSITIVE -> 0.5 + random.nextDouble();
              case DISTINCT -> 0.1 * i - 0.05 * n + (n % 2 == 0 ? 0.05 : 0);
            };
      }
      for (int i = n - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        double swap = x[i];
        x[i] = x[j];
        x[j] = swap;
      }
      return x;
    }
  }

  /** What is peculiar about a row. */
  enum Note {
    /** Nothing. */
    NONE,
    /** The derivative is 0 everywhere. */
    FLAT,
    /** Goes through float32, linearly: wide steps, and float32's digits. */
    ROUNDED
  }

  /** An op as a function of one variable. */
  record Row(String name, Shape shape, Domain domain, Note note, UnaryOperator<Tensor> f) {
    /** A place to differentiate at, the same in every run. */
    Tensor point(DType dtype) {
      Random random = new Random(name.hashCode());
      return Tensor.of(domain.sample((int) shape.count(), random)).reshape(shape).to(dtype);
    }

    /** The ops that this row computes or records, and of tabular families which row. */
    Set<Object> ops() {
      Set<Object> ops = new HashSet<>();
      Recorder recorder = new Recorder(Backends.current(), new ArrayList<>());
      try (Block _ = Mode.get().use(recorder)) {
        Tensor y = f.apply(point(FLOAT64).detach().requiresGrad(true));
        Graph.topologicalOrder(y).forEach(x -> add(ops, x.op()));
      }
      recorder.ops().forEach(op -> add(ops, op)); // what cuts the derivative is in no graph
      return ops;
    }

    private static void add(Set<Object> ops, Op op) {
      ops.add(op.getClass());
      if (op instanceof Enum<?> row) {
        ops.add(row);
      } else if (op instanceof Scaled scaled) {
        ops.add(scaled.row());
      }
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** A backend that also notes what it is asked for. */
  private record Recorder(Backend backend, List<Op> ops) implements Backend {
    @Override
    public String name() {
      return backend.name();
    }

    @Override
    public String describe() {
      return backend.describe();
    }

    @Override
    public Storage allocate(Object user, DType dtype, Shape shape) {
      return backend.allocate(user, dtype, shape);
    }

    @Override
    public boolean writes(Storage s) {
      return backend.writes(s);
    }

    @Override
    public Pool pool() {
      return backend.pool();
    }

    @Override
    public void run(Op op, Buffer[] in, Buffer out) {
      ops.add(op);
      backend.run(op, in, out);
    }

    @Override
    public void threads(int count) {
      backend.threads(count);
    }

    @Override
    public int threads() {
      return backend.threads();
    }
  }

  private static final Domain ANY = Domain.AWAY_FROM_ZERO;
  private static final Domain POSITIVE = Domain.POSITIVE;
  private static final Domain DISTINCT = Domain.DISTINCT;

  private final List<Row> rows = new ArrayList<>();

  private OpTable() {
    elementwise();
    withNumbers();
    withTensors("add", ANY, Tensor::add);
    withTensors("sub", ANY, Tensor::sub);
    withTensors("mul", ANY, Tensor::mul);
    withTensors("div", ANY, Tensor::div);
    withTensors("pow", POSITIVE, Tensor::pow);
    withTensors("maximum", ANY, (a, b) -> a.maximum(b).add(a.mul(b)));
    withTensors("minimum", ANY, (a, b) -> a.minimum(b).add(a.mul(b)));
    withTensors("atan2", ANY, Tensor::atan2);
    selecting();
    moving();
    reducing();
    products();
    losses();
  }

  /** The table. */
  static List<Row> rows() {
    return List.copyOf(new OpTable().rows);
  }

  // spotless:off
  private void elementwise() {
    row("neg",                          ANY,      x -> x.neg(),                                        2, 3);
    row("exp",                          ANY,      x -> x.exp(),                                        2, 3);
    row("log",                          POSITIVE, x -> x.log(),                                        2, 3);
    row("abs",                          ANY,      x -> x.abs(),                                        2, 3);
    note(Note.FLAT, "sign",             ANY,      x -> x.sign(),                                       2, 3);
    note(Note.FLAT, "floor",            ANY,      x -> x.floor(),                                      2, 3);
    note(Note.FLAT, "ceil",             ANY,      x -> x.ceil(),                                       2, 3);
    note(Note.FLAT, "round",            ANY,      x -> x.round(),                                      2, 3);
    row("sqrt",                         POSITIVE, x -> x.sqrt(),                                       2, 3);
    row("rsqrt",                        POSITIVE, x -> x.rsqrt(),                                      2, 3);
    row("reciprocal",                   ANY,      x -> x.reciprocal(),                                 2, 3);
    row("expm1",                        ANY,      x -> x.expm1(),                                      2, 3);
    row("log1p",                        POSITIVE, x -> x.log1p(),                                      2, 3);
    row("sin",                          ANY,      x -> x.sin(),                                        2, 3);
    row("cos",                          ANY,      x -> x.cos(),                                        2, 3);
    row("tan",                          ANY,      x -> x.tan(),                                        2, 3);
    row("asin",                         ANY,      x -> x.mul(0.7).asin(),                              2, 3);
    row("acos",                         ANY,      x -> x.mul(0.7).acos(),                              2, 3);
    row("atan",                         ANY,      x -> x.atan(),                                       2, 3);
    row("sinh",                         ANY,      x -> x.sinh(),                                       2, 3);
    row("cosh",                         ANY,      x -> x.cosh(),                                       2, 3);
    row("tanh",                         ANY,      x -> x.tanh(),                                       2, 3);
    row("sigmoid",                      ANY,      x -> x.sigmoid(),                                    2, 3);
    row("softplus",                     ANY,      x -> x.softplus(),                                   2, 3);
    row("erf",                          ANY,      x -> x.erf(),                                        2, 3);
    row("gelu",                         ANY,      x -> x.gelu(),                                       2, 3);
    row("clamp",                        ANY,      x -> x.clamp(-0.6, 0.2).add(x.mul(x)),               2, 3);
    row("relu",                         ANY,      x -> x.relu(),                                       3, 4);
    row("exp of rank 0",                ANY,      x -> x.exp());
    row("identity",                     ANY,      x -> x.identity(),                                   2, 3);
    row("contiguous of a transpose",    ANY,      x -> x.transpose().contiguous(),                     2, 3);
    row("pow, negative base",           ANY,      x -> x.pow(whole(x)),                                4);
    note(Note.ROUNDED, "float32 to float64", ANY, x -> x.to(FLOAT32).to(FLOAT64),                      2, 3);
    note(Note.ROUNDED, "float32 with float64", ANY, x -> x.to(FLOAT32).mul(c(x, 2, 3).to(FLOAT64)),    2, 3);
  }

  private void withNumbers() {
    row("x + s",                        ANY,      x -> x.add(1.7),                                     2, 3);
    row("x - s",                        ANY,      x -> x.sub(1.7),                                     2, 3);
    row("s - x",                        ANY,      x -> x.rsub(1.7),                                    2, 3);
    row("x * s",                        ANY,      x -> x.mul(-1.7),                                    2, 3);
    row("x / s",                        ANY,      x -> x.div(1.7),                                     2, 3);
    row("s / x",                        ANY,      x -> x.rdiv(1.7),                                    2, 3);
    note(Note.FLAT, "x ^ 0",            ANY,      x -> x.pow(0),                                       2, 3);
    row("x ^ 1",                        ANY,      x -> x.pow(1),                                       2, 3);
    row("x ^ 2",                        ANY,      x -> x.pow(2),                                       2, 3);
    row("x ^ 3",                        ANY,      x -> x.pow(3),                                       2, 3);
    row("x ^ -1",                       ANY,      x -> x.pow(-1),                                      2, 3);
    row("x - whole s",                  ANY,      x -> x.sub(2),                                       2, 3);
    row("x ^ 0.5",                      POSITIVE, x -> x.pow(0.5),                                     2, 3);
  }

  private void withTensors(String op, Domain domain, BinaryOperator<Tensor> f) {
    row(op + ", left",                  domain,   x -> f.apply(x, c(x, 2, 3)),                         2, 3);
    row(op + ", right",                 domain,   x -> f.apply(c(x, 2, 3), x),                         2, 3);
    row(op + ", both",                  domain,   x -> f.apply(half(x, 0), half(x, 1)),                2, 3);
    row(op + ", left broadcast",        domain,   x -> f.apply(x, c(x, 2, 3)),                         3);
    row(op + ", right broadcast",       domain,   x -> f.apply(c(x, 2, 3), x),                         2, 1);
    row(op + ", left rank 0",           domain,   x -> f.apply(x, c(x, 2, 3)));
    row(op + ", right rank 0",          domain,   x -> f.apply(c(x, 2, 3), x));
    row(op + ", both broadcast",        domain,   x -> f.apply(half(x, 0).reshape(3, 1), half(x, 1)),  2, 3);
    row(op + ", by a broadcast",        domain,   x -> f.apply(x, c(x, 2, 1)),                         2, 3);
    row(op + ", a broadcast by it",     domain,   x -> f.apply(c(x, 3), x),                            2, 3);
  }

  private void selecting() {
    row("where, true branch",           ANY,      x -> Tensor.where(mask(2, 3), x, c(x, 2, 3)),        2, 3);
    row("where, false branch",          ANY,      x -> Tensor.where(mask(2, 3), c(x, 2, 3), x),        2, 3);
    row("where, both branches",         ANY,      x -> Tensor.where(mask(2, 3), x.exp(), x.mul(x)),    2, 3);
    row("where, mask broadcast",        ANY,      x -> Tensor.where(mask(2, 1), x, c(x, 3)),           2, 3);
    row("where, branch broadcast",      ANY,      x -> Tensor.where(mask(2, 3), x, c(x, 2, 1)),        3);
    row("times a mask by eq",           DISTINCT, x -> x.mul(x.eq(x.max()).to(x.dtype())),             2, 3);
    row("times a mask by ne",           DISTINCT, x -> x.mul(x.ne(x.max()).to(x.dtype())),             2, 3);
    row("times a mask by lt",           DISTINCT, x -> x.mul(x.lt(zero(x)).to(x.dtype())),             2, 3);
    row("times a mask by le",           DISTINCT, x -> x.mul(x.le(zero(x)).to(x.dtype())),             2, 3);
    row("times a mask by gt",           DISTINCT, x -> x.mul(x.gt(0).to(x.dtype())),                   2, 3);
    row("times a mask by ge",           DISTINCT, x -> x.mul(x.ge(0).to(x.dtype())),                   2, 3);
    row("times a mask by and",          DISTINCT, x -> x.mul(x.gt(0).and(x.lt(x.max())).to(x.dtype())), 2, 3);
    row("times a mask by or",           DISTINCT, x -> x.mul(x.gt(0).or(x.lt(-0.1)).to(x.dtype())),    2, 3);
    row("times a mask by xor",          DISTINCT, x -> x.mul(x.gt(0).xor(x.gt(0.1)).to(x.dtype())),    2, 3);
    row("gather of the argmin",         DISTINCT, x -> x.gather(1, x.argmin(1).reshape(2, 1)),         2, 3);
    row("gather of the argmax",         DISTINCT, x -> x.gather(1, x.argmax(1).reshape(2, 1)),         2, 3);
  }

  private void moving() {
    row("reshape",                      ANY,      x -> x.reshape(3, 2),                                2, 3);
    row("reshape to rank 0",            ANY,      x -> x.reshape(),                                    1, 1);
    row("reshape of a transpose",       ANY,      x -> x.transpose().reshape(-1),                      2, 3);
    row("permute",                      ANY,      x -> x.permute(2, 0, 1),                             2, 3, 4);
    row("permute, negative axes",       ANY,      x -> x.permute(-2, -1, 0),                           2, 3, 4);
    row("transpose",                    ANY,      x -> x.transpose(),                                  2, 3);
    row("transpose of two axes",        ANY,      x -> x.transpose(0, -1),                             2, 3, 4);
    row("broadcastTo, axis of size 1",  ANY,      x -> x.broadcastTo(2, 4, 3),                         2, 1, 3);
    row("broadcastTo, leading axes",    ANY,      x -> x.broadcastTo(4, 2, 3),                         3);
    row("broadcastTo, both",            ANY,      x -> x.broadcastTo(4, 2, 3),                         2, 1);
    row("broadcastTo, only ones",       ANY,      x -> x.broadcastTo(1, 1, 3),                         3);
    row("broadcastTo from rank 0",      ANY,      x -> x.broadcastTo(2, 3));
    row("slice",                        ANY,      x -> x.slice(1, 1, 3),                               2, 4);
    row("slice, first axis",            ANY,      x -> x.slice(0, 0, 1),                               2, 4);
    row("slice, negative axis",         ANY,      x -> x.slice(-1, 2, 4),                              2, 4);
    row("slice of a transpose",         ANY,      x -> x.transpose().slice(0, 1, 3),                   2, 4);
    row("pad",                          ANY,      x -> x.pad(1, 1, 2),                                 2, 3);
    row("slice with a step",            ANY,      x -> x.slice(1, 0, 5, 2),                            2, 5);
    row("flip",                         ANY,      x -> x.flip(1),                                      2, 4);
    row("get",                          ANY,      x -> x.get(Index.at(-1), Index.range(3, 0, -2)),     2, 4);
    row("update, of",                   ANY,      x -> x.update(Index.of(Index.at(0)), c(x, 4)).mul(x), 2, 4);
    row("update, by",                   ANY,      x -> c(x, 3, 4).update(Index.of(Index.range(0, 2)), x), 2, 4);
    row("dilate",                       ANY,      x -> x.dilate(1, 2),                                 2, 3);
    row("roll",                         ANY,      x -> x.roll(1, 2),                                   2, 3);
    row("tile",                         ANY,      x -> x.tile(2, 1, 3),                                2, 3);
    row("concat",                       ANY,      x -> Tensor.concat(1, x, c(x, 2, 1), x.exp()),       2, 3);
    row("stack",                        ANY,      x -> Tensor.stack(1, x, x.mul(x)),                   2, 3);
    row("asStrided, windows",           ANY,      x -> x.asStrided(Shape.of(4, 3), new long[] {1, 1}, 0), 6);
    row("diagonal",                     ANY,      x -> x.diagonal(1, 0, 1),                            3, 4);
    row("triu",                         ANY,      x -> x.triu(0),                                      3, 3);
    row("tril",                         ANY,      x -> x.tril(-1),                                     3, 3);
    row("take",                         ANY,      x -> x.take(0, index(new long[] {2, 0, 2, 1}, 2, 2)), 3, 2);
    row("pad, first axis",              ANY,      x -> x.pad(0, 2, 0),                                 2, 3);
    row("pad of a transpose",           ANY,      x -> x.transpose().pad(-1, 0, 1),                    2, 3);
    row("gather, last axis",            ANY,      x -> x.gather(-1, index(new long[] {2, 0, 0, 1}, 2, 2)), 2, 3);
    row("gather, first axis",           ANY,      x -> x.gather(0, index(new long[] {1, 0, 1, 1, 0, 1, 0, 0, 0}, 3, 3)), 2, 3);
    row("scatterAdd, last axis",        ANY,      x -> x.scatterAdd(1, index(new long[] {4, 0, 4, 1, 1, 2}, 2, 3), 5), 2, 3);
    row("scatterAdd, first axis",       ANY,      x -> x.scatterAdd(0, index(new long[] {1, 0, 1, 1, 2, 1}, 2, 3), 3), 2, 3);
  }

  private void reducing() {
    row("sum",                          ANY,      x -> x.sum(),                                        2, 3, 4);
    row("sum, one axis",                ANY,      x -> x.sum(1),                                       2, 3, 4);
    row("sum, several axes",            ANY,      x -> x.sum(2, 0),                                    2, 3, 4);
    row("sum, negative axis",           ANY,      x -> x.sum(-1),                                      2, 3, 4);
    row("sum, negative axes",           ANY,      x -> x.sum(-2, -3),                                  2, 3, 4);
    row("sum of rank 0",                ANY,      x -> x.sum());
    row("mean",                         ANY,      x -> x.mean(),                                       2, 3, 4);
    row("mean, one axis",               ANY,      x -> x.mean(1),                                      2, 3, 4);
    row("mean, several axes",           ANY,      x -> x.mean(0, -1),                                  2, 3, 4);
    row("max",                          DISTINCT, x -> x.max(),                                        2, 3, 4);
    row("max, one axis",                DISTINCT, x -> x.max(1),                                       2, 3, 4);
    row("max, several axes",            DISTINCT, x -> x.max(0, -1),                                   2, 3, 4);
    row("min",                          DISTINCT, x -> x.min(),                                        2, 3, 4);
    row("min, one axis",                DISTINCT, x -> x.min(1),                                       2, 3, 4);
    row("prod",                         ANY,      x -> x.prod(),                                       2, 3);
    row("prod, one axis",               ANY,      x -> x.prod(1),                                      2, 3, 2);
    row("prod, several axes",           ANY,      x -> x.prod(0, 2),                                   2, 3, 2);
    row("var",                          ANY,      x -> x.var(1),                                       2, 3);
    row("std",                          ANY,      x -> x.std(0),                                       3, 2);
    row("norm",                         ANY,      x -> x.norm(),                                       2, 3);
    row("norm, one axis",               ANY,      x -> x.norm(0),                                      2, 3);
    row("softmax",                      ANY,      x -> x.softmax(1),                                   2, 3);
    row("softmax, first axis",          ANY,      x -> x.softmax(0),                                   2, 3);
    row("logSoftmax",                   ANY,      x -> x.logSoftmax(1),                                2, 3);
    row("cumsum",                       ANY,      x -> x.cumsum(1),                                    2, 3);
    row("logsumexp",                    ANY,      x -> x.logsumexp(),                                  2, 3, 4);
    row("logsumexp, one axis",          ANY,      x -> x.logsumexp(1),                                 2, 3, 4);
    row("logsumexp, several axes",      ANY,      x -> x.logsumexp(-1, 0),                             2, 3, 4);
  }

  private void products() {
    row("matmul, left",                 ANY,      x -> x.matmul(c(x, 3, 4)),                           2, 3);
    row("matmul, right",                ANY,      x -> c(x, 4, 2).matmul(x),                           2, 3);
    row("matmul, both",                 ANY,      x -> x.matmul(x.transpose()),                        2, 3);
    row("matmul, square",               ANY,      x -> x.matmul(x),                                    3, 3);
    row("matmul, batch left",           ANY,      x -> x.matmul(c(x, 2, 4, 3)),                        2, 3, 4);
    row("matmul, batch right",          ANY,      x -> c(x, 2, 4, 3).matmul(x),                        2, 3, 4);
    row("matmul, batch both",           ANY,      x -> x.matmul(x.transpose()),                        2, 3, 4);
    row("matmul, batch by one matrix",  ANY,      x -> x.matmul(c(x, 4, 2)),                           2, 3, 4);
    row("matmul, one matrix for left",  ANY,      x -> c(x, 2, 3, 4).matmul(x),                        4, 2);
    row("matmul, one matrix by batch",  ANY,      x -> x.matmul(c(x, 2, 3, 4)),                        2, 3);
    row("matmul, batch by one left",    ANY,      x -> c(x, 2, 3).matmul(x),                           2, 3, 4);
    row("matmul, batch axis of size 1", ANY,      x -> x.matmul(c(x, 3, 4, 2)),                        1, 2, 4);
    row("matmul, by batch of size 1",   ANY,      x -> c(x, 3, 2, 4).matmul(x),                        1, 4, 2);
    row("matmul, crossed batch axes",   ANY,      x -> x.matmul(c(x, 3, 1, 4, 2)),                     1, 2, 3, 4);
    row("matmul, vector left",          ANY,      x -> x.matmul(c(x, 3, 4)),                           3);
    row("matmul, by a vector",          ANY,      x -> x.matmul(c(x, 4)),                              3, 4);
    row("matmul, vector right",         ANY,      x -> c(x, 2, 3).matmul(x),                           3);
    row("matmul, of a vector",          ANY,      x -> c(x, 3).matmul(x),                              3, 4);
    row("matmul, two vectors left",     ANY,      x -> x.matmul(c(x, 3)),                              3);
    row("matmul, two vectors right",    ANY,      x -> c(x, 3).matmul(x),                              3);
    row("matmul, vector with itself",   ANY,      x -> x.matmul(x),                                    3);
    row("einsum",                       ANY,      x -> Tensor.einsum("ij,kj->ik", x, c(x, 4, 3)),      2, 3);
    row("remainder, left",              ANY,      x -> x.remainder(c(x, 2, 3).add(5)),                 2, 3);
    row("remainder, right",             POSITIVE, x -> c(x, 2, 3).add(7).remainder(x.mul(0.1).add(5)), 2, 3);
    row("times random numbers",         ANY,      x -> x.mul(Key.of(5).uniform(FLOAT32, 2, 3).to(x.dtype())), 2, 3);
    row("matmul, vector by batch",      ANY,      x -> x.matmul(c(x, 2, 3, 4)),                        3);
    row("matmul, batch by vector",      ANY,      x -> c(x, 2, 4, 3).matmul(x),                        3);
  }

  private void losses() {
    row("softmaxLoss, labels",          ANY,      x -> Loss.softmaxLoss(x, Tensor.of(new int[] {2, 0})), 2, 3);
    row("softmaxLoss, one-hot",         ANY,      x -> Loss.softmaxLoss(x, oneHot(x.dtype())),         2, 3);
    row("softmaxLoss, probabilities",   ANY,      x -> Loss.softmaxLoss(c(x, 2, 3), x),                2, 3);
  }
  // spotless:on

  private void row(String name, Domain domain, UnaryOperator<Tensor> f, long... shape) {
    rows.add(new Row(name, Shape.of(shape), domain, Note.NONE, f));
  }

  private void note(Note note, String name, Domain domain, UnaryOperator<Tensor> f, long... shape) {
    rows.add(new Row(name, Shape.of(shape), domain, note, f));
  }

  /** Another operand: positive, of x's dtype, the same whenever it is asked for. */
  private static Tensor c(Tensor x, long... shape) {
    Shape s = Shape.of(shape);
    double[] v = Domain.POSITIVE.sample((int) s.count(), new Random(77));
    return Tensor.of(v).reshape(s).to(x.dtype());
  }

  private static Tensor half(Tensor x, int i) {
    return x.slice(0, i, i + 1);
  }

  private static Tensor zero(Tensor x) {
    return Tensor.full(x.dtype(), 0);
  }

  /** Exponents that a negative base takes. */
  private static Tensor whole(Tensor x) {
    return Tensor.of(new double[] {3, 2, -1, 1}).to(x.dtype());
  }

  private static Tensor mask(long... shape) {
    boolean[] m = new boolean[(int) Shape.of(shape).count()];
    for (int i = 0; i < m.length; i++) {
      m[i] = i % 3 != 1;
    }
    return Tensor.of(m, shape);
  }

  private static Tensor index(long[] elements, long... shape) {
    return Tensor.of(elements, shape);
  }

  private static Tensor oneHot(DType dtype) {
    return Tensor.of(new double[] {0, 0, 1, 1, 0, 0}, 2, 3).to(dtype);
  }
}
