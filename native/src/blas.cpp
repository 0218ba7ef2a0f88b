#include "blas.h"

#include <filesystem>
#include <mutex>
#include <semaphore>
#include <string>

#include "error.h"

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace th {
namespace {

constexpr int kRowMajor = 101, kNoTrans = 111, kTrans = 112;

using Sgemm = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int,
                       float, float*, int);
using Dgemm = void (*)(int, int, int, int, int, int, double, const double*, int, const double*, int,
                       double, double*, int);

struct Blas {
  Sgemm sgemm = nullptr;
  Dgemm dgemm = nullptr;
  std::string description;
};

Blas blas;

// OpenBLAS has a table of that many callers at least and fails past its end.
std::counting_semaphore<64> callers{64};

struct Caller {
  Caller() { callers.acquire(); }
  ~Caller() { callers.release(); }
};

#if defined(_WIN32)
void* open_library(const std::filesystem::path& path) {
  return LoadLibraryExW(path.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH);
}
template <class F>
F find(void* library, const char* name) {
  return reinterpret_cast<F>(GetProcAddress(static_cast<HMODULE>(library), name));
}
std::string last_error() { return "Windows error " + std::to_string(GetLastError()); }
#else
void* open_library(const std::filesystem::path& path) {
  return dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
}
template <class F>
F find(void* library, const char* name) {
  return reinterpret_cast<F>(dlsym(library, name));
}
std::string last_error() {
  const char* text = dlerror();
  return text != nullptr ? text : "unknown error";
}
#endif

// What OpenBLAS needs and would look for elsewhere is taken from its own folder, in this order.
void open_companions(const std::filesystem::path& folder) {
  if (folder.empty()) return;  // a name that the system is to find: not in the working directory
  for (const char* name : {"libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5"}) {
    std::error_code none;
    if (std::filesystem::exists(folder / name, none)) open_library(folder / name);
  }
}

Blas load(const char* path) {
  const std::filesystem::path file(reinterpret_cast<const char8_t*>(path));  // UTF-8 everywhere
  open_companions(file.parent_path());
  void* library = open_library(file);
  if (library == nullptr) {
    static std::string why;
    why = last_error();
    const std::string name = std::string(path) + ": ";  // which is said already
    if (why.starts_with(name)) why.erase(0, name.size());
    throw NoBlas{path, why.c_str()};
  }
  Blas b;
  b.sgemm = find<Sgemm>(library, "cblas_sgemm");
  b.dgemm = find<Dgemm>(library, "cblas_dgemm");
  if (b.sgemm == nullptr || b.dgemm == nullptr)
    throw NoBlas{path, "has no cblas_sgemm and cblas_dgemm"};
  // Its own threads busy-wait and make the bits depend on their number: ours do the splitting.
  if (auto set_threads = find<void (*)(int)>(library, "openblas_set_num_threads")) set_threads(1);
  b.description = file.filename().string();
  if (auto config = find<const char* (*)()>(library, "openblas_get_config"))
    b.description = config();
  return b;
}

}  // namespace

void blas_open(const char* path) {
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  if (blas.sgemm == nullptr) blas = load(path);
}

const char* blas_describe() { return blas.description.c_str(); }

void require_blas() {
  if (blas.sgemm == nullptr) throw NoBlas{"cblas", "no BLAS library was opened"};
}

void gemm(const Gemm& g, const float* a, const float* b, float* c) {
  Caller one_of_64;
  blas.sgemm(kRowMajor, g.transpose_a ? kTrans : kNoTrans, g.transpose_b ? kTrans : kNoTrans, g.m,
             g.n, g.k, 1, a, g.lda, b, g.ldb, 0, c, g.ldc);
}

void gemm(const Gemm& g, const double* a, const double* b, double* c) {
  Caller one_of_64;
  blas.dgemm(kRowMajor, g.transpose_a ? kTrans : kNoTrans, g.transpose_b ? kTrans : kNoTrans, g.m,
             g.n, g.k, 1, a, g.lda, b, g.ldb, 0, c, g.ldc);
}

}  // namespace th

extern "C" {

void th_blas_open(const char* path, th_error* error) noexcept {
  th::guard(error, [&] { th::blas_open(path); });
}

const char* th_blas_describe(void) noexcept { return th::blas_describe(); }

}  // extern "C"
