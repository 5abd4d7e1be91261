// SPDX-License-Identifier: Apache-2.0
// What a planner decides about failures, and the job that follows from it on a system of a given
// size.
#pragma once

#include "reliability/best_interval.h"
#include "reliability/goodput.h"
#include "reliability/profile.h"

namespace trainyard {

// How the job that is asked about looks to failures.
struct JobShape {
  std::int64_t chips = 1, chips_per_node = 1;
  std::int64_t replicas = 1;    // data-parallel
  double step_s = 1;            // as the cluster's model gives it
  double checkpoint_bytes = 0;  // of the whole job: weights and the optimiser's state
  bool sharded = false;         // over replicas (ZeRO 1 and up): a replica alone has not all
};

struct ReliabilityPolicy {
  double days = 54;
  double spare_share = 0.02;  // of the job's nodes, healthy and waiting
  // Minutes between checkpoints or validations. 0: none of the kind; kBest: searched.
  static constexpr double kBest = -1;
  double disk_minutes = kBest, memory_minutes = 0, validation_minutes = kBest;
  bool asynchronous = true;
  bool elastic = false;
  double replicas_min_share = 0.9;  // of the replicas, below which an elastic job waits
  bool noise = true;
};

// Intervals that are to be searched are a guess.
ReliabilityJob make_job(const ReliabilityProfile& profile, const ReliabilityPolicy& policy,
                        const JobShape& shape);

struct PolicyReport {
  ReliabilityJob job;
  GoodputReport goodput;
  std::vector<IntervalSearch> searches;
};

// Searches what the policy leaves open, one after another and all once more, then simulates.
PolicyReport simulate_policy(const ReliabilityProfile& profile, const ReliabilityPolicy& policy,
                             const JobShape& shape, const GoodputOptions& options = {});

// What other intervals would leave where the policy says one.
std::vector<IntervalSearch> other_intervals(const PolicyReport& report,
                                            const ReliabilityPolicy& policy,
                                            const GoodputOptions& options = {});

}  // namespace trainyard
