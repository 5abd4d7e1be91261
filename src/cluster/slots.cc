// SPDX-License-Identifier: Apache-2.0
#include "cluster/slots.h"

#include <algorithm>
#include <cstddef>

#include "base/fault.h"

namespace trainyard {
namespace {

class SlotFilling {
 public:
  explicit SlotFilling(const PipelineSchedule& schedule)
      : ranks_(schedule.ranks),
        ways_(schedule.kind == ScheduleKind::dual_pipe ? 2 : 1),
        of_a_way_(schedule.micro_batches / ways_),
        sequences_(static_cast<std::size_t>(ranks_)),
        ways_of_(static_cast<std::size_t>(ranks_ * ways_)) {}

  std::vector<std::vector<StepOperation>> fill() {
    const std::size_t all = static_cast<std::size_t>(3 * of_a_way_ * ways_);
    std::size_t left = all * static_cast<std::size_t>(ranks_);
    while (left > 0) {
      const std::vector<Way> before = ways_of_;  // what is ready at the slot's beginning
      std::size_t done = 0;
      for (std::int32_t rank = 0; rank < ranks_; ++rank) done += take_one(rank, before) ? 1 : 0;
      if (done == 0) throw Fault(FaultKind::internal, "a pipeline schedule cannot be filled");
      left -= done;
    }
    return std::move(sequences_);
  }

 private:
  // How many micro-batches of a way a rank has done; they come in order.
  struct Way {
    std::int32_t forward = 0, backward = 0, weights = 0;
  };

  std::int32_t place(std::int32_t rank, std::int32_t way) const {
    return way == 0 ? rank : ranks_ - 1 - rank;
  }
  std::size_t index(std::int32_t at, std::int32_t way) const {
    return static_cast<std::size_t>(way * ranks_ + at);
  }

  bool forward_ready(std::int32_t at, std::int32_t way, const std::vector<Way>& before) const {
    const Way& mine = ways_of_[index(at, way)];
    if (mine.forward == of_a_way_) return false;
    return at == 0 || before[index(at - 1, way)].forward > mine.forward;
  }

  bool backward_ready(std::int32_t at, std::int32_t way, const std::vector<Way>& before) const {
    const Way& mine = ways_of_[index(at, way)];
    if (mine.backward == of_a_way_) return false;
    return at == ranks_ - 1 ? before[index(at, way)].forward > mine.backward
                            : before[index(at + 1, way)].backward > mine.backward;
  }

  bool take_one(std::int32_t rank, const std::vector<Way>& before) {
    // The way that is nearer to its end goes first: what it holds is let go sooner.
    const std::int32_t first = ways_ == 2 && place(rank, 1) > place(rank, 0) ? 1 : 0;
    for (std::int32_t turn = 0; turn < ways_; ++turn) {
      const std::int32_t way = turn == 0 ? first : 1 - first;
      if (backward_ready(place(rank, way), way, before)) {
        return take(rank, way, StepKind::backward);
      }
    }
    for (std::int32_t turn = 0; turn < ways_; ++turn) {
      const std::int32_t way = turn == 0 ? 1 - first : first;
      const std::int32_t chosen = ways_ == 1 ? 0 : way;
      const std::int32_t at = place(rank, chosen);
      const Way& mine = ways_of_[index(at, chosen)];
      // As many held as with 1F1B.
      if (mine.forward - mine.backward < ranks_ - at && forward_ready(at, chosen, before)) {
        return take(rank, chosen, StepKind::forward);
      }
    }
    for (std::int32_t way = 0; way < ways_; ++way) {
      const Way& mine = ways_of_[index(place(rank, way), way)];
      if (mine.weights < mine.backward) return take(rank, way, StepKind::backward_weights);
    }
    return false;
  }

  bool take(std::int32_t rank, std::int32_t way, StepKind kind) {
    Way& mine = ways_of_[index(place(rank, way), way)];
    std::int32_t& count = kind == StepKind::forward    ? mine.forward
                          : kind == StepKind::backward ? mine.backward
                                                       : mine.weights;
    sequences_[static_cast<std::size_t>(rank)].push_back({kind, way * of_a_way_ + count, way});
    ++count;
    return true;
  }

  const std::int32_t ranks_, ways_, of_a_way_;
  std::vector<std::vector<StepOperation>> sequences_;
  std::vector<Way> ways_of_;
};

}  // namespace

std::vector<std::vector<StepOperation>> fill_slots(const PipelineSchedule& schedule) {
  return SlotFilling(schedule).fill();
}

}  // namespace trainyard
