package thimble.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import thimble.draw.SvgElement;
import thimble.train.LearningCurve.Point;

class LearningCurveTest {
  private static final double CHARACTER_WIDTH = 7.5;
  private static final double CHARACTER_HEIGHT = 13;

  @Test
  void aTypicalCurveHasThreeLinesWithTheirLastValues() throws Exception {
    List<SvgElement> svg = parse(LearningCurve.svg("run", typical(5)));
    List<String> texts = texts(svg);
    assertTrue(texts.contains("run"), texts.toString());
    assertTrue(texts.contains("Training loss"), texts.toString());
    assertTrue(texts.contains("loss 0.2"), texts.toString());
    assertTrue(texts.contains("train 1.00 %"), texts.toString());
    assertTrue(texts.contains("test 3.00 %"), texts.toString());
    assertEquals(3, all(svg, "path").size());
    assertEquals(15, all(svg, "circle").size());
  }

  @Test
  void ticksAreRoundNumbers() throws Exception {
    List<String> texts = texts(parse(LearningCurve.svg("run", typical(20))));
    for (String tick : List.of("0", "0.2", "1.0", "0 %", "5 %", "20", "2")) {
      assertTrue(texts.contains(tick), tick + " in " + texts);
    }
  }

  @Test
  void aLossOverDecadesIsOnALogScale() throws Exception {
    List<Point> points = List.of(new Point(1, 2, 0.5, 0.5), new Point(2, 0.003, 0.1, 0.1));
    List<String> texts = texts(parse(LearningCurve.svg("run", points)));
    assertTrue(texts.contains("Training loss, log scale"), texts.toString());
    assertTrue(texts.containsAll(List.of("0.001", "0.01", "0.1", "1", "10")), texts.toString());
  }

  @Test
  void noTwoLabelsOverlapAndNoneLeavesTheDrawing() throws Exception {
    List<List<Point>> curves = new ArrayList<>();
    for (int epochs : new int[] {1, 2, 3, 5, 11, 20, 37, 100, 1000, 99999}) {
      curves.add(typical(epochs));
    }
    curves.add(List.of(new Point(0, 0, 0, 0), new Point(1, 0, 0, 0)));
    curves.add(List.of(new Point(1, 1e-7, 1, 1), new Point(2, 1e9, 1, 1)));
    curves.add(List.of(new Point(3, -2, 0.1, 0.1), new Point(9, 0.5, 0.10001, 0.1)));
    curves.add(List.of(new Point(1, 2, 0.5, 0.501), new Point(2, Double.NaN, Double.NaN, 0.5)));
    for (List<Point> curve : curves) {
      List<SvgElement> svg = parse(LearningCurve.svg("x".repeat(200), curve));
      List<SvgElement> labels = all(svg, "text");
      // The title, first of all, has a font of its own.
      for (int i = 1; i < labels.size(); i++) {
        double[] a = box(labels.get(i));
        assertTrue(a[0] >= 0 && a[1] <= 760 && a[2] >= 0 && a[3] <= 560, labels.get(i).text());
        for (int j = i + 1; j < labels.size(); j++) {
          double[] b = box(labels.get(j));
          boolean apart = a[1] < b[0] || b[1] < a[0] || a[3] < b[2] || b[3] < a[2];
          assertTrue(
              apart, labels.get(i).text() + " and " + labels.get(j).text() + " of " + curve.size());
        }
      }
    }
  }

