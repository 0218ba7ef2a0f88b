package thimble.tensor;

import java.math.BigInteger;

/** Philox4x32-10 after its paper, in numbers of any size, for the oracles of random numbers. */
final class Philox4x32 {
  private static final BigInteger WORD = BigInteger.ONE.shiftLeft(32);

  private Philox4x32() {}

  /** 32 bits: word i of all blocks. */
  static int word(long key, int i) {
    return block(key, i / 4, 0)[i % 4];
  }

  /** 64 bits: words 2i and 2i + 1 of all blocks, the low half first. */
  static long pair(long key, int i) {
    int[] words = block(key, i / 2, 0);
    return Integer.toUnsignedLong(words[i % 2 * 2])
        | Integer.toUnsignedLong(words[i % 2 * 2 + 1]) << 32;
  }

  /** The key that another one is made to by a number: block (number, 1 in the last word). */
  static long fold(long key, long data) {
    int[] words = block(key, data, 1L << 32);
    return Integer.toUnsignedLong(words[0]) | Integer.toUnsignedLong(words[1]) << 32;
  }

  private static int[] block(long key, long low, long high) {
    BigInteger[] c = {first(low), second(low), first(high), second(high)};
    BigInteger k0 = first(key);
    BigInteger k1 = second(key);
    for (int round = 0; round < 10; round++) {
      BigInteger p = c[0].multiply(BigInteger.valueOf(0xD2511F53L));
      BigInteger q = c[2].multiply(BigInteger.valueOf(0xCD9E8D57L));
      c =
          new BigInteger[] {
            q.divide(WORD).xor(c[1]).xor(k0),
            q.mod(WORD),
            p.divide(WORD).xor(c[3]).xor(k1),
            p.mod(WORD)
          };
      k0 = k0.add(BigInteger.valueOf(0x9E3779B9L)).mod(WORD);
      k1 = k1.add(BigInteger.valueOf(0xBB67AE85L)).mod(WORD);
    }
    return new int[] {c[0].intValue(), c[1].intValue(), c[2].intValue(), c[3].intValue()};
  }

  private static BigInteger first(long x) {
    return BigInteger.valueOf(x & 0xFFFFFFFFL);
  }

  private static BigInteger second(long x) {
    return BigInteger.valueOf(x >>> 32);
  }
}
