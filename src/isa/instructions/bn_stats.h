// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/table.h"

namespace trainyard {

struct BnStats {
  static constexpr InstructionInfo kInfo = {
      "bn_stats",
      "Count, mean and sum of squared deviations of the elements at even and at odd positions.",
      "dst[p] = (count, mean, variance * count) of data[p, 0::2], then of data[p, 1::2]",
      Generation::gen2,
      "max(MIN_II, N)",
      "nki.isa.bn_stats (0.6); cost: SDK 2.26 docstring"};

  View dst, data;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct BnAggr {
  static constexpr InstructionInfo kInfo = {
      "bn_aggr",
      "Mean and population variance from the statistics of several chunks.",
      "dst[p] = (mean, variance) of the union of the chunks (count, mean, variance * count)",
      Generation::gen2,
      "max(MIN_II, 13 N / 3)",
      "nki.isa.bn_aggr (0.6); cost: SDK 2.26 docstring"};

  View dst, data;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
