// SPDX-License-Identifier: Apache-2.0
// The pipelines of many replicas at once: the same sequences, each replica with its own seconds.
// A lane is a replica, or as many as wait for each other in every operation (their experts' or
// parameters' groups go across them). An operation ends when its slowest chip does (max), and
// begins when its rank is free and what it needs is there (max-plus).
#pragma once

#include <cstdint>
#include <vector>

#include "cluster/chip_noise.h"
#include "cluster/schedule.h"

namespace trainyard {

// Of one operation of a chunk.
struct OperationParts {
  double compute_s = 0, expert_s = 0;  // a chip's own work; products of experts apart
  double tensor_s = 0, context_s = 0, exchange_s = 0;  // exposed exchange; the last of experts
  double other_s = 0;                                  // no chip or link of ours slows it
  double least_s = 0;                                  // the host is not faster
};

struct LanePlan {
  PipelineSchedule schedule;
  std::vector<OperationParts> parts;  // [3 * (rank * chunks + chunk) + kind]
  double send_s = 0;
  std::int64_t lanes = 1;
  // Ranks of a lane in a stage, of all lanes in a stage, of a chip.
  std::int64_t lane_ranks = 1, stage_ranks = 1, chip_ranks = 1;

  std::int64_t first_rank(std::int64_t stage, std::int64_t lane) const {
    return stage * stage_ranks + lane * lane_ranks;
  }
  std::size_t cell(std::int64_t stage, std::int64_t lane) const {
    return static_cast<std::size_t>(stage * lanes + lane);
  }
};

// Seconds over usual ones; a vector may be empty: all 1.
struct LaneState {
  std::vector<float> chip;                       // of each chip
  std::vector<float> chip_load;                  // of each chip's experts
  double exchange_load = 1;                      // the busiest rank's share of tokens
  std::vector<float> tensor, context, exchange;  // of each cell's links
  ChipNoise noise{0, 0};
};

class PipelineLanes {
 public:
  PipelineLanes(const LanePlan& plan, const LaneState& state);

  // A lane in which nothing is unusual but noise.
  bool usual(std::int64_t lane) const;
  // Without noise: the seconds of each of its parts.
  std::vector<double> times(std::int64_t lane) const;
  // When each of the lanes has done everything; the same bits on any number of threads.
  std::vector<double> run(const std::vector<std::int64_t>& lanes, unsigned threads) const;

 private:
  friend class LaneBlock;
  struct Turn {
    std::int32_t stage = 0, index = 0;  // of the stage's sequence
    std::uint32_t part = 0;
    std::int64_t source = -1, target = -1;  // ends of operations that it waits for, that it makes
    bool sent = false;
  };

  void order();
  bool usual_cell(std::int64_t stage, std::int64_t lane) const;
  double exchange_seconds(const OperationParts& parts, std::size_t cell) const;
  double seconds(const OperationParts& parts, std::int64_t stage, std::int64_t lane,
                 const std::uint32_t* words) const;

  const LanePlan& plan_;
  const LaneState& state_;
  std::vector<Turn> turns_;
  std::size_t ends_ = 0;
  std::vector<bool> usual_;  // of each cell; empty: all
};

}  // namespace trainyard
