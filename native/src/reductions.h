// Reductions of what is in no memory.
#pragma once

#include "fused.h"

namespace th {

// th_reduce of the last result of a pass, which lies in the caller's place there, contiguous as the
// layout says: SUM, PROD, MAX or MIN of the last axes, of 32 elements at least to a result.
void reduce_fused(int op, int dtype, int rank, const i64* layout, int axes, const Fused& x,
                  void* y);

}  // namespace th
