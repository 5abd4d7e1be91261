// SPDX-License-Identifier: Apache-2.0
// What a pool of replicas does over time: sums over stretches of equal length, which double when
// the run outgrows them, so that any run has at most kStretches.
#pragma once

#include <vector>

namespace trainyard {

class LoadTimeline {
 public:
  // Sums over a stretch, of all replicas.
  struct Load {
    double busy_s = 0, sequence_s = 0, page_s = 0;
  };
  static constexpr std::size_t kStretches = 240;

  explicit LoadTimeline(double begin_s) : begin_s_(begin_s) {}

  // Of one replica, from `from_s` on, for so long. Not before the beginning.
  void add(double from_s, double seconds, double sequences, double pages);

  double begin_s() const { return begin_s_; }
  double stretch_s() const { return stretch_s_; }
  const std::vector<Load>& stretches() const { return stretches_; }

 private:
  void widen(double to_s);

  double begin_s_;
  double stretch_s_ = 1e-3;
  std::vector<Load> stretches_;
};

}  // namespace trainyard
