// SPDX-License-Identifier: Apache-2.0
// Times at which something is due, the earliest first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace trainyard {

class DueList {
 public:
  struct Due {
    double at_s;
    std::int64_t what;
  };

  double next_s() const {  // infinity: nothing
    return heap_.empty() ? std::numeric_limits<double>::infinity() : heap_.front().at_s;
  }
  void add(double at_s, std::int64_t what) {
    heap_.push_back({at_s, what});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  std::int64_t take() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const std::int64_t what = heap_.back().what;
    heap_.pop_back();
    return what;
  }
  const std::vector<Due>& all() const { return heap_; }

 private:
  static bool later(const Due& a, const Due& b) { return a.at_s > b.at_s; }

  std::vector<Due> heap_;
};

}  // namespace trainyard
