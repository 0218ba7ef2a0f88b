package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.Index.all;
import static thimble.tensor.Index.at;
import static thimble.tensor.Index.ellipsis;
import static thimble.tensor.Index.range;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import thimble.InBothBackends;
import thimble.nn.Loss;
import thimble.train.TwoLayer;
import thimble.transform.Grad;

/** Arguments that do not fit: a typed error that names op, operands and axis, before any call. */
class ErrorsTest extends InBothBackends {
  private static final long BIG = 1L << 58;

  private static Tensor f32(long... shape) {
    return Tensor.full(DType.FLOAT32, 1, shape);
  }

  private static Tensor f64(long... shape) {
    return Tensor.full(DType.FLOAT64, 1, shape);
  }

  private static Tensor i64(long... shape) {
    return Tensor.full(DType.INT64, 0, shape);
  }

  private static Tensor u8(long... shape) {
    return Tensor.full(DType.UINT8, 1, shape);
  }

  private static Tensor i32(long... shape) {
    return Tensor.full(DType.INT32, 1, shape);
  }

  /**
   * A call that must fail: its arguments are made first, so that only the call itself is watched.
   */
  private interface Call {
    void go(Tensor x, Tensor y);
  }

  /** The error that a call of x and y must give, and what its message must say. */
  private record Bad(
      Class<? extends RuntimeException> type, Tensor x, Tensor y, Call call, String... says) {
    @Override
    public String toString() {
      return String.join(", ", says);
    }
  }

  private static Bad shape(Tensor x, Tensor y, Call call, String... says) {
    return new Bad(ShapeException.class, x, y, call, says);
  }

  private static Bad shape(Tensor x, Call call, String... says) {
    return new Bad(ShapeException.class, x, x, call, says);
  }

  private static Bad dtype(Tensor x, Tensor y, Call call, String... says) {
    return new Bad(DTypeException.class, x, y, call, says);
  }

  private static Bad dtype(Tensor x, Call call, String... says) {
    return new Bad(DTypeException.class, x, x, call, says);
  }

  // Java computes these operands; what is watched is the call.
  static List<Bad> elementwise() {
    try (Block _ = Backends.use("java")) {
      Tensor x = f32(2, 3);
      Tensor y = f32(2, 4);
      Tensor mask = Tensor.full(DType.BOOL, 1, 2, 3);
      // spotless:off
      return List.of(
          shape(x, y, (a, b) -> a.add(b),                      "add", "[2, 3]", "[2, 4]", "axis -1", "3 and 4"),
          shape(x, y, (a, b) -> a.sub(b),                      "sub", "[2, 3]", "[2, 4]", "axis -1"),
          shape(x, y, (a, b) -> a.mul(b),                      "mul", "[2, 3]", "[2, 4]", "axis -1"),
          shape(x, y, (a, b) -> a.div(b),                      "div", "[2, 3]", "[2, 4]", "axis -1"),
          shape(x, y, (a, b) -> a.pow(b),                      "pow", "[2, 3]", "[2, 4]", "axis -1"),
          shape(x, y, (a, b) -> a.eq(b),                       "eq", "[2, 3]", "[2, 4]", "axis -1"),
          shape(x, y, (a, b) -> a.lt(b),                       "lt", "[2, 3]", "[2, 4]", "axis -1"),
          shape(x, f32(3, 3), (a, b) -> a.add(b),              "add", "[2, 3]", "[3, 3]", "axis -2", "2 and 3"),
          shape(x, f32(0, 3), (a, b) -> a.add(b),              "add", "[2, 3]", "[0, 3]", "axis -2", "2 and 0"),
          shape(f32(4, 2, 3), y, (a, b) -> a.mul(b),           "mul", "[4, 2, 3]", "[2, 4]", "axis -1"),
          shape(x, y, (a, b) -> Tensor.where(mask, a, b),      "where", "[2, 3]", "[2, 4]", "axis -1"),
          shape(y, y, (a, b) -> Tensor.where(mask, a, b),      "where", "[2, 3]", "[2, 4]", "axis -1"),
          shape(f32(BIG, 1), f32(1, 4), (a, b) -> a.add(b),    "add", "[288230376151711744, 4]", "2^59"),
          dtype(i32(3), (a, b) -> a.pow(b),                    "pow", "int32 [3]"),
          dtype(i32(3), (a, b) -> a.exp(),                     "exp", "int32 [3]"),
          dtype(i32(3), (a, b) -> a.log(),                     "log", "int32 [3]"),
          dtype(mask, (a, b) -> a.pow(2),                      "pow", "bool [2, 3]"),
          dtype(mask, (a, b) -> a.add(b),                      "add", "bool [2, 3]", "and, or", "to(INT32)"),
          dtype(mask, (a, b) -> a.sub(b),                      "sub", "bool [2, 3]"),
          dtype(mask, (a, b) -> a.maximum(b),                  "maximum", "bool [2, 3]"),
          dtype(mask, (a, b) -> a.remainder(b),                "remainder", "bool [2, 3]"),
          dtype(mask, (a, b) -> a.div(b),                      "div", "bool [2, 3]"),
          dtype(mask, (a, b) -> a.add(1),                      "add", "bool [2, 3]"),
          dtype(mask, (a, b) -> a.mul(0.5),                    "mul", "bool [2, 3]"),
          dtype(mask, (a, b) -> a.neg(),                       "neg", "bool [2, 3]", "numbers"),
          dtype(mask, (a, b) -> a.abs(),                       "abs", "bool [2, 3]"),
          dtype(i32(3), (a, b) -> a.atan2(b),                  "atan2", "int32 [3]", "to(FLOAT32)"),
          dtype(i32(3), (a, b) -> a.tanh(),                    "tanh", "int32 [3]"),
          dtype(i32(3), (a, b) -> a.floor(),                   "floor", "int32 [3]"),
          dtype(i32(3), (a, b) -> a.add(1L << 31),             "add", "int32 [3]", "2147483648", "to(INT64)"),
          dtype(u8(3), (a, b) -> a.mul(256),                   "mul", "uint8 [3]", "256"),
          dtype(u8(3), (a, b) -> a.lt(-1),                     "lt", "uint8 [3]", "-1"),
          new Bad(IllegalArgumentException.class, x, x, (a, b) -> a.clamp(2, 1), "clamp", "2.0", "1.0"),
          new Bad(IllegalArgumentException.class, x, x, (a, b) -> a.clamp(Double.NaN, 1), "clamp", "NaN"),
          dtype(x, (a, b) -> Tensor.where(a, a, b),            "where", "mask", "float32"));
      // spotless:on
    }
  }

