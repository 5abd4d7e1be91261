// SPDX-License-Identifier: Apache-2.0
#include "program/work.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "program/accesses.h"
#include "program/dma_packets.h"
#include "program/fetch_ahead.h"
#include "program/operand_hash.h"

namespace trainyard {

namespace {

struct WorkHash {
  std::size_t operator()(const Work& work) const {
    HashedWords words;
    words.add(work.occupancy_ps);
    words.add(work.latency_ps);
    words.add(std::int64_t{work.meeting});
    words.add(static_cast<std::int64_t>(work.queue));
    words.add(work.dma.bytes);
    words.add(work.dma.hbm_read_bytes);
    words.add(std::int64_t{work.dma.engines.first});
    return words.value();
  }
};

class WorkMaker {
 public:
  WorkMaker(const Program& program, const AccessTable& accesses, const Placement& placement,
            const Machine& machine, const PassSet& passes, const WhatIf& what_if)
      : program_(program),
        accesses_(accesses),
        placement_(placement),
        machine_(machine),
        passes_(passes),
        what_if_(what_if) {}

  WorkList run() {
    list_.nodes.reserve(program_.stream.size() + placement_.moves.size());
    std::size_t move = 0;
    for (std::uint32_t i = 0; i < program_.stream.size(); ++i) {
      for (; move < placement_.moves.size() && placement_.moves[move].before <= i; ++move) {
        add_move(static_cast<std::uint32_t>(move));
      }
      add_instruction(i);
    }
    return std::move(list_);
  }

 private:
  void add_instruction(std::uint32_t i) {
    fetch_ahead(program_, i);
    const Recorded& recorded = program_.stream[i];
    if (what_if_.leaves_out(i)) {
      add(i, {});  // in a queue of its own, and in nobody's way
      return;
    }
    Cost cost = entry(recorded.opcode).cost(recorded.operands, machine_, recorded.engine);
    const std::int64_t payload = cost.dma.payload_bytes;
    if (what_if_.change) what_if_.change(i, cost);
    Work work;
    work.occupancy_ps = cost.occupancy.ps;
    work.latency_ps = cost.latency.ps;
    work.transfer_ps = cost.transfer.ps;
    work.fixed_order = recorded.fixed_order;
    work.engine_state = accesses_.engine_state(i);
    work.table = cost.table;
    work.table_function = cost.table_function;
    work.register_load = cost.register_load;
    work.queue = recorded.engine;
    if (meeting_ < program_.meetings.size() && program_.meetings[meeting_].instruction == i) {
      work.meeting = meeting_++;
    }
    if (recorded.engine == Engine::tensor && cost.weight_load.ps > 0) {
      work.weight_fill_ps = static_cast<std::int32_t>(std::max<std::int64_t>(
          0, cost.weight_load.ps - Time::from_ns(machine_.tensor.weight_load_latency_ns).ps));
      work.array_feed_ps = static_cast<std::int32_t>(cost.array_feed.ps);
      work.array_tile = cost.array_tile;
      work.array_rows = static_cast<float>(cost.array_rows);
      work.passes = static_cast<std::uint8_t>(cost.passes);
    }
    bool from_hbm = false;
    std::int64_t read = 0, written = 0;
    for (const Access& access : accesses_.of(i)) {
      if (access.is_register()) continue;
      work.uses_sbuf = work.uses_sbuf || access.space == Space::sbuf;
      work.uses_psum = work.uses_psum || access.space == Space::psum;
      if (access.space != Space::hbm) continue;
      if (access.reads()) read += access.view->bytes();
      if (access.writes()) written += access.view->bytes();
      from_hbm = from_hbm || access.reads();
    }
    if (cost.is_dma) {
      work.dma = packets_of(cost.dma, from_hbm, machine_);
      work.dma.engines = engines_of(i);
      work.dma.hbm_read_bytes = share_of(read, cost.dma.payload_bytes, payload);
      work.dma.hbm_write_bytes = share_of(written, cost.dma.payload_bytes, payload);
      work.queue = recorded.queue != Engine::unknown ? recorded.queue : queue_for(cost);
      estimate_latency(work);
    }
    add(i, work);
  }

  // By the partitions of the SBUF tile: of the one written, where both sides are on chip.
  EngineRange engines_of(std::uint32_t instruction) const {
    const View* tile = nullptr;
    for (const Access& access : accesses_.of(instruction)) {
      if (access.is_register() || access.space == Space::hbm) continue;
      if (tile == nullptr || access.writes()) tile = access.view;
    }
    if (tile == nullptr) return engines_of(0, machine_.core.partitions);
    const std::int64_t first = placement_.tensors[tile->tensor].partition + tile->partition;
    const std::int64_t step = tile->rank == 0 ? 1 : std::max<std::int64_t>(1, tile->dims[0].step);
    return engines_of(first, first + (tile->partitions() - 1) * step + 1);
  }

