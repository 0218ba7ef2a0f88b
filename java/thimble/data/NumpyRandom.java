package thimble.data;

/**
 * NumPy's legacy random generator, {@code np.random.seed} and what follows it, draw for draw.
 *
 * <p>The bits are those of the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), seeded by
 * {@code init_genrand}; integers and uniform doubles are equal to NumPy's. Normal values are equal
 * but for the last ulp of the logarithm, for which {@link StrictMath} is used: {@code Math.log} may
 * be an intrinsic that differs from one CPU or JVM to another, {@code StrictMath.log} is the same
 * everywhere.
 *
 * <p>An instance has a state and is not for several threads.
 */
public final class NumpyRandom {
  private static final int N = 624;
  private static final int M = 397;
  private static final long MAX_UINT32 = 0xFFFF_FFFFL;

  private final int[] state = new int[N];
  private int position = N;
  private double cached;
  private boolean hasCached;

  /**
   * Starts the generator as {@code np.random.seed(seed)} does.
   *
   * @param seed the seed, 0 to 2^32 - 1
   * @throws IllegalArgumentException if the seed is outside that range
   */
  public NumpyRandom(long seed) {
    if (seed < 0 || seed > MAX_UINT32) {
      throw new IllegalArgumentException("seed: " + seed + " is not in 0 to 2^32 - 1");
    }
    state[0] = (int) seed;
    for (int i = 1; i < N; i++) {
      int last = state[i - 1];
      state[i] = 1812433253 * (last ^ (last >>> 30)) + i;
    }
  }

  /**
   * Returns the next 32 random bits.
   *
   * @return 32 bits, to be read as an unsigned integer
   */
  public int uint32() {
    if (position == N) {
      twist();
    }
    int y = state[position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  private void twist() {
    for (int i = 0; i < N; i++) {
      int y = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7fffffff);
      state[i] = state[(i + M) % N] ^ (y >>> 1) ^ (-(y & 1) & 0x9908b0df);
    }
    position = 0;
  }

  /**
   * Returns a uniform double in [0, 1) with 53 random bits, {@code np.random.rand()}.
   *
   * @return the value
   */
  public double rand() {
    int a = uint32() >>> 5;
    int b = uint32() >>> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
  }

  /**
   * Returns the next {@code count} values of {@link #rand()}.
   *
   * @param count how many, at least 0
   * @return a new array of that length
   * @throws IllegalArgumentException if {@code count} is negative
   */
  public double[] rand(int count) {
    double[] values = new double[checked("rand", count)];
    for (int i = 0; i < count; i++) {
      values[i] = rand();
    }
    return values;
  }

  /**
   * Returns a standard normal value, {@code np.random.randn()}.
   *
   * <p>Marsaglia's polar method makes two values at a time; the second is kept for the next call
   * and survives calls of the other methods.
   *
   * @return the value
   */
  public double randn() {
    if (hasCached) {
      hasCached = false;
      return cached;
    }
    double x;
    double y;
    double r;
    do {
      x = 2.0 * rand() - 1.0;
      y = 2.0 * rand() - 1.0;
      r = x * x + y * y;
    } while (r >= 1.0 || r == 0.0);
    double f = StrictMath.sqrt(-2.0 * StrictMath.log(r) / r);
    cached = f * x;
    hasCached = true;
    return f * y;
  }

  /**
   * Returns the next {@code count} values of {@link #randn()}.
   *
   * @param count how many, at least 0
   * @return a new array of that length
   * @throws IllegalArgumentException if {@code count} is negative
   */
  public double[] randn(int count) {
    double[] values = new double[checked("randn", count)];
    for (int i = 0; i < count; i++) {
      values[i] = randn();
    }
    return values;
  }

  /**
   * Returns a uniform integer in [low, high), {@code np.random.randint(low, high)}.
   *
   * <p>Where only one value is possible nothing is drawn.
   *
   * @param low the least value
   * @param high one more than the greatest value
   * @return the value
   * @throws IllegalArgumentException if the range is empty or holds 2^32 values or more
   */
  public long randint(long low, long high) {
    long range = high - 1 - low;
    if (low >= high || range < 0 || range >= MAX_UINT32) {
      throw new IllegalArgumentException(
          "randint: [" + low + ", " + high + ") must hold 1 to 2^32 - 1 values");
    }
    return low + below(range);
  }

  /**
   * Returns the next {@code count} values of {@link #randint(long, long)}.
   *
   * @param low the least value
   * @param high one more than the greatest value
   * @param count how many, at least 0
   * @return a new array of that length
   * @throws IllegalArgumentException if the range is empty or holds 2^32 values or more, or if
   *     {@code count} is negative
   */
  public long[] randint(long low, long high, int count) {
    long[] values = new long[checked("randint", count)];
    for (int i = 0; i < count; i++) {
      values[i] = randint(low, high);
    }
    return values;
  }

  /**
   * Returns a random order of 0 to {@code count} - 1, {@code np.random.permutation(count)}.
   *
   * @param count how many, at least 0
   * @return a new array of that length
   * @throws IllegalArgumentException if {@code count} is negative
   */
  public int[] permutation(int count) {
    int[] order = new int[checked("permutation", count)];
    for (int i = 0; i < count; i++) {
      order[i] = i;
    }
    shuffle(order);
    return order;
  }

  /**
   * Puts an array into a random order in place, {@code np.random.shuffle} of one axis.
   *
   * @param values the array to reorder
   */
  public void shuffle(int[] values) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = (int) below(i);
      int moved = values[i];
      values[i] = values[j];
      values[j] = moved;
    }
  }

  /** A uniform integer in [0, max], by drawing under the least mask that covers max. */
  private long below(long max) {
    if (max == 0) {
      return 0;
    }
    long mask = (Long.highestOneBit(max) << 1) - 1;
    long value;
    do {
      value = uint32() & mask;
    } while (value > max);
    return value;
  }

  private static int checked(String op, int count) {
    if (count < 0) {
      throw new IllegalArgumentException(op + ": a negative count, " + count);
    }
    return count;
  }
}
