// SPDX-License-Identifier: Apache-2.0
#include "numerics/random.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

// Known answers published with Random123 (tests/kat_vectors, philox4x32 10).
TEST(Random, PhiloxGivesThePublishedWords) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, AWordDependsOnItsElementAndNotOnWhereTheRowBegan) {
  for (std::uint32_t first = 0; first < 9; ++first) {
    RandomWords whole(42, 7, 3);
    for (std::uint32_t i = 0; i < first; ++i) whole.next();
    RandomWords part(42, 7, 3, first);
    for (int i = 0; i < 10; ++i) ASSERT_EQ(part.next(), whole.next());
  }
}

TEST(Random, SeedInstructionAndPartitionEachChangeTheWords) {
  const std::uint32_t word = RandomWords(1, 1, 1).next();
  EXPECT_NE(RandomWords(2, 1, 1).next(), word);
  EXPECT_NE(RandomWords(std::uint64_t{1} << 32 | 1, 1, 1).next(), word);
  EXPECT_NE(RandomWords(1, 2, 1).next(), word);
  EXPECT_NE(RandomWords(1, std::uint64_t{1} << 32 | 1, 1).next(), word);
  EXPECT_NE(RandomWords(1, 1, 2).next(), word);
}

}  // namespace
}  // namespace trainyard
