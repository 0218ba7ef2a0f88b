package thimble.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.tensor.Buffer;
import thimble.tensor.Compiled;
import thimble.tensor.DType;
import thimble.tensor.Layout;
import thimble.tensor.Plan;
import thimble.tensor.Routine;
import thimble.tensor.Shape;
import thimble.tensor.Storage;

/** A routine as the words of {@code th_run}: one call a run. */
final class NativeProgram implements Compiled {
  private static final String USER = "program";

  private final NativeMemory memory;
  private final int heap;
  private final MemorySegment words;
  private final Encoder.Step[] steps;
  private final Plan plan;
  private final Argument[] arguments;
  private final Result[] results;

  /** Which arguments' memory a result has. */
  private final boolean[] taken;

  /** Memories: scratch, arguments, results. */
  private final int memories;

  private final long scratch;

  /** Memory of runs that have ended, for those to come. */
  private final Queue<Run> idle = new ConcurrentLinkedQueue<>();

  /**
   * How an argument is handed over.
   *
   * @param lowest bytes from the first element down to the lowest
   * @param bytes from the lowest to the end of the highest
   * @param aside where it is copied to in scratch memory if it lies on the Java heap, −1 where it
   *     is too large to be expected there
   */
  private record Argument(long lowest, long bytes, long aside, boolean donated) {}

  /**
   * Where a result comes from.
   *
   * @param value as planned
   * @param argument whose memory it has, −1 for none
   * @param first the result that has the same place and comes first, perhaps this one
   * @param aside where it is in scratch memory if it is to be on the Java heap, else −1
   */
  private record Result(Value value, int argument, int first, long aside) {
    boolean isFirst(int j) {
      return first == j;
    }
  }

