package thimble.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxTest {
  private static final int HEADER = 16;

  @TempDir Path folder;

  @Test
  void readsAPlainFile() throws IOException {
    Idx idx = Idx.read(file("plain", images()));
    assertEquals(List.of(2, 3, 4), idx.shape());
    assertArrayEquals(Arrays.copyOfRange(images(), HEADER, images().length), idx.data());
  }

  @Test
  void readsACompressedFileWhateverItsName() throws IOException {
    Idx idx = Idx.read(file("no-suffix", gzip(images())));
    assertEquals(List.of(2, 3, 4), idx.shape());
    assertArrayEquals(Arrays.copyOfRange(images(), HEADER, images().length), idx.data());
  }

  @Test
  void readsOneToFourAxesAndEmptyOnes() throws IOException {
    assertEquals(List.of(3), Idx.read(file("1", idx(new int[] {3}, 3))).shape());
    assertEquals(List.of(1, 2, 1, 3), Idx.read(file("4", idx(new int[] {1, 2, 1, 3}, 6))).shape());
    int huge = Integer.MAX_VALUE;
    assertEquals(0, Idx.read(file("0", idx(new int[] {huge, huge, 0}, 0))).data().length);
  }

  @Test
  void readsDataLongerThanItsFirstChunk() throws IOException {
    byte[] bytes = idx(new int[] {3_000_001}, 3_000_001);
    assertArrayEquals(
        Arrays.copyOfRange(bytes, 8, bytes.length), Idx.read(file("long", gzip(bytes))).data());
  }

  @Test
  void aFileCutAnywhereIsMalformed() throws IOException {
    byte[] whole = images();
    for (int length = 0; length < whole.length; length++) {
      Path cut = file("cut", Arrays.copyOf(whole, length));
      MalformedFileException e =
          assertThrows(MalformedFileException.class, () -> Idx.read(cut), "cut at " + length);
      assertTrue(e.offset() <= length, e.getMessage());
    }
  }

  @Test
  void aCompressedFileCutAnywhereIsMalformed() throws IOException {
    byte[] whole = gzip(images());
    for (int length = 0; length < whole.length; length++) {
      Path cut = file("cut.gz", Arrays.copyOf(whole, length));
      assertThrows(MalformedFileException.class, () -> Idx.read(cut), "cut at " + length);
    }
  }

  @Test
  void anyFlippedBitOfTheHeaderIsMalformed() throws IOException {
    for (int bit = 0; bit < 8 * HEADER; bit++) {
      byte[] bytes = images();
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      Path flipped = file("flipped", bytes);
      assertThrows(MalformedFileException.class, () -> Idx.read(flipped), "bit " + bit);
    }
  }

  @Test
  void aFlippedBitOfACompressedFileIsMalformedOrHarmless() throws IOException {
    byte[] whole = gzip(images());
    int harmless = 0;
    for (int bit = 0; bit < 8 * whole.length; bit++) {
      byte[] bytes = whole.clone();
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      Path flipped = file("flipped.gz", bytes);
      try {
        // Flags, time and system in the gzip header say nothing about the data.
        assertArrayEquals(Idx.read(file("whole", images())).data(), Idx.read(flipped).data());
        harmless++;
      } catch (MalformedFileException expected) {
        assertEquals("flipped.gz", expected.file().getFileName().toString());
      }
    }
    assertTrue(harmless <= 8 * 10, harmless + " flipped bits were not noticed");
  }

  @Test
  void oneByteMoreThanDeclaredIsMalformed() throws IOException {
    byte[] longer = Arrays.copyOf(images(), images().length + 1);
    for (byte[] bytes : List.of(longer, gzip(longer))) {
      Path file = file("longer", bytes);
      MalformedFileException e = assertThrows(MalformedFileException.class, () -> Idx.read(file));
      assertEquals(
          "longer: at byte 40: the file goes on after the 24 bytes of data declared",
          e.getMessage());
    }
  }

  @Test
  void theMessageSaysWhatIsDeclaredAndWhatIsThere() throws IOException {
    Path file = file("train", idx(new int[] {60000, 28, 28}, 1234));
    MalformedFileException e = assertThrows(MalformedFileException.class, () -> Idx.read(file));
    assertEquals(
        "train: at byte 16: 47,040,000 bytes of data declared, the file ends after 1,234",
        e.getMessage());
    assertEquals(file, e.file());
    assertEquals(16, e.offset());
  }

  @Test
  void moreThanTheCapIsRefusedBeforeItIsRead() throws IOException {
    for (int[] shape : new int[][] {{-1}, {1 << 16, 1 << 15}, {Integer.MAX_VALUE, 3, 5, 7}}) {
      Path file = file("lie", idx(shape, 5));
      MalformedFileException e = assertThrows(MalformedFileException.class, () -> Idx.read(file));
      assertTrue(e.rule().startsWith(shape[0] < 0 ? "axis 0" : "shape ["), e.rule());
    }
  }

  @Test
  void aLyingHeaderAllocatesLittleMoreThanArrives() {
    AtomicInteger longest = new AtomicInteger();
    InputStream header = new ByteArrayInputStream(idx(new int[] {Idx.MAX_BYTES}, 5));
    InputStream watched =
        new FilterInputStream(header) {
          @Override
          public int read(byte[] bytes, int offset, int count) throws IOException {
            longest.accumulateAndGet(bytes.length, Math::max);
            return super.read(bytes, offset, count);
          }
        };
    assertThrows(MalformedFileException.class, () -> Idx.read(Path.of("lie"), watched));
    assertTrue(longest.get() >= 5 && longest.get() <= 1 << 20, "allocated: " + longest);
  }

  @Test
  void aMissingFileIsNoSuchFile() {
    assertThrows(NoSuchFileException.class, () -> Idx.read(folder.resolve("absent")));
  }

  @Test
  void aShapeThatDoesNotFitItsDataIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Idx(List.of(2, 2), new byte[3]));
    assertThrows(IllegalArgumentException.class, () -> new Idx(List.of(-2, -2), new byte[4]));
    assertThrows(IllegalArgumentException.class, () -> new Idx(List.of(), new byte[1]));
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private static byte[] images() {
    return idx(new int[] {2, 3, 4}, 24);
  }

  /** A file that declares a shape and holds {@code count} bytes of data. */
  private static byte[] idx(int[] shape, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * shape.length + count);
    bytes.putInt(0x0800 | shape.length);
    for (int size : shape) {
      bytes.putInt(size);
    }
    for (int i = 0; i < count; i++) {
      bytes.put((byte) (i * 37 + i / 256));
    }
    return bytes.array();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
      out.write(bytes);
    }
    return zipped.toByteArray();
  }
}
