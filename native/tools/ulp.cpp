// The accuracy of the elementary functions: every float there is, or many doubles, through the
// library, against a reference. `./thimble ulp --help` says how to run it.
#include "ulp.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "thimble.h"

namespace {

using i64 = long long;

constexpr const char* kUsage =
    "Usage: ./thimble ulp --function NAME|all [OPTIONS]\n"
    "\n"
    "The largest error of an elementary function in units in the last place: over all 2^32 "
    "floats,\n"
    "or over samples where there are more inputs (float64, and functions of two numbers).\n"
    "Ends with 1 if a documented bound is exceeded.\n"
    "\n"
    "  --isa NAME|all              the kernels of this instruction set, or of all that the "
    "machine\n"
    "                              has in turn (default: the best)\n"
    "  --dtype float32|float64     default float32\n"
    "  --every N                   every N-th float only\n"
    "  --samples N                 default 20000000; of floats, random ones instead of all\n"
    "  --threads N                 default 1; the report does not depend on it\n";

struct Options {
  std::string function;
  std::vector<std::string> isas;
  bool is_float = true;
  i64 every = 1;
  i64 samples = 0;  // all floats, or kSamples
  int threads = 1;
};

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "ulp: %s\n", message.c_str());
  std::exit(2);
}

struct Call {
  th_error error{};
  operator th_error*() { return &error; }
  ~Call() {
    if (error.code != TH_OK) fail(error.text);
  }
};

int code(int family, const char* name) {
  for (int i = 0; th_op_name(family, i) != nullptr; ++i)
    if (std::string(th_op_name(family, i)) == name) return i;
  fail(std::string("the library has no row ") + name);
}

constexpr i64 kBlock = 1 << 16;
constexpr i64 kSamples = 20'000'000;

template <class T>
void run(int family, int op, const T* a, const T* b, T* y) {
  const i64 one[] = {kBlock, 1}, two[] = {kBlock, 1, 1};
  const int dtype = sizeof(T) == 4 ? TH_FLOAT32 : TH_FLOAT64;
  if (family == TH_UNARY) {
    th_unary(op, dtype, 1, one, a, y, Call());
  } else {
    th_binary(op, dtype, 1, two, a, b, y, Call());
  }
}

template <class T>
struct Count {
  i64 half = 0, one = 0, two = 0, more = 0;
  double worst = 0.5;  // what those that are rounded rightly count as
  T a = 0, b = 0, got = 0;
  double exact = 0;

  void add_wrong(T x, T y, T result, ulp::Wide<T> true_value) {
    const double e = ulp::error<T>(result, true_value);
    ++(e <= 0.5 ? half : e <= 1 ? one : e <= 2 ? two : more);
    if (e > worst) *this = {half, one, two, more, e, x, y, result, static_cast<double>(true_value)};
  }
  void add(const Count& c) {
    const Count sum = {half + c.half, one + c.one, two + c.two, more + c.more};
    if (c.worst > worst) *this = c;
    half = sum.half;
    one = sum.one;
    two = sum.two;
    more = sum.more;
  }
};

// A function in T: where its inputs come from, its row, and its reference.
template <class T>
struct Subject {
  const char* name;
  int family;
  double bound;
  i64 blocks, every;
  void (*make)(const Subject&, i64 block, T* a, T* b);
  double low, high;
  const ulp::Unary* unary;
  const ulp::Binary* binary;

  ulp::Wide<T> exact(T a, T b) const {
    if constexpr (sizeof(T) == 4)
      return unary != nullptr ? unary->of_float(a) : binary->of_float(a, b);
    else
      return unary != nullptr ? unary->of_double(a) : binary->of_double(a, b);
  }
};

template <class T>
void make_every(const Subject<T>& f, i64 block, T* a, T*) {
  for (i64 i = 0; i < kBlock; ++i)
    a[i] = ulp::from_bits<T>(static_cast<uint64_t>((block * kBlock + i) * f.every));
}