  static List<Bad> moving() {
    try (Block _ = Backends.use("java")) {
      Tensor x = f32(2, 3);
      Tensor index = i64(2, 5);
      // spotless:off
      return List.<Bad>of(
          shape(x, (a, b) -> a.reshape(7),                                   "reshape", "[2, 3]", "[7]", "6", "7"),
          shape(x, (a, b) -> a.reshape(-1, -1),                              "reshape", "[2, 3]", "[-1, -1]", "more than one -1"),
          shape(x, (a, b) -> a.reshape(-1, 4),                               "reshape", "[2, 3]", "[-1, 4]", "6", "4"),
          shape(x, (a, b) -> a.reshape(-1, 0),                               "reshape", "[2, 3]", "[-1, 0]"),
          shape(f32(0), (a, b) -> a.reshape(-1, 0),                          "reshape", "[0]", "[-1, 0]"),
          shape(x, (a, b) -> a.reshape(-2, -3),                              "reshape", "[2, 3]", "[-2, -3]", "negative"),
          shape(x, (a, b) -> a.reshape(-1, BIG, 4),                          "reshape", "[2, 3]"),
          shape(x, (a, b) -> a.reshape(BIG, BIG),                            "reshape", "[2, 3]", "[288230376151711744, 288230376151711744]", "2^59"),
          shape(x, (a, b) -> a.reshape(6, 1, 1, 1, 1, 1, 1, 1, 1),           "reshape", "[2, 3]", "rank 9", "8"),
          shape(x, (a, b) -> a.reshape(),                                    "reshape", "[2, 3]", "[]"),
          shape(x, (a, b) -> a.permute(0),                                   "permute", "[2, 3]", "1"),
          shape(x, (a, b) -> a.permute(0, 0),                                "permute", "axis 0", "[2, 3]", "twice", "[0, 0]"),
          shape(x, (a, b) -> a.permute(1, -1),                               "permute", "axis -1", "[2, 3]", "twice"),
          shape(x, (a, b) -> a.permute(0, 2),                                "permute", "axis 2", "[2, 3]", "-2 and 1"),
          shape(x, (a, b) -> a.transpose(0, 2),                              "transpose", "axis 2", "[2, 3]", "-2 and 1"),
          shape(x, (a, b) -> a.transpose(-3, 0),                             "transpose", "axis -3", "[2, 3]"),
          shape(f32(3), (a, b) -> a.transpose(),                             "transpose", "[3]"),
          shape(f32(), (a, b) -> a.transpose(),                              "transpose", "[]"),
          shape(x, (a, b) -> a.broadcastTo(2, 4),                            "broadcastTo", "[2, 3]", "[2, 4]"),
          shape(x, (a, b) -> a.broadcastTo(3),                               "broadcastTo", "[2, 3]", "[3]"),
          shape(f32(3, 1), (a, b) -> a.broadcastTo(1, 4),                    "broadcastTo", "[3, 1]", "[1, 4]"),
          shape(x, (a, b) -> a.broadcastTo(-1, 3),                           "broadcastTo", "[-1, 3]", "negative"),
          shape(x, (a, b) -> a.broadcastTo(BIG, 2, 3),                       "broadcastTo", "2^59"),
          shape(x, (a, b) -> a.broadcastTo(1, 1, 1, 1, 1, 1, 1, 2, 3),       "broadcastTo", "rank 9"),
          shape(x, (a, b) -> a.slice(1, 2, 4),                               "slice", "2 to 4", "axis 1", "[2, 3]", "3"),
          shape(x, (a, b) -> a.slice(1, 2, 1),                               "slice", "2 to 1", "axis 1", "[2, 3]"),
          shape(x, (a, b) -> a.slice(1, -1, 1),                              "slice", "-1 to 1", "axis 1", "[2, 3]"),
          shape(x, (a, b) -> a.slice(2, 0, 1),                               "slice", "axis 2", "[2, 3]"),
          shape(f32(), (a, b) -> a.slice(0, 0, 0),                           "slice", "axis 0", "without axes"),
          shape(x, (a, b) -> a.pad(0, -1, 0),                                "pad", "axis 0", "[2, 3]", "-1"),
          shape(x, (a, b) -> a.pad(0, 0, -1),                                "pad", "axis 0", "[2, 3]", "-1"),
          shape(x, (a, b) -> a.pad(2, 1, 1),                                 "pad", "axis 2", "[2, 3]"),
          shape(x, (a, b) -> a.pad(0, Long.MAX_VALUE, 1),                    "pad", "[2, 3]"),
          shape(x, (a, b) -> a.pad(0, Long.MAX_VALUE, Long.MAX_VALUE),       "pad", "[2, 3]"),
          shape(x, (a, b) -> a.pad(0, BIG, 0),                               "pad", "[2, 3]"),
          shape(x, index, (a, b) -> a.gather(2, b),                          "gather", "axis 2", "[2, 3]"),
          shape(x, index, (a, b) -> a.gather(0, b),                          "gather", "[2, 3]", "[2, 5]", "axis 0"),
          shape(x, i64(2), (a, b) -> a.gather(1, b),                         "gather", "[2, 3]", "[2]", "axis 1"),
          shape(x, index, (a, b) -> a.scatterAdd(1, b, 9),                   "scatterAdd", "[2, 3]", "[2, 5]"),
          shape(x, i64(2, 3), (a, b) -> a.scatterAdd(1, b, -1),              "scatterAdd", "[2, 3]", "-1"),
          shape(x, i64(2, 3), (a, b) -> a.scatterAdd(3, b, 1),               "scatterAdd", "axis 3", "[2, 3]"),
          shape(x, i64(2, 3), (a, b) -> a.scatterAdd(1, b, 2 * BIG),         "scatterAdd", "[2, 3]"),
          dtype(x, i32(2, 3), (a, b) -> a.gather(1, b),                      "gather", "index", "int32", "to(INT64)"),
          dtype(x, (a, b) -> a.gather(1, b),                                 "gather", "index", "float32"),
          dtype(x, (a, b) -> a.scatterAdd(1, b, 3),                          "scatterAdd", "index", "float32"),
          shape(x, (a, b) -> a.slice(1, 0, 3, 0),                            "slice", "by 0", "axis 1", "[2, 3]"),
          shape(x, (a, b) -> a.get(at(2)),                                   "get", "[2]", "[2, 3]", "axis 0", "-2 and 1"),
          shape(x, (a, b) -> a.get(all(), at(-4)),                           "get", "[:, -4]", "axis 1", "-3 and 2"),
          shape(x, (a, b) -> a.get(all(), range(1, 4)),                      "get", "[:, 1:4]", "4 of axis 1", "-3 and 3"),
          shape(x, (a, b) -> a.get(all(), range(3, 0, -1)),                  "get", "[:, 3:0:-1]", "3 of axis 1", "-3 and 2"),
          shape(x, (a, b) -> a.get(all(), all(), all()),                     "get", "3 parts for 2 axes"),
          shape(x, (a, b) -> a.get(ellipsis(), ellipsis()),                  "get", "more than one ellipsis"),
          shape(f32(0), (a, b) -> a.get(at(0)),                              "get", "axis 0", "empty"),
          shape(x, (a, b) -> range(0, 3, 0),                                 "step of 0"),
          shape(x, f32(4), (a, b) -> a.update(Index.of(at(0)), b),           "update", "[0] of [2, 3] is [3]", "[4]"),
          dtype(x, f64(3), (a, b) -> a.update(Index.of(at(0)), b),           "update", "float32 [2, 3]", "float64 [3]", "to(FLOAT32)"),
          shape(x, (a, b) -> a.squeeze(1),                                   "squeeze", "axes 1", "[2, 3]"),
          shape(x, (a, b) -> a.unsqueeze(3),                                 "unsqueeze", "axis 3", "-3 and 2"),
          shape(x, (a, b) -> a.unsqueeze(0, 0),                              "unsqueeze", "twice"),
          shape(x, (a, b) -> a.unsqueeze(0, 1, 2, 3, 4, 5, 6),               "unsqueeze", "[2, 3]", "rank 9"),
          shape(x, (a, b) -> a.tile(2),                                      "tile", "[2, 3]", "[2]"),
          shape(x, (a, b) -> a.tile(2, -1),                                  "tile", "[2, -1]"),
          shape(x, (a, b) -> a.tile(BIG, BIG),                               "tile", "[2, 3]"),
          shape(x, (a, b) -> a.split(1, 1, 1),                               "split", "axis 1", "[2, 3]", "[1, 1]", "3"),
          shape(x, (a, b) -> a.split(1, 4, -1),                              "split", "[4, -1]"),
          shape(x, (a, b) -> a.split(1, Long.MAX_VALUE, Long.MAX_VALUE),     "split", "[2, 3]"),
          shape(x, (a, b) -> a.flip(0, -2),                                  "flip", "axis -2", "twice"),
          shape(x, (a, b) -> a.roll(2, 1),                                   "roll", "axis 2"),
          shape(x, (a, b) -> a.dilate(1, -1),                                "dilate", "axis 1", "-1 between"),
          shape(x, (a, b) -> a.dilate(1, BIG),                               "dilate", "axis 1"),
          shape(x, (a, b) -> a.asStrided(Shape.of(2, 3), new long[] {3}, 0), "asStrided", "[2, 3]", "[3]"),
          shape(x, (a, b) -> a.asStrided(Shape.of(2, 3), new long[] {3, 2}, 0), "asStrided", "0 to 7 of 6"),
          shape(x, (a, b) -> a.asStrided(Shape.of(2), new long[] {-1}, 0),   "asStrided", "-1 to 0 of 6"),
          shape(x, (a, b) -> a.asStrided(Shape.of(3), new long[] {Long.MAX_VALUE}, 1), "asStrided", "18446744073709551615"),
          shape(x, (a, b) -> a.diagonal(0, 1, -1),                           "diagonal", "[2, 3]", "twice"),
          shape(f32(3), (a, b) -> a.triu(0),                                 "triu", "[3]"),
          shape(f32(3), (a, b) -> a.tril(0),                                 "tril", "[3]"),
          shape(x, i64(4), (a, b) -> a.take(2, b),                           "take", "axis 2", "[2, 3]"),
          dtype(x, i32(4), (a, b) -> a.take(0, b),                           "take", "int32 [4]", "to(INT64)"),
          dtype(x, (a, b) -> a.oneHot(3),                                    "oneHot", "float32 [2, 3]", "integers"),
          shape(i64(2), (a, b) -> a.oneHot(-1),                              "oneHot", "[2]", "-1"),
          shape(x, f32(2, 4), (a, b) -> Tensor.concat(0, a, b),              "concat", "[2, 3]", "[2, 4]", "axis 0"),
          shape(x, f32(2), (a, b) -> Tensor.concat(0, a, b),                 "concat", "[2, 3]", "[2]"),
          shape(x, (a, b) -> Tensor.concat(2, a, b),                         "concat", "axis 2"),
          shape(x, (a, b) -> Tensor.concat(0),                               "concat", "of nothing"),
          shape(f32(BIG), f32(2 * BIG), (a, b) -> Tensor.concat(0, a, b),    "concat", "2^59"),
          shape(x, f32(3, 2), (a, b) -> Tensor.stack(0, a, b),               "stack", "[2, 3]", "[3, 2]"),
          shape(x, (a, b) -> Tensor.stack(0),                                "stack", "of nothing"),
          shape(x, (a, b) -> Tensor.stack(3, a, b),                          "stack", "axis 3"),
          shape(x, (a, b) -> Tensor.arange(-1),                              "arange", "-1"),
          new Bad(IllegalArgumentException.class, x, x, (a, b) -> Tensor.arange(DType.INT64, 0, 1, 0), "arange", "step"),
          dtype(x, (a, b) -> Tensor.linspace(DType.INT64, 0, 1, 3),          "linspace", "int64"),
          dtype(x, (a, b) -> Tensor.full(DType.UINT8, -1),                   "full", "uint8", "-1"),
          dtype(x, (a, b) -> Key.of(1).uniform(DType.INT64, 3),              "uniform", "int64"),
          dtype(x, (a, b) -> Key.of(1).normal(DType.BOOL, 3),                "normal", "bool"),
          dtype(x, (a, b) -> Key.of(1).bits(DType.FLOAT32, 3),               "bits", "float32"),
          new Bad(IllegalArgumentException.class, x, x, (a, b) -> Key.of(1).integers(3, 3, 2), "integers", "3 to 3"),
          new Bad(IllegalArgumentException.class, x, x, (a, b) -> Key.of(1).bernoulli(1.5, 2), "bernoulli", "1.5"),
          shape(x, (a, b) -> Key.of(1).permutation(-1),                      "permutation", "-1"),
          shape(x, (a, b) -> a.size(2),                                      "size", "axis 2", "[2, 3]"),
          shape(x, (a, b) -> a.item(),                                       "item", "[2, 3]", "6"),
          shape(f32(0), (a, b) -> a.item(),                                  "item", "[0]", "0"),
          shape(f32(1L << 31), (a, b) -> a.toFloatArray(),                   "[2147483648]", "copyTo"),
          shape(x, (a, b) -> a.copyTo(MemorySegment.ofArray(new float[5])),  "copyTo", "float32 [2, 3]", "20 bytes"),
          shape(x, (a, b) -> a.copyTo(MemorySegment.ofArray(new double[6])), "copyTo", "float32 [2, 3]", "48 bytes"));
      // spotless:on
    }
  }

