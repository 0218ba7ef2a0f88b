#include "blas.h"

#include <filesystem>
#include <map>

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace tb {
namespace {

using SetThreads = void (*)(int);

void* load(const std::filesystem::path& file) {
#if defined(_WIN32)
  return reinterpret_cast<void*>(
      LoadLibraryExW(file.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH));
#else
  return dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
#endif
}

template <class F>
F symbol(void* library, const char* name) {
#if defined(_WIN32)
  return reinterpret_cast<F>(GetProcAddress(reinterpret_cast<HMODULE>(library), name));
#else
  return reinterpret_cast<F>(dlsym(library, name));
#endif
}

}  // namespace

Sgemm open_blas(const std::string& path) {
  static std::map<std::string, Sgemm> opened;
  if (const auto found = opened.find(path); found != opened.end()) return found->second;
  const std::filesystem::path file(std::u8string(path.begin(), path.end()));
  // OpenBLAS finds libgfortran beside itself, which looks for libquadmath elsewhere.
  for (const char* name : {"libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5",
                           "libgcc_s.1.1.dylib", "libquadmath.0.dylib", "libgfortran.5.dylib"}) {
    const auto neighbour = file.parent_path() / name;
    if (std::filesystem::exists(neighbour)) load(neighbour);
  }
  void* const library = load(file);
  if (library == nullptr) return nullptr;
  if (const auto set = symbol<SetThreads>(library, "openblas_set_num_threads")) set(1);
  return opened[path] = symbol<Sgemm>(library, "cblas_sgemm");
}

}  // namespace tb
