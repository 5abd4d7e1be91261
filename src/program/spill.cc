// SPDX-License-Identifier: Apache-2.0
#include "program/spill.h"

#include <algorithm>
#include <deque>

#include "isa/instructions/dma_copy.h"
#include "program/address_space.h"

namespace trainyard {
namespace {

class Spiller {
 public:
  Spiller(const Program& program, const AccessTable& accesses, const LiveTensors& live,
          std::int64_t capacity_bytes, Placement& placement)
      : program_(program),
        accesses_(accesses),
        capacity_bytes_(capacity_bytes),
        placement_(placement),
        space_(capacity_bytes, 0),
        state_(program.tensors.size()),
        end_of_writes_(program.tensors.size(), 0) {
    for (TensorId id : live.fixed) space_.reserve(placement.tensors[id].byte, bytes(id));
    for (TensorId id : live.free) {
      state_[id].managed = true;
      placement.tensors[id].byte = -1;
    }
    for (std::uint32_t i = 0; i < program.stream.size(); ++i) {
      for (const Access& access : accesses.of(i)) {
        if (!access.is_register() && access.writes()) end_of_writes_[access.id] = i + 1;
        if (managed(access)) state_[access.id].uses.push_back(i);
      }
    }
  }

  std::int64_t run() {
    for (std::uint32_t i = 0; i < program_.stream.size(); ++i) {
      release_dead(i);
      for (const Access& access : accesses_.of(i)) {
        if (managed(access)) make_resident(access.id, i);
      }
      for (const Access& access : accesses_.of(i)) {
        if (managed(access) && access.writes() && !loads(i)) state_[access.id].dirty = true;
      }
    }
    for (TensorId id = 0; id < state_.size(); ++id) {
      if (state_[id].moved_bytes > 0) placement_.spills.push_back({id, state_[id].moved_bytes});
    }
    return space_.peak();
  }

 private:
  struct State {
    bool managed = false;
    bool dirty = false;      // differs from what is in HBM
    std::int64_t byte = -1;  // where it is resident
    std::int64_t moved_bytes = 0;
    std::vector<std::uint32_t> uses;
    std::size_t next = 0;  // uses before this one are past
  };

  bool managed(const Access& access) const {
    return !access.is_register() && state_[access.id].managed;
  }
  // Of what stays in HBM as it is, so that it can be loaded again: NKIBench's matmul and gqa on
  // Trainium1 (zhang677/AccelOpt) write out what they compute alone.
  bool loads(std::uint32_t i) const {
    if (program_.stream[i].opcode != opcode_of<DmaCopy>()) return false;
    for (const Access& access : accesses_.of(i)) {
      if (access.is_register() || access.view->indirect != 0) return false;
      if (access.writes()) continue;
      if (program_.tensors[access.id].space != Space::hbm || end_of_writes_[access.id] > i)
        return false;
    }
    return true;
  }
  std::int64_t bytes(TensorId id) const { return program_.tensors[id].partition_bytes; }

  std::uint32_t next_use(TensorId id, std::uint32_t from) {
    State& state = state_[id];
    while (state.next < state.uses.size() && state.uses[state.next] < from) ++state.next;
    return state.next < state.uses.size() ? state.uses[state.next] : UINT32_MAX;
  }

  void release_dead(std::uint32_t now) {
    auto dead = [&](TensorId id) {
      if (placement_.tensors[id].last_use >= now) return false;
      resting_.push_back(id);
      return true;
    };
    resident_.erase(std::remove_if(resident_.begin(), resident_.end(), dead), resident_.end());
  }

  void make_resident(TensorId id, std::uint32_t now) {
    State& state = state_[id];
    if (state.byte >= 0) return;
    std::int64_t at = space_.allocate(bytes(id), Fit::lowest);
    while (at < 0) {
      if (resting_.empty()) {
        evict(id, now);
      } else {
        const TensorId dead = resting_.front();
        resting_.pop_front();
        space_.release(state_[dead].byte, bytes(dead));
      }
      at = space_.allocate(bytes(id), Fit::lowest);
    }
    state.byte = at;
    resident_.push_back(id);
    Placed& placed = placement_.tensors[id];
    if (placed.byte < 0) {
      placed.byte = at;
    } else {
      move(id, now, false, at);
    }
  }

  void evict(TensorId wanted, std::uint32_t now) {
    auto victim = resident_.end();
    std::uint32_t farthest = now;  // what this instruction uses must stay
    for (auto it = resident_.begin(); it != resident_.end(); ++it) {
      const std::uint32_t next = next_use(*it, now);
      const bool larger = victim != resident_.end() && bytes(*it) > bytes(*victim);
      if (next > farthest || (next == farthest && larger)) {
        farthest = next;
        victim = it;
      }
    }
    if (victim == resident_.end()) {
      refuse_placement(program_, placement_, Space::sbuf, capacity_bytes_, wanted, now);
    }
    const TensorId id = *victim;
    State& state = state_[id];
    if (state.dirty) move(id, now, true, state.byte);
    state.dirty = false;
    space_.release(state.byte, bytes(id));
    state.byte = -1;
    placement_.tensors[id].spilled = true;
    resident_.erase(victim);
  }

  void move(TensorId id, std::uint32_t before, bool store, std::int64_t byte) {
    placement_.moves.push_back({id, before, store, byte});
    state_[id].moved_bytes += bytes(id) * program_.tensors[id].partitions;
  }

  const Program& program_;
  const AccessTable& accesses_;
  const std::int64_t capacity_bytes_;
  Placement& placement_;
  AddressSpace space_;
  std::vector<State> state_;
  std::vector<std::uint32_t> end_of_writes_;  // by TensorId: past the last instruction that writes
  std::vector<TensorId> resident_;
  std::deque<TensorId> resting_;  // dead, their bytes not yet taken again: longest dead first
};

}  // namespace

std::int64_t place_with_spills(const Program& program, const AccessTable& accesses,
                               const LiveTensors& live, std::int64_t capacity_bytes,
                               Placement& placement) {
  return Spiller(program, accesses, live, capacity_bytes, placement).run();
}

}  // namespace trainyard
