// Stands in for isa.cpp: kernels of the one instruction set TH_ISA, so that each is tested on a
// machine that would choose another.
#include "kernels.h"

#define TH_STRING(word) #word
#define TH_NAME(isa) TH_STRING(isa)

namespace th {

namespace TH_ISA {
void fill_elementwise(Kernels&);
void fill_reduce(Kernels&);
void fill_scan(Kernels&);
}  // namespace TH_ISA

const Kernels& kernels() {
  static const Kernels table = [] {
    Kernels k{};
    k.name = TH_NAME(TH_ISA);
    TH_ISA::fill_elementwise(k);
    TH_ISA::fill_reduce(k);
    TH_ISA::fill_scan(k);
    return k;
  }();
  return table;
}

}  // namespace th
