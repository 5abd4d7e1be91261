// SPDX-License-Identifier: Apache-2.0
#include "core/race_finder.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

#include "core/message_board.h"

namespace trainyard {
namespace {

constexpr std::int64_t kRowBytes = 64;

class Races : public testing::Test {
 protected:
  // Bytes [column, column + width) of `rows` rows from `row` on.
  static Rows block(std::int64_t row, std::int32_t rows, std::int64_t column, std::int32_t width) {
    Rows found;
    found.dtype = DType::uint8;
    found.base = storage() + row * kRowBytes + column;
    found.partitions = rows;
    found.partition_step_bytes = kRowBytes;
    found.rank = 1;
    found.count[0] = width;
    found.step_bytes[0] = 1;
    found.elements = width;
    return found;
  }
  static std::byte* storage() {
    static std::array<std::byte, 4096> bytes{};
    return bytes.data();
  }
  void touch(int core, bool writes, const Rows& rows, int line) {
    const SourceId where = program_.sources.intern("kernel.py", line);
    finder_.touch(storage(), "out", rows, {program_, 0, where, core, writes},
                  board_.seat(core).clock());
  }
  void send(int from, int to) {
    board_.seat(from).send(0, to, nullptr);
    board_.seat(to).receive(0, from);
  }
  void meet() {
    board_.seat(0).send(0, 1, nullptr);
    board_.seat(1).send(0, 0, nullptr);
    board_.seat(0).receive(0, 1);
    board_.seat(1).receive(0, 0);
  }
  std::size_t found() const { return finder_.races().size(); }

  Program program_;
  MessageBoard board_{2, 0};
  RaceFinder finder_;
};

TEST_F(Races, NeedAWriteOfBytesThatTheOtherCoreTouches) {
  touch(0, false, block(0, 4, 0, 64), 1);
  touch(1, false, block(0, 4, 0, 64), 2);
  touch(1, true, block(4, 4, 0, 64), 3);
  EXPECT_EQ(found(), 0u);
  touch(1, true, block(3, 1, 63, 1), 4);
  ASSERT_EQ(found(), 1u);
  const Race& race = finder_.races().front();
  EXPECT_EQ(race.tensor, "out");
  EXPECT_EQ(race.earlier.core, 0);
  EXPECT_FALSE(race.earlier.writes);
  EXPECT_EQ(race.earlier.place.line, 1);
  EXPECT_EQ(race.later.core, 1);
  EXPECT_TRUE(race.later.writes);
  EXPECT_EQ(race.later.place.line, 4);
}

TEST_F(Races, AreNotWithinOneCore) {
  touch(0, true, block(0, 4, 0, 64), 1);
  touch(0, true, block(0, 4, 0, 64), 2);
  EXPECT_EQ(found(), 0u);
}

TEST_F(Races, AMessageOrdersWhatWasBeforeItAndNotWhatTheSenderDoesNext) {
  touch(0, true, block(0, 1, 0, 64), 1);
  send(0, 1);
  touch(1, true, block(0, 1, 0, 64), 2);
  EXPECT_EQ(found(), 0u);
  touch(0, true, block(0, 1, 0, 64), 3);
  EXPECT_EQ(found(), 1u);
}

TEST_F(Races, AMessageOrdersInOneDirection) {
  touch(1, true, block(0, 1, 0, 64), 1);
  send(0, 1);
  touch(0, true, block(0, 1, 0, 64), 2);
  EXPECT_EQ(found(), 1u);
}

TEST_F(Races, AMeetingOrdersBoth) {
  touch(0, true, block(0, 2, 0, 64), 1);
  touch(1, true, block(2, 2, 0, 64), 2);
  meet();
  touch(0, false, block(2, 2, 0, 64), 3);
  touch(1, false, block(0, 2, 0, 64), 4);
  EXPECT_EQ(found(), 0u);
}

TEST_F(Races, ArePieceByPieceWhatALineTouchesPieceByPiece) {
  for (std::int64_t row = 0; row < 8; ++row) touch(0, true, block(row, 1, 0, 64), 1);
  touch(1, true, block(8, 1, 0, 64), 2);
  EXPECT_EQ(found(), 0u);
  touch(1, true, block(5, 1, 7, 1), 3);
  EXPECT_EQ(found(), 1u);
}

TEST_F(Races, ALinePairCountsOnceAndAResetForgets) {
  for (int i = 0; i < 3; ++i) {
    touch(0, true, block(i, 1, 0, 64), 1);
    touch(1, true, block(i, 1, 0, 64), 1);
  }
  EXPECT_EQ(found(), 1u);
  finder_.reset();
  EXPECT_EQ(found(), 0u);
}

// Against sets of bytes.
TEST_F(Races, RandomBlocksMeetWhereTheirBytesDo) {
  std::mt19937 random(20261125);
  const auto upto = [&](unsigned most) { return static_cast<int>(random() % most); };
  const auto bytes_of = [](const Rows& rows) {
    std::set<std::int64_t> bytes;
    for (std::int32_t p = 0; p < rows.partitions; ++p) {
      for (std::int64_t i = 0; i < rows.elements; ++i) {
        bytes.insert(rows.row(p) - storage() + i * rows.step_bytes[0]);
      }
    }
    return bytes;
  };
  for (int round = 0; round < 3000; ++round) {
    const auto any = [&] {
      Rows rows = block(upto(8), 1 + upto(8), upto(24), 1 + upto(20));
      rows.step_bytes[0] = 1 + upto(2);
      rows.partition_step_bytes = kRowBytes * (1 + upto(3)) + 3 * upto(2);
      return rows;
    };
    const Rows mine = any();
    const Rows theirs = any();
    finder_.reset();
    touch(0, true, mine, 1);
    touch(1, true, theirs, 2);
    const std::set<std::int64_t> bytes = bytes_of(mine);
    bool meet = false;
    for (const std::int64_t byte : bytes_of(theirs)) meet = meet || bytes.contains(byte);
    ASSERT_EQ(found() == 1, meet) << "round " << round;
  }
}

}  // namespace
}  // namespace trainyard
