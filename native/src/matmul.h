// Matrix products.
#pragma once

#include "fused.h"
#include "loop.h"

namespace th {

// C[.., m, n] = A[.., m, k] B[.., k, n] as th_matmul has it; then `after`, unless it is null, on
// each tile of C while that is in a cache.
void matmul(int dtype, int batch_rank, const i64* layout, i64 m, i64 n, i64 k, const void* a,
            const void* b, void* c, const Fused* after);

}  // namespace th
