// SPDX-License-Identifier: Apache-2.0
// A folder with a scenario and a sweep of it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "planner/search_fixture.h"

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
    std::string pattern = ::testing::TempDir() + "sweep_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    write("step.toml", kSmall);
    write("sweep.toml", kSweep);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(at(name)) << text;
  }
  std::string at(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
};

}  // namespace trainyard
