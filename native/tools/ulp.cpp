// The accuracy of the elementary functions: every float there is, or many doubles, through the
// kernels of one instruction set, against a reference. `./thimble ulp --help` says how to run it.
#include "ulp.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "kernels.h"

namespace th {
#define ISA(name)                  \
  namespace name {                 \
  void fill_elementwise(Kernels&); \
  }
#include "isas.def"
#undef ISA
}  // namespace th

namespace {

using th::i64;

struct Options {
  std::string function, isa, dtype = "float32";
  i64 samples = 20'000'000;
  int threads = 1;
};

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "ulp: %s\n", message.c_str());
  std::exit(2);
}

// -------------------------------------------------------------------------------- instruction sets

bool runs_here(const std::string& isa) {
#if defined(__x86_64__) && !defined(_WIN32)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (isa == "avx2") return avx2;
  if (isa == "avx512")
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
  return !isa.empty();
}

struct Isa {
  std::string name;
  void (*fill)(th::Kernels&);
};
const Isa kIsas[] = {
#define ISA(name) {#name, th::name::fill_elementwise},
#include "isas.def"
#undef ISA
};

th::Kernels kernels_of(const std::string& wanted) {
  std::string here;
  for (const Isa& isa : kIsas) {
    if (!runs_here(isa.name)) continue;
    if (isa.name == wanted) {
      th::Kernels k{};
      isa.fill(k);
      return k;
    }
    here += " " + isa.name;
  }
  fail("--isa " + wanted + ": this machine runs" + here);
}

constexpr const char* kUnaryNames[] = {
#define UNARY(name, expression) #name,
#include "ops.def"
#undef UNARY
};
constexpr const char* kBinaryNames[] = {
#define BINARY(name, expression) #name,
#include "ops.def"
#undef BINARY
};
template <size_t N>
size_t code(const char* const (&names)[N], const std::string& name) {
  for (size_t i = 0; i < N; ++i)
    if (names[i] == name) return i;
  fail("ops.def has no row " + name);
}

// --------------------------------------------------------------------------------------- inputs

constexpr i64 kBlock = 1 << 14;

template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

template <class T>
T from_bits(uint64_t bits) {
  const auto b = static_cast<Bits<T>>(bits);
  T x;
  std::memcpy(&x, &b, sizeof x);
  return x;
}
template <class T>
uint64_t to_bits(T x) {
  Bits<T> b;
  std::memcpy(&b, &x, sizeof b);
  return b;
}

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

 private:
  uint64_t state_;
};

// Where functions turn, over- and underflow, and where algorithms change from one form to another.
constexpr double kHard[] = {0,
                            0x1p-1074,
                            0x1p-1022,
                            0x1p-149,
                            0x1p-126,
                            0x1p-53,
                            0x1p-27,
                            0x1p-24,
                            0x1p-12,
                            0.25,
                            0.34657359027997264,
                            0.41421356237309503,
                            0.5,
                            0.6931471805599453,
                            0.7071067811865476,
                            0.7853981633974483,
                            1,
                            1.4142135623730951,
                            2,
                            2.414213562373095,
                            3,
                            4,
                            8,
                            10,
                            14.42,
                            18,
                            20,
                            22,
                            38.62,
                            40,
                            64,
                            87.33654475055310,
                            88.72283905206835,
                            103.97207708399179,
                            708.3964185322641,
                            709.782712893384,
                            745.1332191019411,
                            0x1p22,
                            0x1p24,
                            0x1p53,
                            0x1p127,
                            0x1p1023,
                            1.7976931348623157e308,
                            HUGE_VAL};

// A number near a hard one, near a multiple of π/2, or anywhere; most of them in low..high.
template <class T>
T number(Random& random, double low, double high) {
  const uint64_t choice = random.bits() % 16;
  const double sign = random.bits() % 2 == 0 ? 1 : -1;
  if (choice < 2) return from_bits<T>(random.bits());
  if (choice < 4) {
    const double turn = std::floor(std::exp2(random.between(0, sizeof(T) == 4 ? 24 : 22)));
    const T x = static_cast<T>(sign * 1.5707963267948966 * turn);
    return from_bits<T>(to_bits(x) + random.bits() % 9 - 4);
  }
  if (choice < 6) {
    const T x = static_cast<T>(sign * kHard[random.bits() % std::size(kHard)]);
    const T y = from_bits<T>(to_bits(x) + (random.bits() % 2 == 0 ? random.bits() % 64 : 0));
    return random.bits() % 2 == 0 ? y
                                  : static_cast<T>(x * static_cast<T>(random.between(0.9, 1.1)));
  }
  if (choice < 10) return static_cast<T>(sign * std::exp2(random.between(-60, 8)));
  if (choice < 12) return static_cast<T>(random.between(-2, 2));
  return static_cast<T>(random.between(low, high));
}