  static List<Bad> reducing() {
    try (Block _ = Backends.use("java")) {
      Tensor x = f32(2, 3);
      // spotless:off
      return List.of(
          shape(x, (a, b) -> a.sum(2),             "sum", "axis 2", "[2, 3]", "-2 and 1"),
          shape(x, (a, b) -> a.sum(-3),            "sum", "axis -3", "[2, 3]"),
          shape(x, (a, b) -> a.sum(0, 0),          "sum", "axis 0", "[2, 3]", "twice", "[0, 0]"),
          shape(x, (a, b) -> a.sum(1, -1),         "sum", "axis -1", "[2, 3]", "twice", "[1, -1]"),
          shape(f32(), (a, b) -> a.sum(0),         "sum", "axis 0", "without axes"),
          shape(x, (a, b) -> a.mean(2),            "mean", "axis 2", "[2, 3]"),
          shape(x, (a, b) -> a.mean(0, -2),        "mean", "axis -2", "[2, 3]", "twice"),
          shape(x, (a, b) -> a.max(2),             "max", "axis 2", "[2, 3]"),
          shape(x, (a, b) -> a.max(1, 1),          "max", "axis 1", "[2, 3]", "twice"),
          shape(f32(2, 0), (a, b) -> a.max(),      "max", "[2, 0]", "no element"),
          shape(f32(2, 0), (a, b) -> a.max(1),     "max", "[2, 0]", "no element"),
          shape(f32(2, 0), (a, b) -> a.argmax(-1), "argmax", "[2, 0]", "no element"),
          shape(x, (a, b) -> a.argmax(2),          "argmax", "axis 2", "[2, 3]"),
          shape(f32(), (a, b) -> a.argmax(0),      "argmax", "axis 0", "without axes"),
          shape(x, (a, b) -> a.logsumexp(5),       "logsumexp", "axis 5", "[2, 3]"),
          shape(x, (a, b) -> a.logsumexp(0, 0),    "logsumexp", "axis 0", "[2, 3]", "twice"),
          shape(x, (a, b) -> a.min(2),             "min", "axis 2", "[2, 3]"),
          shape(f32(0), (a, b) -> a.min(),         "min", "[0]", "no element"),
          shape(f32(0), (a, b) -> a.argmin(0),     "argmin", "[0]", "no element"),
          shape(x, (a, b) -> a.prod(0, 0),         "prod", "axis 0", "twice"),
          shape(x, (a, b) -> a.var(2),             "var", "axis 2"),
          shape(x, (a, b) -> a.norm(2),            "norm", "axis 2"),
          shape(x, (a, b) -> a.any(2),             "any", "axis 2"),
          shape(x, (a, b) -> a.all(2),             "all", "axis 2"),
          shape(x, (a, b) -> a.softmax(2),         "softmax", "axis 2"),
          shape(x, (a, b) -> a.logSoftmax(-3),     "logSoftmax", "axis -3"),
          shape(x, (a, b) -> a.cumsum(2),          "cumsum", "axis 2"),
          shape(f32(), (a, b) -> a.softmax(0),     "softmax", "without axes"),
          dtype(i32(3), (a, b) -> a.var(),         "var", "int32 [3]"),
          dtype(i32(3), (a, b) -> a.std(),         "std", "int32 [3]"),
          dtype(i32(3), (a, b) -> a.norm(),        "norm", "int32 [3]"),
          dtype(i32(3), (a, b) -> a.softmax(0),    "softmax", "int32 [3]"),
          dtype(i32(3), (a, b) -> a.mean(),        "mean", "int32 [3]"),
          dtype(i32(3), (a, b) -> a.logsumexp(),   "logsumexp", "int32 [3]"));
      // spotless:on
    }
  }

