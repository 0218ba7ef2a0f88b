// The caching allocator: sizes, alignment, reuse, limit, counters.
#include <thread>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#include "operand.h"

namespace {

th_memory_stats stats() {
  th_memory_stats s;
  th_memory(&s);
  return s;
}

// What a request of so many bytes is charged.
i64 charged(i64 bytes) {
  const i64 before = stats().live;
  void* block = th_alloc(bytes, Ok());
  const i64 size = stats().live - before;
  th_free(block, bytes);
  return size;
}

constexpr i64 kNoLimit = i64{1} << 62;

// A kernel that needs blocks of its own, and is refused any one of them, says so and leaves nothing
// behind.
template <class Call>
void check_each_allocation(const char* what, int least, Call call) {
  const i64 live = stats().live;
  int n = 0;
  for (th_error error{TH_OUT_OF_MEMORY, "", 0}; error.code != TH_OK; ++n) {
    th_fail_allocation(n + 1);
    call(&error);
    check::context = check::text(what, ", allocation ", n + 1, ": ", error.text);
    CHECK(error.code == TH_OK || error.code == TH_OUT_OF_MEMORY);
    CHECK_EQ(stats().live, live);
  }
  th_fail_allocation(0);
  CHECK(n > least);
}

}  // namespace

TEST(classes_waste_at_most_a_quarter) {
  auto check_size = [](i64 bytes) {
    const i64 size = charged(bytes);
    check::context = check::text(bytes, " bytes take ", size);
    CHECK(size >= bytes);
    CHECK(bytes < 64 ? size == 64 : size * 4 <= bytes * 5);
  };
  for (i64 bytes = 1; bytes <= 5000; ++bytes) check_size(bytes);
  for (i64 power = 1 << 13; power <= 1 << 27; power *= 2)
    for (i64 quarter = 4; quarter < 8; ++quarter)
      for (i64 off = -1; off <= 1; ++off) check_size(power / 4 * quarter + off);
  th_trim();
}

TEST(blocks_are_aligned_and_do_not_overlap) {
  struct Block {
    unsigned char* at;
    i64 bytes;
    unsigned char mark;
  };
  Random random(1);
  std::vector<Block> blocks;
  for (int i = 0; i < 3000; ++i) {
    if (blocks.size() > 200 || (i % 3 == 2 && !blocks.empty())) {
      const size_t at = static_cast<size_t>(random.below(static_cast<i64>(blocks.size())));
      const Block b = blocks[at];
      blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(at));
      CHECK(std::all_of(b.at, b.at + b.bytes, [&](unsigned char c) { return c == b.mark; }));
      th_free(b.at, b.bytes);
      continue;
    }
    const i64 bytes = 1 + random.below(i % 100 == 0 ? 5 << 20 : 5000);
    auto* at = static_cast<unsigned char*>(th_alloc(bytes, Ok()));
    check::context = check::text(bytes, " bytes");
    CHECK_EQ(reinterpret_cast<uintptr_t>(at) % 64, 0u);
    const auto mark = static_cast<unsigned char>(i);
    std::memset(at, mark, static_cast<size_t>(bytes));
    blocks.push_back({at, bytes, mark});
  }
  for (const Block& b : blocks) {
    CHECK(std::all_of(b.at, b.at + b.bytes, [&](unsigned char c) { return c == b.mark; }));
    th_free(b.at, b.bytes);
  }
  th_trim();
}

