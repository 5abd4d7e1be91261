// SPDX-License-Identifier: Apache-2.0
#include "core/event_core.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <queue>
#include <utility>

#include "base/fault.h"
#include "core/dma_engines.h"
#include "core/shared_ports.h"
#include "core/tensor_queue.h"

namespace trainyard {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kUnknown = -1;
constexpr auto kTensor = static_cast<std::size_t>(Engine::tensor);

// The first instruction of a queue that has not started.
struct Head {
  std::uint32_t position = 0;
  std::uint32_t node = kNoIndex;
  std::uint32_t edge = 0;  // producers before this one have retired
  std::uint32_t blocked_on = kNoIndex;
  bool met = false;           // it has been at its meeting with the other cores
  std::int64_t free_ps = 0;   // the engine is free
  std::int64_t ready_ps = 0;  // the operands are there
  Edge latest;                // the producer that brought the last of them
  std::int64_t weights_ps = 0;
  std::int64_t start_ps = kNever;  // kNever: not known yet
  WaitReason reason = WaitReason::none;
  std::uint32_t waited_for = kNoInstruction;
};

// A DMA on its way from its queue to the engines.
struct Arrival {
  std::int64_t at_ps;
  std::uint32_t node;
  friend bool operator>(const Arrival& a, const Arrival& b) {
    return a.at_ps != b.at_ps ? a.at_ps > b.at_ps : a.node > b.node;
  }
};

class EventCore {
 public:
  EventCore(const CoreWork& core, const Machine& machine, const PassSet& passes, HbmStack& hbm,
            Timeline& timeline)
      : work_(core.work),
        dependencies_(core.dependencies),
        schedule_(core.schedule),
        meetings_(core.meetings),
        out_(timeline),
        start_up_(Time::from_ns(machine.core.start_up_latency_ns)),
        semaphore_ps_(Time::from_ns(machine.semaphore.latency_ns).ps),
        table_load_ps_(Time::from_ns(machine.scalar.table_load_latency_ns).ps),
        first_register_load_ps_(Time::from_ns(machine.core.register_load_first_latency_ns).ps),
        tensor_(machine, start_up_),
        dma_(machine, passes.has(Pass::dma_split), hbm),
        ports_(machine),
        end_ps_(core.work.size(), kUnknown) {
    for (std::size_t e = 0; e < kEngineCount; ++e) {
      heads_[e].free_ps = start_up_.ps;
      next(e, 0);
    }
  }

  // Time of its next event; kNever when it is done, or waits for another core.
  std::int64_t look() {
    next_engine_ = kEngineCount;
    next_ps_ = kNever;
    for (std::size_t e = 0; e < kEngineCount; ++e) {
      if (heads_[e].start_ps >= next_ps_) continue;
      next_ps_ = heads_[e].start_ps;
      next_engine_ = e;
    }
    if (!arrivals_.empty() && arrivals_.top().at_ps <= next_ps_) {
      next_ps_ = arrivals_.top().at_ps;
      next_engine_ = kEngineCount;
    }
    return next_ps_;
  }

  // The event that was looked at. Not null: an instruction comes to this meeting with others.
  const Meeting* step() {
    if (next_engine_ == kEngineCount) {
      arrive();
      return nullptr;
    }
    Head& head = heads_[next_engine_];
    const std::uint32_t meeting = work_.of(head.node).meeting;
    if (meeting != kNoIndex && !head.met) {
      head.met = true;
      came_ps_ = head.start_ps;
      head.start_ps = kNever;
      meeting_ = next_engine_;
      return &meetings_[meeting];
    }
    start(next_engine_);
    return nullptr;
  }

  // When its collectives that are on their way let go of its links.
  std::int64_t links_free_ps() const { return links_free_ps_; }
  // All are there now. A collective goes on when the links of all its ranks are free.
  void end_meeting(std::int64_t now_ps, std::int64_t links_free_ps) {
    links_free_ps_ = links_free_ps;
    Head& head = heads_[meeting_];
    head.start_ps = came_ps_;
    delay(head, now_ps, WaitReason::core, kNoInstruction);
  }

  void finish(Time total) {
    out_.total = total;
    out_.tensor_clock = tensor_.gate().phases();
    out_.busy[kTensor] = tensor_.busy();
    out_.busy[static_cast<std::size_t>(Engine::dma)] = dma_.busy();
  }

 private:
  void next(std::size_t engine, std::uint32_t position) {
    const auto& order = schedule_.order[engine];
    Head& head = heads_[engine];
    const std::int64_t free = head.free_ps;
    head = Head{};
    head.position = position;
    head.free_ps = free;
    if (position >= order.size()) return;
    head.node = order[position];
    look_at_producers(engine);
  }

