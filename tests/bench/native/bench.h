// What the files of thimblebench share: the yardsticks of `./thimble bench`, plain C functions that
// the Java side calls. Not to be called by two threads at once.
#pragma once

#if defined(_WIN32)
#define TB_API extern "C" __declspec(dllexport)
#else
#define TB_API extern "C" __attribute__((visibility("default")))
#endif

namespace tb {

using i64 = long long;

// What a function that can fail returns.
enum Status { kOk = 0, kBadArgument = 1, kNoBlas = 2, kNoMemory = 3 };

// OpenBLAS has buffers for 64 callers.
constexpr int kMaxThreads = 64;

}  // namespace tb
