package thimble.data;

/** Draws one digit of 28 by 28 pixels as one hand might, by one generator's numbers. */
final class DigitPainter {
  /** Pixels along each side. */
  static final int SIDE = 28;

  private static final int PIECES_PER_LINE = 4;
  private static final int PIECES_PER_CURVE = 9;
  private static final double GLYPH_WIDTH = 16;
  private static final double GLYPH_HEIGHT = 20;

  private final SplitMix64 random;
  private final double[] ink = new double[SIDE * SIDE];

  // The affine map from the unit square to pixels, by rows: x y 1.
  private final double[] map = new double[6];
  // Two slow waves that bend what the map has made: direction, phase and push of each.
  private final double[] waves = new double[10];

  private double radius;
  private double radiusSlope;

  private DigitPainter(SplitMix64 random) {
    this.random = random;
  }

  /** Draws a digit into {@code pixels} from {@code at} on. */
  static void paint(int digit, SplitMix64 random, byte[] pixels, int at) {
    new DigitPainter(random).paint(digit, pixels, at);
  }

  private void paint(int digit, byte[] pixels, int at) {
    chooseHand();
    DigitShapes.Shape[] shapes = DigitShapes.of(digit);
    draw(shapes[random.below(shapes.length)]);
    if (random.uniform() < 0.1) {
      fade();
    }
    if (random.uniform() < 0.3) {
      scribble();
    }
    blur(random.uniform(0.02, 0.2));
    develop(pixels, at);
  }

  /** Chooses size, slant, turn, place, pen and bend. */
  private void chooseHand() {
    double width = GLYPH_WIDTH * (1 + 0.1 * random.bell());
    double height = GLYPH_HEIGHT * (1 + 0.06 * random.bell());
    double slant = 0.18 * random.bell();
    double turn = 0.1 * random.bell();
    double sin = StrictMath.sin(turn);
    double cos = StrictMath.cos(turn);
    map[0] = cos * width;
    map[1] = (cos * -slant - sin) * height;
    map[3] = sin * width;
    map[4] = (sin * -slant + cos) * height;
    map[2] = SIDE / 2.0 + 1.5 * random.bell() - (map[0] + map[1]) / 2;
    map[5] = SIDE / 2.0 + 1.4 * random.bell() - (map[3] + map[4]) / 2;
    for (int i = 0; i < waves.length; i += 5) {
      waves[i] = 0.2 * random.bell();
      waves[i + 1] = 0.2 * random.bell();
      waves[i + 2] = random.uniform(0, 6.28);
      waves[i + 3] = 0.4 * random.bell();
      waves[i + 4] = 0.4 * random.bell();
    }
    radius = random.uniform(0.65, 1.75);
    radiusSlope = 0.2 * random.bell();
  }

  /** Draws a shape with all of its points moved a little. */
  private void draw(DigitShapes.Shape shape) {
    double[] p = shape.points().clone();
    for (int i = 0; i < p.length; i++) {
      p[i] += 0.028 * random.bell();
    }
    int next = 0;
    for (int c = 0; c < shape.commands().length(); c++) {
      switch (shape.commands().charAt(c)) {
        case 'M' -> next += 2;
        case 'L' -> {
          for (int i = 1; i <= PIECES_PER_LINE; i++) {
            piece(p, next, 1, (i - 1.0) / PIECES_PER_LINE, (double) i / PIECES_PER_LINE);
          }
          next += 2;
        }
        case 'C' -> {
          for (int i = 1; i <= PIECES_PER_CURVE; i++) {
            piece(p, next, 3, (i - 1.0) / PIECES_PER_CURVE, (double) i / PIECES_PER_CURVE);
          }
          next += 6;
        }
        default -> throw new AssertionError(shape.commands());
      }
    }
  }

  /** Inks the part from {@code t0} to {@code t1} of a line or curve from the point before next. */
  private void piece(double[] p, int next, int degree, double t0, double t1) {
    double x0 = bezier(p, next - 2, degree, t0);
    double y0 = bezier(p, next - 1, degree, t0);
    double x1 = bezier(p, next - 2, degree, t1);
    double y1 = bezier(p, next - 1, degree, t1);
    double pen = radius * (1 + radiusSlope * (y0 - 0.5) * 2);
    segment(mapX(x0, y0), mapY(x0, y0), mapX(x1, y1), mapY(x1, y1), pen);
  }

