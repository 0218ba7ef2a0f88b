package thimble.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import thimble.program.Program;
import thimble.tensor.Backends;
import thimble.tensor.Block;
import thimble.tensor.DType;
import thimble.tensor.Key;
import thimble.tensor.Tensor;

/** What the flight recorder sees. */
class EventsTest {
  @TempDir private Path folder;

  @Test
  @DisabledIfSystemProperty(named = "thimble.native.skip", matches = "true")
  void allocationsKernelsAndStepsAreRecorded() throws IOException {
    try (Recording recording = new Recording();
        Block _ = Backends.use("native")) {
      recording.enable("thimble.Allocation");
      recording.enable("thimble.Kernel");
      recording.enable("thimble.Step");
      recording.start();
      Tensor x = Key.of(1).normal(DType.FLOAT32, 200, 70).add(1);
      Program.trace((Tensor v) -> v.exp().mul(2).sum(), x).run(x);
      recording.stop();
      Path file = folder.resolve("thimble.jfr");
      recording.dump(file);
      assertTrue(Files.size(file) > 0);
      List<RecordedEvent> events = RecordingFile.readAllEvents(file);
      RecordedEvent allocation = only(events, "thimble.Allocation", "user", "add(1)");
      assertEquals(200 * 70 * 4, allocation.getLong("bytes"));
      RecordedEvent kernel = only(events, "thimble.Kernel", "op", "add(1)");
      assertEquals("[200, 70]", kernel.getString("shape"));
      assertEquals("float32", kernel.getString("dtype"));
      RecordedEvent step = step(events, 3 * 200 * 70);
      assertEquals(3, step.getInt("nodes"));
      assertTrue(step.getDuration().toNanos() > 0);
    }
  }

  @Test
  @DisabledIfSystemProperty(named = "thimble.native.skip", matches = "true")
  void aProgramOfSingleOpsIsAStepToo() throws IOException {
    try (Recording recording = new Recording();
        Block _ = Backends.use("native")) {
      recording.enable("thimble.Step");
      recording.start();
      Tensor x = Key.of(1).integers(0, 100, 2000);
      Tensor y = x.add(1);
      Program.trace((Tensor a, Tensor b) -> a.remainder(b).mul(2), x, y).run(x, y);
      recording.stop();
      Path file = folder.resolve("single.jfr");
      recording.dump(file);
      List<RecordedEvent> events = RecordingFile.readAllEvents(file);
      assertEquals(2, step(events, 2 * 2000).getInt("kernels"));
    }
  }

  /** The run of so many operations: tests beside this one are recorded as well. */
  private static RecordedEvent step(List<RecordedEvent> events, double flops) {
    return events.stream()
        .filter(e -> e.getEventType().getName().equals("thimble.Step"))
        .filter(e -> e.getDouble("flops") == flops)
        .findFirst()
        .orElseThrow();
  }

  private static RecordedEvent only(
      List<RecordedEvent> events, String name, String field, String start) {
    List<RecordedEvent> found =
        events.stream()
            .filter(e -> e.getEventType().getName().equals(name))
            .filter(e -> e.getString(field).startsWith(start))
            .toList();
    assertEquals(1, found.size(), events.toString());
    return found.getFirst();
  }
}
