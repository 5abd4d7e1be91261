// SPDX-License-Identifier: Apache-2.0
#include "program/schedule.h"

#include <algorithm>
#include <limits>

#include "program/array_tiles.h"
#include "program/region.h"

namespace trainyard {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// Consumers of each node; the dependencies turned round.
class Consumers {
 public:
  Consumers(const Dependencies& dependencies, std::size_t nodes)
      : first_(nodes + 1, 0), consumers_(dependencies.size(), Edge(0, Wait::issue)) {
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
        consumers_[--first_[edge.producer()]] = Edge(v, edge.wait());
      }
    }
  }

  // Edges whose `producer()` names the consumer.
  const Edge* begin(std::uint32_t node) const { return consumers_.data() + first_[node]; }
  const Edge* end(std::uint32_t node) const { return consumers_.data() + first_[node + 1]; }

 private:
  BigVector<std::uint32_t> first_;
  BigVector<Edge> consumers_;
};

class ListScheduler {
 public:
  ListScheduler(const Program& program, const WorkList& work, const Dependencies& dependencies,
                const Machine& machine)
      : nodes_(work.nodes),
        transfers_(work.transfers),
        dependencies_(dependencies),
        consumers_(dependencies, work.nodes.size()),
        semaphore_ps_(Time::from_ns(machine.semaphore.latency_ns).ps),
        weight_latency_ps_(Time::from_ns(machine.tensor.weight_load_latency_ns).ps),
        dma_engines_(std::max<std::int64_t>(1, machine.dma.engines)),
        tensor_in_order_(program.earlier_language),
        path_ps_(work.nodes.size()),
        ready_ps_(work.nodes.size(), 0),
        waits_(work.nodes.size()),
        done_(work.nodes.size(), false) {}

  Schedule run() {
    find_paths();
    for (std::uint32_t v = 0; v < nodes_.size(); ++v) {
      waits_[v] = static_cast<std::uint32_t>(dependencies_.of(v).size());
    }
    admit();
    for (std::size_t left = nodes_.size(); left > 0; --left) {
      std::size_t best = 0;
      for (std::size_t e = 1; e < kEngineCount; ++e) {
        if (queues_[e].next_ps < queues_[best].next_ps) best = e;
      }
      issue(best);
    }
    return std::move(schedule_);
  }

 private:
  struct Queue {
    std::vector<std::uint32_t> coming;  // heap: earliest operands first
    std::vector<std::uint32_t> ready;   // heap: longest path first
    std::int64_t free_ps = 0;
    std::int64_t next_ps = kNever;  // when it can issue again
  };

  // Longest time from the start of a node to the end of all.
  void find_paths() {
    for (std::uint32_t v = 0; v < nodes_.size(); ++v) path_ps_[v] = nodes_[v].latency_ps;
    for (auto v = static_cast<std::uint32_t>(nodes_.size()); v-- > 0;) {
      for (const Edge& edge : dependencies_.of(v)) {
        const std::uint32_t p = edge.producer();
        path_ps_[p] = std::max(path_ps_[p], delay_ps(p, v, edge.wait()) + path_ps_[v]);
      }
    }
  }

  // Earliest start of the consumer after the start of the producer.
  std::int64_t delay_ps(std::uint32_t producer, std::uint32_t consumer, Wait wait) const {
    const Work& from = nodes_[producer];
    if (wait >= Wait::pipeline) return from.occupancy_ps;
    const bool signals = !from.is_dma() && from.queue != nodes_[consumer].queue;
    return from.latency_ps + (signals ? semaphore_ps_ : 0) +
           (wait == Wait::weights ? weight_latency_ps_ + nodes_[consumer].weight_fill_ps : 0);
  }

  void admit() {
    while (oldest_ < nodes_.size() && done_[oldest_]) ++oldest_;
    const std::size_t limit = std::min<std::size_t>(nodes_.size(), oldest_ + kScheduleWindow);
    for (; admitted_ < limit; ++admitted_) {
      if (waits_[admitted_] == 0) come(admitted_);
    }
  }

