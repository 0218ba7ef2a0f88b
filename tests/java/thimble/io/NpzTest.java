package thimble.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpzTest {
  @TempDir Path folder;

  @Test
  void everyTypeIsReadBackAsItWasWritten() throws IOException {
    SequencedMap<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("W1", NpyArray.of(new float[] {1, -2.5f, Float.NaN, 4, 5, 6}, 2, 3));
    arrays.put("d", NpyArray.of(new double[] {Math.PI, -0.0}, 2));
    arrays.put("i", NpyArray.of(new int[] {Integer.MIN_VALUE, 7}, 2, 1, 1));
    arrays.put("l", NpyArray.of(new long[] {Long.MAX_VALUE}));
    arrays.put("u.1-b_c", NpyArray.of(new byte[] {0, (byte) 255, 3}, 3));
    arrays.put("empty", NpyArray.of(new float[0], 3, 0));
    Path file = folder.resolve("all.npz");
    Npz.write(file, arrays);

    Map<String, ByteBuffer> read = read(file);
    assertEquals(
        List.of("W1.npy", "d.npy", "i.npy", "l.npy", "u.1-b_c.npy", "empty.npy"),
        List.copyOf(read.keySet()));
    ByteBuffer data = data(read, "W1.npy", "<f4", "(2, 3)");
    float[] floats = new float[6];
    data.asFloatBuffer().get(floats);
    assertArrayEquals(new float[] {1, -2.5f, Float.NaN, 4, 5, 6}, floats);
    data = data(read, "d.npy", "<f8", "(2,)");
    assertEquals(Math.PI, data.getDouble());
    assertEquals(-0.0, data.getDouble());
    data = data(read, "i.npy", "<i4", "(2, 1, 1)");
    assertEquals(Integer.MIN_VALUE, data.getInt());
    assertEquals(7, data.getInt());
    assertEquals(Long.MAX_VALUE, data(read, "l.npy", "<i8", "()").getLong());
    data = data(read, "u.1-b_c.npy", "|u1", "(3,)");
    assertEquals(
        List.of((byte) 0, (byte) 255, (byte) 3), List.of(data.get(), data.get(), data.get()));
    assertFalse(data(read, "empty.npy", "<f4", "(3, 0)").hasRemaining());
  }

  @Test
  void anArrayLongerThanAChunkKeepsItsOrder() throws IOException {
    int[] values = new int[50_001];
    Arrays.setAll(values, i -> i * i);
    Path file = folder.resolve("long.npz");
    Npz.write(file, new TreeMap<>(Map.of("x", NpyArray.of(values, 50_001))));
    int[] back = new int[50_001];
    data(read(file), "x.npy", "<i4", "(50001,)").asIntBuffer().get(back);
    assertArrayEquals(values, back);
  }

  @Test
  void theBytesDependOnTheArraysAlone() throws IOException {
    SequencedMap<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("b", NpyArray.of(new float[] {1}, 1));
    arrays.put("a", NpyArray.of(new float[] {2}, 1));
    TimeZone zone = TimeZone.getDefault();
    try {
      Path first = folder.resolve("first.npz");
      TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Kiritimati"));
      Npz.write(first, arrays);
      Path second = folder.resolve("second.npz");
      TimeZone.setDefault(TimeZone.getTimeZone("America/Los_Angeles"));
      Npz.write(second, arrays);
      assertEquals(-1, Files.mismatch(first, second));
    } finally {
      TimeZone.setDefault(zone);
    }
  }

  @Test
  void dataStartAtAMultipleOf64Bytes() throws IOException {
    for (int rank = 0; rank < 40; rank++) {
      int[] shape = new int[rank];
      Arrays.fill(shape, 1);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      NpyArray.of(new byte[] {9}, shape).writeTo(out);
      assertEquals(1, out.size() % 64, "rank " + rank);
      assertEquals('\n', out.toByteArray()[out.size() - 2]);
    }
  }

  @Test
  void aShapeThatDoesNotFitIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> NpyArray.of(new float[6], 2, 4));
    assertThrows(IllegalArgumentException.class, () -> NpyArray.of(new float[6], -2, -3));
    assertThrows(IllegalArgumentException.class, () -> NpyArray.of(new float[0], -1, 0));
    assertThrows(IllegalArgumentException.class, () -> NpyArray.of(new float[6]));
    int big = 1 << 16;
    assertThrows(
        IllegalArgumentException.class, () -> NpyArray.of(new float[0], big, big, big, big));
  }

  @Test
  void aNameThatIsAPathIsRefusedAndNothingWritten() {
    Path file = folder.resolve("bad.npz");
    for (String name : List.of("", "../x", "a/b", "a\\b", "a\0b", "ä")) {
      SequencedMap<String, NpyArray> arrays =
          new TreeMap<>(Map.of(name, NpyArray.of(new float[] {1})));
      assertThrows(IllegalArgumentException.class, () -> Npz.write(file, arrays), name);
    }
    assertFalse(Files.exists(file));
  }

  private static Map<String, ByteBuffer> read(Path file) throws IOException {
    Map<String, ByteBuffer> entries = new LinkedHashMap<>();
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        entries.put(entry.getName(), ByteBuffer.wrap(zip.readAllBytes()));
      }
    }
    return entries;
  }

  /** Checks an entry's header and returns what follows it. */
  private static ByteBuffer data(
      Map<String, ByteBuffer> entries, String name, String descr, String shape) {
    ByteBuffer entry = entries.get(name).order(ByteOrder.LITTLE_ENDIAN);
    byte[] start = new byte[8];
    entry.get(start);
    assertArrayEquals(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}, start);
    byte[] header = new byte[entry.getShort()];
    entry.get(header);
    assertEquals(
        "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }",
        new String(header, StandardCharsets.US_ASCII).strip());
    return entry.slice().order(ByteOrder.LITTLE_ENDIAN);
  }
}