  private static double bezier(double[] p, int i, int degree, double t) {
    double s = 1 - t;
    return degree == 1
        ? s * p[i] + t * p[i + 2]
        : s * s * s * p[i]
            + 3 * s * s * t * p[i + 2]
            + 3 * s * t * t * p[i + 4]
            + t * t * t * p[i + 6];
  }

  private double mapX(double x, double y) {
    return bend(map[0] * x + map[1] * y + map[2], x, y, 3);
  }

  private double mapY(double x, double y) {
    return bend(map[3] * x + map[4] * y + map[5], x, y, 4);
  }

  private double bend(double pixel, double x, double y, int push) {
    double bent = pixel;
    for (int i = 0; i < waves.length; i += 5) {
      double angle = 14 * (waves[i] * x + waves[i + 1] * y) + waves[i + 2];
      bent += waves[i + push] * StrictMath.sin(angle);
    }
    return bent;
  }

  /** Inks what is within {@code pen} pixels of a segment, with an edge one pixel wide. */
  private void segment(double x0, double y0, double x1, double y1, double pen) {
    double reach = pen + 0.5;
    int left = (int) Math.max(0, Math.min(x0, x1) - reach);
    int right = (int) Math.min(SIDE - 1.0, Math.max(x0, x1) + reach);
    int top = (int) Math.max(0, Math.min(y0, y1) - reach);
    int bottom = (int) Math.min(SIDE - 1.0, Math.max(y0, y1) + reach);
    double dx = x1 - x0;
    double dy = y1 - y0;
    double length = dx * dx + dy * dy + 1e-12;
    for (int y = top; y <= bottom; y++) {
      for (int x = left; x <= right; x++) {
        double px = x + 0.5 - x0;
        double py = y + 0.5 - y0;
        double along = Math.clamp((px * dx + py * dy) / length, 0, 1);
        double ex = px - along * dx;
        double ey = py - along * dy;
        double cover = Math.min(1, reach - Math.sqrt(ex * ex + ey * ey));
        int i = y * SIDE + x;
        ink[i] = Math.max(ink[i], cover);
      }
    }
  }

  /** Takes the ink off a small disc, as of a dry pen. */
  private void fade() {
    double cx = random.uniform(6, SIDE - 6);
    double cy = random.uniform(5, SIDE - 5);
    double size = random.uniform(1.5, 3.2);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        double dx = x + 0.5 - cx;
        double dy = y + 0.5 - cy;
        ink[y * SIDE + x] *= Math.clamp(Math.sqrt(dx * dx + dy * dy) - size + 0.5, 0.15, 1);
      }
    }
  }

  /** Adds a stray stroke near an edge, as of a neighbouring digit. */
  private void scribble() {
    double along = random.uniform(2, SIDE - 2);
    double across = random.uniform(0, 3);
    double dx = 3 * random.bell();
    double dy = 3 * random.bell();
    int side = random.below(4);
    double x = side == 0 ? across : side == 1 ? SIDE - across : along;
    double y = side == 2 ? across : side == 3 ? SIDE - across : along;
    segment(x, y, x + dx, y + dy, radius);
  }

  /** Spreads a part of each pixel's ink over its neighbours, along rows and then columns. */
  private void blur(double part) {
    for (int step : new int[] {1, SIDE}) {
      double[] sharp = ink.clone();
      for (int i = 0; i < ink.length; i++) {
        int place = step == 1 ? i % SIDE : i / SIDE;
        double before = place > 0 ? sharp[i - step] : 0;
        double after = place < SIDE - 1 ? sharp[i + step] : 0;
        ink[i] = sharp[i] + part * (before + after - 2 * sharp[i]);
      }
    }
  }

  /** Turns ink into grey, with grain. */
  private void develop(byte[] pixels, int at) {
    double contrast = random.uniform(0.75, 1.05);
    double grain = random.uniform(0.01, 0.06);
    for (int i = 0; i < ink.length; i++) {
      double grey = contrast * ink[i] + grain * random.bell();
      pixels[at + i] = (byte) (int) (255 * Math.clamp(grey, 0, 1) + 0.5);
    }
  }
}
