package thimble.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * Contestants that run in turn, A B C A B C …, so that whatever else the machine does meets all of
 * them. Ratios are taken within a round, and their median is what counts.
 *
 * <pre>{@code
 * Pairs pairs = new Pairs().add("ours", ours::epochSeconds).addTimed("theirs", theirs::epoch);
 * pairs.run(3, 15);
 * System.out.print(pairs.table("theirs"));
 * Row row = pairs.row("M1", "ours", "theirs", 2.0);
 * }</pre>
 */
public final class Pairs {
  private final Map<String, DoubleSupplier> contestants = new LinkedHashMap<>();
  private final Map<String, double[]> samples = new LinkedHashMap<>();

  /** Adds a contestant that measures itself: {@code seconds} runs it and returns its time. */
  public Pairs add(String name, DoubleSupplier seconds) {
    if (contestants.putIfAbsent(name, seconds) != null) {
      throw new IllegalArgumentException("two contestants are called " + name);
    }
    return this;
  }

  /** Adds a contestant whose time is that of {@code work}. */
  public Pairs addTimed(String name, Runnable work) {
    return add(
        name,
        () -> {
          long begin = System.nanoTime();
          work.run();
          return (System.nanoTime() - begin) / 1e9;
        });
  }

  /** Runs all in turn, {@code warmups} rounds that do not count and {@code rounds} that do. */
  public void run(int warmups, int rounds) {
    samples.clear();
    contestants.keySet().forEach(name -> samples.put(name, new double[rounds]));
    for (int round = -warmups; round < rounds; round++) {
      for (var contestant : contestants.entrySet()) {
        double seconds = contestant.getValue().getAsDouble();
        if (round >= 0) {
          samples.get(contestant.getKey())[round] = seconds;
        }
      }
    }
  }

  private double[] samples(String name) {
    double[] found = samples.get(name);
    if (found == null) {
      throw new IllegalArgumentException("no contestant " + name + " has run: " + samples.keySet());
    }
    return found;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }

  /** Returns the median of a contestant's seconds. */
  public double median(String name) {
    return median(samples(name));
  }

  /** Returns the median over the rounds of {@code name}'s seconds by {@code reference}'s. */
  public double ratio(String name, String reference) {
    double[] x = samples(name);
    double[] base = samples(reference);
    double[] ratios = new double[x.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = x[i] / base[i];
    }
    return median(ratios);
  }

  /** Returns the result {@code id}: a contestant's milliseconds, and its ratio to a reference. */
  public Row row(String id, String name, String reference) {
    return new Row(id, name, median(name) * 1e3, "ms", reference, ratio(name, reference));
  }

  /** Returns the result {@code id}, which is met if the ratio is at most {@code target}. */
  public Row row(String id, String name, String reference, double target) {
    return row(id, name, reference).atMost(target);
  }

  /** Returns a table of all contestants, with their ratios to {@code reference}. */
  public String table(String reference) {
    int width = Math.max(4, samples.keySet().stream().mapToInt(String::length).max().orElse(0));
    StringBuilder text = new StringBuilder();
    String head = "%-" + width + "s %10s %10s %10s %8s%n";
    text.append(String.format(Locale.ROOT, head, "", "median ms", "min", "max", "ratio"));
    String line = "%-" + width + "s %10.1f %10.1f %10.1f %8.2f%n";
    samples.forEach((name, seconds) ->
        text.append(
            String.format(
                Locale.ROOT,
                line,
                name,
                median(seconds) * 1e3,
                Arrays.stream(seconds).min().orElse(Double.NaN) * 1e3,
                Arrays.stream(seconds).max().orElse(Double.NaN) * 1e3,
                ratio(name, reference))));
    return text.append("ratio: to ").append(reference).append(", median of rounds\n").toString();
  }
}
