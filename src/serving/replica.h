// SPDX-License-Identifier: Apache-2.0
// One replica: requests wait, are taken into its batch, get their tokens iteration by iteration and
// leave. Iterations that differ only in the lengths of their sequences are taken in one step.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "serving/decode_batch.h"
#include "serving/iteration_time.h"
#include "serving/kv_memory.h"
#include "serving/load_timeline.h"
#include "serving/prefix_cache.h"
#include "serving/requests.h"
#include "serving/token_gaps.h"

namespace trainyard {

enum class ReplicaRole : std::uint8_t { both, prefill, decode };

struct RequestOutcome {
  double first_s = -1, finish_s = -1;  // when its first and last token are there
  std::int64_t tokens = 0;             // that came out
};

struct ReplicaCounts {
  double busy_s = 0;
  IterationCost spent;
  double page_seconds = 0;  // pages in use, over busy seconds
  double batch_seconds = 0;
  std::int64_t peak_pages = 0, iterations = 0, preemptions = 0;
  std::int64_t prompt_tokens = 0, cached_tokens = 0;  // computed, and found in the prefix cache
};

// What the replicas of a simulation share, by number of request.
struct RequestTable {
  struct Progress {
    std::int64_t done = 0, target = 0;  // of its prompt; a prompt includes what came out before
    std::int64_t pages = 0;             // that it alone has
    std::uint32_t shared = 0;           // blocks of the prefix cache that it holds
    bool live = false, decoding = false, again = false;
  };

  explicit RequestTable(std::vector<Request> all)
      : requests(std::move(all)),
        progress(requests.size()),
        sequences(requests.size()),
        outcomes(requests.size()) {}

  std::vector<Request> requests;
  std::vector<Progress> progress;
  std::vector<DecodeSequence> sequences;
  std::vector<RequestOutcome> outcomes;
  TokenGaps gaps;
};

class Replica {
 public:
  // `load`: of its pool.
  Replica(const ServingScenario& scenario, IterationTimes& times, const ServingMemory& memory,
          RequestTable& table, ReplicaRole role, LoadTimeline& load);

  // Runs all iterations that begin before `until_s`.
  void advance(double until_s);
  // After advance() to `now_s`. Throws Fault(limit) for what can never fit.
  void submit(std::uint32_t request, double now_s);
  void close() { closed_ = true; }  // nothing more comes

  std::int64_t load() const { return static_cast<std::int64_t>(waiting_.size()) + live_; }
  const ReplicaCounts& counts() const { return counts_; }

 private:
  struct Chunk {
    std::uint32_t request = 0;
    std::int64_t tokens = 0;
  };
  // That the decoding sequences meet in the next iteration, and how many more in each after it.
  struct Keys {
    double all = 0, growth = 0, windowed = 0, window_growth = 0;
    std::int64_t iterations = 0;  // for which that holds
  };

  bool step(double until_s);
  void admit(double budget);
  bool admit_one(std::uint32_t request);
  void take_chunks(double budget);
  void mixed_iteration();
  void decode_iterations(double until_s);
  Keys next_keys(double rows);
  void add_prompt(std::int64_t from, std::int64_t to, IterationWork& work) const;
  void after_prompt(std::uint32_t request);
  void finish_ended();
  void finish(std::uint32_t request);
  void leave(std::uint32_t request);
  void make_room();
  void preempt_latest();
  bool reserve(std::int64_t pages);
  std::int64_t pages_at_most(std::uint32_t request) const;
  std::int64_t pages_of(std::int64_t tokens) const {
    return (tokens + options_.page_tokens - 1) / options_.page_tokens;
  }
  std::int64_t available() const { return free_ + cache_.idle() * block_pages_; }
  void pass(const IterationCost& cost, std::int64_t iterations);
  std::size_t whole_blocks(const Request& request) const;

  const ServingOptions& options_;
  const std::int64_t window_;
  const bool fused_;  // attention makes no scores beyond the causal ones
  IterationTimes& times_;
  const ServingMemory& memory_;
  RequestTable& table_;
  const ReplicaRole role_;
  LoadTimeline& load_;
  DecodeBatch decode_;
  PrefixCache cache_;
  const std::int64_t block_pages_;
  std::int64_t free_, live_ = 0;
  std::int64_t promised_ = 0;  // with reserve_output: pages that the live ones will have at most
  std::int64_t batch_ = 0;     // of Batching::whole: how many it was filled with
  double now_s_ = 0;
  bool closed_ = false;
  std::deque<std::uint32_t> waiting_;
  std::vector<std::uint32_t> prefilling_, order_, ended_;  // order_: as they were taken in
  std::vector<Chunk> chunks_;
  ReplicaCounts counts_;
};

}  // namespace trainyard
