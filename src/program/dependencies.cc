// SPDX-License-Identifier: Apache-2.0
#include "program/dependencies.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "program/fetch_ahead.h"
#include "program/footprint.h"
#include "program/occupancy.h"
#include "program/region.h"

namespace trainyard {
namespace {

constexpr std::size_t kStates = 2;  // accumulators, random state

}  // namespace

class DependencyFinder {
 public:
  DependencyFinder(const Program& program, const AccessTable& accesses, const Placement& placement,
                   const WorkList& work, const WhatIf& what_if)
      : program_(program),
        accesses_(accesses),
        placement_(placement),
        what_if_(what_if),
        work_(work),
        stamp_(work.size(), 0),
        registers_(program.registers),
        depends_(what_if.any_order ? decltype(depends_){} : program.depends) {
    spots_.reserve(placement.tensors.size());
    for (const Placed& placed : placement.tensors)
      spots_.push_back({placed.byte, placed.partition});
    std::sort(depends_.begin(), depends_.end());
    for (auto& state : last_state_) state.fill(kNoIndex);
    last_fixed_.fill(kNoIndex);
  }

  Dependencies run() {
    out_.first_.reserve(std::size_t{work_.size()} + 1);
    out_.edges_.reserve(std::size_t{work_.size()} * 4);
    for (node_ = 0; node_ < work_.size(); ++node_) {
      begin_ = out_.edges_.size();
      if (work_.instruction(node_) == kNoIndex) {
        move(placement_.moves[next_move_++]);
      } else {
        fetch_ahead(program_, work_.instruction(node_));
        instruction(work_.instruction(node_), work_.of(node_));
        if (what_if_.leaves_out(work_.instruction(node_))) leave_out();
      }
      out_.first_.push_back(static_cast<std::uint32_t>(out_.edges_.size()));
    }
    return std::move(out_);
  }

 private:
  // Where a tensor is now: those that are spilled come back to other bytes.
  struct Spot {
    std::int64_t byte = 0;
    std::int32_t partition = 0;
    std::uint32_t region = kNoIndex;
  };
  struct RegisterUse {
    std::uint32_t writer = kNoIndex;
    std::vector<std::uint32_t> readers;
  };

  void instruction(std::uint32_t index, const Work& work) {
    // Reads first: what it writes must not hide what it reads.
    const auto accesses = accesses_.of(index);
    for (const Access& access : accesses) {
      if (!access.reads()) continue;
      if (access.is_register()) {
        read_register(access.id);
      } else {
        read(access.id, where(*access.view), access.weights ? Wait::weights : Wait::operand);
      }
    }
    for (const Access& access : accesses) {
      if (!access.writes()) continue;
      if (access.is_register()) {
        write_register(access.id);
      } else {
        write(access.id, where(*access.view));
      }
    }
    for (std::size_t s = 0; s < kStates; ++s) {
      if ((work.engine_state >> s) & 1u) chain(last_state_[s]);
    }
    if (work.fixed_order && !what_if_.any_order) chain(last_fixed_);
    if (work.meeting != kNoIndex) {
      // All cores meet in the order of their programs, else each could wait for the other.
      if (last_meeting_ != kNoIndex) {
        add(last_meeting_, work_.of(last_meeting_).queue == work.queue ? Wait::issue : Wait::order);
      }
      last_meeting_ = node_;
    }
    for (; next_depends_ < depends_.size() && depends_[next_depends_].first <= index;
         ++next_depends_) {
      const std::uint32_t producer = depends_[next_depends_].second;
      if (producer < index) add(node_of(producer), Wait::order);
    }
  }

  // Behind the spills in front of it.
  std::uint32_t node_of(std::uint32_t instruction) const {
    const auto& moves = placement_.moves;
    const auto behind =
        std::partition_point(moves.begin(), moves.end(),
                             [&](const SpillMove& move) { return move.before <= instruction; });
    return instruction + static_cast<std::uint32_t>(behind - moves.begin());
  }

  // Keeps what the results of this node were made of, and lets it wait for nothing.
  void leave_out() {
    std::vector<std::uint32_t>& made_of = made_of_[node_];
    for (std::size_t e = begin_; e < out_.edges_.size(); ++e) {
      const Edge edge = out_.edges_[e];
      if (edge.wait() <= Wait::operand) made_of.push_back(edge.producer());
    }
    out_.edges_.resize(begin_);
  }