  @Test
  void everyPointLiesInItsPanel() throws Exception {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      points.add(new Point(i, Math.pow(10, i - 12), 0.04 * i, 1 - 0.04 * i));
    }
    List<SvgElement> dots = all(parse(LearningCurve.svg("run", points)), "circle");
    assertEquals(75, dots.size());
    for (int i = 0; i < dots.size(); i++) {
      double y = dots.get(i).number("cy");
      double top = i < 25 ? 92 : 328;
      assertTrue(y >= top && y <= top + 176, i + " at " + y);
    }
  }

  @Test
  void valuesThatAreNotFiniteLeaveAGap() throws Exception {
    double nan = Double.NaN;
    double inf = Double.POSITIVE_INFINITY;
    List<Point> points =
        List.of(
            new Point(1, 3, 0.5, 0.5),
            new Point(2, 2, 0.4, 0.4),
            new Point(3, inf, 0.4, nan),
            new Point(4, 1, 0.4, 0.4),
            new Point(5, -inf, 0.4, 0.4),
            new Point(6, nan, 0.4, 0.4));
    List<SvgElement> svg = parse(LearningCurve.svg("run", points));
    List<SvgElement> paths = all(svg, "path");
    assertEquals("MLM", commands(paths, 0));
    assertEquals("MLLLLL", commands(paths, 1));
    assertEquals("MLMLL", commands(paths, 2));
    List<String> texts = texts(svg);
    assertTrue(texts.contains("loss not finite"), texts.toString());
    assertTrue(texts.contains("Training loss (not finite at 3 of 6 epochs)"), texts.toString());
  }

  @Test
  void aCurveWithNothingFiniteIsStillADrawing() throws Exception {
    List<Point> points = List.of(new Point(1, Double.NaN, Double.NaN, Double.MAX_VALUE));
    String svg = LearningCurve.svg("run", points);
    assertEquals(0, all(parse(svg), "circle").size());
    assertFalse(svg.contains("NaN") || svg.contains("Infinity"), svg);
  }

  @Test
  void manyEpochsAreALineWithoutDots() throws Exception {
    List<SvgElement> svg = parse(LearningCurve.svg("run", typical(1000)));
    assertEquals(0, all(svg, "circle").size());
    assertEquals("M" + "L".repeat(999), commands(all(svg, "path"), 0));
  }

  @Test
  void aTitleOfAnyCharactersIsWellFormed() throws Exception {
    String title = "a<b> & \"c\" ]]> \0 \u001b \ud800 \uffff ü 數";
    List<String> texts = texts(parse(LearningCurve.svg(title, typical(2))));
    String expected = "a<b> & \"c\" ]]> \ufffd \ufffd \ufffd \ufffd ü 數";
    assertTrue(texts.contains(expected), texts.toString());
  }

  @Test
  void theDefaultLocaleChangesNothing() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.US);
      String english = LearningCurve.svg("run", typical(5));
      for (String tag : List.of("de-DE", "ar-EG-u-nu-arab", "hi-IN-u-nu-deva")) {
        Locale.setDefault(Locale.forLanguageTag(tag));
        assertEquals(english, LearningCurve.svg("run", typical(5)), tag);
      }
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void noPointsAndEpochsOutOfOrderAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> LearningCurve.svg("run", List.of()));
    Point point = new Point(1, 1, 1, 1);
    assertThrows(
        IllegalArgumentException.class, () -> LearningCurve.svg("run", List.of(point, point)));
  }

  /** Loss from 1 down to 0.2, errors from 11 and 13 % down to 1 and 3 %. */
  private static List<Point> typical(int epochs) {
    return IntStream.rangeClosed(1, epochs)
        .mapToObj(e -> {
          double left = epochs == 1 ? 0 : (epochs - e) / (epochs - 1.0);
          return new Point(e, 0.2 + 0.8 * left, 0.01 + 0.1 * left, 0.03 + 0.1 * left);
        })
        .toList();
  }

  private static List<SvgElement> parse(String svg) throws ReflectiveOperationException {
    List<SvgElement> elements = SvgElement.parse(svg);
    assertEquals("svg", elements.getFirst().name());
    assertEquals("http://www.w3.org/2000/svg", elements.getFirst().attributes().get("xmlns"));
    return elements;
  }

  private static List<SvgElement> all(List<SvgElement> svg, String name) {
    return svg.stream().filter(e -> e.name().equals(name)).toList();
  }

  private static List<String> texts(List<SvgElement> svg) {
    return all(svg, "text").stream().map(SvgElement::text).toList();
  }

  private static String commands(List<SvgElement> paths, int i) {
    return paths.get(i).attributes().get("d").replaceAll("[^A-Z]", "");
  }

  /** Left, right, top and bottom, by what a character takes at most on average. */
  private static double[] box(SvgElement text) {
    double x = text.number("x");
    double y = text.number("y");
    double width = CHARACTER_WIDTH * text.text().length();
    double left =
        switch (text.attributes().get("text-anchor")) {
          case "end" -> x - width;
          case "middle" -> x - width / 2;
          default -> x;
        };
    return new double[] {left, left + width, y - CHARACTER_HEIGHT + 2, y + 2};
  }
}
