package thimble.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thimble.InBothBackends;
import thimble.runtime.OtherJvm.Ended;

/** The properties that say how memory is watched over and reused, each in a JVM of its own. */
class LeaksTest {
  private static final String LINE = "made at outside.Forgetful.make(Forgetful.java:";
  private static final String HINT = "-Dthimble.leaks=sites tells where they were made";
  private static final String FOUND = "found by the garbage collector";

  @TempDir private Path folder;

  @BeforeEach
  void skipWithoutTheNativeLibrary() {
    InBothBackends.assumeBuilt("native");
  }

  private Ended run(String... options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED"));
    arguments.addAll(List.of(options));
    arguments.add("outside.Forgetful");
    return OtherJvm.start(folder, List.of(OtherJvm.CLASSES, OtherJvm.TEST_CLASSES), arguments)
        .end();
  }

  private static void assertDoesItsWork(Ended ended) {
    assertEquals(0, ended.code(), ended::all);
    List<String> lines = ended.out().lines().toList();
    assertTrue(lines.get(1).startsWith("float32 [100000], 400000 bytes"), ended::all);
    assertTrue(lines.contains("tensors 1"), ended::all);
    assertTrue(ended.out().contains("exp: float32 [100000], 400000 bytes asked for"), ended::all);
    assertEquals("tensors 0", lines.getLast(), ended::all);
  }

  @Test
  void byDefaultNothingIsRemembered() throws Exception {
    Ended ended = run();
    assertDoesItsWork(ended);
    assertFalse(ended.out().contains("made at"), ended::all);
    assertTrue(ended.out().contains("\n" + HINT), ended::all);
    assertFalse(ended.err().contains(FOUND), ended::all);
  }

  @Test
  void sitesNameTheUsersLine() throws Exception {
    Ended ended = run("-Dthimble.leaks=sites");
    assertDoesItsWork(ended);
    assertTrue(ended.out().lines().toList().get(1).contains(LINE), ended::all);
    assertEquals(2, ended.out().lines().filter(line -> line.contains(LINE)).count(), ended::all);
    assertFalse(ended.out().contains(HINT), ended::all);
    assertFalse(ended.err().contains(FOUND), ended::all);
  }

  @Test
  void reportLogsWhatWasForgotten() throws Exception {
    Ended ended = run("-Dthimble.leaks=report");
    assertDoesItsWork(ended);
    List<String> said = ended.err().lines().filter(line -> line.contains(FOUND)).toList();
    assertEquals(1, said.size(), ended::all);
    assertTrue(said.getFirst().contains("float32 [50000], 200000 bytes, " + LINE), ended::all);
  }

  @Test
  void withoutThePoolMemoryIsNotKept() throws Exception {
    assertDoesItsWork(run("-Dthimble.pool=off"));
    assertDoesItsWork(run("-Dthimble.pool=on"));
  }

  @Test
  void anInstructionSetIsForced() throws Exception {
    for (String isa : InstructionSets.all()) {
      assertDoesItsWork(run("-Dthimble.isa=" + isa));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "leaks, all, must be off or sites or report",
    "leaks, '', must be off or sites or report",
    "pool, no, must be off or on",
    "isa, avx1024, 'this machine has '"
  })
  void whatMakesNoSenseIsSaid(String property, String value, String rule) throws Exception {
    Ended ended = run("-Dthimble." + property + "=" + value);
    assertNotEquals(0, ended.code(), ended::all);
    String said = "-Dthimble.%s=%s: %s".formatted(property, value, rule);
    assertTrue(ended.err().contains("BackendException: " + said), ended::all);
  }
}