  NativeProgram(Routine routine, Kernels kernels, NativeMemory memory, int heap) {
    this.memory = memory;
    this.heap = heap;
    Planner planner = Planner.of(routine);
    Intervals own = new Intervals(Planner.ALIGNED);
    own.take(planner.scratch());
    this.arguments = arguments(routine, own);
    this.results = results(planner, own);
    this.memories = 1 + arguments.length + planner.resultPlaces().size();
    this.scratch = own.most();
    this.plan = planner.plan();
    Encoder encoder = planner.encode(kernels);
    this.steps = encoder.steps();
    this.taken = new boolean[arguments.length];
    for (Result r : results) {
      if (r.argument() >= 0) {
        taken[r.argument()] = true;
      }
    }
    this.words = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, encoder.words());
  }

  private Argument[] arguments(Routine routine, Intervals own) {
    Argument[] all = new Argument[routine.arguments().size()];
    for (int i = 0; i < all.length; i++) {
      Routine.Argument a = routine.arguments().get(i);
      int width = a.dtype().bytes();
      long bytes = a.layout().extent() * width;
      all[i] =
          new Argument(
              -a.layout().lowest() * width,
              bytes,
              bytes <= heap ? own.take(bytes) : -1,
              a.donated());
    }
    return all;
  }

  private Result[] results(Planner planner, Intervals own) {
    List<Value> values = planner.results();
    Result[] all = new Result[values.size()];
    for (int j = 0; j < all.length; j++) {
      Value v = values.get(j);
      int first = 0;
      while (values.get(first).place() != v.place()) {
        first++;
      }
      int argument = v.place().memory <= arguments.length ? v.place().memory - 1 : -1;
      boolean aside = argument < 0 && v.place().bytes() <= heap;
      all[j] =
          new Result(
              v,
              argument,
              first,
              !aside ? -1 : first < j ? all[first].aside() : own.take(v.place().bytes()));
    }
    return all;
  }

  @Override
  public Plan plan() {
    return plan;
  }

  @Override
  public Buffer[] run(Buffer... given) {
    Run known = idle.poll();
    Run run = known != null ? known : new Run();
    try {
      return run.on(given);
    } finally {
      idle.add(run);
    }
  }

  @Override
  public void trim() {
    for (Run run = idle.poll(); run != null; run = idle.poll()) {
      run.own.drop();
    }
  }

  /** Memory for one run at a time. */
  private final class Run {
    private final Storage own = memory.allocate("run", "memory of a program", Math.max(scratch, 1));
    private final MemorySegment pointers = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, memories);

    /** What was copied from the Java heap before an earlier run, and is still there. */
    private final @Nullable Buffer[] copied = new Buffer[arguments.length];

    /** Copies that are too large for that, for one run. */
    private final @Nullable Storage[] copies = new Storage[arguments.length];

    Run() {
      point(Planner.SCRATCH, own.segment().address());
    }

    private void point(int to, long address) {
      pointers.setAtIndex(ValueLayout.JAVA_LONG, to, address);
    }

    Buffer[] on(Buffer... given) {
      Storage[] made = new Storage[results.length];
      boolean done = false;
      try {
        for (int i = 0; i < given.length; i++) {
          point(1 + i, address(i, given[i]));
        }
        for (int j = 0; j < results.length; j++) {
          if (results[j].isFirst(j) && results[j].argument() < 0) {
            point(results[j].value().place().memory, make(j, made));
          }
        }
        Events.Step event = Events.begin(Events.Step::new);
        call();
        Events.end(event, plan);
        Buffer[] out = new Buffer[results.length];
        for (int j = 0; j < out.length; j++) {
          out[j] = result(j, given, made, out);
        }
        done = true;
        return out;
      } finally {
        end(given, made, done);
      }
    }

    /** Where the first element of an argument is in native memory. */
    private long address(int i, Buffer x) {
      long start = x.layout().offset() * x.dtype().bytes();
      if (x.storage() instanceof NativeStorage) {
        return x.storage().segment().address() + start;
      }
      Argument a = arguments[i];
      MemorySegment to = aside(i, x);
      if (!x.equals(copied[i])) {
        MemorySegment.copy(x.storage().segment(), start - a.lowest(), to, 0, a.bytes());
        copied[i] = a.aside() >= 0 && !a.donated() ? x : null;
      }
      return to.address() + a.lowest();
    }

    private MemorySegment aside(int i, Buffer x) {
      Argument a = arguments[i];
      if (a.aside() >= 0) {
        return own.segment().asSlice(a.aside(), a.bytes());
      }
      Storage copy = memory.allocate(USER, x.dtype(), Shape.of(a.bytes() / x.dtype().bytes()));
      copies[i] = copy;
      return copy.segment();
    }

    /** Memory for a result, and where it begins. */
    private long make(int j, Storage[] made) {
      Result r = results[j];
      long bytes = r.value().place().bytes();
      if (r.aside() >= 0) {
        made[j] = HeapStorage.ofBytes(bytes);
        return own.segment().address() + r.aside();
      }
      DType dtype = r.value().dtype(); // a view has the memory of all that it is a part of
      made[j] = memory.allocate(USER, dtype, Shape.of(bytes / dtype.bytes()));
      return made[j].segment().address();
    }

    private Buffer result(int j, Buffer[] given, Storage[] made, Buffer[] out) {
      Result r = results[j];
      Layout layout = r.value().layout();
      if (r.argument() >= 0) {
        layout = layout.from(layout.offset() + given[r.argument()].layout().offset());
      }
      return new Buffer(storage(j, given, made, out), r.value().dtype(), layout);
    }

    /** The memory of a result, for one holder more. */
    private Storage storage(int j, Buffer[] given, Storage[] made, Buffer[] out) {
      Result r = results[j];
      if (!r.isFirst(j)) {
        Storage same = out[r.first()].storage();
        same.share();
        return same;
      }
      if (r.argument() < 0) {
        if (r.aside() >= 0) {
          long bytes = r.value().place().bytes();
          MemorySegment.copy(own.segment(), r.aside(), made[j].segment(), 0, bytes);
        }
        return made[j];
      }
      Buffer x = given[r.argument()];
      Argument a = arguments[r.argument()];
      if (!a.donated()) {
        x.storage().share();
      } else if (!(x.storage() instanceof NativeStorage)) { // what was copied may have a result now
        Storage copy = copies[r.argument()];
        MemorySegment from = copy == null ? own.segment().asSlice(a.aside()) : copy.segment();
        long start = x.layout().offset() * x.dtype().bytes() - a.lowest();
        MemorySegment.copy(from, 0, x.storage().segment(), start, a.bytes());
      }
      return x.storage();
    }

    private void end(Buffer[] given, Storage[] made, boolean done) {
      for (int i = 0; i < copies.length; i++) {
        Storage copy = copies[i];
        if (copy != null) {
          copy.drop();
          copies[i] = null;
        }
        if (arguments[i].donated() && !(done && taken[i])) {
          given[i].storage().drop();
        }
      }
      for (int j = 0; j < made.length && !done; j++) {
        if (made[j] != null) {
          made[j].drop();
        }
      }
    }

    /** Runs the steps; where a kernel finds no memory to work in, again from that step on. */
    private void call() {
      Call call = Call.get();
      for (int step = 0, tried = -1; step < steps.length; ) {
        step +=
            ThimbleH.th_run(
                step == 0 ? words : words.asSlice((long) steps[step].start() * Long.BYTES),
                steps.length - step,
                pointers,
                call.error());
        try {
          call.check(USER);
        } catch (Call.BadIndex e) {
          throw steps[step].outOfBounds(e.index());
        } catch (Call.Scarce e) {
          if (step == tried || !memory.makeRoom(e.bytes())) {
            throw memory.full(steps[step].op() + ": memory to work in", e.bytes());
          }
          tried = step;
        }
      }
    }
  }
}