  static List<Bad> products() {
    try (Block _ = Backends.use("java")) {
      Tensor x = f32(2, 3);
      // spotless:off
      return List.of(
          shape(x, (a, b) -> a.matmul(b),                                "matmul", "[2, 3] x [2, 3]", "3 and 2"),
          shape(f32(100, 784), f32(785, 10), (a, b) -> a.matmul(b),      "matmul: [100, 784] x [785, 10]: inner sizes differ (784 and 785)"),
          shape(x, f32(2), (a, b) -> a.matmul(b),                        "matmul", "[2, 3] x [2]", "3 and 2"),
          shape(f32(2), f32(3, 2), (a, b) -> a.matmul(b),                "matmul", "[2] x [3, 2]", "2 and 3"),
          shape(f32(2), f32(3), (a, b) -> a.matmul(b),                   "matmul", "[2] x [3]", "2 and 3"),
          shape(x, f32(0, 3), (a, b) -> a.matmul(b),                     "matmul", "[2, 3] x [0, 3]", "3 and 0"),
          shape(x, f32(), (a, b) -> a.matmul(b),                         "matmul", "[2, 3] x []", "mul"),
          shape(f32(), x, (a, b) -> a.matmul(b),                         "matmul", "[] x [2, 3]"),
          shape(f32(2, 3, 4), f32(3, 4, 5), (a, b) -> a.matmul(b),       "matmul", "[2, 3, 4]", "[3, 4, 5]", "axis -3", "2 and 3"),
          shape(f32(2, 5, 3, 4), f32(3, 1, 4, 5), (a, b) -> a.matmul(b), "matmul", "[2, 5, 3, 4]", "[3, 1, 4, 5]", "axis -4", "2 and 3"),
          shape(f32(1L << 31, 1), f32(1, 1), (a, b) -> a.matmul(b),      "matmul", "[2147483648, 1] x [1, 1]", "2^31"),
          shape(f32(1, 1), f32(1, 1L << 31), (a, b) -> a.matmul(b),      "matmul", "[1, 1] x [1, 2147483648]", "2^31"),
          shape(f32(1L << 31), f32(1L << 31), (a, b) -> a.matmul(b),     "matmul", "[2147483648] x [2147483648]", "2^31"),
          shape(f32(BIG, 1, 1), f32(1, 1, 4), (a, b) -> a.matmul(b),     "matmul", "[288230376151711744, 1, 1]", "[1, 1, 4]"),
          shape(x, f32(3), (a, b) -> a.dot(b),                           "dot", "[2, 3]", "[3]"),
          shape(f32(2), f32(3), (a, b) -> a.dot(b),                      "matmul", "2 and 3"),
          shape(x, f32(3), (a, b) -> a.outer(b),                         "outer", "[2, 3]", "[3]"),
          shape(x, f32(4, 2), (a, b) -> Tensor.einsum("ij,jk", a, b),    "einsum", "'j' is 3, and 4", "operand 1"),
          shape(x, (a, b) -> Tensor.einsum("i", a),                      "einsum", "operand 0", "[2, 3]", "1 letters"),
          new Bad(IllegalArgumentException.class, x, x, (a, b) -> Tensor.einsum("ij,jk", a), "einsum", "2 operands, 1"),
          new Bad(IllegalArgumentException.class, x, x, (a, b) -> Tensor.einsum("ij->ik", a), "einsum", "\"ik\""),
          new Bad(IllegalArgumentException.class, x, x, (a, b) -> Tensor.einsum("ij->ii", a), "einsum", "each once"),
          new Bad(IllegalArgumentException.class, x, x, (a, b) -> Tensor.einsum("i1", a), "einsum", "takes letters"),
          dtype(i32(2, 3), i32(3, 2), (a, b) -> Tensor.einsum("ij,jk", a, b), "einsum", "int32"),
          dtype(i32(2, 3), i32(3, 2), (a, b) -> a.matmul(b),             "matmul", "[2, 3] x [3, 2]", "int32"));
      // spotless:on
    }
  }

