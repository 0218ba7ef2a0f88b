package thimble.tensor;

import java.util.List;

/**
 * A routine that is computed op by op, each as it would be by itself: what a backend without a
 * compiler does, and what is done where an op is a user's own.
 */
final class Stepwise implements Compiled {
  private final Backend backend;
  private final Routine routine;
  private final int[] last;

  Stepwise(Backend backend, Routine routine) {
    this.backend = backend;
    this.routine = routine;
    this.last = routine.lastUses();
  }

  @Override
  public Plan plan() {
    List<Plan.Kernel> kernels =
        routine.steps().stream()
            .filter(s -> !(s.op() instanceof Op.View))
            .map(s ->
                new Plan.Kernel(
                    List.of(s.op().toString()), s.shape(), routine.flops(s), routine.bytes(s)))
            .toList();
    return new Plan(routine.steps().size(), kernels, most(), results(), 0);
  }

  /** The most bytes of values between arguments and results at once. */
  private long most() {
    int first = routine.arguments().size();
    long live = 0;
    long most = 0;
    for (int k = 0; k < routine.steps().size(); k++) {
      live += last[first + k] < routine.steps().size() ? bytes(first + k) : 0;
      most = Math.max(most, live);
      for (int v = first; v <= first + k; v++) {
        live -= last[v] == k ? bytes(v) : 0;
      }
    }
    return most;
  }

  private long results() {
    return routine.results().stream().distinct().mapToLong(this::bytes).sum();
  }

  /** What a value takes beside what it is made of. */
  private long bytes(int value) {
    return value < routine.arguments().size() || routine.step(value).op() instanceof Op.View
        ? 0
        : routine.shape(value).count() * routine.dtype(value).bytes();
  }

  @Override
  public void trim() {
    // nothing is kept from run to run
  }

  @Override
  public Buffer[] run(Buffer... arguments) {
    Mode mode = Mode.get();
    long computed = mode.computed; // counted by whoever runs this
    try (Block _ = mode.use(backend);
        Scope _ = Scope.open()) {
      Tensor[] values = new Tensor[routine.values()];
      for (int i = 0; i < arguments.length; i++) {
        if (!routine.arguments().get(i).donated()) {
          arguments[i].storage().share();
        }
        values[i] = Tensor.leaf(mode, arguments[i]);
      }
      for (int k = 0; k < routine.steps().size(); k++) {
        Routine.Step step = routine.steps().get(k);
        Tensor[] in = step.in().stream().map(i -> values[i]).toArray(Tensor[]::new);
        values[arguments.length + k] = Tensor.leaf(mode, Eager.compute(mode, step.op(), in, null));
        for (int i : step.in()) {
          if (last[i] == k) {
            values[i].close();
          }
        }
      }
      Buffer[] out = new Buffer[routine.results().size()];
      for (int j = 0; j < out.length; j++) {
        Tensor y = values[routine.results().get(j)];
        out[j] = y.value();
        Eager.share(out[j], y, "run");
      }
      return out;
    } finally {
      mode.computed = computed;
    }
  }
}
