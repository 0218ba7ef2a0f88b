package thimble.runtime;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import thimble.tensor.DType;
import thimble.tensor.Layout;
import thimble.tensor.Linears;
import thimble.tensor.Op;
import thimble.tensor.Plan;
import thimble.tensor.Reductions;
import thimble.tensor.Routine;
import thimble.tensor.Shape;

/**
 * Decides in what stages a routine is computed, and where in memory what lies. Elementwise ops go
 * to the earliest stage that has their operands if that goes over as many elements, and to a pass
 * that reads the same otherwise. Layouts are those of op-by-op computation, so that kernels take
 * the same way through the elements.
 */
final class Planner {
  /** Places begin at multiples of so many bytes. */
  static final int ALIGNED = 64;

  /** The number of the memory that the routine has for itself. */
  static final int SCRATCH = 0;

  /** Elements to a result from which a reduction goes along rows; see th::reduce_fused. */
  private static final long ROW = 32;

  /** Elements that a reduction is worth more than a step of its own for. */
  private static final long MANY = 8192;

  /** How many stages are looked at for one that reads the same. */
  private static final int BACK = 16;

  private final Routine routine;
  private final Value[] values;
  private final List<Place> arguments = new ArrayList<>();
  private final List<Stage> stages = new ArrayList<>();
  private final List<Place> results = new ArrayList<>();
  private final Intervals scratch = new Intervals(ALIGNED);
  private long donated;

  private Planner(Routine routine) {
    this.routine = routine;
    this.values = new Value[routine.values()];
  }

  /** The plan of a routine without ops of users. */
  static Planner of(Routine routine) {
    Planner p = new Planner(routine);
    p.arguments();
    for (int k = 0; k < routine.steps().size(); k++) {
      p.step(routine.arguments().size() + k, routine.steps().get(k));
    }
    p.finish();
    return p;
  }

  // -- Stages -------------------------------------------------------------------------------------

  private void arguments() {
    for (int i = 0; i < routine.arguments().size(); i++) {
      Routine.Argument a = routine.arguments().get(i);
      Place place =
          Place.argument(
              i, a.layout().extent(), a.dtype(), a.donated() && a.layout().isContiguous());
      place.memory = 1 + i;
      arguments.add(place);
      values[i] = new Value(place, a.dtype(), a.layout());
    }
  }

  private void step(int value, Routine.Step step) {
    List<Value> in = step.in().stream().map(i -> values[i]).toList();
    if (step.op() instanceof Op.View view) {
      values[value] = view(view, in.getFirst());
    } else if (Group.takes(step.op())) {
      values[value] = elementwise(step.op(), in, step.dtype(), step.shape());
    } else {
      int axes = in.isEmpty() ? 0 : lastAxes(step.op(), in.getFirst());
      values[value] =
          axes != 0 && stage(in.getFirst()).filter(s -> s.takesReduction(in.getFirst())).isPresent()
              ? reduction(step, axes, in.getFirst())
              : kernel(step.op(), in, step.dtype(), step.shape(), routine.flops(step));
    }
  }

  /** The stage that makes a value, if one does. */
  private Optional<Stage> stage(Value v) {
    return v.place().stage < 0 ? Optional.empty() : Optional.of(stages.get(v.place().stage));
  }

  /** The axes, if the op reduces the last ones and can do so in the pass that makes x; else 0. */
  private static int lastAxes(Op op, Value x) {
    int axes =
        switch (op) {
          case Linears.Sum s -> s.axes();
          case Reductions.Prod p -> p.axes();
          case Reductions.Extremum m -> m.axes();
          default -> 0;
        };
    int rank = x.shape().rank();
    int n = Integer.bitCount(axes);
    boolean last = axes == ((1 << rank) - 1) - ((1 << (rank - n)) - 1);
    long row = 1;
    for (int d = rank - n; d < rank && last; d++) {
      row *= x.shape().size(d);
    }
    return last && row >= ROW && x.count() >= MANY ? axes : 0;
  }

  private Value reduction(Routine.Step step, int axes, Value x) {
    Value out = made(x.place().stage, step.dtype(), step.shape());
    out.place().needed = true;
    stages.get(x.place().stage).add(new Stage.Reduction(step.op(), axes, x, out));
    return out;
  }

  private Value view(Op.View view, Value x) {
    Layout layout = view.layout(x.layout());
    if (layout != null) {
      return x.with(layout);
    }
    Value whole =
        kernel(Linears.Copy.COPY, List.of(x), x.dtype(), x.shape(), (double) x.shape().count());
    layout = view.layout(whole.layout());
    if (layout == null) {
      throw new AssertionError(view + " of a contiguous " + x.shape() + " takes no copy");
    }
    return whole.with(layout);
  }

  private Value kernel(Op op, List<Value> in, DType dtype, Shape shape, double flops) {
    Value out = made(stages.size(), dtype, shape);
    out.place().needed = true; // kernels write to memory
    in.forEach(v -> v.place().needed = true);
    stages.add(Stage.kernel(stages.size(), op, in, out, flops));
    return out;
  }

