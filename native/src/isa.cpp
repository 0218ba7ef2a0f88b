// Chooses the instruction set once, when the library is loaded.
#include "kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>
#endif

namespace th {

#define TH_DECLARE(isa)            \
  namespace isa {                  \
  void fill_elementwise(Kernels&); \
  void fill_reduce(Kernels&);      \
  void fill_scan(Kernels&);        \
  }
#define TH_TABLE(isa)         \
  [] {                        \
    Kernels k{};              \
    k.name = #isa;            \
    isa::fill_elementwise(k); \
    isa::fill_reduce(k);      \
    isa::fill_scan(k);        \
    return k;                 \
  }()

#if defined(__x86_64__) || defined(_M_X64)
TH_DECLARE(baseline)
TH_DECLARE(avx2)
TH_DECLARE(avx512)

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

static Kernels choose() {
  const Cpu cpu;
  if (cpu.avx512) return TH_TABLE(avx512);
  if (cpu.avx2) return TH_TABLE(avx2);
  return TH_TABLE(baseline);
}
#elif defined(__aarch64__) || defined(_M_ARM64)
TH_DECLARE(neon)
static Kernels choose() { return TH_TABLE(neon); }
#else
TH_DECLARE(baseline)
static Kernels choose() { return TH_TABLE(baseline); }
#endif

const Kernels& kernels() {
  static const Kernels table = choose();
  return table;
}

}  // namespace th
