// Elementwise work as the one loop that a good C programmer makes of it, split over a team.
// Compiled for the machine that it is built on.
#include <algorithm>
#include <vector>

#include "elementary.h"
#include "team.h"

namespace tb {
namespace {

// Elements whose sum is taken in float32.
constexpr i64 kBlock = 4096;

float softplus_block(const float* x, float* g, i64 n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (i64 i = 0; i < n; ++i) {
    const float over = x[i] < -87.0F ? -87.0F : x[i];
    const float e = exp_within(over > 87.0F ? 87.0F : over);
    const float z = 1.0F + e;
    const float l = log_of_normal(z);
    sum += l * x[i];
    g[i] = l + x[i] * e / z;
  }
  return sum;
}

}  // namespace
}  // namespace tb

using tb::i64;

// y = relu(((1.5 x + 0.25) x - 0.5) x + 1) 0.75, count elements.
TB_API void tb_chain(int threads, const float* x, float* y, long long count) noexcept {
  tb::team(threads).share(count, 1024, [&](i64 begin, i64 end) {
#pragma omp simd
    for (i64 i = begin; i < end; ++i) {
      const float v = ((1.5F * x[i] + 0.25F) * x[i] - 0.5F) * x[i] + 1.0F;
      y[i] = (v > 0.0F ? v : 0.0F) * 0.75F;
    }
  });
}

// Returns the sum of log(1 + e^x) x over count elements; g = its gradient.
TB_API double tb_softplus_sum(int threads, const float* x, float* g, long long count) noexcept {
  tb::Team& team = tb::team(threads);
  std::vector<double> part(static_cast<size_t>(threads) * 16);  // a line each
  double* const parts = part.data();
  const i64 blocks = (count + tb::kBlock - 1) / tb::kBlock;
  team.run([&](int t) {
    double sum = 0;
    for (i64 b = blocks * t / threads; b < blocks * (t + 1) / threads; ++b) {
      const i64 at = b * tb::kBlock;
      sum += tb::softplus_block(x + at, g + at, std::min(tb::kBlock, count - at));
    }
    parts[16 * t] = sum;
  });
  double sum = 0;
  for (int t = 0; t < threads; ++t) sum += parts[16 * t];
  return sum;
}