// ------------------------------------------------------------------------------------------ counts

template <class T>
struct Worst {
  double error = -1;
  T a = 0, b = 0, got = 0;
  ulp::Wide<T> exact = 0;
};

template <class T>
struct Count {
  i64 half = 0, one = 0, two = 0, more = 0;
  Worst<T> worst;

  void add(T a, T b, T got, ulp::Wide<T> exact) {
    const double e = ulp::error<T>(got, exact);
    ++(e <= 0.5 ? half : e <= 1 ? one : e <= 2 ? two : more);
    if (e > worst.error) worst = {e, a, b, got, exact};
  }
  void add(const Count& other) {
    half += other.half;
    one += other.one;
    two += other.two;
    more += other.more;
    if (other.worst.error > worst.error) worst = other.worst;
  }
  i64 all() const { return half + one + two + more; }
};

// The sum of what body(block, count) finds in each block; the same whatever the number of threads.
template <class T, class Body>
Count<T> count_blocks(i64 blocks, int threads, const Body& body) {
  std::vector<Count<T>> counts(static_cast<size_t>(blocks));
  std::atomic<i64> next{0};
  const auto work = [&] {
    for (i64 b = next++; b < blocks; b = next++) body(b, counts[static_cast<size_t>(b)]);
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(work);
  work();
  for (std::thread& t : others) t.join();
  Count<T> all;
  for (const Count<T>& c : counts) all.add(c);
  return all;
}

// `a` and `b` are filled by make(block, a, b); a binary function takes both.
template <class T, class Make, class Run, class Exact>
Count<T> measure(i64 blocks, int threads, const Make& make, const Run& run, const Exact& exact) {
  return count_blocks<T>(blocks, threads, [&](i64 block, Count<T>& count) {
    std::vector<T> a(kBlock), b(kBlock), y(kBlock);
    make(block, a.data(), b.data());
    run(a.data(), b.data(), y.data());
    for (size_t i = 0; i < kBlock; ++i) count.add(a[i], b[i], y[i], exact(a[i], b[i]));
  });
}

template <class T>
Count<T> measure(const ulp::Unary& f, const th::Kernels& k, const Options& options) {
  const int dtype = sizeof(T) == 4 ? th::kF32 : th::kF64;
  const th::UnaryFn kernel = k.unary[dtype][code(kUnaryNames, f.name)];
  const bool every = sizeof(T) == 4;
  const i64 blocks = every ? (1LL << 32) / kBlock : (options.samples + kBlock - 1) / kBlock;
  const auto make = [&](i64 block, T* x, T*) {
    Random random(static_cast<uint64_t>(block));
    for (i64 i = 0; i < kBlock; ++i)
      x[i] = every ? from_bits<T>(static_cast<uint64_t>(block * kBlock + i))
                   : number<T>(random, f.low, f.high);
  };
  const auto run = [&](const T* x, const T*, T* y) { kernel(kBlock, x, 1, y); };
  return measure<T>(blocks, options.threads, make, run, [&](T x, T) {
    if constexpr (sizeof(T) == 4) return f.of_float(x);
    if constexpr (sizeof(T) == 8) return f.of_double(x);
  });
}

template <class T>
Count<T> measure(const ulp::Binary& f, const th::Kernels& k, const Options& options) {
  const int dtype = sizeof(T) == 4 ? th::kF32 : th::kF64;
  const th::BinaryFn kernel = k.binary[dtype][code(kBinaryNames, f.name)];
  const bool power = f.name[0] == 'P';
  const double limit = sizeof(T) == 4 ? 104 : 746;
  const auto make = [&](i64 block, T* a, T* b) {
    Random random(static_cast<uint64_t>(block));
    for (i64 i = 0; i < kBlock; ++i) {
      a[i] = number<T>(random, -4, 4);
      b[i] = number<T>(random, -4, 4);
      const double log = std::log(std::fabs(static_cast<double>(a[i])));
      // Most powers of random numbers are 0 or infinite.
      if (power && random.bits() % 4 != 0 && std::isfinite(log) && log != 0) {
        a[i] = std::fabs(a[i]);
        b[i] = static_cast<T>(random.between(-limit, limit) / log);
      }
    }
  };
  const auto run = [&](const T* a, const T* b, T* y) { kernel(kBlock, a, 1, b, 1, y); };
  const i64 blocks = (options.samples + kBlock - 1) / kBlock;
  return measure<T>(blocks, options.threads, make, run, [&](T a, T b) {
    if constexpr (sizeof(T) == 4) return f.of_float(a, b);
    if constexpr (sizeof(T) == 8) return f.of_double(a, b);
  });
}

// -------------------------------------------------------------------------------------------
// report

std::string text(double x, int digits) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*g", digits, x);
  return buffer;
}

