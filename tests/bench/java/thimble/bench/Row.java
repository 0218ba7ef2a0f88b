package thimble.bench;

import java.util.Locale;
import java.util.Optional;
import thimble.bench.Contest.Contestant;

/**
 * One result of the bench.
 *
 * @param id the result's short name, such as "M8.softmax"
 * @param what what was measured
 * @param value how much that is, a median
 * @param unit the value's unit
 * @param reference what it is compared with
 * @param other how much that is
 * @param ratio the median over rounds of value by other
 * @param target what is to be reached, if anything
 */
record Row(
    String id,
    String what,
    double value,
    Unit unit,
    String reference,
    double other,
    double ratio,
    Optional<Target> target) {

  /** What a row is to reach. */
  sealed interface Target {
    /** The number. */
    double bound();

    /** A ratio to stay at or below; of rates, to reach. */
    record Ratio(double bound) implements Target {}

    /** A value to stay at or below. */
    record Value(double bound) implements Target {}
  }

  /**
   * A result without a target.
   *
   * @param work how many operations a piece of the contest's work is, where the unit is a rate
   */
  static Row of(
      String id, String what, Unit unit, double work, Contestant ours, Contestant reference) {
    return new Row(
        id,
        what,
        unit.of(ours.median(), work),
        unit,
        reference.name(),
        unit.of(reference.median(), work),
        unit.isRate() ? reference.secondsBy(ours) : ours.secondsBy(reference),
        Optional.empty());
  }

  Row with(Target goal) {
    return new Row(id, what, value, unit, reference, other, ratio, Optional.of(goal));
  }

  /** Whether the target is reached, if there is one. */
  Optional<Boolean> met() {
    return target.map(t ->
        switch (t) {
          case Target.Ratio r -> unit.isRate() ? ratio >= r.bound() : ratio <= r.bound();
          case Target.Value v -> value <= v.bound();
        });
  }

  /** By how much this is faster, or less, than the reference. */
  double speed() {
    return unit.isRate() ? ratio : 1 / ratio;
  }

  /** What {@link #speed} has to be for the target to be met; 1 without one. */
  double wanted() {
    return target
        .map(t ->
            switch (t) {
              case Target.Ratio r -> unit.isRate() ? r.bound() : 1 / r.bound();
              case Target.Value v -> speed() * value / v.bound();
            })
        .orElse(1.0);
  }

  /** The target in words. */
  String goal() {
    return target
        .map(t ->
            switch (t) {
              case Target.Ratio r -> (unit.isRate() ? "≥ " : "≤ ") + ratio(r.bound());
              case Target.Value v -> "≤ " + number(v.bound()) + " " + unit;
            })
        .orElse("");
  }

  /** A number with three digits that count. */
  static String number(double x) {
    int decimals = x == 0 ? 0 : Math.max(0, 2 - (int) Math.floor(Math.log10(Math.abs(x))));
    return String.format(Locale.ROOT, "%,." + decimals + "f", x);
  }

  static String ratio(double x) {
    return String.format(Locale.ROOT, "%.2f", x);
  }

  /**
   * This result as a JSON object; target and met are null without a target. The target is one of
   * the ratio, or of the value where a time was asked for.
   */
  String json() {
    return "{\"id\": %s, \"what\": %s, \"value\": %s, \"unit\": %s, \"reference\": %s, \"ratio\": %s, \"target\": %s, \"met\": %s}"
        .formatted(
            Json.of(id),
            Json.of(what),
            Json.of(value),
            Json.of(unit.toString()),
            Json.of(reference),
            Json.of(ratio),
            target.map(t -> Json.of(t.bound())).orElse("null"),
            met().map(String::valueOf).orElse("null"));
  }
}
