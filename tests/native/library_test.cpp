// Entry points about the library itself, and what every entry point promises the program around it.
#include <cfenv>
#include <fstream>
#include <set>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "operand.h"

namespace {

std::string own_path() { return TH_TEST_FOLDER "/library_test.tmp"; }

void check_no_blas(const std::string& path) {
  check::context = path.substr(0, 100);
  th_error error{};
  th_blas_open(path.c_str(), &error);
  CHECK_EQ(error.code, TH_NO_BLAS);
  CHECK(std::strncmp(error.text, path.c_str(), std::min<size_t>(path.size(), 200)) == 0);
  CHECK(std::strlen(error.text) > std::min<size_t>(path.size(), 200) + 2);  // and why
#if defined(__linux__)
  if (!path.empty()) CHECK(std::string(error.text).find(path, 1) == std::string::npos);  // once
#endif
  CHECK_EQ(std::string(th_blas_describe()), "");
}

}  // namespace

// Has to come first: the first library that opens is the one.
TEST(a_blas_that_cannot_be_opened) {
  check_no_blas("/no/such/folder/libopenblas.so.0");
  check_no_blas("");
  check_no_blas(std::string(3000, 'x'));
  check_no_blas(TH_TEST_FOLDER);  // a folder
  for (const char* content : {"", "this is no library", "\177ELF\2\1\1"}) {
    std::ofstream(own_path(), std::ios::binary) << content;
    check_no_blas(own_path());
  }
  std::remove(own_path().c_str());
  check_no_blas(TH_TEST_LIBRARY);  // a library, but of something else
}

TEST(a_blas_that_opens) {
  th_blas_open(TH_TEST_BLAS, Ok());
  const std::string description = th_blas_describe();
  CHECK(!description.empty());
  // It stays.
  th_blas_open("/no/such/file", Ok());
  CHECK_EQ(std::string(th_blas_describe()), description);
}

TEST(the_abi) { CHECK_EQ(th_abi(), TH_ABI); }

TEST(the_instruction_set_is_one_of_those) {
  const std::string isa = th_isa();
  CHECK(isa == "baseline" || isa == "avx2" || isa == "avx512" || isa == "neon");
#if defined(__x86_64__)
  // The best that the processor has, by the compiler's own question.
  CHECK_EQ(isa, can_run("avx512") ? "avx512" : can_run("avx2") ? "avx2" : "baseline");
#elif defined(__aarch64__)
  CHECK_EQ(isa, "neon");
#endif
}

TEST(another_instruction_set) {
  const std::string best = th_isa();
  std::string all;
  for (const char* isa : {"baseline", "avx2", "avx512", "neon"}) {
    th_error error{};
    th_isa_use(isa, &error);
    if (error.code != TH_OK) {
      CHECK_EQ(error.code, TH_INTERNAL);
      continue;
    }
    CHECK(can_run(isa));
    CHECK_EQ(std::string(th_isa()), isa);
    all += std::string(all.empty() ? "" : ", ") + isa;
  }
  // What there is not is refused with the names of what there is, and changes nothing.
  th_isa_use(best.c_str(), Ok());
  for (const std::string& no : {std::string("sse9"), std::string(), std::string(3000, 'x')}) {
    th_error error{};
    th_isa_use(no.c_str(), &error);
    CHECK_EQ(error.code, TH_INTERNAL);
    CHECK_EQ(std::string(error.text).find("this machine has " + all + ", not "), 0u);
    CHECK_EQ(std::string(th_isa()), best);
  }
}

TEST(names_of_rows) {
  const int least[] = {4, 5, 6, 4};
  for (int family = 0; family < 4; ++family) {
    std::set<std::string> names;
    int code = 0;
    for (; th_op_name(family, code) != nullptr; ++code) names.insert(th_op_name(family, code));
    check::context = check::text("family ", family);
    CHECK_EQ(static_cast<int>(names.size()), code);  // each is another
    CHECK(code >= least[family]);
    for (int past : {code, code + 1, 1000000, -1, std::numeric_limits<int>::max()})
      CHECK(th_op_name(family, past) == nullptr);
  }
  CHECK(th_op_name(-1, 0) == nullptr);
  CHECK(th_op_name(4, 0) == nullptr);
}

TEST(success_clears_the_code) {
  th_error error{};
  error.code = 99;
  th_threads(2, &error);
  CHECK_EQ(error.code, TH_OK);
}

