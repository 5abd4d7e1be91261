// SPDX-License-Identifier: Apache-2.0
// The reference load from the events of a Program, against the energy model's table.
#include "claims/reference_kernel.h"

#include <numeric>
#include <string>

#include <gtest/gtest.h>

namespace trainyard {
namespace {

// The table's rows for this load, in watts of a chip (docs/energy.md).
struct Expected {
  const char* machine;
  double total, tensor, hbm, link, standing;
};

class ReferenceProgram : public ::testing::TestWithParam<Expected> {
 protected:
  Machine machine =
      load_machine(std::string(TRAINYARD_SOURCE_DIR) + "/machines/" + GetParam().machine + ".toml");
  ReferenceRun result = run_reference(machine);

  double chip_w(Component component) const {
    return result.run.watts(component) * static_cast<double>(machine.chip.cores);
  }
};

TEST_P(ReferenceProgram, ReachesTheUtilisationsOfTheReferenceLoad) {
  const Utilisation& reached = result.reached;
  EXPECT_NEAR(reached.tensor, kReferenceLoad.tensor, 0.02);
  EXPECT_NEAR(reached.vector, kReferenceLoad.vector, 0.02);
  EXPECT_NEAR(reached.scalar, kReferenceLoad.scalar, 0.02);
  EXPECT_NEAR(reached.gpsimd, kReferenceLoad.gpsimd, 0.03);
  EXPECT_NEAR(reached.hbm, kReferenceLoad.hbm, 0.03);
  EXPECT_NEAR(reached.link, kReferenceLoad.link, 0.02);
}

TEST_P(ReferenceProgram, TakesThePowerOfTheTableWithinFivePercent) {
  const Expected& expected = GetParam();
  const double watts = result.run.watts() * static_cast<double>(machine.chip.cores);
  EXPECT_NEAR(watts, expected.total, 0.05 * expected.total);
  EXPECT_NEAR(chip_w(Component::tensor_macs), expected.tensor, 0.05 * expected.tensor);
  EXPECT_NEAR(chip_w(Component::hbm), expected.hbm, 0.05 * expected.hbm);
  EXPECT_NEAR(chip_w(Component::link), expected.link, 0.05 * expected.link);
  EXPECT_NEAR(chip_w(Component::idle) + chip_w(Component::active), expected.standing,
              0.01 * expected.standing);
}

TEST_P(ReferenceProgram, SumsItsComponentsToTheTotalExactly) {
  const auto& components = result.run.component_fj;
  EXPECT_EQ(std::accumulate(components.begin(), components.end(), std::int64_t{0}), result.run.fj);
}

TEST(ReferencePrograms, MakeTrainium3FortyPercentMoreEfficientThanTrainium2) {
  const auto flop_per_j = [](const std::string& name) {
    const Machine machine =
        load_machine(std::string(TRAINYARD_SOURCE_DIR) + "/machines/" + name + ".toml");
    const SteadyRun run = run_reference(machine).run;
    return run.flop_per_s() / run.watts();
  };
  EXPECT_NEAR(flop_per_j("trn3") / flop_per_j("trn2"), 1.4, 0.1);
}

INSTANTIATE_TEST_SUITE_P(Machines, ReferenceProgram,
                         ::testing::Values(Expected{"trn2", 502, 205, 81, 15, 130},
                                           Expected{"trn3", 685, 272, 118, 31, 185}),
                         [](const auto& test) { return std::string(test.param.machine); });

}  // namespace
}  // namespace trainyard
