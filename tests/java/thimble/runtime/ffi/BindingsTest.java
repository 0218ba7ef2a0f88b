package thimble.runtime.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The committed bindings are those of the header as it is. */
class BindingsTest {
  @Test
  void theBindingsWereMadeFromThisHeader() throws Exception {
    byte[] header = Files.readAllBytes(Path.of("native/include/thimble.h"));
    String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(header));
    assertEquals(
        Files.readString(Path.of("java/thimble/runtime/ffi/gen/header.sha256")).strip(),
        digest,
        "native/include/thimble.h has changed: run ./thimble bindings");
  }
}
