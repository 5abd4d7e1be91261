// SPDX-License-Identifier: Apache-2.0
// The reference for flows, packet by packet: every link sends one packet after the other, taking
// turns among the flows that wait for it. A packet goes on as soon as its head has arrived, if the
// next link can then send it without a pause. A flow has a window of packets under way, enough to
// fill its path; so flows that wait elsewhere do not fill a shared link's queue. For one
// UltraServer: the cost is one event a packet and link.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fabric/max_min.h"

namespace trainyard {

struct MessageOptions {
  double packet_bytes = 65536;              // Neuron's collectives
  std::uint64_t packets_max = 100'000'000;  // over all links
};

struct MessageRun {
  std::vector<double> end_s;  // when the last packet of each flow arrived
  std::uint64_t packets = 0;  // sent by all links
};

// `latency_s` of each link; `start_s` may be empty: all start at 0.
MessageRun run_messages(const FlowPaths& paths, std::span<const double> bytes_per_s,
                        std::span<const double> latency_s, std::span<const double> bytes,
                        std::span<const double> start_s = {}, const MessageOptions& options = {});

}  // namespace trainyard
