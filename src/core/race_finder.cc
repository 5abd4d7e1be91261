// SPDX-License-Identifier: Apache-2.0
#include "core/race_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace trainyard {
namespace {

constexpr std::size_t kMostRaces = 1000;
// Of a tensor, a core and a kind; the older half is forgotten.
constexpr std::size_t kMostKept = 1 << 16;
// An access of more pieces is not looked at.
constexpr std::int64_t kMostPieces = 1 << 12;

struct Walk {
  std::int64_t step = 0, count = 1;
};

std::string text_of(const SourcePlace& place, bool writes) {
  return fmt::format("{}:{}:{}", place.file, place.line, writes);
}

}  // namespace

bool RaceFinder::Stretches::meets(std::int64_t from, std::int64_t to) const {
  if (to <= first || from >= end()) return false;
  if (count == 1) return true;
  const std::int64_t last = std::min((to - 1 - first) / step, count - 1);
  return first + last * step + bytes > from;
}

bool RaceFinder::Stretches::meets(const Stretches& other) const {
  if (other.end() <= first || other.first >= end()) return false;
  if (count > other.count) return other.meets(*this);
  for (std::int64_t i = 0; i < count; ++i) {
    if (other.meets(first + i * step, first + i * step + bytes)) return true;
  }
  return false;
}

// The innermost dense dimensions are a stretch, the next one its repetition, of others each index
// is one more. Column offsets are of on-chip tiles only, which the cores do not share.
template <class Use>
void RaceFinder::each_stretches(const std::byte* storage, const Rows& rows, Use&& use) {
  const auto size = static_cast<std::int64_t>(dtype_bytes(rows.dtype));
  std::array<Walk, kMaxRank + 1> walks{};
  std::size_t n = 0;
  std::int64_t base = 0;
  const auto add = [&](std::int64_t step, std::int64_t count) {
    if (count <= 1 || step == 0) return;
    if (step < 0) base += step * (count - 1);
    walks[n++] = {std::abs(step), count};
  };
  for (std::size_t d = 0; d < rows.rank; ++d) add(rows.step_bytes[d], rows.count[d]);
  const bool by_row = rows.row_offset_bytes != nullptr;
  if (!by_row) add(rows.partition_step_bytes, rows.partitions);
  std::sort(walks.begin(), walks.begin() + static_cast<std::ptrdiff_t>(n),
            [](const Walk& a, const Walk& b) { return a.step < b.step; });
  Stretches one{.bytes = size};
  std::size_t next = 0;
  for (; next < n && walks[next].step <= one.bytes; ++next) {
    one.bytes += walks[next].step * (walks[next].count - 1);
  }
  if (next < n) {
    one.step = walks[next].step;
    one.count = walks[next++].count;
  }
  std::int64_t pieces = by_row ? rows.partitions : 1;
  for (std::size_t d = next; d < n; ++d) pieces *= walks[d].count;
  if (pieces > kMostPieces) return;
  const auto walk = [&](std::int64_t from) {
    std::array<std::int64_t, kMaxRank + 1> index{};
    for (;;) {
      one.first = from;
      use(one);
      std::size_t d = next;
      for (; d < n; ++d) {
        from += walks[d].step;
        if (++index[d] < walks[d].count) break;
        from -= walks[d].step * walks[d].count;
        index[d] = 0;
      }
      if (d == n) return;
    }
  };
  if (!by_row) return walk(rows.base - storage + base);
  for (std::int32_t p = 0; p < rows.partitions; ++p) {
    if (!rows.skipped(p)) walk(rows.row(p) - storage + base);
  }
}

// What one line touches piece by piece is kept as one.
void RaceFinder::keep(std::vector<Stretches>& log, const Stretches& one) {
  if (!log.empty()) {
    Stretches& last = log.back();
    if (last.where == one.where && last.epoch == one.epoch) {
      if (last.first <= one.first && last.count == 1 && one.end() <= last.end()) return;
      if (last.count == 1 && one.count == 1 && last.end() == one.first) {
        last.bytes += one.bytes;
        return;
      }
    }
  }
  if (log.size() == kMostKept) {
    log.erase(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(kMostKept / 2));
  }
  log.push_back(one);
}

void RaceFinder::compare(const std::vector<Stretches>& log, bool writes, const Stretches& one,
                         std::string_view tensor, const Touching& what) {
  const int other = 1 - what.core;
  for (const Stretches& before : log) {
    if (!before.meets(one)) continue;
    const std::uint64_t lines = what.core == 0 ? std::uint64_t{one.where} << 32 | before.where
                                               : std::uint64_t{before.where} << 32 | one.where;
    if (!compared_.insert({lines, 4 * what.core + 2 * writes + what.writes}).second) continue;
    Race race{
        .tensor = std::string(tensor),
        .earlier = {other, writes, before.instruction,
                    programs_[static_cast<std::size_t>(other)]->sources.place(before.where)},
        .later = {what.core, what.writes, one.instruction, what.program.sources.place(one.where)}};
    std::string one_side = text_of(race.earlier.place, writes);
    std::string other_side = text_of(race.later.place, what.writes);
    if (other_side < one_side) std::swap(one_side, other_side);
    if (told_.emplace(std::move(one_side), std::move(other_side)).second) {
      races_.push_back(std::move(race));
    }
  }
}

void RaceFinder::touch(const std::byte* storage, std::string_view tensor, const Rows& rows,
                       const Touching& what, const CoreClock& clock) {
  if (races_.size() >= kMostRaces) return;
  const auto core = static_cast<std::size_t>(what.core);
  programs_[core] = &what.program;
  Logs& logs = logs_[storage];
  Log& mine = logs[core];
  Log& others = logs[1 - core];
  if (const std::uint32_t seen = clock.of[1 - core]; seen > others.ordered) {
    const auto ordered = [&](const Stretches& one) { return one.epoch <= seen; };
    std::erase_if(others.reads, ordered);
    std::erase_if(others.writes, ordered);
    others.ordered = seen;
  }
  each_stretches(storage, rows, [&](Stretches& one) {
    one.epoch = clock.of[core];
    one.instruction = what.instruction;
    one.where = what.where;
    compare(others.writes, true, one, tensor, what);
    if (what.writes) compare(others.reads, false, one, tensor, what);
    keep(what.writes ? mine.writes : mine.reads, one);
  });
}

void RaceFinder::reset() {
  logs_.clear();
  programs_.fill(nullptr);
  compared_.clear();
  told_.clear();
  races_.clear();
}

}  // namespace trainyard
