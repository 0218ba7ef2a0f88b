// Entry points about the library itself.
#include "error.h"
#include "kernels.h"
#include "parallel.h"

namespace {

template <int N>
const char* pick(const char* const (&names)[N], int32_t code) {
  return code >= 0 && code < N ? names[code] : nullptr;
}

constexpr const char* kUnary[] = {
#define UNARY(name, expression) #name,
#include "ops.def"
#undef UNARY
};
constexpr const char* kBinary[] = {
#define BINARY(name, expression) #name,
#include "ops.def"
#undef BINARY
};
constexpr const char* kCompare[] = {
#define COMPARE(name, expression) #name,
#include "ops.def"
#undef COMPARE
};
constexpr const char* kReduce[] = {
#define REDUCE(name) #name,
#include "ops.def"
#undef REDUCE
};

}  // namespace

extern "C" {

int32_t th_abi(void) noexcept { return TH_ABI; }

void th_threads(int32_t count, th_error* error) noexcept {
  th::guard(error, [&] { th::set_threads(count); });
}

const char* th_op_name(int32_t family, int32_t code) noexcept {
  switch (family) {
    case TH_UNARY:
      return pick(kUnary, code);
    case TH_BINARY:
      return pick(kBinary, code);
    case TH_COMPARE:
      return pick(kCompare, code);
    case TH_REDUCE:
      return pick(kReduce, code);
    default:
      return nullptr;
  }
}

}  // extern "C"
