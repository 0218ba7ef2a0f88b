package thimble.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Contestants that run in turn, A B C A B C …, so that whatever else the machine does meets all of
 * them. Ratios are taken within a round, and their median is what counts.
 *
 * <pre>{@code
 * Contest contest = new Contest("M8.copy", 1e-6f);
 * Contestant ours = contest.add("Thimble", times -> …, () -> y.toFloatArray());
 * Contestant loop = contest.add("C loop", times -> …, () -> c);
 * contest.run(effort);                      // also compares the two results
 * double ratio = ours.secondsBy(loop);
 * }</pre>
 */
final class Contest {
  /** Does the work a number of times. */
  interface Body {
    void run(int times);
  }

  /** Does the work a number of times, and says how many seconds that took. */
  interface Timed {
    double run(int times);
  }

  /** The work that is done by doing {@code once} a number of times. */
  static Body each(Runnable once) {
    return times -> {
      for (int i = 0; i < times; i++) {
        once.run();
      }
    };
  }

  /**
   * How much is measured.
   *
   * @param rounds how many rounds count
   * @param sample the seconds that a contestant runs in a round, at least
   * @param warmup the seconds that it runs before, at least
   * @param budget the seconds after which fewer rounds do, of those above five
   */
  record Effort(int rounds, double sample, double warmup, double budget) {
    /**
     * What does in general: long beside the time in which the system finds a core for a thread that
     * slept while another contestant ran, some milliseconds.
     */
    static Effort of(int rounds) {
      return new Effort(rounds, 0.02, 0.5, 6);
    }

    /** The same with samples of at least so many seconds. */
    Effort sampling(double seconds) {
      return new Effort(rounds, seconds, warmup, budget);
    }
  }

  /** Turns before the first that counts, at least. */
  private static final int WARM_TURNS = 3;

  /** Rounds that count, at least. */
  private static final int FEWEST = 5;

  private final String id;
  private final float tolerance;
  private final List<Contestant> contestants = new ArrayList<>();

  /**
   * An empty contest.
   *
   * @param tolerance by how much elements of two results may differ, as a part of the largest
   */
  Contest(String id, float tolerance) {
    this.id = id;
    this.tolerance = tolerance;
  }

  /** Adds a contestant whose {@code result} is compared with those of the others. */
  Contestant add(String name, Body body, Supplier<float[]> result) {
    return add(name, 1, body, result);
  }

  /** Adds one that is timed where it runs. */
  Contestant addTimed(String name, Timed body, Supplier<float[]> result) {
    return add(new Contestant(name, 1, body, Optional.of(result)));
  }

  /** Adds one that does the work of {@code pieces} in one go. */
  Contestant add(String name, double pieces, Body body, Supplier<float[]> result) {
    return add(new Contestant(name, pieces, timed(body), Optional.of(result)));
  }

  /** Adds a limit, which has no result of the kind, and does the work of {@code pieces}. */
  Contestant addLimit(String name, double pieces, Body body) {
    return add(new Contestant(name, pieces, timed(body), Optional.empty()));
  }

  private static Timed timed(Body body) {
    return times -> {
      long begin = System.nanoTime();
      body.run(times);
      return (System.nanoTime() - begin) / 1e9;
    };
  }

  private Contestant add(Contestant contestant) {
    contestants.add(contestant);
    return contestant;
  }

  /**
   * Compares the results, then measures.
   *
   * @throws IllegalStateException if the results differ: nothing that is wrong is measured
   */
  void run(Effort effort) {
    check();
    double turn = warm(effort);
    int affordable = (int) Math.min(effort.rounds(), effort.budget() / turn);
    int rounds = Math.max(affordable, Math.min(FEWEST, effort.rounds()));
    contestants.forEach(c -> c.seconds = new double[rounds]);
    for (int round = 0; round < rounds; round++) {
      for (Contestant c : contestants) {
        c.seconds[round] = c.body.run(c.times) / c.times / c.pieces;
      }
    }
    check();
  }

  /** Runs all until they are compiled and their samples long enough; the seconds of a turn. */
  private double warm(Effort effort) {
    double turn = 0;
    double[] total = new double[contestants.size()];
    boolean more = true;
    for (int turns = 0; more; turns++) {
      more = turns + 1 < WARM_TURNS;
      turn = 0;
      for (int i = 0; i < total.length; i++) {
        Contestant c = contestants.get(i);
        double seconds = c.body.run(c.times);
        total[i] += seconds;
        turn += seconds;
        boolean brief = seconds < effort.sample();
        if (brief) {
          c.times *= seconds < effort.sample() / 4 ? 4 : 2;
        }
        more |= brief || total[i] < effort.warmup();
      }
    }
    return turn;
  }

  private void check() {
    List<Contestant> with = contestants.stream().filter(c -> c.result.isPresent()).toList();
    float[] expected = with.getFirst().result();
    float margin = 0;
    for (float x : expected) {
      margin = Math.max(margin, tolerance * Math.abs(x));
    }
    for (Contestant c : with.subList(1, with.size())) {
      float[] actual = c.result();
      if (actual.length != expected.length) {
        throw differ(c, with.getFirst(), "%d and %d elements", actual.length, expected.length);
      }
      for (int i = 0; i < actual.length; i++) {
        if (!(Math.abs(actual[i] - expected[i]) <= margin)) {
          throw differ(c, with.getFirst(), "%s and %s at element " + i, actual[i], expected[i]);
        }
      }
    }
  }

  private IllegalStateException differ(Contestant a, Contestant b, String how, Object... what) {
    return new IllegalStateException(
        "%s: %s and %s do not have the same result: %s"
            .formatted(id, a.name, b.name, how.formatted(what)));
  }

  /** One of those that are compared, and its times. */
  static final class Contestant {
    private final String name;
    private final double pieces;
    private final Timed body;
    private final Optional<Supplier<float[]>> result;
    private int times = 1;
    private double[] seconds = {};

    private Contestant(String name, double pieces, Timed body, Optional<Supplier<float[]>> result) {
      this.name = name;
      this.pieces = pieces;
      this.body = body;
      this.result = result;
    }

    String name() {
      return name;
    }

    private float[] result() {
      return result.orElseThrow().get();
    }

    /** The median over the rounds of the seconds of a piece. */
    double median() {
      return median(seconds);
    }

    /** The median over the rounds of this one's seconds by the other's. */
    double secondsBy(Contestant other) {
      double[] ratios = new double[seconds.length];
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = seconds[i] / other.seconds[i];
      }
      return median(ratios);
    }

    private static double median(double[] values) {
      double[] sorted = values.clone();
      Arrays.sort(sorted);
      int n = sorted.length;
      return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }
  }
}
