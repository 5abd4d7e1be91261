// SPDX-License-Identifier: Apache-2.0
// A logical core: the physical cores (one or two: LNC) that run one kernel together. They share HBM
// tensors and send each other messages. In every other way each is a core of its own. A World has
// the logical cores of all ranks.
#pragma once

#include <memory>
#include <vector>

#include "core/message_board.h"
#include "core/race_finder.h"
#include "core/written_map.h"
#include "program/program.h"

namespace trainyard {

// A shared_hbm tensor: the k-th that one core makes is the k-th that the others make.
struct SharedTensor {
  std::shared_ptr<std::byte> bytes;
  std::int64_t size_bytes = 0;
  bool filled = false;  // what was not written reads as NaN or 4
  WrittenMap written;
};

class LogicalCore {
 public:
  explicit LogicalCore(int cores, int rank = 0);
  LogicalCore(const LogicalCore&) = delete;

  int cores() const { return cores_; }
  // The next shared tensor of `core`, unwritten if no other core made it yet. Throws Fault when
  // another core made it with another size.
  std::shared_ptr<SharedTensor> next_shared(int core, const TensorInfo& info);
  MessageBoard& board() { return board_; }
  RaceFinder& races() { return races_; }
  // As before the first instruction.
  void reset();

 private:
  const int cores_;
  MessageBoard board_;
  RaceFinder races_;
  std::vector<std::shared_ptr<SharedTensor>> shared_;
  std::vector<std::size_t> shared_made_;  // by each core
};

// Ranks: core c of each talks with core c of the others.
class World {
 public:
  World(int ranks, int cores_each);
  World(const World&) = delete;

  const std::shared_ptr<LogicalCore>& logical(int rank) const {
    return logical_[static_cast<std::size_t>(rank)];
  }
  MessageBoard& board(int core) { return *boards_[static_cast<std::size_t>(core)]; }

 private:
  std::vector<std::shared_ptr<LogicalCore>> logical_;
  std::vector<std::unique_ptr<MessageBoard>> boards_;  // by core of a rank
};

}  // namespace trainyard
