// SPDX-License-Identifier: Apache-2.0
#include "program/schedule.h"

#include <algorithm>
#include <limits>
#include <span>

#include "program/array_tiles.h"
#include "program/region.h"

namespace trainyard {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// Consumers of each node; the dependencies turned round.
class Consumers {
 public:
  Consumers(const Dependencies& dependencies, std::size_t nodes)
      : first_(nodes + 1, 0), consumers_(dependencies.size()) {
    for (std::uint32_t v = 0; v < nodes; ++v) {
      for (const Edge& edge : dependencies.of(v)) ++first_[edge.producer()];
    }
    std::uint32_t sum = 0;
    for (std::size_t v = 0; v < nodes; ++v) {
      sum += first_[v];
      first_[v] = sum;
    }
    first_[nodes] = sum;
    for (std::uint32_t v = static_cast<std::uint32_t>(nodes); v-- > 0;) {
      for (const Edge& edge : dependencies.of(v)) {
        consumers_[--first_[edge.producer()]] = edge.turned_to(v);
      }
    }
  }

  // Edges whose `producer()` names the consumer.
  std::span<const Edge> of(std::uint32_t node) const {
    return {consumers_.data() + first_[node], first_[node + 1] - first_[node]};
  }

 private:
  BigVector<std::uint32_t> first_;
  BigVector<Edge> consumers_;
};

class ListScheduler {
 public:
  ListScheduler(const Program& program, const WorkList& work, const Dependencies& dependencies,
                const Machine& machine)
      : work_(work),
        consumers_(dependencies, work.size()),
        semaphore_ps_(Time::from_ns(machine.semaphore.latency_ns).ps),
        weight_latency_ps_(Time::from_ns(machine.tensor.weight_load_latency_ns).ps),
        dma_engines_(std::max<std::int64_t>(1, machine.dma.engines)),
        tensor_in_order_(program.earlier_language),
        states_(work.size()) {
    for (std::uint32_t v = 0; v < work_.size(); ++v) {
      states_[v].waits = static_cast<std::uint32_t>(dependencies.of(v).size());
    }
    find_paths();
  }

  Schedule run() {
    admit();
    for (std::size_t left = work_.size(); left > 0; --left) {
      std::size_t best = 0;
      for (std::size_t e = 1; e < kEngineCount; ++e) {
        if (queues_[e].next_ps < queues_[best].next_ps) best = e;
      }
      issue(best);
    }
    return std::move(schedule_);
  }

 private:
  struct State {
    std::int64_t path_ps = 0;   // longest time from its start to the end of all
    std::int64_t ready_ps = 0;  // its operands are there, of the producers that have been issued
    std::uint32_t waits = 0;    // producers that have not
    bool issued = false;
  };
  // A node whose producers have all been issued, with what it is ordered by.
  struct Candidate {
    std::int64_t ps;
    std::uint32_t node;
  };
  static bool later(const Candidate& a, const Candidate& b) {
    return a.ps != b.ps ? a.ps > b.ps : a.node > b.node;
  }
  static bool shorter(const Candidate& a, const Candidate& b) {
    return a.ps != b.ps ? a.ps < b.ps : a.node > b.node;
  }
  struct Queue {
    std::vector<Candidate> coming;  // heap: earliest operands first
    std::vector<Candidate> ready;   // heap: longest path first
    std::int64_t free_ps = 0;
    std::int64_t next_ps = kNever;  // when it can issue again
  };

  void find_paths() {
    for (std::uint32_t v = work_.size(); v-- > 0;) {
      const Work& work = work_.of(v);
      std::int64_t path_ps = work.latency_ps;
      for (const Edge& edge : consumers_.of(v)) {
        path_ps = std::max(path_ps, delay_ps(work, edge) + states_[edge.producer()].path_ps);
      }
      states_[v].path_ps = path_ps;
    }
  }

  // Earliest start of the consumer after the start of the producer `from`.
  std::int64_t delay_ps(const Work& from, const Edge& edge) const {
    if (edge.wait() >= Wait::pipeline) return from.occupancy_ps;
    return from.latency_ps + (edge.signals() ? semaphore_ps_ : 0) +
           (edge.wait() == Wait::weights
                ? weight_latency_ps_ + work_.of(edge.producer()).weight_fill_ps
                : 0);
  }

  void admit() {
    while (oldest_ < work_.size() && states_[oldest_].issued) ++oldest_;
    const std::uint32_t limit = std::min(work_.size(), oldest_ + kScheduleWindow);
    for (; admitted_ < limit; ++admitted_) {
      if (states_[admitted_].waits == 0) come(admitted_);
    }
  }