  bool later(std::uint32_t a, std::uint32_t b) const {
    return ready_ps_[a] != ready_ps_[b] ? ready_ps_[a] > ready_ps_[b] : a > b;
  }
  bool shorter(std::uint32_t a, std::uint32_t b) const {
    return path_ps_[a] != path_ps_[b] ? path_ps_[a] < path_ps_[b] : a > b;
  }

  bool in_order(std::size_t engine) const {
    return tensor_in_order_ && engine == static_cast<std::size_t>(Engine::tensor);
  }

  void come(std::uint32_t v) {
    Queue& queue = queues_[static_cast<std::size_t>(nodes_[v].queue)];
    queue.coming.push_back(v);
    std::push_heap(queue.coming.begin(), queue.coming.end(),
                   [this](auto a, auto b) { return later(a, b); });
    queue.next_ps = std::min(queue.next_ps, std::max(queue.free_ps, ready_ps_[v]));
  }

  void issue(std::size_t engine) {
    Queue& queue = queues_[engine];
    const std::int64_t now = queue.next_ps;
    const auto by_time = [this](auto a, auto b) { return later(a, b); };
    const auto by_path = [this, in_order = in_order(engine)](auto a, auto b) {
      return in_order ? a > b : shorter(a, b);
    };
    while (!queue.coming.empty() && ready_ps_[queue.coming.front()] <= now) {
      std::pop_heap(queue.coming.begin(), queue.coming.end(), by_time);
      queue.ready.push_back(queue.coming.back());
      queue.coming.pop_back();
      std::push_heap(queue.ready.begin(), queue.ready.end(), by_path);
    }
    std::pop_heap(queue.ready.begin(), queue.ready.end(), by_path);
    const std::uint32_t v = queue.ready.back();
    queue.ready.pop_back();
    schedule_.order[engine].push_back(v);
    finish(v, start(engine, v, now));
    queue.next_ps = !queue.ready.empty() ? queue.free_ps
                    : !queue.coming.empty()
                        ? std::max(queue.free_ps, ready_ps_[queue.coming.front()])
                        : kNever;
    admit();
  }

  // When it starts, now or a little later; sets when its queue can start another.
  std::int64_t start(std::size_t engine, std::uint32_t v, std::int64_t now) {
    const Work& work = nodes_[v];
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
    done_[v] = true;
    std::int64_t held_up = 0;
    if (nodes_[v].is_dma()) {
      // All DMAs share the engines; one after the other is near enough for an order.
      const DmaTransfer& transfer = transfers_[nodes_[v].dma];
      const std::int64_t first = start + transfer.trigger_ps;
      const std::int64_t begin = std::max(first, dma_free_ps_);
      dma_free_ps_ = begin + transfer.packets * transfer.packet_ps / dma_engines_;
      held_up = begin - first;
    }
    for (const Edge* edge = consumers_.begin(v); edge != consumers_.end(v); ++edge) {
      const std::uint32_t consumer = edge->producer();
      ready_ps_[consumer] =
          std::max(ready_ps_[consumer], start + delay_ps(v, consumer, edge->wait()) +
                                            (edge->wait() >= Wait::pipeline ? 0 : held_up));
      if (--waits_[consumer] == 0 && consumer < admitted_) come(consumer);
    }
  }

  const BigVector<Work>& nodes_;
  const BigVector<DmaTransfer>& transfers_;
  const Dependencies& dependencies_;
  const Consumers consumers_;
  const std::int64_t semaphore_ps_, weight_latency_ps_;
  const std::int64_t dma_engines_;
  const bool tensor_in_order_;
  BigVector<std::int64_t> path_ps_, ready_ps_;
  BigVector<std::uint32_t> waits_;
  std::vector<bool> done_;
  std::uint32_t oldest_ = 0, admitted_ = 0;
  std::int64_t dma_free_ps_ = 0;
  std::array<Queue, kEngineCount> queues_;
  ArrayTiles tiles_;
  Schedule schedule_;
};

Schedule program_order(const WorkList& work) {
  Schedule schedule;
  for (std::uint32_t v = 0; v < work.nodes.size(); ++v) {
    schedule.order[static_cast<std::size_t>(work.nodes[v].queue)].push_back(v);
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
