package thimble.runtime;

import java.util.function.Supplier;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;
import thimble.tensor.Plan;

/**
 * What the flight recorder is told, if it listens: {@code java -XX:StartFlightRecording}. Ops on
 * small tensors that lie on the Java heap are not reported one by one.
 */
final class Events {
  private Events() {}

  /**
   * A new event, begun; null while there is no flight recorder: setting up the first event's class
   * takes a good part of the time to a program's first result.
   */
  static <E extends Event> @Nullable E begin(Supplier<E> kind) {
    if (!FlightRecorder.isInitialized()) {
      return null;
    }
    E event = kind.get();
    event.begin();
    return event;
  }

  /** Ends the event of a run. */
  static void end(@Nullable Step event, Plan plan) {
    if (event != null && event.shouldCommit()) {
      event.nodes = plan.nodes();
      event.kernels = plan.kernels().size();
      event.flops = plan.flops();
      event.commit();
    }
  }

  /** Native memory for a tensor, or for a program to run in. */
  @Name("thimble.Allocation")
  @Label("Allocation")
  @Category("Thimble")
  @Description("Native memory handed out, fresh or reused")
  static final class Allocation extends Event {
    @Label("For")
    String user = "";

    @Label("Bytes")
    @DataAmount
    long bytes;
  }

  /** An op that was computed by itself. */
  @Name("thimble.Kernel")
  @Label("Kernel")
  @Category("Thimble")
  @Description("An op computed in native memory")
  @StackTrace(false)
  static final class Kernel extends Event {
    @Label("Op")
    String op = "";

    @Label("Shape of the result")
    String shape = "";

    @Label("Type of the result")
    String dtype = "";
  }

  /** A program, or a lazy batch, that was run. */
  @Name("thimble.Step")
  @Label("Step")
  @Category("Thimble")
  @Description("A run of a compiled graph")
  @StackTrace(false)
  static final class Step extends Event {
    @Label("Nodes")
    int nodes;

    @Label("Kernels")
    int kernels;

    @Label("Operations on elements")
    double flops;
  }
}
