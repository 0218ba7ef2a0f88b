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
      RecordedEvent step =
          events.stream()
              .filter(e -> e.getEventType().getName().equals("thimble.Step"))
              .findFirst()
              .orElseThrow();
      assertEquals(3, step.getInt("nodes"));
      assertEquals(3.0 * 200 * 70, step.getDouble("flops"));
      assertTrue(step.getDuration().toNanos() > 0);
    }
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