  // A spilled tensor is read on its way out, and written where it comes back.
  void move(const SpillMove& move) {
    if (!move.store) {
      spots_[move.tensor].byte = move.byte;
      spots_[move.tensor].region = kNoIndex;
    }
    const Rectangle whole = bounds_of(move.tensor);
    if (move.store) {
      read(move.tensor, {whole, nullptr}, Wait::operand);
    } else {
      write(move.tensor, {whole, nullptr});
    }
    if (stored_.size() < program_.tensors.size()) stored_.resize(program_.tensors.size(), kNoIndex);
    if (move.store) {
      stored_[move.tensor] = node_;
    } else if (stored_[move.tensor] != kNoIndex) {
      add(stored_[move.tensor], Wait::operand);
    }
  }

  Rectangle bounds_of(TensorId id) const {
    return tensor_rectangle(program_.tensors[id], spots_[id].partition, base_byte(spots_[id]));
  }
  static std::int64_t base_byte(const Spot& spot) { return std::max<std::int64_t>(0, spot.byte); }

  // The last node of this queue that used what `last` stands for comes first.
  void chain(std::array<std::uint32_t, kEngineCount>& last) {
    std::uint32_t& before = last[static_cast<std::size_t>(work_.of(node_).queue)];
    if (before != kNoIndex) add(before, Wait::issue);
    before = node_;
  }

  void read_register(RegisterId reg) {
    RegisterUse& use = registers_[reg];
    if (use.writer != kNoIndex) add(use.writer, Wait::operand);
    use.readers.push_back(node_);
  }

  void write_register(RegisterId reg) {
    RegisterUse& use = registers_[reg];
    if (use.writer != kNoIndex) add(use.writer, Wait::reuse);
    for (std::uint32_t reader : use.readers) add(reader, Wait::reuse);
    use.readers.clear();
    use.writer = node_;
  }

  Footprint where(const View& view) const {
    const Spot& spot = spots_[view.tensor];
    return footprint(view, program_.tensors[view.tensor], spot.partition, base_byte(spot));
  }

  void read(TensorId id, const Footprint& footprint, Wait wait) {
    Region& region = regions_[region_for(id)];
    const Touched touched{footprint, node_, work_.of(node_).queue};
    for (const Touched& old : region.writes()) {
      if (overlap(old, touched)) add(old.node, wait);
    }
    region.add_read(touched);
  }

  void write(TensorId id, const Footprint& footprint) {
    Region& region = regions_[region_for(id)];
    const Touched touched{footprint, node_, work_.of(node_).queue};
    if (!what_if_.has_own_bytes(id)) {
      for (const Touched& old : region.writes()) {
        if (overlap(old, touched)) add(old.node, Wait::reuse);
      }
      for (const Touched& old : region.reads()) {
        if (overlap(old, touched)) add(old.node, Wait::reuse);
      }
    }
    region.overwrite(touched);
    region.add_write(touched);
  }

  static bool overlap(const Touched& a, const Touched& b) {
    if (!a.where.rectangle.meets(b.where.rectangle)) return false;
    return (a.where.pattern == nullptr && b.where.pattern == nullptr) ||
           may_overlap(a.where, b.where);
  }

  std::uint32_t region_for(TensorId id) {
    std::uint32_t& region = spots_[id].region;
    if (region == kNoIndex) region = enter(id);
    while (regions_[region].merged_into != kNoIndex) region = regions_[region].merged_into;
    return region;
  }

