#include "entry.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>

namespace th {
namespace {

// Whether there is AVX, and the system saves its registers on a switch.
bool has_avx() {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_OSXSAVE) == 0 || (c & bit_AVX) == 0) return false;
  unsigned saved, high;
  asm volatile("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
  return (saved & 0x6) == 0x6;
}

const bool kAvx = has_avx();

}  // namespace

// Not inline: a call is where the compiler keeps nothing in a vector register.
void enter() noexcept {
  if (kAvx) asm volatile("vzeroupper");
}

}  // namespace th
#else
void th::enter() noexcept {}
#endif
