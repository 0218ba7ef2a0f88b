package thimble.data;

/**
 * A small random generator that is the same on every JVM: SplitMix64 (Steele, Lea and Flood, 2014).
 */
final class SplitMix64 {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;
  private static final double SQRT_3 = 1.7320508075688772;

  private long state;

  SplitMix64(long seed) {
    state = seed;
  }

  /** The generator of one of many things made from one seed, whatever their order. */
  static SplitMix64 of(long seed, long index) {
    return new SplitMix64(mix(mix(seed + GOLDEN) + index * GOLDEN));
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** A uniform double in [0, 1). */
  double uniform() {
    state += GOLDEN;
    return (mix(state) >>> 11) * 0x1p-53;
  }

  /** A uniform double in [low, high). */
  double uniform(double low, double high) {
    return low + (high - low) * uniform();
  }

  /** A bell-shaped double of mean 0 and variance 1, never beyond 3.5: the sum of four uniforms. */
  double bell() {
    return (uniform() + uniform() + uniform() + uniform() - 2) * SQRT_3;
  }

  /** A uniform integer in [0, count), to within 2^-53. */
  int below(int count) {
    return (int) (uniform() * count);
  }
}
