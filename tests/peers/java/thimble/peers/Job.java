package thimble.peers;

import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** Work that is ready to be done, again and again. */
public interface Job extends AutoCloseable {
  /** Does it so many times. */
  void run(int times);

  /** Does it once, for its result. */
  float[] result();

  /** Gives back what it was prepared with. */
  @Override
  void close();

  /**
   * The job of doing {@code once}.
   *
   * @param once gives the result as something of the library's
   * @param read makes the array of it
   * @param forget gives it back to the library
   * @param end gives back the operands
   */
  static <Y> Job of(Supplier<Y> once, Function<Y, float[]> read, Consumer<Y> forget, Runnable end) {
    return new Job() {
      @Override
      public void run(int times) {
        for (int i = 0; i < times; i++) {
          forget.accept(once.get());
        }
      }

      @Override
      public float[] result() {
        Y y = once.get();
        float[] values = read.apply(y);
        forget.accept(y);
        return values;
      }

      @Override
      public void close() {
        end.run();
      }
    };
  }
}
