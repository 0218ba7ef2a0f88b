package thimble.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How people write the ten digits: strokes in the unit square, y downwards.
 *
 * <p>A shape is written as SVG writes a path: M moves to a point, L draws a line to a point, C
 * draws a cubic Bézier curve by two control points and its end.
 */
final class DigitShapes {
  // spotless:off
  private static final String[][] PATHS = {
    { // 0: round, narrow and leaning, not closed, with a tail inside
      "M.52 .01 C.2 -.02 .12 .35 .16 .58 C.22 1.04 .66 1.08 .8 .7 C.9 .36 .8 0 .5 .02",
      "M.58 .02 C.36 .02 .24 .38 .26 .66 C.28 1.02 .56 1.06 .68 .7 C.78 .4 .8 .02 .56 .02",
      "M.42 .06 C.14 .2 .1 .7 .3 .92 C.52 1.1 .84 .8 .82 .44 C.8 .1 .6 -.02 .46 .14",
      "M.62 .08 C.36 -.08 .14 .3 .18 .62 C.24 1.06 .7 1.04 .8 .6 C.86 .24 .66 0 .44 .04",
    },
    { // 1: a bar, with a nose, with a nose and a foot, leaning
      "M.5 0 L.5 1",
      "M.3 .24 L.52 .01 L.52 1",
      "M.3 .22 L.52 .01 L.52 .98 M.28 .98 L.76 .98",
      "M.64 0 L.38 1",
    },
    { // 2: round with a straight foot, with a loop, with a wavy foot
      "M.2 .26 C.22 -.06 .8 -.1 .77 .27 C.74 .54 .36 .74 .18 .99 L.84 .97",
      "M.22 .2 C.32 -.06 .8 -.04 .72 .32 C.66 .6 .44 .82 .32 .93 C.12 1.06 .08 .74 .32 .8 C.5 .86"
          + " .62 1.06 .88 .9",
      "M.22 .12 C.42 -.06 .8 0 .74 .26 C.7 .5 .4 .74 .2 .97 C.42 .86 .6 1.04 .82 .94",
    },
    { // 3: two bows, with a flat top, bows that meet in a loop
      "M.22 .12 C.4 -.08 .82 0 .72 .28 C.68 .44 .52 .47 .4 .48 C.66 .47 .88 .6 .79 .8 C.7 1.06 .34"
          + " 1.05 .18 .87",
      "M.22 .03 L.77 .03 L.44 .41 C.76 .38 .9 .66 .77 .86 C.62 1.06 .32 1.02 .2 .88",
      "M.24 .1 C.5 -.1 .84 .08 .7 .34 C.6 .52 .36 .56 .38 .47 C.44 .38 .86 .5 .78 .8 C.7 1.06 .36"
          + " 1.04 .2 .92",
    },
    { // 4: open with straight strokes, closed, open with a round cup, closed with the bar last
      "M.3 .02 L.18 .58 L.84 .55 M.66 .06 L.62 1",
      "M.6 1 L.64 .01 L.15 .66 L.87 .64",
      "M.24 .04 C.12 .6 .26 .62 .72 .5 M.76 .02 L.68 1",
      "M.58 .02 L.16 .6 L.86 .6 M.62 .28 L.6 1",
    },
    { // 5: one stroke with corners, a body and a hat, one round stroke
      "M.77 .03 L.32 .03 L.26 .44 C.5 .3 .84 .42 .79 .7 C.74 1.04 .4 1.08 .18 .9",
      "M.32 .06 L.27 .46 C.56 .3 .82 .46 .77 .73 C.7 1.04 .38 1.06 .2 .9 M.31 .06 L.82 .02",
      "M.76 .08 C.5 -.02 .26 .05 .28 .26 C.31 .5 .78 .44 .77 .74 C.75 1.04 .4 1.06 .2 .91",
    },
    { // 6: a round back, a straight back, a small loop
      "M.68 .02 C.36 .12 .18 .45 .19 .7 C.2 1.08 .76 1.1 .77 .74 C.77 .44 .36 .4 .22 .72",
      "M.58 0 C.4 .3 .23 .5 .24 .74 C.26 1.07 .74 1.07 .73 .76 C.72 .5 .4 .5 .26 .72",
      "M.42 0 C.28 .3 .2 .56 .24 .8 C.3 1.06 .66 1.06 .68 .84 C.7 .62 .44 .6 .26 .84",
    },
    { // 7: plain, with a bar, with a hook, bent
      "M.18 .05 L.81 .04 L.42 1",
      "M.18 .06 L.8 .05 L.44 1 M.3 .5 L.76 .47",
      "M.2 .2 L.22 .04 L.8 .06 C.66 .3 .5 .62 .46 1",
      "M.16 .1 C.4 0 .6 .12 .8 .04 C.7 .36 .44 .6 .4 1",
    },
    { // 8: two rings, one S that closes, a small head
      "M.5 .47 C.14 .36 .18 0 .5 0 C.84 0 .84 .36 .5 .47 C.08 .6 .1 1 .5 1 C.92 1 .9 .6 .5 .47",
      "M.73 .13 C.5 -.1 .1 .1 .31 .36 C.5 .54 .82 .6 .77 .83 C.7 1.08 .24 1.06 .23 .8 C.24 .55 .82"
          + " .45 .74 .13",
      "M.54 .38 C.26 .3 .32 .01 .54 .01 C.78 .02 .76 .3 .54 .38 C.1 .56 .16 1 .48 1 C.88 1 .84 .54"
          + " .54 .38",
    },
    { // 9: a straight back, a round back, a back that leans, a small head
      "M.74 .24 C.7 -.06 .24 -.06 .23 .28 C.24 .6 .7 .56 .74 .24 L.72 1",
      "M.74 .22 C.6 -.1 .18 .02 .23 .32 C.3 .58 .72 .5 .75 .22 C.82 .6 .7 .96 .32 .99",
      "M.76 .18 C.52 -.1 .2 .06 .24 .34 C.3 .56 .66 .48 .76 .16 C.7 .5 .54 .8 .46 1",
      "M.7 .18 C.56 -.06 .28 0 .28 .22 C.3 .42 .62 .42 .71 .16 C.76 .5 .74 .8 .7 1",
    },
  };
  // spotless:on

  private static final Shape[][] SHAPES =
      Arrays.stream(PATHS)
          .map(row -> Arrays.stream(row).map(DigitShapes::parse).toArray(Shape[]::new))
          .toArray(Shape[][]::new);

  /**
   * One way to write a digit.
   *
   * @param commands a letter for each piece: M, L or C
   * @param points the points of all pieces in order, x and y in turn
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Shape(String commands, double[] points) {}

  private DigitShapes() {}

  /** The ways to write a digit. */
  static Shape[] of(int digit) {
    return SHAPES[digit];
  }

  private static Shape parse(String path) {
    StringBuilder commands = new StringBuilder();
    List<Double> points = new ArrayList<>();
    for (String word : path.split(" ", -1)) {
      boolean letter = Character.isLetter(word.charAt(0));
      if (letter) {
        commands.append(word.charAt(0));
      }
      points.add(Double.parseDouble(letter ? word.substring(1) : word));
    }
    return new Shape(
        commands.toString(), points.stream().mapToDouble(Double::doubleValue).toArray());
  }
}
