// SPDX-License-Identifier: Apache-2.0
// A folder with a scenario and a sweep of it.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "planner/search_fixture.h"
#include "temporary_folder.h"

namespace trainyard {

inline const char* const kSweep = R"(title = "degrees"
scenario = "step.toml"
[sweep]
"plan.tensor" = [1, 2, 3, 4]
"plan.pipeline" = [1, 2]
"plan.recompute" = ["none", "full"]
[monte_carlo]
seeds = 5
[monte_carlo.spread]
"system.level.network.bandwidth" = 0.2
"software.matmul_efficiency" = 0.1
)";

class Sweeps : public ::testing::Test {
 protected:
  void SetUp() override {
    write("step.toml", kSmall);
    write("sweep.toml", kSweep);
  }

  void write(const std::string& name, const std::string& text) const { own_.write(name, text); }
  std::string at(const std::string& name) const { return own_.at(name); }

  TemporaryFolder own_;
  const std::string folder_ = own_.path();
};

}  // namespace trainyard
