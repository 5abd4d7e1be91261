// SPDX-License-Identifier: Apache-2.0
// Traces in a folder, replayed on 8 ranks of an H100 server or as many as a test asks for.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <fmt/format.h>

#include "chakra/trace_report.h"
#include "chakra/wire.h"
#include "temporary_folder.h"

namespace trainyard {

class Traces : public ::testing::Test {
 protected:
  // The trace of each rank that has one, in the order of ranks.
  void give(const std::vector<std::vector<wire::Node>>& nodes) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto rank = static_cast<std::int64_t>(i) * represents_;
      folder_.write(fmt::format("t.{}.et", rank), wire::file(nodes[i]));
    }
    ranks_ = static_cast<std::int64_t>(nodes.size()) * represents_;
  }

  std::string text() const {
    return fmt::format(
        "[system]\nbase = \"hgx-h100\"\nchips = {}\n[workload]\nchakra = \"t\"\n"
        "represents = {}\n{}\n[software]\n{}\n{}\n",
        ranks_, represents_, workload_, software_, faults_);
  }
  TraceScenario scenario() const {
    return read_trace_scenario(parse_toml(text(), folder_.at("scenario.toml")));
  }
  TraceReport replay() const { return replay_traces(scenario()); }

  std::string fault_of_replay() const {
    try {
      replay();
    } catch (const Fault& fault) {
      EXPECT_EQ(fault.kind(), FaultKind::usage);
      EXPECT_FALSE(fault.hint().empty());
      return fault.message();
    }
    return "no fault";
  }
  // Of `size` ranks, as the fabric has it.
  double cost_s(Collective kind, double size, double bytes, double stride = 1) const {
    const System system = load_system("hgx-h100");
    return collective_cost(system, lay_group(system, size, stride), kind, bytes).seconds;
  }

  const TemporaryFolder folder_;
  std::int64_t ranks_ = 1, represents_ = 1;
  std::string workload_, software_, faults_;
};

}  // namespace trainyard
