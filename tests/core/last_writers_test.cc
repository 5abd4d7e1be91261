// SPDX-License-Identifier: Apache-2.0
#include "core/last_writers.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

constexpr Extent kWhole{0, 128, 0, 256};

TEST(LastWriters, NameTheOtherTensorWhoseWriteAnExtentMeets) {
  LastWriters writers(1024);
  writers.wrote({1, 10, kWhole});
  EXPECT_EQ(writers.other_writer(1, kWhole), nullptr);
  writers.wrote({2, 20, {0, 64, 128, 384}});
  const LastWriter* writer = writers.other_writer(1, kWhole);
  ASSERT_NE(writer, nullptr);
  EXPECT_EQ(writer->tensor, 2u);
  EXPECT_EQ(writer->where, 20u);
}

TEST(LastWriters, TellOtherPartitionsAndOtherBytesOfOneStretchApart) {
  LastWriters writers(1024);
  writers.wrote({1, 10, {0, 64, 0, 40}});
  EXPECT_EQ(writers.other_writer(2, {64, 128, 0, 40}), nullptr);
  EXPECT_EQ(writers.other_writer(2, {0, 128, 40, 60}), nullptr);
  EXPECT_NE(writers.other_writer(2, {63, 64, 39, 60}), nullptr);
}

TEST(LastWriters, ForgetWhatWasWrittenAgain) {
  LastWriters writers(1024);
  writers.wrote({2, 20, kWhole});
  writers.wrote({1, 30, kWhole});
  EXPECT_EQ(writers.other_writer(1, kWhole), nullptr);
  writers.clear();
  EXPECT_EQ(writers.other_writer(2, kWhole), nullptr);
}

}  // namespace
}  // namespace trainyard
