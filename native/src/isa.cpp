// The instruction sets that this machine has: the best one computes unless another is asked for.
#include <atomic>
#include <cstring>
#include <stdexcept>
#include <string>

#include "error.h"
#include "kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>
#endif

namespace th {

#define TH_DECLARE(isa)            \
  namespace isa {                  \
  void fill_elementwise(Kernels&); \
  void fill_move(Kernels&);        \
  void fill_products(Kernels&);    \
  void fill_random(Kernels&);      \
  void fill_reduce(Kernels&);      \
  void fill_scan(Kernels&);        \
  }
#define TH_TABLE(isa)         \
  [] {                        \
    Kernels k{};              \
    k.name = #isa;            \
    isa::fill_elementwise(k); \
    isa::fill_move(k);        \
    isa::fill_products(k);    \
    isa::fill_random(k);      \
    isa::fill_reduce(k);      \
    isa::fill_scan(k);        \
    return k;                 \
  }()

#if defined(__x86_64__) || defined(_M_X64)
TH_DECLARE(baseline)
TH_DECLARE(avx2)
TH_DECLARE(avx512)
#elif defined(__aarch64__) || defined(_M_ARM64)
TH_DECLARE(neon)
#else
TH_DECLARE(baseline)
#endif

namespace {

#if defined(__x86_64__) || defined(_M_X64)
// What the processor has and the system saves on a switch, asked of both by hand: the compiler's
// own question needs a run-time library that clang on Windows lacks.
struct Cpu {
  bool avx2 = false, avx512 = false;

  Cpu() {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_OSXSAVE) == 0 || (c & bit_FMA) == 0) return;
    unsigned saved, high;
    asm volatile("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    avx2 = (saved & 0x6) == 0x6 && (b & bit_AVX2);
    const unsigned wanted = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    avx512 = avx2 && (saved & 0xe6) == 0xe6 && (b & wanted) == wanted;
  }
};
#endif

// The tables of the instruction sets that this machine has, the best last.
struct Tables {
  Kernels table[3];
  int count = 0;

#if defined(__x86_64__) || defined(_M_X64)
  Tables() {
    const Cpu cpu;
    table[count++] = TH_TABLE(baseline);
    if (cpu.avx2) table[count++] = TH_TABLE(avx2);
    if (cpu.avx512) table[count++] = TH_TABLE(avx512);
  }
#elif defined(__aarch64__) || defined(_M_ARM64)
  Tables() { table[count++] = TH_TABLE(neon); }
#else
  Tables() { table[count++] = TH_TABLE(baseline); }
#endif
};

const Tables& tables() {
  static const Tables all;
  return all;
}

std::atomic<const Kernels*> chosen{nullptr};

const Kernels& choose_best() {
  const Kernels* none = nullptr;
  chosen.compare_exchange_strong(none, &tables().table[tables().count - 1]);
  return *chosen.load(std::memory_order_acquire);
}

void use(const char* name) {
  std::string names;
  for (int i = 0; i < tables().count; ++i) {
    const Kernels& k = tables().table[i];
    if (std::strcmp(k.name, name) == 0) {
      chosen.store(&k, std::memory_order_release);
      return;
    }
    names += (i > 0 ? ", " : "") + std::string(k.name);
  }
  throw std::invalid_argument("this machine has " + names + ", not " + name);
}

}  // namespace

const Kernels& kernels() {
  const Kernels* k = chosen.load(std::memory_order_acquire);
  return k != nullptr ? *k : choose_best();
}

}  // namespace th

extern "C" {

const char* th_isa(void) noexcept { return th::kernels().name; }

void th_isa_use(const char* name, th_error* error) noexcept {
  th::guard(error, [&] { th::use(name); });
}

}  // extern "C"
