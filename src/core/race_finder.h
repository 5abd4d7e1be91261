// SPDX-License-Identifier: Apache-2.0
// Races between the two cores of a logical core: both touch the same bytes of HBM, one of them
// writes, and no sendrecv or core_barrier orders them. (On one core there are none: instructions
// wait for those whose bytes they touch.) What is found does not depend on who came first.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/fault.h"
#include "core/core_clock.h"
#include "isa/core_state.h"
#include "program/program.h"

namespace trainyard {

// The first of its two lines and kinds.
struct Race {
  struct Side {
    int core = 0;
    bool writes = false;
    std::uint32_t instruction = 0;
    SourcePlace place;
  };
  std::string tensor;
  Side earlier, later;  // as they were executed; the machine may do it the other way round
};

class RaceFinder {
 public:
  struct Touching {
    const Program& program;
    std::uint32_t instruction;
    SourceId where;
    int core;
    bool writes;
  };
  // `storage`: the first byte of the tensor, by which the cores know it.
  void touch(const std::byte* storage, std::string_view tensor, const Rows& rows,
             const Touching& what, const CoreClock& clock);
  const std::vector<Race>& races() const { return races_; }
  void reset();

 private:
  // `count` stretches of `bytes` each, `step` apart.
  struct Stretches {
    std::int64_t first = 0, step = 0, count = 1, bytes = 0;
    std::uint32_t epoch = 0, instruction = 0;
    SourceId where = 0;

    std::int64_t end() const { return first + step * (count - 1) + bytes; }
    bool meets(const Stretches& other) const;
    bool meets(std::int64_t from, std::int64_t to) const;
  };
  struct Log {
    std::vector<Stretches> reads, writes;
    std::uint32_t ordered = 0;  // epochs that the other core has seen, and that are gone
  };
  using Logs = std::array<Log, kCoresOfLogical>;

  template <class Use>
  static void each_stretches(const std::byte* storage, const Rows& rows, Use&& use);
  static void keep(std::vector<Stretches>& log, const Stretches& one);
  void compare(const std::vector<Stretches>& log, bool writes, const Stretches& one,
               std::string_view tensor, const Touching& what);

  std::unordered_map<const std::byte*, Logs> logs_;
  std::array<const Program*, kCoresOfLogical> programs_{};
  std::set<std::pair<std::uint64_t, int>> compared_;    // by SourceIds of both
  std::set<std::pair<std::string, std::string>> told_;  // by places
  std::vector<Race> races_;
};

}  // namespace trainyard
