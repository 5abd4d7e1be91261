// SPDX-License-Identifier: Apache-2.0
// A transfer as packets: what an engine waits for between those of short rows read from HBM.
#include "program/dma_packets.h"

#include <gtest/gtest.h>

#include "machine/machine.h"

namespace trainyard {
namespace {

DmaTransfer rows_of(std::int64_t bytes, const char* machine, bool from_hbm = true) {
  DmaWork work;
  work.descriptors = 128;
  work.run_bytes = bytes;
  work.payload_bytes = 128 * bytes;
  work.dge = DgeMode::hwdge;
  return packets_of(work, from_hbm, load_machine(machine));
}

double ns(std::int64_t ps) {
  return static_cast<double>(ps) / 1e3;
}

// Traces of Trainium2: bursts of two loads of 512 KiB in packets of 2 KiB, 83 ns each.
TEST(DmaPackets, RowsOf2KiBWaitBeyondTheFirstOfATransfer) {
  const DmaTransfer load = rows_of(2048, "trn2");
  EXPECT_NEAR(ns(load.packet_ps), 83, 15);
  EXPECT_NEAR(ns(load.gap_ps), 58, 0.1);
  EXPECT_EQ(load.ahead, 8);
}

TEST(DmaPackets, TheWaitIsAPacketsNotItsBytes) {
  EXPECT_EQ(rows_of(512, "trn2").gap_ps, rows_of(2048, "trn2").gap_ps);
}

TEST(DmaPackets, WholePacketsAndWritesDoNotWait) {
  EXPECT_EQ(rows_of(4096, "trn2").gap_ps, 0);
  EXPECT_EQ(rows_of(2048, "trn2", false).gap_ps, 0);
}

// The tutorial's basic step of a matrix product: 99 ns a packet, half of 256 B and half of 1 KiB.
TEST(DmaPackets, OnTrainium1EachShortRowWaits) {
  double sum = 0;
  for (const std::int64_t bytes : {256, 1024}) {
    const DmaTransfer load = rows_of(bytes, "trn1");
    EXPECT_EQ(load.ahead, 0);
    sum += ns(load.packet_ps + load.gap_ps);
  }
  EXPECT_NEAR(sum / 2, 99, 5);
}

}  // namespace
}  // namespace trainyard