  static List<Bad> derivatives() {
    try (Block _ = Backends.use("java")) {
      Tensor x = f32(2, 3).requiresGrad(true);
      Tensor plain = f32(2, 3);
      TwoLayer net = new TwoLayer(f32(3, 2), f32(2, 2));
      // spotless:off
      return List.of(
          shape(x, f32(3, 2), (a, b) -> a.backward(b),                             "backward", "float32 [2, 3]", "float32 [3, 2]"),
          shape(x, f32(), (a, b) -> a.backward(b),                                 "backward", "float32 [2, 3]", "float32 []"),
          shape(x, f64(2, 3), (a, b) -> a.backward(b),                             "backward", "float32 [2, 3]", "float64 [2, 3]"),
          dtype(i32(3), (a, b) -> a.backward(),                                    "backward", "int32 [3]"),
          dtype(i32(3), (a, b) -> a.requiresGrad(true),                            "requiresGrad", "int32 [3]"),
          new Bad(IllegalStateException.class, plain, f32(2, 3), (a, b) -> a.backward(b), "backward", "float32 [2, 3]", "requiresGrad(true)"),
          dtype(i32(3), (a, b) -> Grad.grad((Tensor t) -> t.to(DType.FLOAT32).sum()).apply(a), "derivative", "int32 [3]"),
          shape(plain, (a, b) -> Grad.grad((Tensor t) -> t).apply(a),              "grad", "[2, 3]", "sum()"),
          shape(plain, f32(2, 4), (a, b) -> Loss.softmaxLoss(a, b),                "softmaxLoss", "[2, 3]", "[2, 4]"),
          shape(plain, i64(3), (a, b) -> Loss.softmaxLoss(a, b),                   "softmaxLoss", "[2, 3]", "int64 [3]"),
          shape(f32(6), i64(6), (a, b) -> Loss.softmaxLoss(a, b),                  "softmaxLoss", "[6]"),
          shape(plain, i64(3), (a, b) -> Loss.errorRate(a, b),                     "errorRate", "[2, 3]", "int64 [3]"),
          shape(plain, i64(3), (a, b) -> net.nnEpoch(a, b),                        "nnEpoch", "[2, 3]", "[3]"));
      // spotless:on
    }
  }

