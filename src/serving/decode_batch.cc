// SPDX-License-Identifier: Apache-2.0
#include "serving/decode_batch.h"

#include <algorithm>

namespace trainyard {

// A sequence needs a page at each iteration i with (phase + i) % page == 0: when its tokens fill
// the pages that it has.
std::size_t DecodeBatch::phase_of(const DecodeSequence& sequence) const {
  const std::int64_t phase = (sequence.length - sequence.joined) % page_;
  return static_cast<std::size_t>(phase < 0 ? phase + page_ : phase);
}

void DecodeBatch::join(std::uint32_t number, std::int64_t length, std::int64_t tokens_to_come) {
  DecodeSequence& sequence = sequences_[number];
  sequence.joined = iteration_;
  sequence.length = length;
  sequence.ends = iteration_ + tokens_to_come;
  ++count_;
  keys_ += length;
  ++phases_[phase_of(sequence)];
  ends_.push({sequence.ends, number, sequence.epoch});
  longest_.push({iteration_ - length, number, sequence.epoch});
  if (window_ == 0) return;
  window_keys_ += std::min(length, window_);
  if (length < window_) {
    ++short_count_;
    fills_.push({iteration_ + window_ - length, number, sequence.epoch});
  }
}

void DecodeBatch::leave(std::uint32_t number) {
  DecodeSequence& sequence = sequences_[number];
  const std::int64_t length = length_of(number);
  --count_;
  keys_ -= length;
  --phases_[phase_of(sequence)];
  ++sequence.epoch;
  if (window_ == 0) return;
  window_keys_ -= std::min(length, window_);
  if (length < window_) --short_count_;
}

void DecodeBatch::drop_stale(Events& events) {
  while (!events.empty() && events.top().epoch != sequences_[events.top().number].epoch) {
    events.pop();
  }
}

std::int64_t DecodeBatch::longest() {
  drop_stale(longest_);
  return longest_.empty() ? 0 : iteration_ - longest_.top().iteration;
}

std::int64_t DecodeBatch::pages_needed(std::int64_t iterations) const {
  std::int64_t pages = iterations / page_ * count_;
  for (std::int64_t i = 0; i < iterations % page_; ++i) {
    pages += phases_[static_cast<std::size_t>((page_ - (iteration_ + i) % page_) % page_)];
  }
  return pages;
}

std::int64_t DecodeBatch::iterations_within(std::int64_t pages) const {
  if (pages < 0 || count_ == 0) return 0;
  const std::int64_t rounds = pages / count_;
  std::int64_t left = pages - rounds * count_, more = 0;
  for (; more < page_; ++more) {
    left -= phases_[static_cast<std::size_t>((page_ - (iteration_ + more) % page_) % page_)];
    if (left < 0) break;
  }
  return rounds * page_ + more;
}

std::int64_t DecodeBatch::iterations_alike() {
  drop_stale(ends_);
  drop_stale(fills_);
  std::int64_t until = ends_.top().iteration;
  if (!fills_.empty()) until = std::min(until, fills_.top().iteration);
  return std::max<std::int64_t>(1, until - iteration_);
}

void DecodeBatch::advance(std::int64_t iterations) {
  iteration_ += iterations;
  keys_ += iterations * count_;
  if (window_ == 0) return;
  window_keys_ += iterations * short_count_;
  for (drop_stale(fills_); !fills_.empty() && fills_.top().iteration <= iteration_;
       drop_stale(fills_)) {
    fills_.pop();
    --short_count_;
  }
}

void DecodeBatch::take_ended(std::vector<std::uint32_t>& ended) {
  ended.clear();
  for (drop_stale(ends_); !ends_.empty() && ends_.top().iteration <= iteration_;
       drop_stale(ends_)) {
    ended.push_back(ends_.top().number);
    ends_.pop();
    leave(ended.back());
  }
}

}  // namespace trainyard
