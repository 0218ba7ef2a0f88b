package thimble.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thimble.runtime.OtherJvm;
import thimble.runtime.OtherJvm.Ended;

/** JUnit is optional: a user's program without it checks derivatives all the same. */
class WithoutJunitTest {
  @TempDir private Path folder;

  private void assertChecks(String module, List<Path> classPath, String... options)
      throws Exception {
    List<String> arguments = new ArrayList<>(List.of("-Dthimble.backend=java"));
    arguments.addAll(List.of(options));
    arguments.add("outside.Checker");
    Ended ended = OtherJvm.start(folder, classPath, arguments).end();
    assertEquals(0, ended.code(), ended::all);
    List<String> lines = ended.out().lines().toList();
    assertTrue(lines.get(0).startsWith(module), ended::all);
    assertEquals("no JUnit", lines.get(1), ended::all);
    assertTrue(lines.get(2).startsWith("gradient check of cube, made of [pow, mul]"), ended::all);
  }

  @Test
  void onTheClassPath() throws Exception {
    assertChecks("unnamed module", List.of(OtherJvm.CLASSES, OtherJvm.TEST_CLASSES));
  }

  @Test
  void onTheModulePath() throws Exception {
    assertChecks(
        "module thimble",
        List.of(OtherJvm.TEST_CLASSES),
        "--module-path=" + OtherJvm.CLASSES,
        "--add-modules=thimble");
  }
}
