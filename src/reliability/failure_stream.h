// SPDX-License-Identifier: Apache-2.0
// The failures of one life as they come, and the nodes that they take until they are repaired.
#pragma once

#include <cstdint>
#include <vector>

#include "base/counter_random.h"
#include "reliability/life.h"

namespace trainyard {

// Times at which something is due, the earliest first.
class DueList {
 public:
  struct Due {
    double at_s;
    std::int64_t what;
  };

  double next_s() const;  // infinity: nothing
  void add(double at_s, std::int64_t what);
  std::int64_t take();
  const std::vector<Due>& all() const { return heap_; }

 private:
  std::vector<Due> heap_;
};

// `share`: of the job's replicas that run; what has been dropped does not fail.
class FailureStream {
 public:
  FailureStream(const LifePlan& plan, std::uint64_t seed, std::uint64_t index);

  // Until the next failure; infinity: never.
  double next_s(double share) const;
  void wear(double length_s, double share);
  // The failure that is due now is over, the next one is drawn; returns its kind.
  std::size_t fail(double share);

  double draw(const DrawnDuration& duration);
  bool happens(double probability);

 private:
  double draw_gap();

  const LifePlan& plan_;
  CounterRandom random_;
  double gap_;  // to the next failure, in mean gaps
  std::int64_t failures_ = 0;
};

class NodePool {
 public:
  explicit NodePool(const LifePlan& plan)
      : plan_(plan), nodes_(plan.job.nodes() + plan.job.spare_nodes) {}

  void take(std::int64_t nodes, double back_at_s);
  void collect(double now_s);  // what is repaired by now
  double next_repair_s() const { return repairs_.next_s(); }
  // Whole nodes of broken replicas are spares of the others.
  std::int64_t usable_replicas() const;
  std::int64_t most_out() const { return most_out_; }

 private:
  const LifePlan& plan_;
  std::int64_t nodes_, out_ = 0, most_out_ = 0;
  DueList repairs_;
};

}  // namespace trainyard
