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
    return collective_time({kind, ranks, chips, bytes}, trn2).us();
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
  EXPECT_LT(us(CollectiveKind::all_gather, 8, 1, 1), 5);  // two hops of 1 to 2 us
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

}  // namespace
}  // namespace trainyard