TEST(counters_are_exact) {
  th_trim();
  const th_memory_stats start = stats();
  CHECK_EQ(start.cached, 0);
  void* a = th_alloc(100, Ok());  // of the class of 112
  void* b = th_alloc(4096, Ok());
  CHECK_EQ(stats().live, start.live + 112 + 4096);
  CHECK_EQ(stats().cached, 0);
  CHECK_EQ(stats().allocations, start.allocations + 2);
  CHECK(stats().peak >= start.live + 112 + 4096);
  th_free(a, 100);
  CHECK_EQ(stats().live, start.live + 4096);
  CHECK_EQ(stats().cached, 112);
  void* again = th_alloc(97, Ok());  // the same class: the same block
  CHECK(again == a);
  CHECK_EQ(stats().cached, 0);
  CHECK_EQ(stats().allocations, start.allocations + 3);
  void* other = th_alloc(96, Ok());  // another one
  CHECK(other != a);
  th_free(other, 96);
  th_free(again, 97);
  th_free(b, 4096);
  CHECK_EQ(stats().live, start.live);
  CHECK_EQ(stats().cached, 112 + 96 + 4096);
  th_trim();
  CHECK_EQ(stats().cached, 0);
  CHECK_EQ(stats().live, start.live);
}

TEST(the_peak_is_the_most_in_use) {
  const i64 high = stats().peak + (i64{1} << 20);
  void* block = th_alloc(high, Ok());
  const i64 peak = stats().live;
  CHECK_EQ(stats().peak, peak);
  th_free(block, high);
  CHECK_EQ(stats().peak, peak);
  th_trim();
  CHECK_EQ(stats().peak, peak);
}