  EngineRange engines_of(std::int64_t partition, std::int64_t partition_end) const {
    const std::int64_t engines = std::max<std::int64_t>(1, machine_.dma.engines);
    const std::int64_t each = std::max<std::int64_t>(1, machine_.core.partitions / engines);
    const std::int64_t first = std::clamp<std::int64_t>(partition / each, 0, engines - 1);
    const std::int64_t last =
        std::clamp<std::int64_t>((partition_end - 1) / each, first, engines - 1);
    return {static_cast<std::int32_t>(first), static_cast<std::int32_t>(last - first + 1)};
  }

  static std::int64_t share_of(std::int64_t bytes, std::int64_t part, std::int64_t whole) {
    return part == whole ? bytes
                         : std::llround(static_cast<double>(bytes) * static_cast<double>(part) /
                                        static_cast<double>(whole));
  }

  // A spill goes through descriptors that the compiler made: whole rows of every partition.
  void add_move(std::uint32_t move) {
    const TensorInfo& info = program_.tensors[placement_.moves[move].tensor];
    Cost cost;
    cost.dma.payload_bytes = info.partition_bytes * info.partitions;
    cost.dma.run_bytes = info.partition_bytes;
    cost.dma.descriptors = info.partitions;
    cost.dma.dge = machine_.dma.hardware_dges > 0 ? DgeMode::hwdge : DgeMode::none;
    const bool store = placement_.moves[move].store;
    Work work;
    work.dma = packets_of(cost.dma, !store, machine_);
    (store ? work.dma.hbm_write_bytes : work.dma.hbm_read_bytes) = cost.dma.payload_bytes;
    const std::int64_t partition = placement_.tensors[placement_.moves[move].tensor].partition;
    work.dma.engines = engines_of(partition, partition + info.partitions);
    work.uses_sbuf = true;
    work.occupancy_ps = Time::from_ns(work.dma.hardware_dge ? machine_.dma.hwdge_issue_ns
                                                            : machine_.dma.swdge_issue_ns)
                            .ps;
    work.queue = queue_for(cost);
    estimate_latency(work);
    add(kNoIndex, work);
  }

  // Of a DMA, as if it had its engines for itself.
  void estimate_latency(Work& work) const {
    const DmaTransfer& dma = work.dma;
    const std::int64_t engines = dma.engines.count;
    const std::int64_t each = (dma.packets + engines - 1) / engines;
    work.latency_ps = std::max(
        work.occupancy_ps, dma.trigger_ps + (engines - 1) * dma.stagger_ps + each * dma.packet_ps +
                               std::max<std::int64_t>(0, each - dma.ahead) * dma.gap_ps +
                               Time::from_ns(machine_.dma.completion_latency_ns).ps);
  }

  void add(std::uint32_t instruction, const Work& work) {
    const auto next = static_cast<std::uint32_t>(list_.kinds.size());
    const auto [kind, is_new] = kinds_.try_emplace(work, next);
    if (is_new) list_.kinds.push_back(work);
    list_.nodes.push_back({instruction, kind->second});
    if (work.is_dma()) ++list_.dmas;
    load_ps_[static_cast<std::size_t>(work.queue)] += work.occupancy_ps;
  }

  Engine queue_for(const Cost& cost) const {
    static constexpr std::array<Engine, 3> kIssuers = {Engine::sync, Engine::gpsimd,
                                                       Engine::scalar};
    Engine best = cost.dma.dge == DgeMode::swdge ? Engine::gpsimd : Engine::sync;
    if (cost.dma.dge == DgeMode::swdge || !passes_.has(Pass::dma_queues)) return best;
    for (Engine engine : kIssuers) {
      if (cost.dma.dge == DgeMode::hwdge && engine == Engine::gpsimd) continue;
      if (load(engine) < load(best)) best = engine;
    }
    return best;
  }
  std::int64_t load(Engine engine) const { return load_ps_[static_cast<std::size_t>(engine)]; }

  const Program& program_;
  const AccessTable& accesses_;
  const Placement& placement_;
  const Machine& machine_;
  const PassSet passes_;
  const WhatIf& what_if_;
  WorkList list_;
  std::unordered_map<Work, std::uint32_t, WorkHash> kinds_;  // where in list_.kinds
  std::uint32_t meeting_ = 0;                                // the next of Program::meetings
  std::array<std::int64_t, kEngineCount> load_ps_{};         // of each queue up to here
};

}  // namespace

WorkList make_work(const Program& program, const AccessTable& accesses, const Placement& placement,
                   const Machine& machine, const PassSet& passes, const WhatIf& what_if) {
  return WorkMaker(program, accesses, placement, machine, passes, what_if).run();
}

}  // namespace trainyard
