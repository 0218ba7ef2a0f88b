package thimble.draw;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The scale of one axis of a chart: where a value lies, and its ticks at round numbers. */
public final class Axis {
  private static final int MOST_TICKS = 6;
  private static final int MOST_LOG_TICKS = 9;
  // A hair more than rounding errors, so that a tick at the very end of the axis is kept.
  private static final double SLACK = 1e-9;

  private final boolean log;
  private final double low;
  private final double high;
  private final List<Double> ticks;

  private Axis(boolean log, double low, double high, List<Double> ticks) {
    this.log = log;
    this.low = low;
    this.high = high;
    this.ticks = List.copyOf(ticks);
  }

  /** An axis from tick to tick that covers two values and 0. */
  public static Axis linear(double min, double max) {
    double from = Math.min(min, 0);
    double to = max > from ? Math.max(max, 0) : from + 1;
    double step = roundStep(to - from, MOST_TICKS - 1);
    List<Double> ticks = new ArrayList<>();
    double first = Math.floor(from / step + SLACK);
    double last = Math.ceil(to / step - SLACK);
    for (double i = first; i <= last; i++) {
      ticks.add(i * step);
    }
    return new Axis(false, ticks.getFirst(), ticks.getLast(), ticks);
  }

  /** A logarithmic axis from tick to tick: 1, 2 and 5 times powers of ten, or the powers alone. */
  public static Axis logarithmic(double min, double max) {
    List<Double> ticks = around(min, max, 1, 2, 5);
    if (ticks.size() > MOST_LOG_TICKS) {
      ticks = around(min, max, 1);
    }
    double low = ticks.getFirst();
    double high = ticks.getLast();
    if (ticks.size() > MOST_LOG_TICKS) {
      int every = (ticks.size() + MOST_LOG_TICKS - 2) / (MOST_LOG_TICKS - 1);
      List<Double> all = ticks;
      ticks =
          IntStream.range(0, all.size()).filter(i -> i % every == 0).mapToObj(all::get).toList();
    }
    return new Axis(true, low, high, ticks);
  }

  /**
   * The digits times powers of ten from the last up to {@code min} to the first from {@code max}.
   */
  private static List<Double> around(double min, double max, int... digits) {
    List<Double> ticks = new ArrayList<>();
    for (int exponent = (int) Math.floor(Math.log10(min)) - 1; ; exponent++) {
      for (int digit : digits) {
        double tick = new BigDecimal(digit).scaleByPowerOfTen(exponent).doubleValue();
        if (tick <= min) {
          ticks.clear();
        }
        ticks.add(tick);
        if (tick >= max) {
          return ticks;
        }
      }
    }
  }

  /** An axis of whole numbers; a single one is in the middle. */
  public static Axis integers(int min, int max) {
    if (min == max) {
      return new Axis(false, min - 1.0, max + 1.0, List.of((double) min));
    }
    double step = Math.max(1, roundStep((double) max - min, 2 * MOST_TICKS - 1));
    List<Double> ticks = new ArrayList<>();
    for (double tick = Math.ceil(min / step) * step; tick <= max; tick += step) {
      ticks.add(tick);
    }
    // The first epoch is worth a label where it does not crowd the next one.
    if (ticks.getFirst() - min > 0.6 * step) {
      ticks.addFirst((double) min);
    }
    return new Axis(false, min, max, ticks);
  }

  /** The least of 1, 2, 5 times a power of ten that covers {@code span} in so many steps. */
  private static double roundStep(double span, int steps) {
    double raw = span / steps;
    int exponent = (int) Math.floor(Math.log10(raw) + SLACK);
    for (int digit : new int[] {1, 2, 5}) {
      double step = new BigDecimal(digit).scaleByPowerOfTen(exponent).doubleValue();
      if (step >= raw * (1 - SLACK)) {
        return step;
      }
    }
    return new BigDecimal(1).scaleByPowerOfTen(exponent + 1).doubleValue();
  }

  /** Whether equal factors are equal distances. */
  public boolean isLogarithmic() {
    return log;
  }

  /** The round numbers to mark, ascending. */
  public List<Double> ticks() {
    return ticks;
  }

  /** Where a value lies between the low end, 0, and the high end, 1. */
  public double position(double value) {
    return log
        ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))
        : (value - low) / (high - low);
  }

  /** What to write at a tick: as many decimals as the finest tick needs, but a plain 0. */
  public String label(double tick) {
    String text = format(tick, 12);
    if (log || tick == 0 || text.contains("e")) {
      return text;
    }
    int decimals = 0;
    for (double other : ticks) {
      String plain = format(other, 12);
      int point = plain.indexOf('.');
      decimals = Math.max(decimals, point < 0 ? 0 : plain.length() - point - 1);
    }
    return new BigDecimal(tick).setScale(decimals, RoundingMode.HALF_EVEN).toPlainString();
  }

  /** A value in at most so many significant digits, without needless ones. */
  public static String format(double value, int digits) {
    BigDecimal rounded =
        new BigDecimal(value)
            .round(new MathContext(digits, RoundingMode.HALF_EVEN))
            .stripTrailingZeros();
    int exponent = rounded.precision() - rounded.scale() - 1;
    if (rounded.signum() != 0 && (exponent < -4 || exponent > 5)) {
      return rounded.scaleByPowerOfTen(-exponent).toPlainString() + "e" + exponent;
    }
    return rounded.toPlainString();
  }
}