  // Goes on through the producers until one is still running, or sets the start.
  void look_at_producers(std::size_t engine) {
    Head& head = heads_[engine];
    const auto edges = dependencies_.of(head.node);
    for (; head.edge < edges.size(); ++head.edge) {
      const Edge edge = edges[head.edge];
      const std::uint32_t producer = edge.producer();
      if (edge.wait() >= Wait::pipeline) {
        if (edge.wait() == Wait::pipeline && engine == kTensor) {
          head.free_ps = std::max(head.free_ps, tensor_.tiles().held_by(producer));
        }
        continue;
      }
      if (end_ps_[producer] == kUnknown) {
        head.blocked_on = producer;
        return;
      }
      const std::int64_t seen = end_ps_[producer] + (edge.signals() ? semaphore_ps_ : 0);
      if (edge.wait() == Wait::weights) head.weights_ps = std::max(head.weights_ps, seen);
      if (seen > head.ready_ps) {
        head.ready_ps = seen;
        head.latest = edge;
      }
    }
    set_start(engine);
  }

  // A node has retired: what waits for it goes on.
  void retire(std::uint32_t node, Time end) {
    end_ps_[node] = end.ps;
    out_.total = later(out_.total, end);
    for (std::size_t e = 0; e < kEngineCount; ++e) {
      if (heads_[e].blocked_on != node) continue;
      heads_[e].blocked_on = kNoIndex;
      look_at_producers(e);
    }
  }

  void set_start(std::size_t engine) {
    Head& head = heads_[engine];
    const Work& work = work_.of(head.node);
    if (engine == kTensor) {
      head.free_ps = std::max(head.free_ps, tensor_.tiles().free_ps(work.array_tile));
    }
    head.start_ps = head.free_ps;
    if (head.ready_ps > head.free_ps) {
      const std::uint32_t from = work_.instruction(head.latest.producer());
      delay(head, head.ready_ps,
            from == kNoIndex ? WaitReason::spill : reason_of(head.latest.wait()), from);
    }
    if (engine == kTensor) {
      const Time loaded = tensor_.weights_loaded(work, later(Time{head.weights_ps}, start_up_),
                                                 Time{head.start_ps});
      delay(head, loaded.ps, WaitReason::weight_load, head.waited_for);
    }
    if (needs_table(work)) {
      delay(head, head.free_ps + table_load_ps_, WaitReason::table_load, kNoInstruction);
    }
  }

  static WaitReason reason_of(Wait wait) {
    return wait == Wait::reuse   ? WaitReason::reuse
           : wait == Wait::order ? WaitReason::order
                                 : WaitReason::operand;
  }

  static void delay(Head& head, std::int64_t until, WaitReason reason, std::uint32_t waited_for) {
    if (until <= head.start_ps) return;
    head.start_ps = until;
    head.reason = reason;
    head.waited_for = waited_for;
  }

  bool needs_table(const Work& work) const { return work.table_function && work.table != table_; }

  void start(std::size_t engine) {
    Head& head = heads_[engine];
    const std::uint32_t node = head.node;
    const Work& work = work_.of(node);
    const std::uint32_t instruction = work_.instruction(node);
    const SharedPorts::Held held = ports_.held(work, head.start_ps);
    if (held.until_ps > head.start_ps) {
      delay(head, held.until_ps, held.reason, held.by);
      return;  // another engine may come first now
    }
    if (needs_table(work)) {
      table_ = work.table;
      ++out_.table_loads;
      out_.busy[engine] += Time{table_load_ps_};
    }
    Span span;
    span.queued = Time{head.free_ps};
    span.start = Time{head.start_ps};
    span.engine = work.queue;
    span.reason = head.reason;
    span.waited_for = head.waited_for;
    span.busy_end = span.start + Time{work.occupancy_ps};
    span.end = span.start + Time{work.latency_ps};
    if (work.transfer_ps > 0) {
      span.end = later(span.end, Time{links_free_ps_ + work.transfer_ps});
      links_free_ps_ = span.end.ps;
    }
    if (engine == kTensor) {
      tensor_.issue(work, node, instruction, span.start, span.busy_end, span.end,
                    out_.array_passes);
    }
    if (work.register_load && !std::exchange(loaded_register_[engine], true)) {
      span.end = later(span.end, span.start + Time{first_register_load_ps_});
    }
    ports_.take(work, instruction, span.start.ps, span.busy_end.ps);
    if (engine != kTensor) out_.busy[engine] += span.busy_end - span.start;
    if (work.is_dma()) {
      arrivals_.push({span.start.ps + work.dma.trigger_ps, node});
    } else {
      // A pipeline retires in order.
      span.end = later(span.end, retired_[engine]);
      retired_[engine] = span.end;
      retire(node, span.end);
    }
    if (instruction != kNoIndex) {
      out_.spans[instruction] = span;
      out_.order[engine].push_back(instruction);
    }
    // What comes next may go to another tile of the array.
    head.free_ps = engine == kTensor ? span.start.ps : span.busy_end.ps;
    next(engine, head.position + 1);
  }

