// SPDX-License-Identifier: Apache-2.0
// A flaw of one kind found in a run: where it is, and how the Program would be timed without it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "program/accesses.h"
#include "program/what_if.h"
#include "report/logical_run.h"

namespace trainyard {

// A run as the detectors look at it.
struct Study {
  explicit Study(const LogicalRun& run);

  struct Core {
    const RunResult& result;
    const Program& program;
    AccessTable accesses;
    Cost cost(std::uint32_t i) const;
  };
  std::deque<Core> cores;
  const Machine& machine;
};

struct FoundPlace {
  SourcePlace at;
  std::string subject;  // an instruction, or the name of a tensor
  std::int64_t times = 0;
  Time weight;  // time of engines or DMAs, for the order
};

struct Finding {
  std::string_view kind;    // key in JSON
  std::string_view remedy;  // what to do
  std::string_view rule;    // the threshold, and the document that names it
  std::string found;        // one clause with figures
  std::vector<FoundPlace> places;
  // Of a core, with all places mended, or with one of them.
  std::function<WhatIf(std::size_t core, const FoundPlace* only)> what_if;
  // Instead of `what_if`: the Program as the mended kernel would record it.
  std::function<std::unique_ptr<Program>(std::size_t core)> rewrite;
  bool divisible = true;  // places can be mended one by one
};

// Sums up instructions or tensors by place, over all cores.
class PlaceList {
 public:
  void add(std::size_t core, const Program& program, SourceId where, std::string_view subject,
           Time weight);
  std::vector<FoundPlace> sorted() const;  // heaviest first
  bool empty() const { return places_.empty(); }

 private:
  std::map<std::pair<std::size_t, SourceId>, FoundPlace> places_;
};

bool is_at(const Program& program, SourceId where, const FoundPlace* only);

// Some instructions of each core, and what mending does to the cost of one.
class Instructions {
 public:
  explicit Instructions(const Study& study) : study_(study), hits_(study.cores.size()) {}

  void add(std::size_t core, std::uint32_t i);
  bool has(std::size_t core, std::uint32_t i) const {
    return i < hits_[core].size() && hits_[core][i];
  }
  bool empty() const { return places_.empty(); }
  std::int64_t count() const { return count_; }
  Time busy() const { return busy_; }
  using Mend = std::function<void(std::size_t core, std::uint32_t i, Cost&)>;
  void fill(Finding& finding, Mend mend) const;
  // Mending leaves them out.
  void leave_out(Finding& finding) const;

 private:
  const Study& study_;
  std::vector<std::vector<bool>> hits_;  // by core and stream index
  PlaceList places_;
  std::int64_t count_ = 0;
  Time busy_;
};

std::vector<Finding> find_small_dmas(const Study& study);
std::vector<Finding> find_spills(const Study& study);
std::vector<Finding> find_transposes(const Study& study);
std::vector<Finding> find_fp32_products(const Study& study);
std::vector<Finding> find_serialised(const Study& study);
std::vector<Finding> find_low_use(const Study& study);
std::vector<Finding> find_whole_tiles(const Study& study);

}  // namespace trainyard
