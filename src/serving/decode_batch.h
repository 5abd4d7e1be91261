// SPDX-License-Identifier: Apache-2.0
// The sequences of a replica that get one token an iteration, as sums: how many keys they meet, how
// many pages their next tokens need, who ends first. A sequence is described by the count of
// iterations at which it joined, so that many iterations are taken in one step.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace trainyard {

struct DecodeSequence {
  std::int64_t joined = 0, length = 0;  // at which iteration, with how many tokens
  std::int64_t ends = 0;                // the iteration that gives its last token
  std::uint32_t epoch = 0;              // grows whenever it leaves
};

class DecodeBatch {
 public:
  // `sequences`: of all requests, by number. `window` 0: no layer has one.
  DecodeBatch(std::vector<DecodeSequence>& sequences, std::int64_t page_tokens, std::int64_t window)
      : sequences_(sequences),
        page_(page_tokens),
        window_(window),
        phases_(static_cast<std::size_t>(page_tokens), 0) {}

  void join(std::uint32_t number, std::int64_t length, std::int64_t tokens_to_come);
  void leave(std::uint32_t number);

  std::int64_t count() const { return count_; }
  std::int64_t keys() const { return keys_; }
  std::int64_t window_keys() const { return window_keys_; }
  std::int64_t short_count() const { return short_count_; }  // whose window still grows
  std::int64_t longest();                                    // 0 when there is none
  std::int64_t length_of(std::uint32_t number) const {
    const DecodeSequence& sequence = sequences_[number];
    return sequence.length + iteration_ - sequence.joined;
  }
  std::int64_t tokens_to_come(std::uint32_t number) const {
    return sequences_[number].ends - iteration_;
  }

  // New pages in so many iterations, and in how many iterations `pages` of them suffice.
  std::int64_t pages_needed(std::int64_t iterations) const;
  std::int64_t iterations_within(std::int64_t pages) const;
  // At most until the next end or full window, at least one.
  std::int64_t iterations_alike();
  void advance(std::int64_t iterations);
  // Takes those out that have their last token.
  void take_ended(std::vector<std::uint32_t>& ended);

 private:
  struct Event {
    std::int64_t iteration = 0;
    std::uint32_t number = 0, epoch = 0;
    bool operator>(const Event& other) const {
      return iteration != other.iteration ? iteration > other.iteration : number > other.number;
    }
  };
  using Events = std::priority_queue<Event, std::vector<Event>, std::greater<>>;

  void drop_stale(Events& events);
  std::size_t phase_of(const DecodeSequence& sequence) const;

  std::vector<DecodeSequence>& sequences_;
  const std::int64_t page_, window_;
  std::vector<std::int64_t> phases_;  // sequences by when they need a page
  Events ends_, fills_;               // last tokens, full windows
  Events longest_;                    // by when they would have had no token
  std::int64_t iteration_ = 0, count_ = 0, keys_ = 0, window_keys_ = 0, short_count_ = 0;
};

}  // namespace trainyard