// Rounding, flushing and masks of the floating-point unit are as they were, whatever they were.
TEST(the_floating_point_environment_stays) {
  const i64 n = 70'000;
  std::vector<float> x(n, 1e-30f), y(n), z(n);
  std::vector<i64> index(n, 1);
  std::vector<uint8_t> bits(n, 1);
  const i64 l[] = {n, 1, 1, 1, 1}, square[] = {200, 1, 200, 1};
  th_error error{};
  th_memory_stats memory;
  auto every_entry_point = [&](auto check) {
    check("th_abi", [&] { th_abi(); });
    check("th_isa", [&] { th_isa(); });
    check("th_blas_open", [&] { th_blas_open(TH_TEST_BLAS, &error); });
    check("th_blas_describe", [&] { th_blas_describe(); });
    check("th_threads", [&] { th_threads(3, &error); });
    check("th_op_name", [&] { th_op_name(0, 0); });
    check("th_alloc, th_free", [&] { th_free(th_alloc(100, &error), 100); });
    check("th_trim", [&] { th_trim(); });
    check("th_isa_use", [&] { th_isa_use(th_isa(), &error); });
    check("th_pool", [&] { th_pool(1); });
    check("th_fail_allocation", [&] { th_fail_allocation(0); });
    check("th_memory", [&] { th_memory(&memory); });
    check("th_memory_limit", [&] { th_memory_limit(i64{1} << 62); });
    for (int code = 0; th_op_name(TH_UNARY, code) != nullptr; ++code)
      check("th_unary", [&] { th_unary(code, TH_FLOAT32, 1, l, x.data(), y.data(), &error); });
    for (int code = 0; th_op_name(TH_BINARY, code) != nullptr; ++code) {
      check("th_binary",
            [&] { th_binary(code, TH_FLOAT32, 1, l, x.data(), x.data(), y.data(), &error); });
      check("th_scalar",
            [&] { th_scalar(code, TH_FLOAT32, 1, l, x.data(), 3, 0, y.data(), &error); });
    }
    check("th_compare",
          [&] { th_compare(0, TH_FLOAT32, 1, l, x.data(), x.data(), bits.data(), &error); });
    check("th_select",
          [&] { th_select(TH_FLOAT32, 1, l, bits.data(), x.data(), x.data(), y.data(), &error); });
    check("th_cast", [&] { th_cast(TH_FLOAT32, TH_INT32, 1, l, x.data(), y.data(), &error); });
    check("th_copy", [&] { th_copy(TH_FLOAT32, 1, l, x.data(), y.data(), &error); });
    check("th_fill", [&] { th_fill(TH_FLOAT32, n, 0.1, y.data(), &error); });
    check("th_gather",
          [&] { th_gather(TH_FLOAT32, 1, l, 0, n, x.data(), index.data(), y.data(), &error); });
    check("th_scatter_add", [&] {
      th_scatter_add(TH_FLOAT32, 1, l, 0, n, x.data(), index.data(), y.data(), &error);
    });
    check("th_random", [&] { th_random(TH_UNIFORM, TH_FLOAT32, n, 1, 0, 1, y.data(), &error); });
    for (int code = 0; th_op_name(TH_REDUCE, code) != nullptr; ++code)
      check("th_reduce", [&] { th_reduce(code, TH_FLOAT32, 1, l, 1, x.data(), z.data(), &error); });
    check("th_matmul", [&] {
      th_matmul(TH_FLOAT32, 0, square, 200, 200, 200, x.data(), x.data(), y.data(), &error);
    });
  };
  for (int rounding : {FE_TONEAREST, FE_UPWARD, FE_TOWARDZERO}) {
    every_entry_point([&](const char* entry, auto call) {
      check::context = check::text(entry, " with rounding ", rounding);
      std::fesetround(rounding);
#if defined(__x86_64__)
      constexpr unsigned kControl = 0xffc0;  // all but the sticky flags
      const unsigned as_it_was = _mm_getcsr();
      for (unsigned flush : {0u, 0x8040u}) {  // denormals as they are, or as zero
        _mm_setcsr((as_it_was & ~0x8040u) | flush);
        const unsigned before = _mm_getcsr() & kControl;
        call();
        const unsigned after = _mm_getcsr() & kControl;
        _mm_setcsr(as_it_was);
        CHECK_EQ(after, before);
      }
#else
      call();
#endif
      const int now = std::fegetround();
      std::fesetround(FE_TONEAREST);
      CHECK_EQ(now, rounding);
      CHECK_EQ(error.code, TH_OK);
    });
  }
}