  // First use of a tensor at its place: it waits for what its bytes were used for before.
  std::uint32_t enter(TensorId id) {
    const TensorInfo& info = program_.tensors[id];
    const Rectangle bounds = bounds_of(id);
    const std::uint32_t now = work_.instruction(node_);
    std::uint32_t mine = kNoIndex;
    found_.clear();
    if (on_chip(info.space)) {
      occupancy(info).find(bounds, regions_, found_);
      // A kernel may let tensors with addresses overlap while both live: they become one region.
      for (const Occupant& old : found_) {
        const bool lives = now != kNoIndex && info.has_address() && old.region != mine &&
                           regions_[old.region].places > 0 && regions_[old.region].last_use >= now;
        if (!lives) continue;
        if (mine == kNoIndex) {
          mine = old.region;
        } else {
          merge(mine, old.region, occupancy(info));
        }
      }
    }
    if (mine == kNoIndex) {
      mine = new_region();
      regions_[mine].bounds = bounds;
    } else {
      regions_[mine].bounds = regions_[mine].bounds.joined(bounds);
    }
    for (const Occupant& old : found_) {
      if (old.region == mine || regions_[old.region].places == 0) continue;
      const Rectangle part{old.first_byte, old.end_byte, bounds.first_partition,
                           bounds.end_partition};
      regions_[mine].inherit(regions_[old.region], part);
    }
    regions_[mine].last_use = std::max(regions_[mine].last_use, placement_.tensors[id].last_use);
    if (on_chip(info.space)) occupancy(info).enter(bounds, mine, regions_, unused_regions_);
    return mine;
  }

  Occupancy& occupancy(const TensorInfo& info) {
    return occupancy_[static_cast<std::size_t>(info.space)];
  }

  std::uint32_t new_region() {
    if (unused_regions_.empty()) {
      regions_.emplace_back();
      return static_cast<std::uint32_t>(regions_.size() - 1);
    }
    const std::uint32_t region = unused_regions_.back();
    unused_regions_.pop_back();
    return region;
  }

  void merge(std::uint32_t into, std::uint32_t old, Occupancy& occupancy) {
    regions_[into].inherit(regions_[old], regions_[old].bounds);
    regions_[into].last_use = std::max(regions_[into].last_use, regions_[old].last_use);
    regions_[into].bounds = regions_[into].bounds.joined(regions_[old].bounds);
    regions_[old].merged_into = into;
    occupancy.rename(old, into, regions_, unused_regions_);
  }

  void add(std::uint32_t producer, Wait wait) {
    if (producer == node_) return;
    if (what_if_.leaves_out(work_.instruction(producer))) {
      if (wait > Wait::operand) return;
      for (const std::uint32_t earlier : made_of_[producer]) add(earlier, wait);
      return;
    }
    const Work& from = work_.of(producer);
    const Work& to = work_.of(node_);
    const bool pipelined = from.queue == to.queue && !from.is_dma() && !to.is_dma();
    // PSUM adds in the array's own pipeline, so that matmuls on one tile follow each other.
    const bool adds = wait == Wait::operand && to.queue == Engine::tensor;
    if (pipelined && (wait == Wait::reuse || adds)) wait = Wait::pipeline;
    std::uint32_t& stamp = stamp_[producer];
    if (stamp > begin_ && stamp <= out_.edges_.size() &&
        out_.edges_[stamp - 1].producer() == producer) {
      Edge& edge = out_.edges_[stamp - 1];
      if (wait < edge.wait()) edge = Edge(producer, wait, edge.signals());
      return;
    }
    out_.edges_.emplace_back(producer, wait, !from.is_dma() && from.queue != to.queue);
    stamp = static_cast<std::uint32_t>(out_.edges_.size());
  }

  const Program& program_;
  const AccessTable& accesses_;
  const Placement& placement_;
  const WhatIf& what_if_;
  const WorkList& work_;
  BigVector<Spot> spots_;           // by TensorId
  BigVector<std::uint32_t> stamp_;  // by producer: 1 + its last edge
  std::vector<RegisterUse> registers_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> depends_;
  std::size_t next_depends_ = 0, next_move_ = 0;
  std::vector<std::uint32_t> stored_;  // by TensorId: node of its last store
  std::vector<Region> regions_;
  std::array<Occupancy, 2> occupancy_;  // SBUF, PSUM
  std::array<std::array<std::uint32_t, kEngineCount>, kStates> last_state_{};
  std::array<std::uint32_t, kEngineCount> last_fixed_{};
  std::uint32_t last_meeting_ = kNoIndex;
  std::vector<std::uint32_t> unused_regions_;  // their tensors are gone
  std::vector<Occupant> found_;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> made_of_;  // of what is left out
  std::uint32_t node_ = 0;
  std::size_t begin_ = 0;  // first edge of this node
  Dependencies out_;
};

Dependencies find_dependencies(const Program& program, const AccessTable& accesses,
                               const Placement& placement, const WorkList& work,
                               const WhatIf& what_if) {
  return DependencyFinder(program, accesses, placement, work, what_if).run();
}

}  // namespace trainyard
