// SPDX-License-Identifier: Apache-2.0
#include "serving/replica.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/fault.h"

namespace trainyard {
namespace {

// Keys that tokens [from, to) of a prompt meet, and that they read, in layers with a window or 0.
double pairs_of(std::int64_t from, std::int64_t to, std::int64_t window) {
  const auto triangle = [&](std::int64_t tokens) {
    const std::int64_t grown = window > 0 ? std::min(tokens, window) : tokens;
    return static_cast<double>(grown) * static_cast<double>(grown + 1) / 2 +
           static_cast<double>(tokens - grown) * static_cast<double>(grown);
  };
  return triangle(to) - triangle(from);
}

double keys_of(std::int64_t from, std::int64_t to, std::int64_t window) {
  return static_cast<double>(window > 0 ? std::min(to, to - from + window) : to);
}

}  // namespace

Replica::Replica(const ServingScenario& scenario, IterationTimes& times,
                 const ServingMemory& memory, RequestTable& table, ReplicaRole role,
                 LoadTimeline& load)
    : options_(scenario.options),
      window_(scenario.model.window_layers > 0 ? scenario.model.window : 0),
      fused_(scenario.software.score_passes == 0),
      times_(times),
      memory_(memory),
      table_(table),
      role_(role),
      load_(load),
      decode_(table.sequences, options_.page_tokens, window_),
      block_pages_(std::max<std::int64_t>(1, options_.prefix_tokens / options_.page_tokens)),
      free_(memory.pages) {}

std::size_t Replica::whole_blocks(const Request& request) const {
  if (!options_.prefix_cache) return 0;
  // At least the last token is computed: it gives the first of the answer.
  const std::int64_t fit = (request.input - 1) / options_.prefix_tokens;
  return std::min(request.prefix.size(), static_cast<std::size_t>(fit));
}

std::int64_t Replica::pages_at_most(std::uint32_t request) const {
  const Request& asked = table_.requests[request];
  return pages_of(asked.input + (role_ == ReplicaRole::prefill ? 0 : asked.output));
}

void Replica::submit(std::uint32_t request, double now_s) {
  const Request& asked = table_.requests[request];
  if (pages_at_most(request) > memory_.pages) {
    throw Fault(
        FaultKind::limit,
        fmt::format("request {} of {} and {} tokens needs more keys and values than the "
                    "{} tokens that a replica has room for",
                    request + 1, asked.input, asked.output, memory_.pages * options_.page_tokens),
        "more ranks a replica, or shorter requests");
  }
  if (options_.last_bucket > 0 && asked.input + asked.output > options_.last_bucket) {
    throw Fault(FaultKind::limit,
                fmt::format("request {} of {} and {} tokens is longer than the last bucket of {}",
                            request + 1, asked.input, asked.output, options_.last_bucket),
                "a larger serving.last_bucket, or shorter requests");
  }
  now_s_ = std::max(now_s_, now_s);
  waiting_.push_back(request);
}

void Replica::advance(double until_s) {
  while (now_s_ < until_s && step(until_s)) {
  }
}

bool Replica::step(double until_s) {
  make_room();
  double budget = HUGE_VAL;
  if (options_.batching == Batching::whole) {
    const bool filled = static_cast<std::int64_t>(waiting_.size()) >= options_.max_batch;
    if (live_ == 0 && (filled || closed_)) {
      admit(budget);
      batch_ = live_;
    }
  } else {
    admit(static_cast<double>(options_.max_tokens - decode_.count()));
    budget = static_cast<double>(options_.max_tokens - decode_.count());
  }
  take_chunks(budget);
  if (!chunks_.empty()) {
    mixed_iteration();
  } else if (decode_.count() > 0) {
    decode_iterations(until_s);
  } else {
    return false;
  }
  return true;
}

// First come, first served: one that does not fit holds up those behind it.
void Replica::admit(double budget) {
  for (const std::uint32_t request : prefilling_) {
    budget -= static_cast<double>(table_.progress[request].target - table_.progress[request].done);
  }
  while (!waiting_.empty() && live_ < options_.max_batch && budget >= 1) {
    const std::uint32_t request = waiting_.front();
    if (!admit_one(request)) return;
    waiting_.pop_front();
    budget -= static_cast<double>(table_.progress[request].target - table_.progress[request].done);
  }
}

bool Replica::admit_one(std::uint32_t request) {
  const Request& asked = table_.requests[request];
  RequestTable::Progress& progress = table_.progress[request];
  const std::int64_t out = table_.outcomes[request].tokens;
  const std::int64_t most = options_.reserve_output ? pages_at_most(request) : 0;
  if (promised_ + most > memory_.pages) return false;
  const bool has_keys = role_ == ReplicaRole::decode && !progress.again;
  progress.target = asked.input + (has_keys ? 0 : out);
  const std::size_t found = has_keys ? 0 : cache_.match(asked.prefix, whole_blocks(asked));
  for (std::size_t i = 0; i < found; ++i) cache_.hold(asked.prefix[i]);
  const std::int64_t pages =
      pages_of(progress.target) - static_cast<std::int64_t>(found) * block_pages_;
  // The next tokens of those that are decoding keep their pages.
  const bool needs_next = has_keys && progress.target % options_.page_tokens == 0;
  if (available() < pages + decode_.pages_needed(1) + (needs_next ? 1 : 0) || !reserve(pages)) {
    cache_.release(asked.prefix, found);
    return false;
  }
  progress.pages = pages;
  progress.shared = static_cast<std::uint32_t>(found);
  progress.done = static_cast<std::int64_t>(found) * options_.prefix_tokens;
  counts_.cached_tokens += progress.done;
  progress.live = true;
  ++live_;
  promised_ += most;
  if (order_.size() > 64 + 2 * static_cast<std::size_t>(live_)) {
    order_.erase(std::remove_if(order_.begin(), order_.end(),
                                [&](std::uint32_t r) { return !table_.progress[r].live; }),
                 order_.end());
  }
  order_.push_back(request);
  if (has_keys) {
    progress.done = progress.target;
    progress.decoding = true;
    decode_.join(request, progress.target, asked.output - out);
  } else {
    prefilling_.push_back(request);
  }
  return true;
}

void Replica::take_chunks(double budget) {
  chunks_.clear();
  for (const std::uint32_t request : prefilling_) {
    if (budget < 1) break;
    const RequestTable::Progress& progress = table_.progress[request];
    const auto left = static_cast<double>(progress.target - progress.done);
    const double tokens = std::min(left, budget);
    chunks_.push_back({request, static_cast<std::int64_t>(tokens)});
    budget -= tokens;
  }
}

void Replica::pass(const IterationCost& cost, std::int64_t iterations) {
  const double seconds = cost.seconds();
  const std::int64_t used = memory_.pages - available();
  load_.add(now_s_, seconds, static_cast<double>(live_), static_cast<double>(used));
  now_s_ += seconds;
  counts_.busy_s += seconds;
  counts_.spent.add(cost);
  counts_.iterations += iterations;
  counts_.peak_pages = std::max(counts_.peak_pages, used);
  counts_.page_seconds += static_cast<double>(used) * seconds;
  counts_.batch_seconds += static_cast<double>(live_) * seconds;
}

void Replica::mixed_iteration() {
  IterationWork work;
  const auto decoding = static_cast<double>(decode_.count());
  if (decode_.count() > 0) {
    const Keys keys = next_keys(decoding);
    reserve(decode_.pages_needed(1));
    decode_.advance(1);
    work.decode_rows = decoding;
    work.decode_keys = keys.all;
    work.decode_window_keys = keys.windowed;
  }
  work.tokens = work.rows = decoding;
  for (const Chunk& chunk : chunks_) {
    RequestTable::Progress& progress = table_.progress[chunk.request];
    const std::int64_t from = progress.done, to = from + chunk.tokens;
    add_prompt(from, to, work);
    progress.done = to;
    if (to == progress.target) work.rows += 1;
    counts_.prompt_tokens += chunk.tokens;
  }
  const IterationCost cost = times_.of(work);
  pass(cost, 1);
  table_.gaps.add(cost.seconds(), cost.seconds(), decoding);
  finish_ended();
  for (const Chunk& chunk : chunks_) {
    if (table_.progress[chunk.request].done == table_.progress[chunk.request].target) {
      after_prompt(chunk.request);
    }
  }
  prefilling_.erase(std::remove_if(prefilling_.begin(), prefilling_.end(),
                                   [&](std::uint32_t r) {
                                     const RequestTable::Progress& p = table_.progress[r];
                                     return !p.live || p.done == p.target;
                                   }),
                    prefilling_.end());
}

void Replica::after_prompt(std::uint32_t request) {
  const Request& asked = table_.requests[request];
  RequestTable::Progress& progress = table_.progress[request];
  RequestOutcome& outcome = table_.outcomes[request];
  const std::size_t blocks = whole_blocks(asked);
  for (std::size_t i = progress.shared; i < blocks; ++i) {
    // Its pages become the cache's; where another made the block meanwhile, they are free again.
    if (cache_.hold(asked.prefix[i])) free_ += block_pages_;
    progress.pages -= block_pages_;
  }
  progress.shared = std::max(progress.shared, static_cast<std::uint32_t>(blocks));
  if (outcome.tokens == 0) outcome.first_s = now_s_;
  ++outcome.tokens;
  if (outcome.tokens == asked.output) {
    finish(request);
  } else if (role_ == ReplicaRole::prefill) {
    leave(request);
    outcome.finish_s = now_s_;  // for the replica that goes on with it
  } else {
    progress.decoding = true;
    decode_.join(request, progress.target, asked.output - outcome.tokens);
  }
}

// Compiled lengths: all of a batch meet as many keys as the bucket of its longest has.
Replica::Keys Replica::next_keys(double rows) {
  Keys keys;
  if (options_.first_bucket > 0) {
    const std::int64_t longest = decode_.longest();
    const std::int64_t bucket = bucket_of(options_, longest + 1);
    keys.all = rows * static_cast<double>(bucket);
    keys.windowed = rows * static_cast<double>(std::min(bucket, window_));
    keys.iterations = bucket - longest;
    return keys;
  }
  keys.growth = static_cast<double>(decode_.count());
  keys.window_growth = static_cast<double>(decode_.short_count());
  keys.all = static_cast<double>(decode_.keys()) + keys.growth;
  keys.windowed = static_cast<double>(decode_.window_keys()) + keys.window_growth;
  keys.iterations = std::numeric_limits<std::int64_t>::max();
  return keys;
}

// Tokens [from, to) of a prompt, padded to their bucket.
void Replica::add_prompt(std::int64_t from, std::int64_t to, IterationWork& work) const {
  to = from + bucket_of(options_, to - from);
  const auto tokens = static_cast<double>(to - from);
  const auto add = [&](std::int64_t window, double& pairs, double& keys) {
    keys += keys_of(from, to, window);
    pairs += fused_ ? pairs_of(from, to, window) : tokens * static_cast<double>(to);
  };
  work.tokens += tokens;
  add(0, work.prompt_pairs, work.prompt_keys);
  if (window_ > 0) add(window_, work.prompt_window_pairs, work.prompt_window_keys);
}

void Replica::decode_iterations(double until_s) {
  const double rows =
      static_cast<double>(options_.batching == Batching::whole ? batch_ : decode_.count());
  const IterationCost base = times_.dense(rows, rows);
  const IterationCost key = times_.key(rows), window_key = times_.window_key(rows);
  const Keys keys = next_keys(rows);
  const auto cost_of = [&](double n) {
    const double more = n * (n - 1) / 2;
    IterationCost cost;
    cost.add(base, n);
    cost.add(key, n * keys.all + more * keys.growth);
    cost.add(window_key, n * keys.windowed + more * keys.window_growth);
    return cost;
  };
  std::int64_t most = std::min(
      {decode_.iterations_alike(), keys.iterations, decode_.iterations_within(available())});
  most = std::max<std::int64_t>(1, most);
  if (now_s_ + cost_of(static_cast<double>(most - 1)).seconds() >= until_s) {
    // As many as begin before: their time grows as a n^2 + b n.
    const double a = (keys.growth * key.seconds() + keys.window_growth * window_key.seconds()) / 2;
    const double b = cost_of(1).seconds() - a, left = until_s - now_s_;
    const double root = 2 * left / (b + std::sqrt(b * b + 4 * a * left));
    most = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(root)), 1, most);
  }
  const auto n = static_cast<double>(most);
  const IterationCost cost = cost_of(n);
  table_.gaps.add(cost_of(1).seconds(), cost.seconds() - cost_of(n - 1).seconds(),
                  n * static_cast<double>(decode_.count()));
  reserve(decode_.pages_needed(most));
  decode_.advance(most);
  pass(cost, most);
  finish_ended();
}