// Prints what was counted; returns the largest error.
template <class T>
double report(const char* name, const Options& options, const Count<T>& c, double bound,
              bool binary) {
  const double n = static_cast<double>(c.all()) / 100;
  const int digits = sizeof(T) == 4 ? 9 : 17;
  const Worst<T>& w = c.worst;
  std::printf("%s %s %s: %lld inputs\n", name, options.dtype.c_str(), options.isa.c_str(), c.all());
  std::printf("  <= 0.5 ULP %.4f%%, <= 1 ULP %.4f%%, <= 2 ULP %.4f%%, more %.4f%%\n",
              static_cast<double>(c.half) / n, static_cast<double>(c.one) / n,
              static_cast<double>(c.two) / n, static_cast<double>(c.more) / n);
  std::printf("  worst: %s%s%s%s gives %s, exact %s\n", name, " of ", text(w.a, digits).c_str(),
              binary ? (", " + text(w.b, digits)).c_str() : "", text(w.got, digits).c_str(),
              text(static_cast<double>(w.exact), 17).c_str());
  std::printf("  max_ulp=%.4f bound=%g%s\n", w.error, bound, w.error > bound ? " EXCEEDED" : "");
  std::fflush(stdout);
  return w.error;
}

template <class T>
bool run(const Options& options) {
  if (!ulp::kWideEnough<T>)
    fail("--dtype " + options.dtype + ": long double is no wider here, so there is no reference");
  const th::Kernels k = kernels_of(options.isa);
  double max = -1;
  bool within = true;
  const auto each = [&](const auto& rows, bool binary) {
    for (const auto& f : rows) {
      if (options.function != "ALL" && options.function != f.name) continue;
      const double bound = sizeof(T) == 4 ? f.bound_float : f.bound_double;
      const double error = report<T>(f.name, options, measure<T>(f, k, options), bound, binary);
      within = within && error <= bound;
      max = std::max(max, error);
    }
  };
  each(ulp::kUnary, false);
  each(ulp::kBinary, true);
  if (max < 0) {
    std::string names = "all";
    for (const auto& f : ulp::kUnary) names += std::string(" ") + f.name;
    for (const auto& f : ulp::kBinary) names += std::string(" ") + f.name;
    fail("--function " + options.function + ": there are " + names);
  }
  std::printf("max_ulp=%.4f\n", max);
  return within;
}

i64 positive(const std::string& option, const std::string& value) {
  char* end;
  const i64 n = std::strtoll(value.c_str(), &end, 10);
  if (*end != 0 || n < 1) fail(option + " " + value + ": not a positive number");
  return n;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    if (i + 1 == argc) fail(option + " needs a value");
    const std::string value = argv[i + 1];
    if (option == "--function") {
      options.function = value;
      for (char& c : options.function) c = static_cast<char>(std::toupper(c));
    } else if (option == "--isa") {
      options.isa = value;
    } else if (option == "--dtype" && (value == "float32" || value == "float64")) {
      options.dtype = value;
    } else if (option == "--threads") {
      options.threads = static_cast<int>(std::min<i64>(positive(option, value), 256));
    } else if (option == "--samples") {
      options.samples = positive(option, value);
    } else {
      fail("not understood: " + option + " " + value);
    }
  }
  if (options.function.empty()) fail("--function NAME is missing (all for all of them)");
  if (options.isa.empty())  // the best that runs
    for (const Isa& isa : kIsas)
      if (runs_here(isa.name)) options.isa = isa.name;
  return options;
}

constexpr const char* kUsage =
    "Usage: ./thimble ulp --function NAME|all [OPTIONS]\n"
    "\n"
    "Largest error of an elementary function, in units in the last place: over all 2^32 floats, "
    "or\n"
    "over samples where there are more inputs (float64, and functions of two numbers).\n"
    "Ends with 1 if a documented bound is exceeded.\n"
    "\n"
    "  --isa NAME                  the kernels of this instruction set (default: the best there "
    "is)\n"
    "  --dtype float32|float64     default float32\n"
    "  --samples N                 default 20000000\n"
    "  --threads N                 default 1; the report does not depend on it\n";

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && (std::string(argv[1]) == "--help" || std::string(argv[1]) == "-h")) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  const Options options = parse(argc, argv);
  return (options.dtype == "float32" ? run<float>(options) : run<double>(options)) ? 0 : 1;
}
