// Operands in every layout that Java hands over, and results between guards.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "check.h"
#include "thimble.h"

#if defined(_WIN32)
extern "C" __declspec(dllimport) int __stdcall IsProcessorFeaturePresent(unsigned long);
#endif

// Whether this processor runs the loops of an instruction set.
inline bool can_run(const std::string& isa) {
#if defined(_WIN32) && defined(__x86_64__)
  if (isa == "avx512") return IsProcessorFeaturePresent(41) != 0;
  if (isa == "avx2") return IsProcessorFeaturePresent(40) != 0;
#elif defined(__x86_64__)
  auto has_avx2 = [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); };
  if (isa == "avx512")
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (isa == "avx2") return has_avx2();
#endif
  return !isa.empty();
}

#if defined(TH_TEST_ISA)
// A test of an instruction set that this processor lacks is skipped.
inline bool use_checked_isa() {
  if (!can_run(TH_TEST_ISA)) std::exit(77);
  th_error error{};
  th_isa_use(TH_TEST_ISA, &error);
  if (error.code == TH_OK) return true;
  std::printf("%s\n", error.text);
  std::exit(1);
}
inline const bool checked_isa = use_checked_isa();
#endif

using i64 = long long;
using Shape = std::vector<i64>;

template <class T>
constexpr int32_t dtype_of = std::is_same_v<T, float>     ? TH_FLOAT32
                             : std::is_same_v<T, double>  ? TH_FLOAT64
                             : std::is_same_v<T, int32_t> ? TH_INT32
                             : std::is_same_v<T, int64_t> ? TH_INT64
                                                          : TH_UINT8;

inline i64 elements(const Shape& size) {
  i64 n = 1;
  for (i64 s : size) n *= s;
  return n;
}

inline std::string show(const Shape& size) {
  std::string text = "(";
  for (i64 s : size) text += std::to_string(s) + ",";
  return text + ")";
}

// The same numbers in every run and on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t bits() {  // splitmix64
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double between(double low, double high) {
    return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53;
  }
  i64 below(i64 n) { return static_cast<i64>(bits() % static_cast<uint64_t>(n)); }

 private:
  uint64_t state_;
};

enum class Lay { kContiguous, kTransposed, kSliced, kFlipped, kPadded, kOdd, kEven, kScalar };
constexpr Lay kLays[] = {Lay::kContiguous, Lay::kTransposed, Lay::kSliced, Lay::kFlipped,
                         Lay::kPadded,     Lay::kOdd,        Lay::kEven,   Lay::kScalar};
constexpr const char* kLayNames[] = {"contiguous", "transposed", "sliced",      "flipped",
                                     "padded",     "odd axes 0", "even axes 0", "all axes 0"};
// Of one axis, or none, only some of them differ.
inline std::vector<Lay> lays(const Shape& size) {
  if (size.size() < 2) return {Lay::kContiguous, Lay::kSliced, Lay::kFlipped, Lay::kScalar};
  return {std::begin(kLays), std::end(kLays)};
}
inline const char* name(Lay lay) { return kLayNames[static_cast<int>(lay)]; }

// How an axis steps through memory.
enum class Way { kForwards, kBackwards, kEveryOther, kStill };

// The axes of a tensor as they lie in memory, the one closest together first.
struct Order {
  std::vector<size_t> axes;
  std::vector<Way> ways;  // of each axis of the tensor
};

// Any order of `rank` axes; still ones only where a tensor is read.
inline Order any_order(size_t rank, bool still, Random& random) {
  Order order;
  for (size_t d = 0; d < rank; ++d) {
    order.axes.insert(order.axes.begin() + random.below(static_cast<i64>(d) + 1), d);
    const i64 way = random.below(still ? 6 : 5);
    order.ways.push_back(way < 3 ? Way::kForwards : static_cast<Way>(way - 2));
  }
  return order;
}

inline std::string show(const Order& order) {
  std::string text;
  for (size_t axis : order.axes)
    text += std::to_string(axis) + "+-2="[static_cast<int>(order.ways[axis])];
  return text;
}

// A strided tensor in a buffer of exactly the size that it needs.
template <class T>
struct Operand {
  Shape size, stride;
  i64 start = 0;
  std::vector<T> store;