  @ParameterizedTest
  @MethodSource({"elementwise", "moving", "reducing", "products", "derivatives"})
  void aCallThatDoesNotFitIsATypedErrorBeforeAnythingIsComputed(Bad bad) {
    CountingBackend counting = CountingBackend.ofCurrent();
    long computed = Graph.opsComputed();
    long recorded = Graph.nodesRecorded();
    RuntimeException e;
    try (Block _ = Mode.get().use(counting)) {
      e = assertThrows(RuntimeException.class, () -> bad.call().go(bad.x(), bad.y()));
    }
    assertEquals(bad.type(), e.getClass(), e.toString());
    String message = e.getMessage();
    assertNotNull(message);
    for (String part : bad.says()) {
      assertTrue(message.contains(part), () -> "'%s' says nothing of %s".formatted(message, part));
    }
    assertEquals(0, counting.calls(), "calls of the backend");
    assertEquals(computed, Graph.opsComputed());
    assertEquals(recorded, Graph.nodesRecorded());
    assertNull(bad.x().grad());
    assertEquals(bad.x().shape(), bad.x().identity().shape());
  }

  // -- Sizes --------------------------------------------------------------------------------------

  static List<long[]> tooLarge() {
    long huge = 1L << 62;
    return List.of(
        new long[] {1L << 59, 2},
        new long[] {(1L << 59) + 1},
        new long[] {Long.MAX_VALUE},
        new long[] {0, Long.MAX_VALUE},
        new long[] {huge, 2},
        new long[] {2, huge},
        new long[] {huge, huge},
        new long[] {0, huge, huge},
        new long[] {huge, 0, huge},
        new long[] {huge, huge, 0},
        new long[] {1L << 31, 1L << 31, 2},
        new long[] {1L << 32, 1L << 31},
        new long[] {1L << 32, 1L << 32},
        new long[] {Long.MAX_VALUE, 2},
        new long[] {3037000500L, 3037000500L},
        new long[] {1L << 16, 1L << 16, 1L << 16, 1L << 16});
  }

