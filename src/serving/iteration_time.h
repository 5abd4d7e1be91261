// SPDX-License-Identifier: Apache-2.0
// Seconds and joules of one iteration of a replica: what grows with its tokens (kept by count),
// and its attention, which grows with the keys that its tokens meet.
#pragma once

#include <optional>
#include <vector>

#include "cluster/operator_time.h"
#include "serving/forward_work.h"
#include "serving/serving.h"

namespace trainyard {

// A query meets its own key too. Of layers with a window, separately.
struct IterationWork {
  double tokens = 0;                                 // that go through the layers
  double rows = 0;                                   // sequences that get a token
  double prompt_pairs = 0, prompt_window_pairs = 0;  // of queries and keys
  double prompt_keys = 0, prompt_window_keys = 0;    // read, each chunk once
  double decode_rows = 0;                            // those of `rows` that met these:
  double decode_keys = 0, decode_window_keys = 0;
};

// Seconds of a replica, and joules of its chips and links beyond idle, by what they go to.
struct IterationCost {
  double products_s = 0, attention_s = 0, elementwise_s = 0;
  double exchange_s = 0;  // that nothing hides
  double launch_s = 0, overhead_s = 0;
  double arithmetic_j = 0, hbm_j = 0, links_j = 0;

  double seconds() const {
    return products_s + attention_s + elementwise_s + exchange_s + launch_s + overhead_s;
  }
  double joules() const { return arithmetic_j + hbm_j + links_j; }
  void add(const IterationCost& other, double times = 1);
  void take_joules(double times);  // of so many that do the same beside each other
};

class IterationTimes {
 public:
  explicit IterationTimes(const ServingScenario& scenario);
  IterationTimes(const IterationTimes&) = delete;
  IterationTimes& operator=(const IterationTimes&) = delete;

  IterationCost of(const IterationWork& work);
  // Without attention.
  IterationCost dense(double tokens, double rows);
  // Of one key that a decoding query meets in all layers of a kind, among `rows` queries.
  IterationCost key(double rows) const { return with_passes(key_, rows, full_layers_); }
  IterationCost window_key(double rows) const {
    return with_passes(window_key_, rows, window_layers_);
  }
  // Of a prompt's keys and values, from a replica to another.
  double transfer_s(double tokens) const;

 private:
  IterationCost layers(double tokens) const;
  IterationCost head(double rows) const;
  IterationCost cost_of(const ForwardWork& work, double times) const;
  CollectiveCost exchange(const Message& message) const;
  IterationCost prompt(double pairs, double keys, double layers) const;
  IterationCost with_passes(IterationCost key, double rows, double layers) const;
  double passes_s(double columns) const;
  double energy_pj(ComputeFormat format) const;

  const ServingScenario& scenario_;
  System dense_system_, expert_system_;  // whose 8-bit rate is that of the products' format
  Software software_;
  OperatorTimes dense_times_, expert_times_;
  AttentionShape attention_;
  double full_layers_ = 0, window_layers_ = 0;  // of one stage
  IterationCost key_, window_key_;
  std::vector<std::optional<IterationCost>> by_tokens_, by_rows_;  // by place_of(), as asked for
};

}  // namespace trainyard
