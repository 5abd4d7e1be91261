// SPDX-License-Identifier: Apache-2.0
#include "fabric/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <queue>

#include "base/fault.h"
#include "fabric/check_flows.h"

namespace trainyard {
namespace {

class Messages {
 public:
  Messages(const FlowPaths& paths, std::span<const double> bytes_per_s,
           std::span<const double> latency_s, std::span<const double> bytes,
           const MessageOptions& options)
      : paths_(paths),
        bytes_per_s_(bytes_per_s),
        latency_s_(latency_s),
        bytes_(bytes),
        packet_bytes_(options.packet_bytes),
        flows_(paths.size()),
        stops_(paths.links.size()),
        links_(bytes_per_s.size()) {
    double packets = 0;
    for (std::uint32_t flow = 0; flow < paths.size(); ++flow) {
      const double count = std::max(1.0, std::ceil(bytes[flow] / packet_bytes_));
      packets += count * static_cast<double>(paths[flow].size());
      if (!(packets <= static_cast<double>(options.packets_max))) {
        throw Fault(FaultKind::limit,
                    fmt::format("a run by messages sends at most {} packets over all links",
                                options.packets_max),
                    "run flows instead, or send larger packets");
      }
      flows_[flow].packets = static_cast<std::uint64_t>(count);
      flows_[flow].window = window(flow);
      for (std::uint32_t stop = paths.first[flow]; stop < paths.first[flow + 1]; ++stop) {
        stops_[stop].flow = flow;
      }
    }
  }

  MessageRun run(std::span<const double> start_s) {
    run_.end_s.resize(paths_.size());
    for (std::uint32_t flow = 0; flow < paths_.size(); ++flow) {
      const double start = start_s.empty() ? 0 : start_s[flow];
      if (paths_[flow].empty()) {
        run_.end_s[flow] = start;
      } else {
        for (std::uint64_t i = 0; i < std::min(flows_[flow].window, flows_[flow].packets); ++i) {
          inject(flow, start);
        }
      }
    }
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      now_s_ = event.time_s;
      switch (event.what) {
        case What::arrives:
          arrive(event.at);
          break;
        case What::link_is_free:
          links_[event.at].busy = false;
          send_next(event.at);
          break;
        case What::delivered:
          deliver(event.at);
          break;
      }
    }
    return std::move(run_);
  }

 private:
  enum class What : std::uint8_t { arrives, link_is_free, delivered };
  struct Event {
    double time_s;
    std::uint64_t order;  // of those at one time, the one that was made first
    std::uint32_t at;     // a stop, a link, a flow
    What what;
    bool operator<(const Event& other) const {  // the queue gives the largest first
      return time_s != other.time_s ? time_s > other.time_s : order > other.order;
    }
  };
  struct Flow {
    std::uint64_t packets = 0, window = 0, injected = 0, delivered = 0;
  };
  // A flow at one link of its path.
  struct Stop {
    std::uint32_t flow = 0;
    std::uint64_t waiting = 0, sent = 0;
  };
  struct Link {
    std::deque<std::uint32_t> turns;  // stops with packets that wait
    bool busy = false;
  };

  std::uint64_t window(std::uint32_t flow) const {
    double latency_s = 0, narrowest = std::numeric_limits<double>::infinity();
    for (const std::uint32_t link : paths_[flow]) {
      latency_s += latency_s_[link];
      narrowest = std::min(narrowest, bytes_per_s_[link]);
    }
    const double under_way = paths_[flow].empty() ? 0 : latency_s * narrowest / packet_bytes_;
    return 2 * paths_[flow].size() + static_cast<std::uint64_t>(std::ceil(under_way));
  }

  double bytes_of(std::uint32_t flow, std::uint64_t packet) const {
    const std::uint64_t last = flows_[flow].packets - 1;
    return packet < last ? packet_bytes_ : bytes_[flow] - static_cast<double>(last) * packet_bytes_;
  }

  void put(double time_s, What what, std::uint32_t at) {
    events_.push({time_s, order_++, at, what});
  }

  void inject(std::uint32_t flow, double time_s) {
    ++flows_[flow].injected;
    put(time_s, What::arrives, paths_.first[flow]);
  }

  void arrive(std::uint32_t stop) {
    const std::uint32_t link = paths_.links[stop];
    if (stops_[stop].waiting++ == 0) links_[link].turns.push_back(stop);
    if (links_[link].busy) return;
    links_[link].busy = true;  // it chooses when all that arrive at this time are there
    put(now_s_, What::link_is_free, link);
  }

  void send_next(std::uint32_t link) {
    Link& at = links_[link];
    if (at.turns.empty()) return;
    const std::uint32_t stop = at.turns.front();
    at.turns.pop_front();
    Stop& from = stops_[stop];
    if (--from.waiting > 0) at.turns.push_back(stop);
    const double bytes = bytes_of(from.flow, from.sent++);
    const double end_s = now_s_ + bytes / bytes_per_s_[link];
    at.busy = true;
    ++run_.packets;
    put(end_s, What::link_is_free, link);
    if (stop + 1 == paths_.first[from.flow + 1]) {
      put(end_s + latency_s_[link], What::delivered, from.flow);
    } else {
      const double without_pause_s = end_s - bytes / bytes_per_s_[paths_.links[stop + 1]];
      put(std::max(now_s_, without_pause_s) + latency_s_[link], What::arrives, stop + 1);
    }
  }

  void deliver(std::uint32_t flow) {
    Flow& to = flows_[flow];
    if (to.injected < to.packets) inject(flow, now_s_);
    if (++to.delivered == to.packets) run_.end_s[flow] = now_s_;
  }

  const FlowPaths& paths_;
  const std::span<const double> bytes_per_s_, latency_s_, bytes_;
  const double packet_bytes_;
  std::vector<Flow> flows_;
  std::vector<Stop> stops_;
  std::vector<Link> links_;
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;
  double now_s_ = 0;
  MessageRun run_;
};

}  // namespace

MessageRun run_messages(const FlowPaths& paths, std::span<const double> bytes_per_s,
                        std::span<const double> latency_s, std::span<const double> bytes,
                        std::span<const double> start_s, const MessageOptions& options) {
  if (!(options.packet_bytes >= 1)) {
    throw Fault(FaultKind::usage, "a packet has at least one byte");
  }
  check_flows(paths, bytes_per_s, bytes, start_s);
  if (latency_s.size() != bytes_per_s.size() ||
      !std::all_of(latency_s.begin(), latency_s.end(),
                   [](double latency) { return latency >= 0 && std::isfinite(latency); })) {
    throw Fault(FaultKind::usage, "a link has a finite latency that is not negative");
  }
  return Messages(paths, bytes_per_s, latency_s, bytes, options).run(start_s);
}

}  // namespace trainyard
