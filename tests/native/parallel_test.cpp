// The pool itself: linked with the objects of the library, whose inside it calls.
#include "parallel.h"

#include <chrono>
#include <thread>

#include "operand.h"

namespace {

// Ends the program if a test hangs, so that a deadlock is a failure and not a wait.
class Watchdog {
 public:
  Watchdog() {
    std::thread([] {
      std::this_thread::sleep_for(std::chrono::seconds(120));
      std::printf("deadlock: %s\n", "a test of the pool does not end");
      std::fflush(stdout);
      std::_Exit(2);
    }).detach();
  }
} watchdog;

// Whether a job of so many chunks runs each of them once.
void check_once(i64 chunks) {
  std::vector<std::atomic<int>> runs(static_cast<size_t>(chunks));
  th::parallel(chunks, [&](i64 chunk) { runs[static_cast<size_t>(chunk)].fetch_add(1); });
  for (i64 c = 0; c < chunks; ++c)
    if (runs[static_cast<size_t>(c)] != 1)
      check::fail(__FILE__, __LINE__,
                  check::text("chunk ", c, " of ", chunks, " ran ",
                              runs[static_cast<size_t>(c)].load(), " times"));
}

void work(int amount) {
  std::atomic<int> done{0};
  while (done.fetch_add(1) < amount) {
  }
}

}  // namespace

TEST(every_chunk_runs_once) {
  for (int count : {1, 2, 3, 8, 64}) {
    threads(count);
    for (i64 chunks : {0, 1, 2, 3, 7, 8, 9, 64, 1000, 20000}) {
      check::context = check::text(count, " threads, ", chunks, " chunks");
      check_once(chunks);
    }
  }
}

TEST(many_short_jobs) {
  threads(4);
  for (int i = 0; i < 20000; ++i) check_once(2 + i % 5);
}

TEST(ranges_cover_everything_once) {
  threads(3);
  for (i64 count : {0, 1, 31, 32, 33, 64, 1000})
    for (i64 grain : {1, 7, 32, 5000}) {
      check::context = check::text(count, " by ", grain);
      std::vector<std::atomic<int>> runs(static_cast<size_t>(count));
      th::parallel_ranges(count, grain, [&](i64 begin, i64 end) {
        CHECK(begin < end && end <= count && end - begin <= grain && begin % grain == 0);
        for (i64 i = begin; i < end; ++i) runs[static_cast<size_t>(i)].fetch_add(1);
      });
      for (const auto& r : runs) CHECK_EQ(r.load(), 1);
    }
}

TEST(threads_share_the_work) {
  threads(3);
  // Chunks that wait for each other end only if as many threads as that run them.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::atomic<int> inside{0};
  th::parallel(3, [&](i64) {
    ++inside;
    while (inside < 3 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  });
  CHECK(std::chrono::steady_clock::now() < deadline);
}

TEST(never_more_threads_than_set) {
  for (int count : {8, 1, 2, 3}) {  // fewer again after more: the others stay out
    threads(count);
    std::atomic<int> inside{0}, most{0};
    th::parallel(400, [&](i64) {
      const int now = ++inside;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      work(20000);
      --inside;
    });
    check::context = check::text(count, " threads");
    CHECK(most <= count);
  }
}

TEST(what_chunks_wrote_is_seen_after) {
  threads(4);
  std::vector<i64> plain(5000);
  for (int round = 0; round < 200; ++round) {
    th::parallel(50, [&](i64 chunk) {
      for (i64 i = 0; i < 100; ++i) plain[static_cast<size_t>(chunk * 100 + i)] += i;
    });
    CHECK_EQ(plain[4999], (round + 1) * 99);
  }
}

TEST(jobs_inside_jobs) {
  threads(4);
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> total{0};
    th::parallel(
        9, [&](i64) { th::parallel(11, [&](i64) { th::parallel(5, [&](i64) { ++total; }); }); });
    CHECK_EQ(total.load(), 9 * 11 * 5);
  }
}

TEST(many_callers_at_once) {
  threads(3);
  std::vector<std::thread> callers;
  for (int t = 0; t < 64; ++t)
    callers.emplace_back([t] {
      for (int i = 0; i < 100; ++i) check_once(1 + (t * 7 + i) % 40);
    });
  for (std::thread& caller : callers) caller.join();
}

TEST(the_number_of_threads_changes_between_and_during_jobs) {
  std::atomic<bool> stop{false};
  std::thread changer([&] {
    for (int i = 0; !stop; ++i) {
      threads(1 + i * 5 % 9);
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([t] {
      for (int i = 0; i < 1000; ++i) check_once(1 + (t + i) % 30);
    });
  for (std::thread& caller : callers) caller.join();
  stop = true;
  changer.join();
  for (int i = 0; i < 300; ++i) {
    threads(1 + i % 7);
    check_once(20);
  }
}

// After a pause the workers are parked, and have to be woken.
TEST(parked_workers_wake) {
  threads(2);
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    threads_share_the_work();
  }
}
