// SPDX-License-Identifier: Apache-2.0
#include "serving/load_timeline.h"

#include <algorithm>

namespace trainyard {

void LoadTimeline::widen(double to_s) {
  while (to_s - begin_s_ > stretch_s_ * static_cast<double>(kStretches)) {
    stretch_s_ *= 2;
    for (std::size_t i = 0; i < stretches_.size(); ++i) {
      const Load load = stretches_[i];
      stretches_[i] = {};
      Load& into = stretches_[i / 2];
      into.busy_s += load.busy_s;
      into.sequence_s += load.sequence_s;
      into.page_s += load.page_s;
    }
    stretches_.resize((stretches_.size() + 1) / 2);
  }
}

void LoadTimeline::add(double from_s, double seconds, double sequences, double pages) {
  const double to_s = from_s + seconds;
  widen(to_s);
  const auto at = [&](double when_s) {
    const double place = std::max(0.0, (when_s - begin_s_) / stretch_s_);
    return std::min(kStretches - 1, static_cast<std::size_t>(place));
  };
  const std::size_t last = at(to_s);
  if (stretches_.size() <= last) stretches_.resize(last + 1);
  for (std::size_t i = at(from_s); i <= last; ++i) {
    const double begin = std::max(from_s, begin_s_ + stretch_s_ * static_cast<double>(i));
    const double end =
        i == last ? to_s : std::min(to_s, begin_s_ + stretch_s_ * static_cast<double>(i + 1));
    const double part = std::max(0.0, end - begin);
    stretches_[i].busy_s += part;
    stretches_[i].sequence_s += part * sequences;
    stretches_[i].page_s += part * pages;
  }
}

}  // namespace trainyard
