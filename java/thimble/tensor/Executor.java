package thimble.tensor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A traced function as its backend's compiled code: made when arguments of a kind come for the
 * first time, and kept. Where a derivative may be asked for, or the arguments have no values
 * themselves, it is replayed op by op instead, with the same bits. May be run by several threads at
 * once.
 */
public final class Executor {
  private static final String RUN = "run";

  /** How many kinds of arguments it is kept ready for. */
  private static final int KINDS = 16;

  private final Trace trace;
  private final List<Tensor> constants;

  /** For each kind, the one that was used last at the end. */
  private final Map<Kind, Ready> ready = new LinkedHashMap<>(KINDS, 0.75f, true);

  /** What was run last. */
  private volatile @Nullable Ready last;

  /** What the code depends on. */
  private record Kind(Backend backend, List<Routine.Argument> arguments) {
    boolean fits(Backend b, Buffer[] values, boolean[] ours) {
      if (!b.equals(backend)) {
        return false;
      }
      for (int i = 0; i < ours.length; i++) {
        Routine.Argument a = arguments.get(i);
        if (ours[i] != a.donated() || !a.layout().isLike(values[i].layout())) {
          return false;
        }
      }
      return true;
    }
  }

  /** Code for arguments of a kind. */
  private record Ready(Kind kind, Compiled code, int kernels) {}

  /** For a traced function. */
  public Executor(Trace trace) {
    this.trace = trace;
    this.constants = trace.constants();
  }

  /** Whether these have the inputs' shapes and dtypes. */
  public boolean takes(List<Tensor> arguments) {
    List<Tensor> inputs = trace.inputs();
    for (int i = 0; i < inputs.size(); i++) {
      Tensor x = arguments.get(i);
      if (x.dtype() != inputs.get(i).dtype() || !x.shape().equals(inputs.get(i).shape())) {
        return false;
      }
    }
    return true;
  }

  /**
   * The function's results for these arguments. A {@link Tensor#donate donated} one gives its
   * memory to a result, if one fits.
   *
   * @param donated which are to be donated now; all that are left out are not
   * @throws ShapeException if an argument has another shape or dtype than the input
   * @throws IllegalStateException if one that is to be donated has another holder
   */
  public List<Tensor> run(List<Tensor> arguments, boolean... donated) {
    trace.check(arguments);
    Mode mode = Mode.get();
    if (isPlain(mode, arguments)) {
      return compute(mode, donate(arguments, donated));
    }
    List<Tensor> results = trace.replay(arguments);
    for (int i = 0; i < donated.length; i++) {
      if (donated[i]) {
        arguments.get(i).close(); // what is recorded holds what it needs
      }
    }
    return results;
  }

  private static List<Tensor> donate(List<Tensor> arguments, boolean... donated) {
    boolean any = false;
    for (int i = 0; i < donated.length; i++) {
      any |= donated[i];
      if (donated[i]) {
        Tensor x = arguments.get(i);
        int other = arguments.indexOf(x) == i ? arguments.lastIndexOf(x) : arguments.indexOf(x);
        if (other != i) {
          throw new IllegalStateException(
              "run: argument %d is donated and is argument %d, too".formatted(i, other));
        }
        x.checkDonation();
      }
    }
    if (!any) {
      return arguments;
    }
    List<Tensor> all = new ArrayList<>(arguments);
    for (int i = 0; i < donated.length; i++) {
      if (donated[i]) {
        all.set(i, arguments.get(i).donate());
      }
    }
    return all;
  }

  /** What a run with such arguments does. */
  public Plan plan(List<Tensor> arguments, boolean... donated) {
    trace.check(arguments);
    List<Routine.Argument> kinds = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      Tensor x = arguments.get(i);
      Layout layout = x.isPending() ? x.shape().contiguous() : x.value().layout().from(0);
      boolean given = x.isDonated() || (i < donated.length && donated[i]);
      kinds.add(new Routine.Argument(x.dtype(), layout, false, given));
    }
    return ready(new Kind(Mode.get().backend(), kinds)).code().plan();
  }

  private boolean isPlain(Mode mode, List<Tensor> arguments) {
    if (mode.lazy || mode.anomaly != null) {
      return false;
    }
    return arePlain(mode, arguments) && arePlain(mode, constants);
  }

  private static boolean arePlain(Mode mode, List<Tensor> tensors) {
    for (Tensor x : tensors) {
      if (x.isPending() || !x.reach().less(mode.muted).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private List<Tensor> compute(Mode mode, List<Tensor> arguments) {
    int given = arguments.size();
    Buffer[] values = new Buffer[given + constants.size()];
    boolean[] ours = new boolean[given];
    int held = 0;
    try {
      for (; held < values.length; held++) {
        Tensor x = held < given ? arguments.get(held) : constants.get(held - given);
        if (held < given) {
          x.check(mode, RUN, held);
        }
        Buffer v = x.value();
        if (held < given && x.isDonated() && !v.storage().isShared()) {
          ours[held] = true;
          v = x.given(RUN, held);
        } else {
          Eager.hold(v, x, RUN, held);
        }
        values[held] = v;
      }
      return run(mode, ready(mode.backend(), values, ours), values);
    } finally {
      while (--held >= 0) {
        if (held >= given || !ours[held]) {
          values[held].storage().release();
        }
      }
    }
  }

  private static List<Tensor> run(Mode mode, Ready ready, Buffer[] values) {
    mode.computed += ready.kernels();
    Buffer[] results = ready.code().run(values);
    Tensor[] out = new Tensor[results.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = Tensor.leaf(mode, results[i]);
    }
    return List.of(out);
  }

  private Ready ready(Backend backend, Buffer[] values, boolean[] ours) {
    Ready r = last;
    if (r != null && r.kind().fits(backend, values, ours)) {
      return r;
    }
    List<Routine.Argument> kinds = new ArrayList<>();
    for (int i = 0; i < ours.length; i++) {
      kinds.add(Routine.Argument.like(values[i], ours[i]));
    }
    Ready found = ready(new Kind(backend, kinds));
    last = found;
    return found;
  }

  private Ready ready(Kind kind) {
    synchronized (ready) {
      Ready known = ready.get(kind);
      if (known != null) {
        return known;
      }
    }
    Routine r = routine(kind.arguments());
    Ready made = new Ready(kind, kind.backend().compile(r), r.kernels());
    synchronized (ready) {
      ready.putIfAbsent(kind, made);
      if (ready.size() > KINDS) {
        ready.remove(ready.keySet().iterator().next());
      }
      return ready.getOrDefault(kind, made);
    }
  }

  private Routine routine(List<Routine.Argument> kinds) {
    List<Tensor> inputs = new ArrayList<>(trace.inputs());
    List<Routine.Argument> all = new ArrayList<>(kinds);
    for (Tensor x : constants) {
      inputs.add(x);
      all.add(Routine.Argument.constant(x.value()));
    }
    List<Tensor> nodes = trace.nodes().stream().filter(n -> !trace.inputs().contains(n)).toList();
    return Routine.of(inputs, all, nodes, trace.outputs());
  }
}