  void come(std::uint32_t v) {
    Queue& queue = queues_[static_cast<std::size_t>(work_.of(v).queue)];
    const std::int64_t ready_ps = states_[v].ready_ps;
    if (ready_ps <= queue.free_ps) {
      make_ready(queue, v);
    } else {
      queue.coming.push_back({ready_ps, v});
      std::push_heap(queue.coming.begin(), queue.coming.end(), later);
    }
    queue.next_ps = std::min(queue.next_ps, std::max(queue.free_ps, ready_ps));
  }

  void make_ready(Queue& queue, std::uint32_t v) {
    const bool in_order = tensor_in_order_ && work_.of(v).queue == Engine::tensor;
    queue.ready.push_back({in_order ? 0 : states_[v].path_ps, v});
    std::push_heap(queue.ready.begin(), queue.ready.end(), shorter);
  }

  void issue(std::size_t engine) {
    Queue& queue = queues_[engine];
    const std::int64_t now = queue.next_ps;
    while (!queue.coming.empty() && queue.coming.front().ps <= now) {
      std::pop_heap(queue.coming.begin(), queue.coming.end(), later);
      make_ready(queue, queue.coming.back().node);
      queue.coming.pop_back();
    }
    std::pop_heap(queue.ready.begin(), queue.ready.end(), shorter);
    const std::uint32_t v = queue.ready.back().node;
    queue.ready.pop_back();
    schedule_.order[engine].push_back(v);
    finish(v, start(engine, v, now));
    queue.next_ps = !queue.ready.empty()    ? queue.free_ps
                    : !queue.coming.empty() ? std::max(queue.free_ps, queue.coming.front().ps)
                                            : kNever;
    admit();
  }

  // When it starts, now or a little later; sets when its queue can start another.
  std::int64_t start(std::size_t engine, std::uint32_t v, std::int64_t now) {
    const Work& work = work_.of(v);
    if (engine != static_cast<std::size_t>(Engine::tensor)) {
      queues_[engine].free_ps = now + work.occupancy_ps;
      return now;
    }
    const std::int64_t start = std::max(now, tiles_.free_ps(work.array_tile));
    tiles_.take(work.array_tile, start + work.occupancy_ps, v);
    queues_[engine].free_ps = work.array_tile == kWholeArray ? start + work.occupancy_ps : start;
    return start;
  }

  void finish(std::uint32_t v, std::int64_t start) {
    const Work& work = work_.of(v);
    states_[v].issued = true;
    std::int64_t held_up = 0;
    if (work.is_dma()) {
      // All DMAs share the engines; one after the other is near enough for an order.
      const std::int64_t first = start + work.dma.trigger_ps;
      const std::int64_t begin = std::max(first, dma_free_ps_);
      dma_free_ps_ = begin + work.dma.packets * work.dma.packet_ps / dma_engines_;
      held_up = begin - first;
    }
    for (const Edge& edge : consumers_.of(v)) {
      const std::uint32_t consumer = edge.producer();
      State& state = states_[consumer];
      state.ready_ps = std::max(state.ready_ps, start + delay_ps(work, edge) +
                                                    (edge.wait() >= Wait::pipeline ? 0 : held_up));
      if (--state.waits == 0 && consumer < admitted_) come(consumer);
    }
  }

  const WorkList& work_;
  const Consumers consumers_;
  const std::int64_t semaphore_ps_, weight_latency_ps_;
  const std::int64_t dma_engines_;
  const bool tensor_in_order_;
  BigVector<State> states_;
  std::uint32_t oldest_ = 0, admitted_ = 0;
  std::int64_t dma_free_ps_ = 0;
  std::array<Queue, kEngineCount> queues_;
  ArrayTiles tiles_;
  Schedule schedule_;
};

Schedule program_order(const WorkList& work) {
  Schedule schedule;
  for (std::uint32_t v = 0; v < work.size(); ++v) {
    schedule.order[static_cast<std::size_t>(work.of(v).queue)].push_back(v);
  }
  return schedule;
}

}  // namespace

Schedule schedule(const Program& program, const WorkList& work, const Dependencies& dependencies,
                  const Machine& machine, const PassSet& passes) {
  if (!passes.has(Pass::order)) return program_order(work);
  return ListScheduler(program, work, dependencies, machine).run();
}

}  // namespace trainyard
