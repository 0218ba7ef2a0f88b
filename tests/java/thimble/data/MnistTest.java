package thimble.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thimble.io.MalformedFileException;

class MnistTest {
  private static final List<String> NAMES =
      List.of(
          "train-images-idx3-ubyte",
          "train-labels-idx1-ubyte",
          "t10k-images-idx3-ubyte",
          "t10k-labels-idx1-ubyte");

  @TempDir Path temporary;

  @Test
  void readsPlainAndCompressedFilesSideBySide() throws IOException {
    Path folder = good();
    gzip(folder, NAMES.get(0));
    gzip(folder, NAMES.get(3));
    Dataset data = Mnist.load(folder);
    assertEquals("digits", data.name());
    assertEquals(10, data.classes());
    assertEquals(3, data.train().count());
    assertEquals(2, data.test().count());
    assertEquals(4, data.train().rows());
    assertEquals(5, data.train().columns());
    assertEquals(59, data.train().pixels()[59]);
    assertArrayEquals(new byte[] {9, 0, 5}, data.train().labels());
    assertArrayEquals(new byte[] {1, 2}, data.test().labels());
  }

  @Test
  void aPlainFileGoesBeforeACompressedOne() throws IOException {
    Path folder = good();
    Files.write(folder.resolve(NAMES.get(1) + ".gz"), new byte[] {1, 2, 3});
    assertArrayEquals(new byte[] {9, 0, 5}, Mnist.load(folder).train().labels());
  }

  @Test
  void aMissingFileIsNamedAndSoAreAllFour() throws IOException {
    for (String name : NAMES) {
      Path folder = good();
      Files.delete(folder.resolve(name));
      NoSuchFileException e = assertThrows(NoSuchFileException.class, () -> Mnist.load(folder));
      assertEquals(folder.resolve(name).toString(), e.getFile());
      for (String other : NAMES) {
        assertTrue(e.getReason().contains(other), e.getReason());
      }
    }
  }

  @Test
  void aMissingFolderAndAFileInItsPlaceAreTold() throws IOException {
    assertThrows(NoSuchFileException.class, () -> Mnist.load(temporary.resolve("absent")));
    Path file = Files.createFile(temporary.resolve("file"));
    assertThrows(NotDirectoryException.class, () -> Mnist.load(file));
  }

  @Test
  void anotherNumberOfLabelsIsMalformed() throws IOException {
    Path folder = good();
    write(folder, NAMES.get(1), new int[] {2}, new byte[] {1, 2});
    assertMalformed(folder, "train-labels-idx1-ubyte: at byte 4: train: 3 images but 2 labels");
  }

  @Test
  void aLabelAboveNineIsMalformed() throws IOException {
    Path folder = good();
    write(folder, NAMES.get(3), new int[] {2}, new byte[] {1, (byte) 200});
    assertMalformed(
        folder, "t10k-labels-idx1-ubyte: at byte 9: test: label 200 at index 1 is above 9");
  }

  @Test
  void imagesAndLabelsMixedUpAreMalformed() throws IOException {
    Path folder = good();
    Files.copy(
        folder.resolve(NAMES.get(1)),
        folder.resolve(NAMES.get(0)),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertMalformed(
        folder, "train-images-idx3-ubyte: at byte 3: train images: 1 axes [3], but 3 are expected");
  }

  @Test
  void testImagesOfAnotherSizeAreMalformed() throws IOException {
    Path folder = good();
    write(folder, NAMES.get(2), new int[] {2, 5, 4}, new byte[40]);
    assertMalformed(
        folder,
        "t10k-images-idx3-ubyte: at byte 8: test: images of 5 x 4 but train images of 4 x 5");
  }

  @Test
  void sizesAndLabelsThatDoNotFitAreRefused() {
    byte[] four = new byte[4];
    Images images = new Images(1, 2, 2, four, new byte[] {3});
    assertThrows(IllegalArgumentException.class, () -> new Images(1, 2, 3, four, new byte[] {3}));
    assertThrows(
        IllegalArgumentException.class, () -> new Images(1, 2, 2, four, new byte[] {3, 4}));
    assertThrows(IllegalArgumentException.class, () -> new Images(1, -2, -2, four, new byte[] {3}));
    int big = 1 << 16;
    assertThrows(
        IllegalArgumentException.class,
        () -> new Images(1 << 31 >>> 1, big, big, new byte[0], new byte[0]));
    assertThrows(IllegalArgumentException.class, () -> new Dataset("d", images, images, 3));
    Images wide = new Images(1, 1, 4, four, new byte[] {3});
    assertThrows(IllegalArgumentException.class, () -> new Dataset("d", images, wide, 10));
  }

  private static void assertMalformed(Path folder, String message) {
    MalformedFileException e = assertThrows(MalformedFileException.class, () -> Mnist.load(folder));
    assertEquals(message, e.getMessage());
  }

  /** A folder of four files: 3 images to train and 2 to test, 4 x 5 pixels each. */
  private Path good() throws IOException {
    Path folder = Files.createDirectories(temporary.resolve("digits"));
    byte[] pixels = new byte[60];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) i;
    }
    write(folder, NAMES.get(0), new int[] {3, 4, 5}, pixels);
    write(folder, NAMES.get(1), new int[] {3}, new byte[] {9, 0, 5});
    write(folder, NAMES.get(2), new int[] {2, 4, 5}, new byte[40]);
    write(folder, NAMES.get(3), new int[] {2}, new byte[] {1, 2});
    return folder;
  }

  private static void write(Path folder, String name, int[] shape, byte[] data) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * shape.length + data.length);
    bytes.putInt(0x0800 | shape.length);
    for (int size : shape) {
      bytes.putInt(size);
    }
    Files.write(folder.resolve(name), bytes.put(data).array());
  }

  private static void gzip(Path folder, String name) throws IOException {
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve(name + ".gz")))) {
      Files.copy(folder.resolve(name), out);
    }
    Files.delete(folder.resolve(name));
  }
}
