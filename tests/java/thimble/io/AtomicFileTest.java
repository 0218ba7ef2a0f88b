package thimble.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  private static final AtomicFile.Body NEW =
      out -> out.write("new".repeat(100_000).getBytes(StandardCharsets.UTF_8));

  @TempDir Path folder;

  @Test
  void makesAFileAndReplacesIt() throws IOException {
    Path file = folder.resolve("file");
    AtomicFile.write(file, out -> out.write('a'));
    assertEquals("a", Files.readString(file));
    AtomicFile.write(file, NEW);
    assertEquals("new".repeat(100_000), Files.readString(file));
    assertEquals(List.of("file"), names());
  }

  @Test
  void theOldFileIsThereUntilTheBodyIsDone() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    AtomicFile.write(
        file,
        out -> {
          NEW.writeTo(out);
          out.close();
          assertEquals("old", Files.readString(file));
          out.write('!');
        });
    assertEquals("new".repeat(100_000) + "!", Files.readString(file));
  }

  @Test
  void aFailureAtAnyWriteOrForceLeavesTheOldFileAlone() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    FailingDisk working = new FailingDisk(0);
    AtomicFile.write(folder.resolve("other"), NEW, working);
    assertTrue(working.forced(), "written after the last force, or not forced");
    Files.delete(folder.resolve("other"));
    assertTrue(working.operations() > 300, "operations: " + working.operations());
    for (int n = 1; n <= working.operations(); n++) {
      FailingDisk disk = new FailingDisk(n);
      IOException e = assertThrows(IOException.class, () -> AtomicFile.write(file, NEW, disk));
      assertEquals("No space left on device", e.getMessage());
      assertEquals("old", Files.readString(file));
      assertEquals(List.of("file"), names());
    }
  }

  @Test
  void aFailureOfTheBodyLeavesTheOldFileAlone() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    for (Throwable failure : List.of(new IllegalStateException(), new StackOverflowError())) {
      Throwable e =
          assertThrows(
              failure.getClass(),
              () ->
                  AtomicFile.write(
                      file,
                      out -> {
                        NEW.writeTo(out);
                        throw AtomicFileTest.<RuntimeException>sneaky(failure);
                      }));
      assertSame(failure, e);
      assertEquals("old", Files.readString(file));
      assertEquals(List.of("file"), names());
    }
  }

  @Test
  void anInterruptLeavesTheOldFileAlone() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    Thread.currentThread().interrupt();
    try {
      assertThrows(ClosedByInterruptException.class, () -> AtomicFile.write(file, NEW));
    } finally {
      assertTrue(Thread.interrupted());
    }
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("file"), names());
  }

  @Test
  void aCheckLeavesEverythingAsItWas() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    AtomicFile.check(file);
    AtomicFile.check(folder.resolve("new"));
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("file"), names());
  }

  @Test
  void aCheckRefusesWhatCannotBeWritten() throws IOException {
    assertThrows(FileSystemException.class, () -> AtomicFile.check(folder));
    assertThrows(NoSuchFileException.class, () -> AtomicFile.check(folder.resolve("no/file")));
    assertEquals(List.of(), names());
  }

  @Test
  void aFolderIsNotReplaced() throws IOException {
    Path target = Files.createDirectory(folder.resolve("target"));
    assertThrows(FileSystemException.class, () -> AtomicFile.write(target, NEW));
    assertTrue(Files.isDirectory(target));
    assertEquals(List.of("target"), names());
  }

  @Test
  void aMissingFolderIsNoSuchFile() {
    assertThrows(NoSuchFileException.class, () -> AtomicFile.write(folder.resolve("no/file"), NEW));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aSymbolicLinkStaysALink() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    AtomicFile.write(link, out -> out.write('n'));
    assertTrue(Files.isSymbolicLink(link));
    assertEquals("n", Files.readString(file));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> T sneaky(Throwable failure) throws T {
    throw (T) failure;
  }
}