template <class T>
void make_samples(const Subject<T>& f, i64 block, T* a, T* b) {
  ulp::Random random(static_cast<uint64_t>(block));
  for (i64 i = 0; i < kBlock; ++i) {
    a[i] = ulp::number<T>(random, f.low, f.high);
    if (f.binary != nullptr) b[i] = ulp::partner(*f.binary, random, a[i]);
  }
}

// What each instruction set makes of the same inputs: the reference is computed once.
template <class T>
std::vector<Count<T>> measure(const Subject<T>& f, const Options& options) {
  const int op = code(f.family, f.name);
  const size_t isas = options.isas.size();
  std::vector<std::vector<Count<T>>> counts(static_cast<size_t>(f.blocks));
  std::atomic<i64> next{0};
  std::mutex library;  // which instruction set it uses is one setting for all threads
  const auto work = [&] {
    std::vector<T> a(kBlock), b(kBlock), y(isas * kBlock);
    std::vector<ulp::Wide<T>> exact(kBlock);
    std::vector<ulp::Bits<T>> nearest(kBlock);
    for (i64 block = next++; block < f.blocks; block = next++) {
      f.make(f, block, a.data(), b.data());
      {
        const std::lock_guard<std::mutex> held(library);
        for (size_t k = 0; k < isas; ++k) {
          if (isas > 1) th_isa_use(options.isas[k].c_str(), Call());
          run(f.family, op, a.data(), b.data(), y.data() + k * kBlock);
        }
      }
      std::vector<Count<T>> found(isas);
      for (size_t i = 0; i < kBlock; ++i) exact[i] = f.exact(a[i], b[i]);
      for (size_t i = 0; i < kBlock; ++i) nearest[i] = ulp::to_bits(static_cast<T>(exact[i]));
      for (size_t k = 0; k < isas; ++k) {
        const T* got = y.data() + k * kBlock;
        found[k].half = kBlock;
        for (size_t i = 0; i < kBlock; ++i) {
          if (ulp::to_bits(got[i]) == nearest[i]) continue;
          --found[k].half;
          found[k].add_wrong(a[i], b[i], got[i], exact[i]);
        }
      }
      counts[static_cast<size_t>(block)] = found;
    }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < options.threads; ++t) others.emplace_back(work);
  work();
  for (std::thread& t : others) t.join();
  std::vector<Count<T>> all(isas);
  for (const std::vector<Count<T>>& found : counts)
    for (size_t k = 0; k < isas; ++k) all[k].add(found[k]);
  return all;
}

template <class T>
void report(const Subject<T>& f, const std::string& isa, const Count<T>& c) {
  const double n = static_cast<double>(c.half + c.one + c.two + c.more) / 100;
  const int digits = sizeof(T) == 4 ? 9 : 17;
  std::printf("%s %s %s: %lld inputs\n", f.name, sizeof(T) == 4 ? "float32" : "float64",
              isa.c_str(), c.half + c.one + c.two + c.more);
  std::printf("  <= 0.5 ULP %.5f%%, <= 1 ULP %.5f%%, <= 2 ULP %.5f%%, more %.5f%%\n",
              static_cast<double>(c.half) / n, static_cast<double>(c.one) / n,
              static_cast<double>(c.two) / n, static_cast<double>(c.more) / n);
  if (c.worst > 0.5) {
    std::printf("  worst: of %.*g", digits, static_cast<double>(c.a));
    if (f.binary != nullptr) std::printf(", %.*g", digits, static_cast<double>(c.b));
    std::printf(" it gives %.*g, not %.17g\n", digits, static_cast<double>(c.got), c.exact);
  }
  std::printf("  max_ulp=%.4f bound=%g%s\n", c.worst, f.bound,
              c.worst > f.bound ? " EXCEEDED" : "");
  std::fflush(stdout);
}