void Replica::finish_ended() {
  decode_.take_ended(ended_);
  for (const std::uint32_t request : ended_) {
    table_.progress[request].decoding = false;
    table_.outcomes[request].tokens = table_.requests[request].output;
    const RequestTable::Progress& progress = table_.progress[request];
    table_.progress[request].pages = pages_of(decode_.length_of(request)) -
                                     static_cast<std::int64_t>(progress.shared) * block_pages_;
    finish(request);
  }
}

void Replica::finish(std::uint32_t request) {
  table_.outcomes[request].finish_s = now_s_;
  leave(request);
}

void Replica::leave(std::uint32_t request) {
  RequestTable::Progress& progress = table_.progress[request];
  free_ += progress.pages;
  cache_.release(table_.requests[request].prefix, progress.shared);
  progress.pages = 0;
  progress.shared = 0;
  progress.live = progress.decoding = false;
  --live_;
  if (options_.reserve_output) promised_ -= pages_at_most(request);
}

// The next token of every sequence has a place; whoever came last gives theirs up, and computes
// their keys and values again later.
void Replica::make_room() {
  while (decode_.count() > 0 && decode_.pages_needed(1) > available()) preempt_latest();
}

void Replica::preempt_latest() {
  while (!order_.empty() && !table_.progress[order_.back()].live) order_.pop_back();
  const std::uint32_t request = order_.back();
  order_.pop_back();
  RequestTable::Progress& progress = table_.progress[request];
  if (progress.decoding) {
    const std::int64_t length = decode_.length_of(request);
    table_.outcomes[request].tokens =
        table_.requests[request].output - decode_.tokens_to_come(request);
    progress.pages = pages_of(length) - static_cast<std::int64_t>(progress.shared) * block_pages_;
    decode_.leave(request);
  } else {
    prefilling_.erase(std::find(prefilling_.begin(), prefilling_.end(), request));
  }
  progress.again = true;
  leave(request);
  waiting_.push_front(request);
  ++counts_.preemptions;
}

bool Replica::reserve(std::int64_t pages) {
  while (free_ < pages && cache_.evict()) free_ += block_pages_;
  if (free_ < pages) return false;
  free_ -= pages;
  return true;
}

}  // namespace trainyard