  @ParameterizedTest
  @MethodSource("tooLarge")
  void aShapeOfMoreElementsThanFitIsRefused(long[] sizes) {
    CountingBackend counting = CountingBackend.ofCurrent();
    try (Block _ = Mode.get().use(counting)) {
      for (Executable call :
          List.<Executable>of(
              () -> Shape.of(sizes),
              () -> Tensor.full(DType.FLOAT32, 1, sizes),
              () -> Tensor.of(new float[0], sizes),
              () -> Tensor.of(MemorySegment.NULL, DType.FLOAT32, sizes))) {
        String message = assertThrows(ShapeException.class, call).getMessage();
        assertTrue(message.contains(Arrays.toString(sizes)), message);
        assertTrue(message.contains("2^59"), message);
      }
    }
    assertEquals(0, counting.calls());
  }

  @Test
  void theLargestShapesThereAreHaveTheirCount() {
    assertEquals(1L << 59, Shape.of(1L << 59).count());
    assertEquals(1L << 59, Shape.of(1L << 31, 1L << 28).count());
    assertEquals(759250124L * 759250124L, Shape.of(759250124L, 759250124L).count());
    assertEquals(0, Shape.of(0, 1L << 59).count());
    assertEquals(1L << 59, f32(1L << 59).count());
  }

  @Test
  void negativeSizesAndTooManyAxesAreRefused() {
    assertSays(() -> Shape.of(2, -1), "[2, -1]", "-1", "negative");
    assertSays(() -> Shape.of(0, Long.MIN_VALUE), "negative");
    assertSays(() -> Shape.of(LongStream.range(0, 9).toArray()), "rank 9", "8");
    assertEquals(8, Shape.of(1, 1, 1, 1, 1, 1, 1, 1).rank());
  }

