// SPDX-License-Identifier: Apache-2.0
// Instructions that leave most of their engine idle: products that fill little of the array, short
// rows, and activation tables that come and go.
#include <algorithm>
#include <bit>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "explain/finding.h"
#include "report/quantity.h"
#include "report/rates.h"

namespace trainyard {
namespace {

constexpr double kLowUse = 0.5;             // of the array
constexpr std::int64_t kShortRow = 128;     // elements of a partition
constexpr std::int64_t kTableLoadsMin = 3;  // one or two are inevitable

using Counts = std::vector<std::map<SourceId, std::int64_t>>;  // by core and line

bool is_lane_engine(Engine engine) {
  return engine == Engine::vector || engine == Engine::scalar || engine == Engine::gpsimd;
}

// Products of the array over those that it could do in that time.
double array_use(const Machine& machine, const Cost& cost) {
  const double rows_per_pass =
      cost.mac_class == MacClass::fp32 ? machine.tensor.fp32_cycles_per_row : 1.0;
  const double cycles = cost.occupancy.seconds() * machine.tensor.clock_hz / rows_per_pass;
  const double tile = std::popcount(cost.array_tile) / 16.0;  // others run on the rest
  const double most =
      cycles * tile * static_cast<double>(machine.tensor.rows * machine.tensor.columns);
  return most <= 0 ? 1.0 : static_cast<double>(cost.macs) / most;
}

void find_products(const Study& study, std::vector<Finding>& findings) {
  Instructions hits(study);
  const auto counts = std::make_shared<Counts>(study.cores.size());
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Study::Core& core = study.cores[c];
    for (std::uint32_t i = 0; i < core.program.stream.size(); ++i) {
      if (core.program.stream[i].engine != Engine::tensor) continue;
      const Cost cost = core.cost(i);
      if (cost.macs == 0 || cost.only_moves || array_use(study.machine, cost) >= kLowUse) continue;
      hits.add(c, i);
      ++(*counts)[c][core.program.stream[i].where];
    }
  }
  if (hits.empty()) return;
  Finding finding;
  finding.kind = "low_mfu";
  finding.found =
      fmt::format("{} products fill less than half of the array and hold TensorE for {}; MFU is {}",
                  count_text(hits.count()), time_text(hits.busy()),
                  percent(rates_of(study.cores.front().result).mfu_of_formats));
  finding.remedy =
      "let a product contract over 128 partitions, take 128 columns of the stationary and 512 of "
      "the moving operand; a short operand belongs to the moving side";
  finding.rule =
      "MFU close to 100 % where products dominate (nki_perf_guide.rst, opts 5 and 7); tiles of 128 "
      "x "
      "128 and 512";
  hits.fill(finding, [&study, counts](std::size_t c, std::uint32_t i, Cost& cost) {
    const auto times = static_cast<double>((*counts)[c].at(study.cores[c].program.stream[i].where));
    const double less = std::max(array_use(study.machine, cost), 1.0 / times);
    const Time busy = Time::from_ns(cost.occupancy.ns() * less);
    cost.latency = cost.latency - (cost.occupancy - busy);
    cost.occupancy = busy;
    cost.weight_load = Time::from_ns(cost.weight_load.ns() * less);
  });
  findings.push_back(std::move(finding));
}

std::int64_t row_elements(const Study::Core& core, std::uint32_t i) {
  std::int64_t row = 0;
  for (const Access& access : core.accesses.of(i)) {
    if (!access.is_register()) row = std::max(row, access.view->elements_per_partition());
  }
  return row;
}

void find_short_rows(const Study& study, std::vector<Finding>& findings) {
  Instructions hits(study);
  const auto counts = std::make_shared<Counts>(study.cores.size());
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Study::Core& core = study.cores[c];
    for (std::uint32_t i = 0; i < core.program.stream.size(); ++i) {
      const Recorded& recorded = core.program.stream[i];
      if (!is_lane_engine(recorded.engine)) continue;
      const std::int64_t row = row_elements(core, i);
      if (row == 0 || row >= kShortRow) continue;
      if (++(*counts)[c][recorded.where] > 1) hits.add(c, i);
    }
  }
  if (hits.empty()) return;
  Finding finding;
  finding.kind = "small_tile";
  finding.found = fmt::format("{} instructions on fewer than {} elements a partition take {}",
                              count_text(hits.count()), kShortRow, time_text(hits.busy()));
  finding.remedy = "do several tiles with one instruction: wider in the free dimension";
  finding.rule =
      "128 elements a partition, or the fixed part of an instruction dominates "
      "(nki_perf_guide.rst, opt 5a)";
  hits.fill(finding, [&study, counts](std::size_t c, std::uint32_t i, Cost& cost) {
    const Study::Core& core = study.cores[c];
    const std::int64_t merged = std::clamp<std::int64_t>(
        kShortRow / row_elements(core, i), 1, (*counts)[c].at(core.program.stream[i].where));
    const Time busy{cost.occupancy.ps / merged};
    cost.latency = cost.latency - (cost.occupancy - busy);
    cost.occupancy = busy;
  });
  findings.push_back(std::move(finding));
}

void find_table_loads(const Study& study, std::vector<Finding>& findings) {
  Instructions hits(study);
  std::int64_t loads = 0;
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Study::Core& core = study.cores[c];
    if (core.result.timeline.table_loads < kTableLoadsMin) continue;
    loads += core.result.timeline.table_loads;
    const auto& spans = core.result.timeline.spans;
    for (std::uint32_t i = 0; i < spans.size(); ++i) {
      if (spans[i].reason == WaitReason::table_load) hits.add(c, i);
    }
  }
  if (hits.empty()) return;
  Finding finding;
  finding.kind = "table_load";
  hits.fill(finding, nullptr);
  finding.found =
      fmt::format("ScalarE loads activation tables {} times, {} each", count_text(loads),
                  time_text(Time::from_ns(study.machine.scalar.table_load_latency_ns)));
  finding.remedy = "group the activations by function, or take functions of one table";
  finding.rule = "a load when the function's table changes (nki-isa documentation)";
  finding.divisible = false;
  finding.what_if = [](std::size_t, const FoundPlace*) {
    WhatIf what_if;
    what_if.change = [](std::uint32_t, Cost& cost) { cost.table_function = false; };
    return what_if;
  };
  findings.push_back(std::move(finding));
}

}  // namespace

std::vector<Finding> find_low_use(const Study& study) {
  std::vector<Finding> findings;
  find_products(study, findings);
  find_short_rows(study, findings);
  find_table_loads(study, findings);
  return findings;
}

}  // namespace trainyard
