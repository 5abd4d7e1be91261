// SPDX-License-Identifier: Apache-2.0
// Nodes of a job and its spares, and when those in repair come back.
#pragma once

#include <cstdint>
#include <vector>

#include "reliability/life.h"

namespace trainyard {

// What comes back within a life. Far ahead, times only lie in the slice of the life that they
// belong to; a slice is put in order when its time comes. So each costs the same however many
// are away.
class Returns {
 public:
  // As many slices as returns are expected.
  Returns(double end_s, double expected);

  void add(double at_s, std::int64_t nodes);  // at or past the end: never
  std::int64_t take_until(double now_s);      // nodes that are back
  double next_s();                            // infinity: nothing within the life

 private:
  struct Return {
    double at_s;
    std::int64_t nodes;
    std::int32_t next;  // of the same slice
  };
  static bool later(const Return& a, const Return& b) { return a.at_s > b.at_s; }
  static constexpr std::int32_t kNoReturn = -1;

  std::size_t slice_of(double at_s) const { return static_cast<std::size_t>(at_s * slices_per_s_); }
  void open_slice();

  double end_s_, slices_per_s_;
  std::vector<std::int32_t> slices_;  // the first return of each
  std::vector<Return> returns_;       // of slices that are not open yet, and free ones
  std::int32_t free_ = kNoReturn;
  std::size_t opened_ = 0;    // slices before it are open
  std::vector<Return> near_;  // of slices that are open, the earliest last
};

class NodePool {
 public:
  explicit NodePool(const LifePlan& plan);

  void take(std::int64_t nodes, double back_at_s);
  void collect(double now_s) { out_ -= returns_.take_until(now_s); }  // what is repaired by now
  double next_repair_s() { return returns_.next_s(); }
  // Whole nodes of broken replicas are spares of the others.
  std::int64_t usable_replicas() const;
  std::int64_t most_out() const { return most_out_; }

 private:
  const LifePlan& plan_;
  std::int64_t nodes_, out_ = 0, most_out_ = 0;
  Returns returns_;
};

}  // namespace trainyard