  // `make()` gives each element of the buffer, the ones that no index reaches as well.
  template <class Make>
  Operand(const Shape& sizes, Lay lay, Make make) : size(sizes), stride(sizes.size()) {
    const int rank = static_cast<int>(sizes.size());
    i64 step = 1;
    for (int i = 0; i < rank; ++i) {
      const auto d = static_cast<size_t>(lay == Lay::kTransposed ? i : rank - 1 - i);
      const i64 n = sizes[d];
      const bool odd = (sizes.size() - 1 - d) % 2 == 1;
      i64 room = n;
      stride[d] = step;
      if (lay == Lay::kSliced) {
        stride[d] = 2 * step;
        start += step;
        room = 2 * n + 1;
      } else if (lay == Lay::kFlipped) {
        stride[d] = -step;
        start += n > 0 ? (n - 1) * step : 0;
      } else if (lay == Lay::kPadded && i == 0) {
        room = n + 3;
      } else if (lay == Lay::kScalar || (lay == Lay::kOdd && odd) || (lay == Lay::kEven && !odd)) {
        stride[d] = 0;
        room = 1;
      }
      step *= room;
    }
    if (elements(sizes) == 0) start = 0;
    store.resize(static_cast<size_t>(step));
    for (T& element : store) element = make();
  }

  template <class Make>
  Operand(const Shape& sizes, const Order& order, Make make) : size(sizes), stride(sizes.size()) {
    i64 step = 1;
    for (size_t d : order.axes) {
      const i64 n = sizes[d];
      const Way way = order.ways[d];
      stride[d] = way == Way::kStill        ? 0
                  : way == Way::kBackwards  ? -step
                  : way == Way::kEveryOther ? 2 * step
                                            : step;
      if (way == Way::kBackwards && n > 0) start += (n - 1) * step;
      step *= way == Way::kStill ? 1 : way == Way::kEveryOther ? 2 * n + 1 : n;
    }
    if (elements(sizes) == 0) start = 0;
    store.resize(static_cast<size_t>(step));
    for (T& element : store) element = make();
  }

  const T* data() const { return store.data() + start; }

  // Where the i-th element in row-major order lies, counted from data().
  i64 offset(i64 i) const {
    i64 at = 0;
    for (size_t d = size.size(); d-- > 0; i /= size[d]) at += i % size[d] * stride[d];
    return at;
  }
  T operator[](i64 i) const { return data()[offset(i)]; }
  T& operator[](i64 i) { return store[static_cast<size_t>(start + offset(i))]; }
};

// The sizes and the strides of the operands, as a layout of thimble.h.
template <class... Operands>
Shape layout(const Shape& size, const Operands&... operands) {
  Shape all = size;
  (all.insert(all.end(), operands.stride.begin(), operands.stride.end()), ...);
  return all;
}

// n elements that a kernel writes, full of 0xA5 before, between guards.
template <class T>
class Result {
 public:
  explicit Result(i64 n) : n_(n), store_(static_cast<size_t>(n) + 2 * kGuard) {
    std::memset(store_.data(), kByte, store_.size() * sizeof(T));
  }
  T* data() { return store_.data() + kGuard; }
  i64 size() const { return n_; }
  T operator[](i64 i) const { return store_[kGuard + static_cast<size_t>(i)]; }
  bool intact() const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(store_.data());
    const size_t guard = kGuard * sizeof(T), all = store_.size() * sizeof(T);
    auto untouched = [](unsigned char b) { return b == kByte; };
    return std::all_of(bytes, bytes + guard, untouched) &&
           std::all_of(bytes + all - guard, bytes + all, untouched);
  }
  bool same_bits(const Result& other) const {
    return n_ == other.n_ &&
           std::memcmp(store_.data(), other.store_.data(), store_.size() * sizeof(T)) == 0;
  }

 private:
  static constexpr unsigned char kByte = 0xA5;
  static constexpr size_t kGuard = 64;
  i64 n_;
  std::vector<T> store_;
};

// The error of a call that should succeed.
struct Ok {
  th_error error{};
  Ok() { error.code = -1; }
  ~Ok() {
    if (error.code != TH_OK)
      check::fail(__FILE__, __LINE__, check::text("code ", error.code, ": ", error.text));
  }
  operator th_error*() { return &error; }
};

inline void threads(int count) { th_threads(count, Ok()); }

inline int op(int32_t family, const char* wanted) {
  for (int code = 0; th_op_name(family, code) != nullptr; ++code)
    if (std::strcmp(th_op_name(family, code), wanted) == 0) return code;
  check::fail(__FILE__, __LINE__, check::text("no row ", wanted));
  return 0;
}
