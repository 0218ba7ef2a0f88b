package thimble.explain;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/** How numbers of a table are written. */
public enum Digits {
  /** With up to three decimals; what these cannot show has four digits and a power of ten. */
  THREE,
  /** With all digits that tell it from other doubles. */
  ALL;

  String text(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return value == 0 ? "0" : Double.toString(value).replace("-", "−").replace("Infinity", "∞");
    }
    return (this == ALL ? all(value) : three(value)).replace("-", "−");
  }

  private static String all(double value) {
    String text = Double.toString(value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  private static String three(double value) {
    BigDecimal rounded = new BigDecimal(value).setScale(3, RoundingMode.HALF_UP);
    if (rounded.signum() != 0 && Math.abs(value) < 1e7) {
      return rounded.stripTrailingZeros().toPlainString();
    }
    String text = String.format(Locale.ROOT, "%.3e", value);
    return text.replaceFirst("\\.?0*e", "e").replaceFirst("e([+-])0*", "e$1").replace("e+", "e");
  }
}
