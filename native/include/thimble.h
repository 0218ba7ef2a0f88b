/* The whole C surface of libthimble: all that Java sees of it.
 *
 * Conventions
 * - Plain C with fixed-width types that bind alike everywhere: int32_t and long long, no size_t.
 * - Java has checked shapes, dtypes, bounds, sizes and lifetimes before it calls; nothing is
 *   checked twice here except values that only a kernel sees (an index read from a tensor).
 * - Every function that can fail takes a `th_error *` as its last parameter. It sets `code` to
 *   TH_OK or to one of the codes below with a text; no function aborts, throws or keeps a pointer.
 * - `dtype` is a th_dtype, sizes count elements, strides are in elements and may be 0 or negative.
 * - A `layout` of an op with k strided operands is rank sizes, followed by rank strides for each of
 *   them, (k + 1) * rank values in all. rank is 0 to 8; the sizes may be 0. Results are contiguous,
 *   row-major and never overlap an operand, unless a function says otherwise.
 */
#ifndef THIMBLE_H
#define THIMBLE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define TH_NOEXCEPT noexcept
#else
#define TH_NOEXCEPT
#endif

#if defined(_WIN32)
#define TH_API __declspec(dllexport)
#else
#define TH_API __attribute__((visibility("default")))
#endif

/* Changes with every incompatible change of this header; Java compares it first. */
#define TH_ABI 3

/* Codes of th_error. */
#define TH_OK 0
#define TH_INTERNAL 1
#define TH_OUT_OF_MEMORY 2
#define TH_BAD_INDEX 3
#define TH_NO_BLAS 4

/* dtypes */
#define TH_FLOAT32 0
#define TH_FLOAT64 1
#define TH_INT32 2
#define TH_INT64 3
#define TH_UINT8 4
#define TH_BOOL 5

/* Kinds of th_random. */
#define TH_BITS 0
#define TH_UNIFORM 1
#define TH_INTEGERS 2

/* Families of rows in ops.def. */
#define TH_UNARY 0
#define TH_BINARY 1
#define TH_COMPARE 2
#define TH_REDUCE 3

/* Families without rows, in programs. */
#define TH_SELECT 4
#define TH_CAST 5

/* Steps of programs. */
#define TH_STEP_FUSED 0
#define TH_STEP_MATMUL 1
#define TH_STEP_REDUCE 2
#define TH_STEP_SOFTMAX 3
#define TH_STEP_CUMSUM 4
#define TH_STEP_COPY 5
#define TH_STEP_FILL 6
#define TH_STEP_GATHER 7
#define TH_STEP_SCATTER_ADD 8
#define TH_STEP_RANDOM 9
#define TH_STEP_FUSED_REDUCE 10

/* What went wrong; value is the offending number where there is one. */
typedef struct th_error {
  int32_t code;
  char text[252];
  long long value;
} th_error;

/* Bytes of native memory: in use, kept for reuse, the most ever in use, allowed; and how many
 * allocations were served since the start. */
typedef struct th_memory_stats {
  long long live;
  long long cached;
  long long peak;
  long long limit;
  long long allocations;
} th_memory_stats;

/* -- The library ------------------------------------------------------------------------------- */

TH_API int32_t th_abi(void) TH_NOEXCEPT;

/* Names the instruction set that was chosen: "baseline", "avx2", "avx512", "neon". */
TH_API const char *th_isa(void) TH_NOEXCEPT;

/* Computes with another instruction set that this machine has from now on, by its name; TH_INTERNAL
 * names those there are. Results differ within their bounds. For tests and measurements. */
TH_API void th_isa_use(const char *name, th_error *error) TH_NOEXCEPT;

/* Loads the CBLAS library at an absolute path (its companions in the same folder first) and uses
 * its cblas_sgemm and cblas_dgemm. The first call decides; later ones with another path are
 * ignored. */
TH_API void th_blas_open(const char *path, th_error *error) TH_NOEXCEPT;

/* Describes the loaded BLAS, "" before th_blas_open. */
TH_API const char *th_blas_describe(void) TH_NOEXCEPT;

