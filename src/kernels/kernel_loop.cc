// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel_loop.h"

#include <functional>
#include <numeric>
#include <utility>

#include "isa/instructions/collectives.h"
#include "isa/instructions/memset.h"

namespace trainyard {
namespace {

constexpr std::int64_t kExchangeColumnsMax = 2048;
constexpr RankGroup kTwoChips{.group = 0, .ranks = 2, .chips = 2};

CollectivePermuteImplicit permute(const View& dst, const View& src) {
  CollectivePermuteImplicit permute;
  permute.dsts.views[0] = dst;
  permute.srcs.views[0] = src;
  permute.dsts.size = permute.srcs.size = 1;
  permute.group = kTwoChips;
  return permute;
}

// The first columns of a tile.
View narrowed(View tile, std::int64_t columns) {
  tile.dims[1].count = static_cast<std::int32_t>(columns);
  return tile;
}

std::int64_t fj_of(const EnergyReport& energy) {
  return std::accumulate(energy.instruction_fj.begin(), energy.instruction_fj.end(),
                         energy[Component::idle].fj + energy[Component::active].fj);
}

std::int64_t macs_of(const EventCounts& counts) {
  return std::accumulate(counts.work_macs.begin(), counts.work_macs.end(), std::int64_t{0});
}

}  // namespace

double SteadyRun::standing_j() const {
  return static_cast<double>(component_fj[static_cast<std::size_t>(Component::idle)] +
                             component_fj[static_cast<std::size_t>(Component::active)]) *
         1e-15;
}

double SteadyRun::watts(Component component) const {
  return static_cast<double>(component_fj[static_cast<std::size_t>(component)]) * 1e-15 / seconds();
}

KernelLoop::KernelLoop(const Machine& machine, bool with_neighbour) : machine_(machine) {
  if (!with_neighbour) {
    mine_.core = std::make_unique<NeuronCore>(machine);
    mine_.build = std::make_unique<Builder>(machine, *mine_.core, *mine_.core);
    build_ = mine_.build.get();
    return;
  }
  world_ = std::make_shared<World>(2, 1);
  start(mine_, 0);
  start(neighbour_, 1);
  build_ = mine_.build.get();
  Builder& other = *neighbour_.build;
  other_src_ = other.sbuf({machine.core.partitions, kExchangeColumnsMax}, DType::float32);
  other(Memset{.dst = other_src_});
  for (int i = 0; i < 2; ++i) {
    other_dst_.push_back(
        other.sbuf({machine.core.partitions, kExchangeColumnsMax}, DType::float32));
  }
}

void KernelLoop::start(Side& side, int rank) {
  side.core = std::make_unique<NeuronCore>(machine_, CoreOptions{}, world_, rank, 0);
  side.build = std::make_unique<Builder>(machine_, *side.core, *side.core);
  side.build->program().rank_groups.push_back({0, 1});
}

View KernelLoop::input(const std::vector<std::int64_t>& shape, DType dtype) {
  const auto elements =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  inputs_.emplace_back(static_cast<std::size_t>(elements) * dtype_bytes(dtype));
  return build_->input(shape, dtype, inputs_.back().data());
}

void KernelLoop::exchange(const View& dst, const View& src) {
  const std::int64_t columns = src.elements_per_partition();
  const View& other_dst = other_dst_[exchanges_++ % other_dst_.size()];
  // This core sends first and waits; then the neighbour has its turn, once.
  bool done = false;
  mine_.core->on_turn([&] {
    if (std::exchange(done, true)) return;
    (*neighbour_.build)(permute(narrowed(other_dst, columns), narrowed(other_src_, columns)));
  });
  (*build_)(permute(dst, src));
  mine_.core->on_turn(nullptr);
}

void KernelLoop::begin_body() {
  for (Side* side : {&mine_, &neighbour_}) {
    if (!side->build) continue;
    side->body = side->build->program().stream.size();
    side->meetings = side->build->program().meetings.size();
  }
}

void KernelLoop::repeat(Side& side, std::size_t end, std::size_t meetings_end, std::int64_t times) {
  Program& program = side.build->program();
  for (std::int64_t t = 0; t < times; ++t) {
    const auto shift = static_cast<std::uint32_t>(program.stream.size() - side.body);
    for (std::size_t i = side.body; i < end; ++i) {
      const Recorded again = program.stream[i];
      program.stream.push_back(again);
    }
    for (std::size_t m = side.meetings; m < meetings_end; ++m) {
      Meeting meeting = program.meetings[m];
      meeting.instruction += shift;
      // A place of its own, the same on both sides: they have as many meetings.
      meeting.place += program.meetings.size() * 0x9E3779B97F4A7C15ull;
      program.meetings.push_back(meeting);
    }
  }
}

KernelLoop::Reading KernelLoop::read() const {
  const Program& program = mine_.build->program();
  Reading reading;
  if (world_) {
    const Program* const both[] = {&program, &neighbour_.build->program()};
    reading.timeline = std::move(time_together(both, machine_).front());
  } else {
    reading.timeline = time_program(program, machine_);
  }
  reading.energy = account_energy(program, reading.timeline, machine_);
  return reading;
}

SteadyRun KernelLoop::run(std::int64_t repetitions) {
  std::array<Reading, 2> readings;
  std::vector<std::pair<Side*, std::pair<std::size_t, std::size_t>>> sides;
  for (Side* side : {&mine_, &neighbour_}) {
    if (!side->build) continue;
    const Program& program = side->build->program();
    sides.push_back({side, {program.stream.size(), program.meetings.size()}});
  }
  for (std::size_t longer = 0; longer < 2; ++longer) {
    for (auto& [side, end] : sides) {
      repeat(*side, end.first, end.second, longer == 0 ? repetitions - 1 : repetitions);
    }
    readings[longer] = read();
  }
  const auto& [small, large] = readings;
  SteadyRun run;
  run.repetitions = repetitions;
  run.time = large.timeline.total - small.timeline.total;
  run.fj = fj_of(large.energy) - fj_of(small.energy);
  for (std::size_t c = 0; c < kComponentCount; ++c) {
    run.component_fj[c] = large.energy.components[c].fj - small.energy.components[c].fj;
  }
  for (std::size_t e = 0; e < kEngineCount; ++e) {
    run.busy[e] = large.timeline.busy[e] - small.timeline.busy[e];
  }
  const EventCounts &more = large.energy.counts, &fewer = small.energy.counts;
  for (std::size_t l = 0; l < kLaneClassCount; ++l) {
    run.lane_ops[l] = more.lane_ops[l] - fewer.lane_ops[l];
  }
  run.macs = macs_of(more) - macs_of(fewer);
  run.hbm_bytes = more.traffic.hbm_read_bytes + more.traffic.hbm_write_bytes -
                  fewer.traffic.hbm_read_bytes - fewer.traffic.hbm_write_bytes;
  run.link_bytes = more.exchange.link_bytes - fewer.exchange.link_bytes;
  return run;
}

}  // namespace trainyard
