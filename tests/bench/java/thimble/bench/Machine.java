package thimble.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import thimble.tensor.Backends;

/** What the figures were measured on. */
final class Machine {
  private Machine() {}

  /** One line: processor, kernels, threads, JDK, and what else the machine had to do. */
  static String describe() {
    return String.format(
        Locale.ROOT,
        "%s, %d processors; %s; JDK %s, %s %s; load %.1f",
        processor(),
        Runtime.getRuntime().availableProcessors(),
        Backends.current().describe(),
        Runtime.version(),
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  /** The processor's name where Linux tells it. */
  private static String processor() {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(info)) {
      return System.getProperty("os.arch");
    }
    try (Stream<String> lines = Files.lines(info)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }
}