/* Sets how many threads compute, the caller's included; 1 to 256. Results do not depend on it. */
TH_API void th_threads(int32_t count, th_error *error) TH_NOEXCEPT;

/* The name of row `code` of a family, or NULL past the last one. */
TH_API const char *th_op_name(int32_t family, int32_t code) TH_NOEXCEPT;

/* -- Memory ------------------------------------------------------------------------------------ */

/* bytes > 0, 64-byte aligned, not cleared. NULL with TH_OUT_OF_MEMORY where the limit, or the
 * machine, does not give them; value is then the bytes in use. */
TH_API void *th_alloc(long long bytes, th_error *error) TH_NOEXCEPT;

/* Gives back a block of th_alloc; bytes as then. */
TH_API void th_free(void *block, long long bytes) TH_NOEXCEPT;

/* Returns cached blocks to the system. */
TH_API void th_trim(void) TH_NOEXCEPT;

/* Live and cached bytes together never exceed the limit. */
TH_API void th_memory_limit(long long bytes) TH_NOEXCEPT;

TH_API void th_memory(th_memory_stats *stats) TH_NOEXCEPT;

/* Whether blocks that are given back are kept for reuse (the default); what is kept is returned to
 * the system where not. A memory checker sees nothing while they are kept. */
TH_API void th_pool(int32_t keep) TH_NOEXCEPT;

/* The n-th allocation from now on fails as if memory were used up, scratch memory of kernels
 * included; 0 for none. For tests. */
TH_API void th_fail_allocation(long long n) TH_NOEXCEPT;

/* -- Elementwise: y[i] = op(...) over the sizes of the layout ---------------------------------- */

/* y may be one of the operands itself, or several, if they have its dtype and lie as it does. */

/* layout: sizes, strides of x. Floats; rows of ops.def that say so take every number. */
TH_API void th_unary(int32_t op, int32_t dtype, int32_t rank, const long long *layout,
                     const void *x, void *y, th_error *error) TH_NOEXCEPT;

/* layout: sizes, strides of a, of b. Floats; rows of ops.def that say so take every number, and
 * integers wrap around. */
TH_API void th_binary(int32_t op, int32_t dtype, int32_t rank, const long long *layout,
                      const void *a, const void *b, void *y, th_error *error) TH_NOEXCEPT;

/* A binary row with one operand the same number everywhere: op(x, s), or op(s, x) if `left` is not
 * 0. layout: sizes, strides of x. Floats. */
TH_API void th_scalar(int32_t op, int32_t dtype, int32_t rank, const long long *layout,
                      const void *x, double s, int32_t left, void *y, th_error *error) TH_NOEXCEPT;

/* layout: sizes, strides of a, of b. y is TH_BOOL. Any dtype. */
TH_API void th_compare(int32_t op, int32_t dtype, int32_t rank, const long long *layout,
                       const void *a, const void *b, void *y, th_error *error) TH_NOEXCEPT;

/* y = c ? a : b. layout: sizes, strides of c (TH_BOOL), of a, of b. Any dtype. */
TH_API void th_select(int32_t dtype, int32_t rank, const long long *layout, const void *c,
                      const void *a, const void *b, void *y, th_error *error) TH_NOEXCEPT;

/* Converts as Java does: NaN to 0, too large to the largest, to bool by != 0.
 * layout: sizes, strides of x. */
TH_API void th_cast(int32_t from, int32_t to, int32_t rank, const long long *layout, const void *x,
                    void *y, th_error *error) TH_NOEXCEPT;

/* -- Moving ------------------------------------------------------------------------------------ */

/* layout: sizes, strides of x, strides of y (which may be a part of a larger buffer). Any dtype. */
TH_API void th_copy(int32_t dtype, int32_t rank, const long long *layout, const void *x, void *y,
                    th_error *error) TH_NOEXCEPT;

/* count elements of y become value, converted as th_cast does. Any dtype. */
TH_API void th_fill(int32_t dtype, long long count, double value, void *y,
                    th_error *error) TH_NOEXCEPT;