  void arrive() {
    const Arrival arrival = arrivals_.top();
    arrivals_.pop();
    const Work& work = work_.of(arrival.node);
    const std::uint32_t instruction = work_.instruction(arrival.node);
    const DmaTransfer& dma = work.dma;
    const DmaEngines::Carried carried = dma_.carry(dma, Time{arrival.at_ps});
    Transfer transfer;
    transfer.instruction = instruction;
    transfer.queue = static_cast<std::uint8_t>(work.queue);
    transfer.first_packet = carried.first_packet;
    transfer.last_packet = carried.last_packet;
    transfer.complete = carried.complete;
    transfer.engine_busy = carried.engine_busy;
    transfer.bytes = dma.bytes;
    transfer.descriptors = dma.descriptors;
    transfer.packets = dma.packets;
    transfer.packet = Time{dma.packet_way_ps};
    transfer.packet_hold = Time{dma.packet_ps};
    transfer.hbm_read_bytes = dma.hbm_read_bytes;
    transfer.hbm_write_bytes = dma.hbm_write_bytes;
    out_.hbm_read_bytes += dma.hbm_read_bytes;
    out_.hbm_write_bytes += dma.hbm_write_bytes;
    enter(transfer);
    if (instruction != kNoIndex) out_.spans[instruction].end = carried.complete;
    retire(arrival.node, carried.complete);
  }

  // By first packet. They are nearly in order: the engines serve who comes first, but not all have
  // a free moment at the same time.
  void enter(const Transfer& transfer) {
    auto& list = out_.transfers;
    std::size_t place = list.size();
    list.push_back(transfer);
    for (; place > 0 && list[place - 1].first_packet > transfer.first_packet; --place) {
      list[place] = list[place - 1];
      number(place);
    }
    list[place] = transfer;
    number(place);
  }

  void number(std::size_t place) {
    const std::uint32_t instruction = out_.transfers[place].instruction;
    if (instruction == kNoInstruction) return;
    out_.spans[instruction].transfer = static_cast<std::uint32_t>(place);
  }

  const WorkList& work_;
  const Dependencies& dependencies_;
  const Schedule& schedule_;
  const std::span<const Meeting> meetings_;
  Timeline& out_;
  const Time start_up_;
  const std::int64_t semaphore_ps_, table_load_ps_, first_register_load_ps_;
  TensorQueue tensor_;
  DmaEngines dma_;
  SharedPorts ports_;
  BigVector<std::int64_t> end_ps_;  // by node
  std::array<Head, kEngineCount> heads_;
  std::array<Time, kEngineCount> retired_{};  // end of the last instruction
  std::priority_queue<Arrival, std::vector<Arrival>, std::greater<Arrival>> arrivals_;
  std::array<bool, kEngineCount> loaded_register_{};
  int table_ = -1;                          // activation table that ScalarE holds
  std::size_t next_engine_ = kEngineCount;  // of the next event; kEngineCount: a DMA arrives
  std::int64_t next_ps_ = kNever;
  std::size_t meeting_ = kEngineCount;  // engine whose head waits for the other cores
  std::int64_t came_ps_ = 0;            // when it came there
  std::int64_t links_free_ps_ = 0;
};

}  // namespace

void run_events(std::span<const CoreWork> cores, const Machine& machine, const PassSet& passes,
                std::span<Timeline> timelines) {
  std::deque<HbmStack> hbm;
  std::deque<EventCore> running;
  for (std::size_t c = 0; c < cores.size(); ++c) {
    Timeline& timeline = timelines[c];
    timeline.spans.assign(cores[c].instructions, Span{});
    timeline.transfers.reserve(cores[c].work.dmas);
    timeline.array_passes.reserve(cores[c].schedule.order[kTensor].size());
    for (std::size_t e = 0; e < kEngineCount; ++e) {
      timeline.order[e].reserve(cores[c].schedule.order[e].size());
    }
    while (hbm.size() <= cores[c].stack) hbm.emplace_back(machine);
    running.emplace_back(cores[c], machine, passes, hbm[cores[c].stack], timeline);
  }
  std::map<std::uint64_t, std::vector<EventCore*>> there;  // by Meeting::place
  for (;;) {
    EventCore* first = nullptr;
    std::int64_t now_ps = kNever;
    for (EventCore& core : running) {
      const std::int64_t at_ps = core.look();
      if (at_ps >= now_ps) continue;
      now_ps = at_ps;
      first = &core;
    }
    if (first == nullptr) break;
    const Meeting* meeting = first->step();
    if (meeting == nullptr) continue;
    std::vector<EventCore*>& waiting = there[meeting->place];
    waiting.push_back(first);
    if (waiting.size() < static_cast<std::size_t>(meeting->participants)) continue;
    std::int64_t links_free_ps = 0;
    for (const EventCore* core : waiting) {
      links_free_ps = std::max(links_free_ps, core->links_free_ps());
    }
    for (EventCore* core : waiting) core->end_meeting(now_ps, links_free_ps);
    there.erase(meeting->place);
  }
  if (!there.empty()) throw Fault(FaultKind::internal, "the cores do not meet equally often");
  Time total;
  for (const Timeline& timeline : timelines) total = later(total, timeline.total);
  for (EventCore& core : running) core.finish(total);
}

}  // namespace trainyard
