// A test harness of one header, for test files that each become an executable:
//   TEST(name) { CHECK(cond); CHECK_EQ(got, expected); CHECK_NEAR(got, expected, tolerance); }
// A failure prints a line and the test goes on. `executable word` runs the tests whose names hold
// it.
#pragma once

#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace check {
struct Test {
  const char* name;
  void (*body)();
};
inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

struct Register {
  explicit Register(Test test) { tests().push_back(test); }
};

inline std::atomic<int> failures{0};      // of the test that runs
inline thread_local std::string context;  // what the checks are about, printed with a failure

template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  out.precision(17);
  (out << ... << parts);
  return out.str();
}

inline void fail(const char* file, int line, const std::string& what) {
  if (++failures <= 10) std::printf("%s:%d: %s  [%s]\n", file, line, what.c_str(), context.c_str());
}
}  // namespace check

#define TEST(name)                                                 \
  static void name();                                              \
  static const check::Register name##_registered_({#name, &name}); \
  static void name()
#define CHECK(cond)                                      \
  do                                                     \
    if (!(cond)) check::fail(__FILE__, __LINE__, #cond); \
  while (false)
#define CHECK_EQ(got, expected)                                                                \
  do                                                                                           \
    if (const auto g_ = (got); !(g_ == (expected)))                                            \
      check::fail(__FILE__, __LINE__, check::text(#got, " is ", g_, ", expected ", expected)); \
  while (false)
#define CHECK_NEAR(got, expected, tolerance)                                                      \
  do                                                                                              \
    if (const auto g_ = (got); !(std::abs(g_ - (expected)) <= (tolerance)))                       \
      check::fail(__FILE__, __LINE__,                                                             \
                  check::text(#got, " is ", g_, ", expected ", expected, " within ", tolerance)); \
  while (false)

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);  // whatever happens next, what was printed is seen
  int passed = 0, failed = 0;
  for (const check::Test& test : check::tests()) {
    if (argc > 1 && std::strstr(test.name, argv[1]) == nullptr) continue;
    check::failures = 0;
    check::context = test.name;
    test.body();
    if (check::failures != 0)
      std::printf("FAILED %s: %d checks\n", test.name, check::failures.load());
    ++(check::failures == 0 ? passed : failed);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