  private Value elementwise(Op op, List<Value> in, DType dtype, Shape shape) {
    Stage stage = host(in, shape);
    for (Value v : in) {
      if (v.place().stage != stage.index()) {
        v.place().needed = true;
      }
    }
    Value out = made(stage.index(), dtype, shape);
    stage.add(op, in, out);
    return out;
  }

  private static Value made(int stage, DType dtype, Shape shape) {
    return new Value(Place.of(stage, shape.count(), dtype), dtype, Layout.contiguous(shape));
  }

  /** The stage that an elementwise op on these goes to. */
  private Stage host(List<Value> in, Shape shape) {
    int ready = in.stream().mapToInt(v -> v.place().stage).max().orElse(-1);
    if (ready >= 0 && stages.get(ready).takes(shape.count(), in)) {
      return stages.get(ready);
    }
    for (int i = stages.size() - 1; i > Math.max(ready, stages.size() - 1 - BACK); i--) {
      if (stages.get(i).knows(in) && stages.get(i).takes(shape.count(), in)) {
        return stages.get(i);
      }
    }
    Stage fresh = Stage.elementwise(stages.size(), shape);
    stages.add(fresh);
    return fresh;
  }

  // -- Memory -------------------------------------------------------------------------------------

  private void finish() {
    for (Stage s : stages) {
      s.reads().forEach(v -> v.place().last = Math.max(v.place().last, s.index()));
    }
    for (int y : routine.results()) {
      Place place = values[y].place();
      place.needed = true;
      place.last = stages.size();
      if (!place.isArgument() && !results.contains(place)) {
        results.add(place);
      }
    }
    Set<Place> free = Collections.newSetFromMap(new IdentityHashMap<>());
    arguments.stream().filter(a -> a.isWritable() && a.last < stages.size()).forEach(free::add);
    for (Stage s : stages) {
      s.results().forEach(v -> toResult(s, v, free));
    }
    stages.forEach(this::toScratch);
  }

  /** A wanted result goes to a donated argument's memory if that is done with, or to its own. */
  private void toResult(Stage stage, Value v, Set<Place> free) {
    Place p = v.place();
    int number = results.indexOf(p);
    if (number < 0) {
      return;
    }
    for (Place a : arguments) {
      if (free.contains(a)
          && a.bytes() == p.bytes()
          && (a.last < stage.index() || (a.last == stage.index() && stage.mayOverwrite(a, v)))) {
        free.remove(a);
        p.memory = a.memory;
        donated += p.bytes();
        return;
      }
    }
    p.memory = 1 + arguments.size() + number;
  }

  /** What lies between arguments and results. */
  private void toScratch(Stage stage) {
    Value product = stage.product();
    List<Place> over = new ArrayList<>(); // what is read here for the last time
    for (Value v : stage.reads()) {
      Place p = v.place();
      if (p.memory == SCRATCH && p.last == stage.index() && !over.contains(p)) {
        over.add(p);
      }
    }
    for (Value v : stage.results()) {
      Place p = v.place();
      if (!p.needed || p.memory >= 0 || (v.equals(product) && intoResult(stage, v))) {
        continue;
      }
      p.memory = SCRATCH;
      Place taken = null;
      for (Place q : over) {
        if (q.bytes() == p.bytes() && stage.mayOverwrite(q, v)) {
          taken = q;
        }
      }
      if (taken != null) {
        over.remove(taken);
        p.offset = taken.offset;
      } else {
        p.offset = scratch.take(p.bytes());
      }
      if (v.equals(product) && p.last == stage.index()) {
        over.add(p); // a product's own tiles may be written over
      }
    }
    over.forEach(q -> scratch.give(q.offset, q.bytes()));
    for (Value v : stage.results()) {
      Place p = v.place();
      if (p.memory == SCRATCH && p.last == stage.index() && !v.equals(product)) {
        scratch.give(p.offset, p.bytes()); // nobody reads it
      }
    }
  }

  /** A product that only this stage wants may lie where a result is to be that is made from it. */
  private boolean intoResult(Stage stage, Value product) {
    Place p = product.place();
    if (p.last > stage.index()) {
      return false;
    }
    for (Value v : stage.results()) {
      Place r = v.place();
      if (r.memory > arguments.size() && r.bytes() == p.bytes() && stage.mayOverwrite(p, v)) {
        p.memory = r.memory;
        return true;
      }
    }
    return false;
  }

  // -- What came of it ----------------------------------------------------------------------------

  /** The values that the routine gives. */
  List<Value> results() {
    return routine.results().stream().map(y -> values[y]).toList();
  }

  /** The places of results that are no argument's, in the order of their memories. */
  List<Place> resultPlaces() {
    return results;
  }

  /** Bytes of scratch memory. */
  long scratch() {
    return scratch.most();
  }

  Encoder encode(Kernels kernels) {
    Encoder e = new Encoder(kernels);
    stages.forEach(s -> s.encode(e));
    return e;
  }

  Plan plan() {
    long own =
        results.stream().filter(p -> p.memory > arguments.size()).mapToLong(Place::bytes).sum();
    return new Plan(
        routine.steps().size(),
        stages.stream().map(Stage::describe).toList(),
        scratch(),
        own,
        donated);
  }
}
