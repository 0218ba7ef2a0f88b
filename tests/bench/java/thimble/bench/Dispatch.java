package thimble.bench;

import java.util.List;
import java.util.function.UnaryOperator;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;
import thimble.tensor.Scope;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/**
 * M4: c = a + b of 16 elements, where all that counts is what stands around the additions. The
 * results are dropped, as a program does that leaves them to the garbage collector.
 */
final class Dispatch {
  private static final int COUNT = 16;

  /** Long enough that the garbage collector has its part in every sample. */
  private static final double SAMPLE = 0.05;

  /** Enough that they are compiled. */
  private static final int OTHERS = 20_000;

  private final float[] x = new float[COUNT];
  private final float[] y = new float[COUNT];

  /** Where results go, so that they are wanted. */
  private Object sink = x;

  private Dispatch() {
    for (int i = 0; i < COUNT; i++) {
      x[i] = i + 0.5f;
      y[i] = 3 * i - 7;
    }
  }

  static List<Piece> pieces() {
    return List.of(
        new Piece("M4.forward", effort -> new Dispatch().forward(effort)),
        new Piece("M4.recorded", effort -> new Dispatch().recorded(effort)),
        new Piece("M4.among", effort -> new Dispatch().among(effort)));
  }

  /** The same in a JVM that has run other ops, whose compiled code must tell them apart. */
  private List<Row> among(Effort effort) {
    Tensor a = Tensor.of(x);
    Tensor b = Tensor.of(y);
    Tensor square = b.reshape(4, 4);
    UnaryOperator<Tensor> gradient =
        Grad.grad((Tensor v) -> v.mul(b).tanh().sub(v).reshape(4, 4).matmul(square).max(0).sum());
    for (int i = 0; i < OTHERS; i++) {
      try (Scope _ = Scope.open()) {
        sink = gradient.apply(a);
      }
    }
    Contest contest = new Contest("M4.among", 0);
    Yardsticks yardsticks = new Yardsticks(contest);
    Contestant ours =
        contest.add("Thimble", times -> add(times, a, b), () -> a.add(b).toFloatArray());
    contest.run(effort.sampling(SAMPLE));
    return List.of(
        row("M4.among", "c = a + b of 16, forward only, after other ops", ours, yardsticks.loop()));
  }

  private List<Row> forward(Effort effort) {
    Tensor a = Tensor.of(x);
    Tensor b = Tensor.of(y);
    Contest contest = new Contest("M4.forward", 0);
    Yardsticks yardsticks = new Yardsticks(contest);
    Contestant ours =
        contest.add("Thimble", times -> add(times, a, b), () -> a.add(b).toFloatArray());
    Contestant closed =
        contest.add(
            "Thimble, closed", times -> addAndClose(times, a, b), () -> a.add(b).toFloatArray());
    contest.run(effort.sampling(SAMPLE));
    String what = "c = a + b of 16, forward only";
    return List.of(
        row("M4.forward", what, ours, yardsticks.loop()).with(new Row.Target.Value(100)),
        row("M4.forward.call", what, ours, yardsticks.call()),
        row("M4.forward.critical", what, ours, yardsticks.critical()),
        row("M4.forward.closed", what + ", c.close()", closed, yardsticks.loop()));
  }

  private List<Row> recorded(Effort effort) {
    Tensor a = Tensor.of(x).requiresGrad(true);
    Tensor b = Tensor.of(y);
    Contest contest = new Contest("M4.recorded", 0);
    Yardsticks yardsticks = new Yardsticks(contest);
    Contestant ours =
        contest.add("Thimble", times -> add(times, a, b), () -> a.add(b).toFloatArray());
    contest.run(effort.sampling(SAMPLE));
    String what = "c = a + b of 16, recorded for a gradient";
    return List.of(
        row("M4.recorded", what, ours, yardsticks.loop()).with(new Row.Target.Value(200)),
        row("M4.recorded.call", what, ours, yardsticks.call()),
        row("M4.recorded.critical", what, ours, yardsticks.critical()));
  }

  private static Row row(String id, String what, Contestant ours, Contestant reference) {
    return Row.of(id, what, Unit.NANOSECONDS, 1, ours, reference);
  }

  private void add(int times, Tensor a, Tensor b) {
    for (int i = 0; i < times; i++) {
      sink = a.add(b);
    }
  }

  private void addAndClose(int times, Tensor a, Tensor b) {
    for (int i = 0; i < times; i++) {
      Tensor c = a.add(b);
      sink = c;
      c.close();
    }
  }

  private void addArrays(int times, float[] a, float[] b) {
    for (int i = 0; i < times; i++) {
      sink = sum(a, b);
    }
  }

  private static float[] sum(float[] a, float[] b) {
    float[] c = new float[a.length];
    for (int i = 0; i < c.length; i++) {
      c[i] = a[i] + b[i];
    }
    return c;
  }

  /** What the additions cost bare, and what a call costs that does nothing. */
  private final class Yardsticks {
    private final Contestant loop;
    private final Contestant call;
    private final Contestant critical;

    Yardsticks(Contest contest) {
      loop =
          contest.add(
              "a Java loop into a new array", times -> addArrays(times, x, y), () -> sum(x, y));
      call = contest.addLimit("an empty downcall", 1, Reference::empty);
      critical = contest.addLimit("an empty critical downcall", 1, Reference::emptyCritical);
    }

    Contestant loop() {
      return loop;
    }

    Contestant call() {
      return call;
    }

    Contestant critical() {
      return critical;
    }
  }
}