template <class T>
std::vector<Subject<T>> subjects(const Options& options) {
  std::vector<Subject<T>> found;
  const bool is_float = sizeof(T) == 4, every = is_float && options.samples == 0;
  const i64 samples = options.samples == 0 ? kSamples : options.samples;
  const i64 sampled = (samples + kBlock - 1) / kBlock;
  const auto wanted = [&](const char* name) {
    return options.function == "ALL" || options.function == name;
  };
  for (const ulp::Unary& f : ulp::kUnary)
    if (wanted(f.name))
      found.push_back({f.name, TH_UNARY, is_float ? f.bound_float : f.bound_double,
                       every ? ((1LL << 32) / options.every + kBlock - 1) / kBlock : sampled,
                       options.every, every ? make_every<T> : make_samples<T>, f.low, f.high, &f,
                       nullptr});
  for (const ulp::Binary& f : ulp::kBinary)
    if (wanted(f.name))
      found.push_back({f.name, TH_BINARY, is_float ? f.bound_float : f.bound_double, sampled, 1,
                       make_samples<T>, -4, 4, nullptr, &f});
  if (found.empty()) {
    std::string names = "all";
    for (const ulp::Unary& f : ulp::kUnary) names += std::string(" ") + f.name;
    for (const ulp::Binary& f : ulp::kBinary) names += std::string(" ") + f.name;
    fail("--function " + options.function + ": there are " + names);
  }
  return found;
}

// Whether every function wanted is within its bound.
template <class T>
bool measure_all(const Options& options) {
  if (!ulp::kWideEnough<T>)
    fail("--dtype float64: long double is no wider here, so there is no reference");
  double max = 0.5;
  bool within = true;
  for (const Subject<T>& f : subjects<T>(options)) {
    const std::vector<Count<T>> counts = measure(f, options);
    for (size_t k = 0; k < counts.size(); ++k) {
      report(f, options.isas[k], counts[k]);
      within = within && counts[k].worst <= f.bound;
      max = std::max(max, counts[k].worst);
    }
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

std::vector<std::string> choose_isas(const std::string& value) {
  if (value != "all") {
    th_isa_use(value.c_str(), Call());  // or it says what there is
    return {value};
  }
  std::vector<std::string> here;
  for (const char* name : {"baseline", "avx2", "avx512", "neon"}) {
    th_error error{};
    th_isa_use(name, &error);
    if (error.code == TH_OK) here.push_back(name);
  }
  return here;
}

Options parse(int argc, char** argv) {
  Options options;
  options.isas = {th_isa()};
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    if (i + 1 == argc) fail(option + " needs a value (--help says more)");
    const std::string value = argv[i + 1];
    if (option == "--function") {
      options.function = value;
      for (char& c : options.function) c = static_cast<char>(std::toupper(c));
    } else if (option == "--isa") {
      options.isas = choose_isas(value);
    } else if (option == "--dtype" && (value == "float32" || value == "float64")) {
      options.is_float = value == "float32";
    } else if (option == "--threads") {
      options.threads = static_cast<int>(std::min<i64>(positive(option, value), 256));
    } else if (option == "--every") {
      options.every = positive(option, value);
    } else if (option == "--samples") {
      options.samples = positive(option, value);
    } else {
      fail(option + " " + value + " is not understood (--help says more)");
    }
  }
  if (options.function.empty()) fail("--function NAME is missing (all for all of them)");
  return options;
}

// The code, unless all went well but what was printed did not arrive: then that of the other
// commands for this.
int checked(int code) {
  if (code != 0 || (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)) return code;
  std::fputs("ulp: cannot write to the standard output: part of it is missing\n", stderr);
  return 73;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && (std::string(argv[1]) == "--help" || std::string(argv[1]) == "-h")) {
    std::fputs(kUsage, stdout);
    return checked(0);
  }
  th_threads(1, Call());  // threads of our own
  const Options options = parse(argc, argv);
  const bool within = options.is_float ? measure_all<float>(options) : measure_all<double>(options);
  return checked(within ? 0 : 1);
}