  @Test
  void elementsThatDoNotFitTheShapeAreRefused() {
    assertSays(() -> Tensor.of(new float[5], 2, 3), "[2, 3]", "float32", "6", "20 bytes");
    assertSays(() -> Tensor.of(new double[7], 2, 3), "[2, 3]", "6");
    assertSays(() -> Tensor.of(new int[1], 0), "[0]");
    assertSays(() -> Tensor.of(new boolean[2], 3), "[3]", "bool");
    assertSays(() -> Tensor.of(new float[][] {{1, 2}, {3}}), "row 0 has 2", "row 1 has 1");
    assertSays(() -> Tensor.of(new double[][] {{}, {3}}), "row 0 has 0", "row 1 has 1");
    assertSays(
        () -> Tensor.of(MemorySegment.ofArray(new byte[7]), DType.FLOAT32, 1), "[1]", "7 bytes");
  }

  private static void assertSays(Executable call, String... parts) {
    String message = assertThrows(ShapeException.class, call).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "'%s' says nothing of %s".formatted(message, part));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 50, 1L << 58, 1L << 59})
  void aValueThatNoMemoryHoldsIsRefusedWithoutBeingComputed(long count) {
    Tensor x = f32(count);
    long computed = Graph.opsComputed();
    RuntimeException e = assertThrows(RuntimeException.class, x::exp);
    assertEquals(OutOfMemoryException.class, e.getClass());
    assertTrue(
        e.getMessage().contains(Long.toString(count))
            || e.getMessage().contains(Long.toString(4 * count)),
        e.getMessage());
    assertEquals(computed, Graph.opsComputed());
    assertEquals(Math.E, f64(1).exp().item(), 1e-12, "smaller ones go on");
  }

  // -- Indices: what only the backend sees --------------------------------------------------------

  @ParameterizedTest
  @ValueSource(longs = {3, -1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32})
  void anIndexOutOfRangeIsNamedAndLeavesEverythingUsable(long bad) {
    Tensor x = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3).requiresGrad(true);
    Tensor index = Tensor.of(new long[] {0, 1, bad, 2}, 2, 2);
    String said = assertThrows(IndexException.class, () -> x.gather(1, index)).getMessage();
    String operands = "gather(axis 1): float64 [2, 3] by int64 [2, 2]";
    assertEquals("%s: index %d: must be between 0 and 2".formatted(operands, bad), said);

    Tensor y = x.slice(1, 0, 2);
    said = assertThrows(IndexException.class, () -> y.scatterAdd(1, index, 3)).getMessage();
    operands = "scatterAdd(axis 1, 3): float64 [2, 2] by int64 [2, 2]";
    assertEquals("%s: index %d: must be between 0 and 2".formatted(operands, bad), said);

    x.gather(1, Tensor.of(new long[] {0, 2}, 2, 1)).backward();
    assertEquals(2, x.grad().sum().item());
  }

  @Test
  void anIndexIntoAnEmptyAxisIsOutOfRange() {
    assertThrows(IndexOutOfBoundsException.class, () -> f32(2, 0).gather(1, i64(2, 1)));
    assertThrows(IndexOutOfBoundsException.class, () -> f32(2, 1).scatterAdd(1, i64(2, 1), 0));
    assertEquals(Shape.of(2, 0), f32(2, 0).gather(1, i64(2, 0)).shape());
  }

  @Test
  void aLabelOutOfRangeIsAnIndexError() {
    Tensor z = f32(2, 3);
    assertThrows(
        IndexOutOfBoundsException.class, () -> Loss.softmaxLoss(z, Tensor.of(new int[] {0, 3})));
    assertThrows(
        IndexOutOfBoundsException.class, () -> Loss.softmaxLoss(z, Tensor.of(new int[] {0, -1})));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Loss.softmaxLoss(z, Tensor.of(new byte[] {(byte) 255, 0})));
  }

  // -- Backends -----------------------------------------------------------------------------------

  @Test
  void anUnknownBackendIsToldWithThoseThereAre() {
    String message = assertThrows(BackendException.class, () -> Backends.use("cuda")).getMessage();
    assertTrue(message.contains("'cuda'"), message);
    assertTrue(message.contains("native") && message.contains("java"), message);
    assertTrue(message.contains("thimble.backend"), message);
  }

  @Test
  void theNumberOfThreadsIsChecked() {
    Backend b = Backends.current();
    int before = b.threads();
    assertThrows(IllegalArgumentException.class, () -> b.threads(0));
    assertThrows(IllegalArgumentException.class, () -> b.threads(-1));
    assertThrows(IllegalArgumentException.class, () -> b.threads(257));
    assertEquals(before, b.threads());
  }
}
