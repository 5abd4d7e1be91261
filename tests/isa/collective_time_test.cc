// SPDX-License-Identifier: Apache-2.0
// The algorithm of a collective and its time, against what the Neuron documents say.
#include "isa/collective_time.h"

#include <gtest/gtest.h>

#include "machine/machine.h"

namespace trainyard {
namespace {

constexpr std::int64_t kMb = 1'000'000;

class Collectives : public ::testing::Test {
 protected:
  Machine trn2 = load_machine(TRAINYARD_SOURCE_DIR "/machines/trn2.toml");

  double us(CollectiveKind kind, std::int64_t ranks, std::int64_t chips, std::int64_t bytes) const {
    const CollectiveTime time = collective_time({kind, ranks, chips, bytes}, trn2);
    return (time.steps + time.transfer).us();
  }
};

TEST_F(Collectives, TakeTheAlgorithmOfTheirSize) {
  const auto algorithm = [&](std::int64_t bytes, std::int64_t ranks = 64) {
    return collective_algorithm({CollectiveKind::all_reduce, ranks, 16, bytes}, trn2);
  };
  EXPECT_EQ(algorithm(kMb), CollectiveAlgorithm::mesh);
  EXPECT_EQ(algorithm(2 * kMb), CollectiveAlgorithm::halving_doubling);
  EXPECT_EQ(algorithm(56 * kMb), CollectiveAlgorithm::halving_doubling);
  EXPECT_EQ(algorithm(57 * kMb), CollectiveAlgorithm::ring);
  EXPECT_EQ(algorithm(2 * kMb, 24), CollectiveAlgorithm::ring);  // no power of two to halve
}

TEST_F(Collectives, ReachTheMeasuredInChipGather) {
  // network-and-scale.md section 2: 8 ranks, 4 MiB each, 502 us of which about 97 are launch.
  EXPECT_NEAR(us(CollectiveKind::all_gather, 8, 1, 8 * (4 << 20)), 502 - 97, 0.05 * 405);
}

TEST_F(Collectives, TakeNoTimeAloneAndMoreWithMoreBytes) {
  EXPECT_EQ(us(CollectiveKind::all_reduce, 1, 1, kMb), 0);
  EXPECT_LT(us(CollectiveKind::all_gather, 8, 1, 1), 7);  // two DMAs, two hops of 1 to 2 us
  EXPECT_LT(us(CollectiveKind::all_gather, 8, 1, kMb),
            us(CollectiveKind::all_gather, 8, 1, 2 * kMb));
  EXPECT_GT(us(CollectiveKind::all_reduce, 8, 1, 8 * kMb),
            1.9 * us(CollectiveKind::all_gather, 8, 1, 8 * kMb));
}

TEST_F(Collectives, AreSlowerWhereTheWayIsNarrower) {
  const auto gather = [&](std::int64_t chips) {
    return us(CollectiveKind::all_gather, chips * 4, chips, 8 * kMb);
  };
  const double server = gather(trn2.link.server_chips);
  const double ultraserver = gather(trn2.link.ultraserver_chips);
  const double beyond = gather(2 * trn2.link.ultraserver_chips);
  EXPECT_LT(server, ultraserver);
  EXPECT_LT(5 * ultraserver, beyond);
}

TEST_F(Collectives, SendOverLinksWhatLeavesTheChip) {
  const auto exchange = [&](CollectiveKind kind, std::int64_t ranks, std::int64_t chips,
                            const Machine& machine) {
    return collective_exchange({kind, ranks, chips, kMb}, machine);
  };
  const Exchange alone = exchange(CollectiveKind::all_gather, 8, 1, trn2);
  EXPECT_EQ(alone.bytes, 2 * kMb * 7 / 8);
  EXPECT_EQ(alone.link_bytes, 0);
  const Exchange pair = exchange(CollectiveKind::permute, 2, 2, trn2);
  EXPECT_EQ(pair.bytes, 2 * kMb);
  EXPECT_EQ(pair.link_bytes, 2 * kMb);
  EXPECT_EQ(pair.switch_bytes, 0);
  // 12 of the 15 others lie on other chips.
  const Exchange server = exchange(CollectiveKind::all_to_all, 16, 4, trn2);
  EXPECT_NEAR(static_cast<double>(server.link_bytes), 2 * 15.0 / 16 * kMb * 12 / 15, 2);
  const Machine trn3 = load_machine(TRAINYARD_SOURCE_DIR "/machines/trn3.toml");
  EXPECT_EQ(exchange(CollectiveKind::permute, 2, 2, trn3).switch_bytes, kMb);
}

TEST_F(Collectives, TakeTheNetworkCardBeyondTheUltraServer) {
  const Exchange beyond = collective_exchange({CollectiveKind::all_to_all, 128, 128, kMb}, trn2);
  // 64 of the 127 others lie in the other UltraServer, 63 on other chips of this one.
  EXPECT_NEAR(static_cast<double>(beyond.efa_bytes) / static_cast<double>(beyond.link_bytes),
              64.0 / 63, 1e-4);
  EXPECT_EQ(beyond.bytes, beyond.efa_bytes + beyond.link_bytes);
}

}  // namespace
}  // namespace trainyard
