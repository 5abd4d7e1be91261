// SPDX-License-Identifier: Apache-2.0
#include "core/replay.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/fault.h"
#include "program/accesses.h"

namespace trainyard {

Replay::Replay(const Program& program, NeuronCore& core) : program_(program), core_(core) {
  if (program.data_dependent) {
    throw Fault(FaultKind::program, "the control flow of the kernel depends on values",
                "call the kernel again instead of replaying it");
  }
  const std::size_t count = program.tensors.size();
  inputs_.assign(count, nullptr);
  constexpr std::uint32_t kNever = 0xffffffffu;
  std::vector<std::uint32_t> first(count, kNever);
  std::vector<std::uint32_t> last(count, 0);
  const AccessTable accesses(program);
  for (std::uint32_t i = 0; i < program.stream.size(); ++i) {
    for (const Access& access : accesses.of(i)) {
      if (access.view == nullptr || !access.view->present()) continue;
      const TensorId id = access.view->tensor;
      if (first[id] == kNever) first[id] = i;
      last[id] = i;
    }
  }
  for (TensorId id = 0; id < count; ++id) {
    const TensorInfo& info = program.tensor(id);
    if (info.role == TensorRole::output) outputs_.push_back(id);
    if (info.role != TensorRole::internal || first[id] == kNever) continue;
    allocate_.push_back({first[id], id});
    release_.push_back({last[id], id});
  }
  const auto by_time = [](const Event& a, const Event& b) {
    return a.instruction != b.instruction ? a.instruction < b.instruction : a.tensor < b.tensor;
  };
  std::sort(allocate_.begin(), allocate_.end(), by_time);
  std::sort(release_.begin(), release_.end(), by_time);
}

void Replay::rebind(TensorId input, std::byte* data) {
  if (input >= program_.tensors.size() || program_.tensor(input).role != TensorRole::input) {
    throw Fault(FaultKind::program, "only an input of the kernel can be rebound");
  }
  inputs_[input] = data;
}

void Replay::run() {
  start();
  while (!go_on()) {
  }
}

void Replay::start() {
  core_.reset();
  for (TensorId id = 0; id < program_.tensors.size(); ++id) {
    if (program_.tensor(id).role != TensorRole::input) continue;
    if (inputs_[id] == nullptr) {
      throw Fault(FaultKind::program, "input " + program_.tensor(id).name + " has no bytes",
                  "rebind every input before a replay");
    }
    core_.bind(program_, id, inputs_[id], true);
  }
  for (const TensorId id : outputs_) core_.allocate(program_, id);
  position_ = 0;
  next_ = done_ = 0;
  waited_ = false;
}

bool Replay::go_on() {
  const auto size = static_cast<std::uint32_t>(program_.stream.size());
  while (position_ < size) {
    const std::uint32_t i = position_;
    while (next_ < allocate_.size() && allocate_[next_].instruction == i) {
      core_.allocate(program_, allocate_[next_++].tensor);
    }
    const Recorded& recorded = program_.stream[i];
    const Entry& instruction = entry(recorded.opcode);
    if (waited_) {
      core_.resume();
    } else {
      core_.begin(program_, i, recorded);
    }
    try {
      instruction.execute(recorded.operands, core_, recorded.engine);
    } catch (Fault& fault) {
      fault.in(std::string(instruction.info.name), fault.operand());
      if (!fault.place().known()) fault.at(program_.sources.place(recorded.where));
      throw;
    }
    waited_ = core_.waits();
    if (waited_) return false;
    while (done_ < release_.size() && release_[done_].instruction == i) {
      core_.release(release_[done_++].tensor);
    }
    ++position_;
    if (core_.ends_turn()) return false;
  }
  return true;
}

void run_together(std::span<Replay* const> replays, LogicalCore& logical) {
  logical.reset();
  for (Replay* replay : replays) replay->start();
  std::vector<Replay*> running(replays.begin(), replays.end());
  const auto position = [&] {
    std::uint64_t sum = 0;
    for (const Replay* replay : replays) sum += replay->position();
    return sum;
  };
  int rounds_without_progress = 0;
  while (!running.empty()) {
    const std::uint64_t before = position();
    std::erase_if(running, [](Replay* replay) { return replay->go_on(); });
    rounds_without_progress = position() == before ? rounds_without_progress + 1 : 0;
    if (!running.empty() && rounds_without_progress > 1) {
      throw Fault(FaultKind::program, "the cores wait for each other",
                  "every sendrecv and core_barrier needs its like on the other core");
    }
  }
}

std::uint64_t hash_outputs(const Program& program, NeuronCore& core) {
  std::uint64_t hash = 0x51ab1e5eedull;
  const auto add = [&](std::uint64_t word) {
    hash = std::rotl(hash ^ word, 23) * 0x9E3779B97F4A7C15ull;
    hash ^= hash >> 31;
  };
  for (TensorId id = 0; id < program.tensors.size(); ++id) {
    const TensorInfo& info = program.tensor(id);
    if (info.role == TensorRole::internal) continue;
    if (info.role == TensorRole::input && !core.was_modified(id)) continue;
    add(id);
    const std::byte* at = core.data(id);
    const auto bytes = static_cast<std::size_t>(info.partition_bytes);
    add(bytes);
    for (std::size_t i = 0; i < bytes; i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at + i, std::min<std::size_t>(8, bytes - i));
      add(word);
    }
  }
  return hash;
}

}  // namespace trainyard