/* y[.., i, ..] = x[.., index[.., i, ..], ..] along axis. layout: sizes of the index, strides of x,
 * of the index (TH_INT64). bound is the size of x along axis; an index outside [0, bound) is
 * TH_BAD_INDEX with that value. Any dtype. */
TH_API void th_gather(int32_t dtype, int32_t rank, const long long *layout, int32_t axis,
                      long long bound, const void *x, const long long *index, void *y,
                      th_error *error) TH_NOEXCEPT;

/* y[.., index[.., i, ..], ..] += x[.., i, ..] along axis, in the order of the index. layout: sizes
 * of the index, strides of x, of the index, of y. Every number. */
TH_API void th_scatter_add(int32_t dtype, int32_t rank, const long long *layout, int32_t axis,
                           long long bound, const void *x, const long long *index, void *y,
                           th_error *error) TH_NOEXCEPT;

/* -- Reductions and scans ---------------------------------------------------------------------- */

/* Reduces the axes whose bits are set in `axes`; y has the other axes, contiguous. layout: sizes,
 * strides of x.
 *   SUM, PROD            floats; integers and TH_BOOL give TH_INT64, which wraps around
 *   MAX, MIN             every dtype; of no element 0 and 1 for TH_BOOL (any, all)
 *   LOGSUMEXP, NORM      floats; NORM is the square root of the sum of squares
 *   ARGMAX, ARGMIN       every dtype, one axis; TH_INT64, the first of several, the first NaN */
TH_API void th_reduce(int32_t op, int32_t dtype, int32_t rank, const long long *layout,
                      int32_t axes, const void *x, void *y, th_error *error) TH_NOEXCEPT;

/* y = exp(x - m) / sum exp(x - m) along axis, m the maximum; or its logarithm if `log` is not 0.
 * layout: sizes, strides of x. Floats. */
TH_API void th_softmax(int32_t log, int32_t dtype, int32_t rank, const long long *layout,
                       int32_t axis, const void *x, void *y, th_error *error) TH_NOEXCEPT;

/* y[.., i, ..] = sum over j <= i of x[.., j, ..] along axis. layout: sizes, strides of x. dtypes as
 * in SUM. */
TH_API void th_cumsum(int32_t dtype, int32_t rank, const long long *layout, int32_t axis,
                      const void *x, void *y, th_error *error) TH_NOEXCEPT;

/* -- Random ------------------------------------------------------------------------------------ */

/* count numbers out of Philox4x32-10 with that key (its low and high half are the two key words)
 * and counter words (block, block >> 32, 0, 0): 32 bits are word i % 4 of block i / 4, 64 bits are
 * words 2 (i % 2) (low) and 2 (i % 2) + 1 (high) of block i / 2.
 *   TH_BITS      TH_INT32, TH_INT64: all bits
 *   TH_UNIFORM   TH_FLOAT32: (bits >> 8) 2^-24; TH_FLOAT64: (64 bits >> 11) 2^-53
 *   TH_INTEGERS  TH_INT64: low + the high half of 64 bits times range; range > 0 as unsigned */
TH_API void th_random(int32_t kind, int32_t dtype, long long count, long long key, long long low,
                      long long range, void *y, th_error *error) TH_NOEXCEPT;

/* -- Matrix products --------------------------------------------------------------------------- */

/* C[.., m, n] = A[.., m, k] B[.., k, n]. layout: batch_rank sizes of the leading axes, then
 * batch_rank + 2 strides of A, and of B. C is contiguous. Floats. */
TH_API void th_matmul(int32_t dtype, int32_t batch_rank, const long long *layout, long long m,
                      long long n, long long k, const void *a, const void *b, void *c,
                      th_error *error) TH_NOEXCEPT;

/* -- Programs ---------------------------------------------------------------------------------- */

/* Computes step after step. A step is its kind and what the function of that name takes, one word
 * each, in the order of native/src/program.cpp; operands are places: the number of a memory, then
 * bytes from its start. memory[i] is where memory i starts. Results are those of the functions, bit
 * for bit. Returns the step that failed, counted from 0, or `steps`. */
TH_API int32_t th_run(const long long *program, int32_t steps, void *const *memory,
                      th_error *error) TH_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