TEST(the_limit) {
  th_trim();
  const i64 live = stats().live;
  void* a = th_alloc(1 << 20, Ok());
  th_memory_limit(live + (2 << 20));
  CHECK_EQ(stats().limit, live + (2 << 20));
  void* b = th_alloc(1 << 20, Ok());  // to the last byte
  th_error error{};
  CHECK(th_alloc(1, &error) == nullptr);
  CHECK_EQ(error.code, TH_OUT_OF_MEMORY);
  CHECK_EQ(error.value, live + (2 << 20));
  CHECK(std::strstr(error.text, "1 bytes asked for") != nullptr);
  CHECK(std::strstr(error.text, std::to_string(live + (2 << 20)).c_str()) != nullptr);
  CHECK_EQ(stats().live, live + (2 << 20));  // a failure changes nothing
  // What is cached makes room for another class.
  th_free(b, 1 << 20);
  void* c = th_alloc(700'000, Ok());
  CHECK(c != nullptr);
  CHECK_EQ(stats().cached, 0);
  // A limit below what is in use: nothing more is given, and what comes back is not kept.
  th_memory_limit(live + 1000);
  CHECK(th_alloc(64, &error) == nullptr);
  th_free(c, 700'000);
  CHECK(stats().cached == 0 || stats().live + stats().cached <= stats().limit);
  CHECK(th_alloc(64, &error) == nullptr);
  th_free(a, 1 << 20);
  CHECK(stats().live + stats().cached <= stats().limit);
  void* small = th_alloc(64, Ok());
  th_free(small, 64);
  th_memory_limit(kNoLimit);
  CHECK_EQ(stats().live, live);
}

TEST(more_than_there_is) {
  const th_memory_stats before = stats();
  for (int bits = 44; bits < 63; ++bits)
    for (i64 off : {-1, 0, 1}) {
      const i64 bytes = (i64{1} << bits) + off;
      check::context = check::text(bytes, " bytes");
      th_error error{};
      void* block = th_alloc(bytes, &error);
      if (block != nullptr) {  // a machine that promises anything up to its address space
        CHECK(bits < 48);
        th_free(block, bytes);
        th_trim();
        continue;
      }
      CHECK_EQ(error.code, TH_OUT_OF_MEMORY);
      CHECK(std::strstr(error.text, std::to_string(bytes).c_str()) != nullptr);
    }
  th_error error{};
  CHECK(th_alloc(std::numeric_limits<i64>::max(), &error) == nullptr);
  CHECK_EQ(error.code, TH_OUT_OF_MEMORY);
  CHECK_EQ(stats().live, before.live);
}

TEST(kernels_without_memory) {
  th_blas_open(TH_TEST_BLAS, Ok());
  const i64 side = 20, product[] = {2 * side, 2, 2 * side, 2};  // tiny, and steps that BLAS lacks
  const std::vector<float> a(4 * side * side, 1.0f);
  std::vector<float> c(side * side);
  check_each_allocation("matmul", 2, [&](th_error* error) {
    th_matmul(TH_FLOAT32, 0, product, side, side, side, a.data(), a.data(), c.data(), error);
  });
  for (float v : c) CHECK_EQ(v, static_cast<float>(side));

  const i64 n = 1 << 20, line[] = {n, 1};
  std::vector<float> x(n, 1.0f);
  x[n - 7] = 2;
  float sum = 0;
  check_each_allocation("sum", 1, [&](th_error* error) {
    th_reduce(op(TH_REDUCE, "SUM"), TH_FLOAT32, 1, line, 1, x.data(), &sum, error);
  });
  CHECK_EQ(sum, static_cast<float>(n + 1));
  i64 place = 0;
  check_each_allocation("argmax", 2, [&](th_error* error) {
    th_reduce(op(TH_REDUCE, "ARGMAX"), TH_FLOAT32, 1, line, 1, x.data(), &place, error);
  });
  CHECK_EQ(place, n - 7);
  std::vector<float> shares(n);
  const i64 across[] = {1024, 1024, 1, 1024};
  check_each_allocation("softmax", 1, [&](th_error* error) {
    th_softmax(0, TH_FLOAT32, 2, across, 1, x.data(), shares.data(), error);
  });
  CHECK_NEAR(shares[0], 1.0f / 1024, 1e-5f);
}

TEST(the_limit_holds_for_kernels) {
  th_trim();
  const i64 side = 20, product[] = {2 * side, 2, 2 * side, 2};
  const std::vector<float> a(4 * side * side, 1.0f);
  std::vector<float> c(side * side);
  const i64 live = stats().live;
  th_memory_limit(live + 100);
  th_error error{};
  th_matmul(TH_FLOAT32, 0, product, side, side, side, a.data(), a.data(), c.data(), &error);
  CHECK_EQ(error.code, TH_OUT_OF_MEMORY);
  th_memory_limit(kNoLimit);
  CHECK_EQ(stats().live, live);
}

TEST(the_pool_keeps_nothing_when_off) {
  void* a = th_alloc(1000, Ok());
  void* b = th_alloc(3 << 20, Ok());
  th_free(a, 1000);
  CHECK(stats().cached > 0);
  th_pool(0);
  CHECK_EQ(stats().cached, 0);  // what was kept has gone
  th_free(b, 3 << 20);
  CHECK_EQ(stats().cached, 0);
  th_pool(1);
  th_free(th_alloc(1000, Ok()), 1000);
  CHECK(stats().cached > 0);
  th_trim();
}

#if defined(__SANITIZE_ADDRESS__)
// Why the pool can be switched off: what a memory checker sees of a block that was given back.
TEST(a_memory_checker_sees_what_is_given_back) {
  for (const bool keep : {true, false}) {
    th_pool(keep);
    auto* block = static_cast<char*>(th_alloc(1000, Ok()));
    CHECK(!__asan_address_is_poisoned(block + 500));
    th_free(block, 1000);
    CHECK_EQ(__asan_address_is_poisoned(block + 500) != 0, !keep);
  }
  th_pool(1);
}
#endif

TEST(the_nth_allocation_fails_once) {
  const i64 live = stats().live;
  for (i64 n = 1; n <= 5; ++n) {
    th_fail_allocation(n);
    for (i64 i = 1; i <= 7; ++i) {
      check::context = check::text(i, " of ", n);
      th_error error{};
      void* block = th_alloc(100, &error);
      CHECK_EQ(block == nullptr, i == n);
      CHECK_EQ(error.code, i == n ? TH_OUT_OF_MEMORY : TH_OK);
      if (i == n) CHECK(std::strstr(error.text, "100 bytes asked for") != nullptr);
      if (block != nullptr) th_free(block, 100);
    }
  }
  th_fail_allocation(1);
  th_fail_allocation(0);  // none after all
  th_free(th_alloc(100, Ok()), 100);
  CHECK_EQ(stats().live, live);
}

TEST(sixteen_threads_at_once) {
  th_trim();
  const th_memory_stats before = stats();
  std::vector<std::thread> all;
  std::atomic<i64> served{0};
  for (int t = 0; t < 16; ++t)
    all.emplace_back([t, &served] {
      Random random(static_cast<uint64_t>(t));
      std::vector<std::pair<int*, i64>> mine;
      for (int i = 0; i < 3000; ++i) {
        if (i % 64 == t) th_trim();
        if (mine.size() > 20 || (i % 2 == 1 && !mine.empty())) {
          const auto [block, bytes] = mine.back();
          mine.pop_back();
          CHECK_EQ(*block, t);
          th_free(block, bytes);
        } else {
          const i64 bytes = 64 << random.below(8);
          auto* block = static_cast<int*>(th_alloc(bytes, Ok()));
          ++served;
          *block = t;
          mine.emplace_back(block, bytes);
        }
      }
      for (const auto& [block, bytes] : mine) {
        CHECK_EQ(*block, t);
        th_free(block, bytes);
      }
    });
  for (std::thread& thread : all) thread.join();
  CHECK_EQ(stats().live, before.live);
  CHECK_EQ(stats().allocations, before.allocations + served);
  th_trim();
  CHECK_EQ(stats().cached, 0);
}

TEST(one_failure_among_many_threads) {
  const i64 live = stats().live;
  th_fail_allocation(4000);
  std::vector<std::thread> all;
  std::atomic<int> failed{0};
  for (int t = 0; t < 8; ++t)
    all.emplace_back([&failed] {
      for (int i = 0; i < 1000; ++i) {
        th_error error{};
        void* block = th_alloc(100 + i, &error);
        if (block == nullptr) {
          ++failed;
        } else {
          th_free(block, 100 + i);
        }
      }
    });
  for (std::thread& thread : all) thread.join();
  CHECK_EQ(failed.load(), 1);
  CHECK_EQ(stats().live, live);
}

// While threads allocate and free, the pool is switched and trimmed, and the limit moves: live and
// cached bytes stay within the limit, and what is held in the end is what is counted.
TEST(counters_are_exact_among_many_threads) {
  th_trim();
  const i64 live = stats().live, limit = live + (4 << 20);
  th_memory_limit(limit);
  std::atomic<bool> done{false};
  std::atomic<i64> held{0};
  std::vector<std::vector<std::pair<void*, i64>>> blocks(8);
  std::vector<std::thread> all;
  for (size_t t = 0; t < blocks.size(); ++t)
    all.emplace_back([&, t] {
      Random random(t);
      auto& mine = blocks[t];
      for (int i = 0; i < 4000; ++i) {
        if (random.below(5) > 2 && !mine.empty()) {
          const auto [block, bytes] = mine.back();
          mine.pop_back();
          th_free(block, bytes);
          held -= bytes;
        } else {
          const i64 bytes = 64 << random.below(11);
          th_error error{};
          void* block = th_alloc(bytes, &error);
          CHECK(block != nullptr || error.code == TH_OUT_OF_MEMORY);
          if (block == nullptr) continue;
          held += bytes;
          mine.emplace_back(block, bytes);
        }
      }
    });
  std::thread watch([&] {
    for (int i = 0; !done; ++i) {
      const th_memory_stats now = stats();
      CHECK(now.live >= live && now.cached >= 0 && now.live + now.cached <= limit);
      if (i % 16 == 0) th_trim();
      th_pool(i % 32 < 24);
      std::this_thread::yield();
    }
  });
  for (std::thread& thread : all) thread.join();
  done = true;
  watch.join();
  th_pool(1);
  CHECK_EQ(stats().live, live + held);
  for (const auto& mine : blocks)
    for (const auto& [block, bytes] : mine) th_free(block, bytes);
  CHECK_EQ(stats().live, live);
  CHECK(stats().cached <= limit - live);
  th_trim();
  CHECK_EQ(stats().cached, 0);
  th_memory_limit(kNoLimit);
}
