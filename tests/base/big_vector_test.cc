// SPDX-License-Identifier: Apache-2.0
#include "base/big_vector.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <numeric>
#include <thread>

namespace trainyard {
namespace {

bool counts_up(const BigVector<std::uint32_t>& numbers) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] != i) return false;
  }
  return true;
}

BigVector<std::uint32_t> grown_to(std::size_t size) {
  BigVector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < size; ++i) numbers.push_back(i);
  return numbers;
}

TEST(BigVector, keeps_its_numbers_while_it_grows_past_every_kind_of_block) {
  // From 64 KiB on they are kept for the next vector.
  for (const std::size_t bytes : {std::size_t{4}, std::size_t{1} << 16, std::size_t{3} << 16,
                                  std::size_t{2} << 20, std::size_t{9} << 20}) {
    for (const std::size_t size : {bytes / 4 - 1, bytes / 4, bytes / 4 + 1}) {
      EXPECT_TRUE(counts_up(grown_to(size))) << size;
    }
  }
}

TEST(BigVector, two_that_live_together_share_no_bytes) {
  constexpr std::size_t kSize = 100'000;
  { const BigVector<std::uint32_t> gone = grown_to(kSize); }
  BigVector<std::uint32_t> a(kSize), b(kSize);
  std::iota(a.begin(), a.end(), 0U);
  for (std::uint32_t& number : b) number = 7;
  EXPECT_TRUE(counts_up(a));
}

TEST(BigVector, threads_may_grow_their_own_at_the_same_time) {
  constexpr int kThreads = 4;
  std::array<bool, kThreads> right{};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&right, t] {
      bool all = true;
      for (int round = 0; round < 20; ++round) {
        all = all && counts_up(grown_to(20'000 + 1'000 * static_cast<std::size_t>(t)));
      }
      right[static_cast<std::size_t>(t)] = all;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < kThreads; ++t) EXPECT_TRUE(right[static_cast<std::size_t>(t)]) << t;
}

}  // namespace
}  // namespace trainyard
