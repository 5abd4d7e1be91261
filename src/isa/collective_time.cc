// SPDX-License-Identifier: Apache-2.0
#include "isa/collective_time.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trainyard {
namespace {

struct Way {
  double bytes_per_s = 0;  // of one rank
  double step_ns = 0;
};

// Mean way between two chips of a torus that is as square as it can be.
double mean_hops(std::int64_t chips, bool switched) {
  if (switched || chips < 2) return 1.0;
  auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(chips)));
  while (chips % side != 0) --side;
  const auto of_ring = [](std::int64_t n) {  // itself included
    return static_cast<double>(n * n / 4) / static_cast<double>(n);
  };
  const auto n = static_cast<double>(chips);
  return (of_ring(side) + of_ring(chips / side)) * n / (n - 1);
}

// A step of a mesh is a DMA that its rank must trigger and see through; a ring's next step is
// triggered by the data that came.
double dma_fixed_ns(const Machine& machine) {
  const Dma& dma = machine.dma;
  return (dma.hardware_dges > 0 ? dma.hwdge_trigger_latency_ns : dma.swdge_trigger_latency_ns) +
         dma.completion_latency_ns;
}

// The narrowest part of the way between ranks: DMA and HBM in a chip, links between chips, the
// network between servers. Ranks of a chip share its links.
Way way_of(const CollectiveShape& shape, CollectiveAlgorithm algorithm, const Machine& machine) {
  const Link& link = machine.link;
  Way way{link.rank_bandwidth_bytes_per_s, link.hop_latency_ns};
  if (algorithm == CollectiveAlgorithm::mesh) way.step_ns += dma_fixed_ns(machine);
  if (shape.chips <= 1) return way;
  const double ranks_of_a_chip =
      std::max(1.0, static_cast<double>(shape.ranks) / static_cast<double>(shape.chips));
  const auto share = [&](double bytes_per_s) {
    if (bytes_per_s > 0) way.bytes_per_s = std::min(way.bytes_per_s, bytes_per_s / ranks_of_a_chip);
  };
  share(link.server_bandwidth_bytes_per_s);
  if (algorithm == CollectiveAlgorithm::mesh && shape.chips <= link.server_chips) {
    // Every byte goes through the chips between, by their DMA engines.
    share(link.server_bandwidth_bytes_per_s * link.relay_efficiency /
          mean_hops(shape.chips, link.switched));
  }
  if (shape.chips > link.server_chips) share(link.rack_bandwidth_bytes_per_s);
  if (shape.chips > std::max(link.server_chips, link.ultraserver_chips)) {
    share(link.efa_bandwidth_bytes_per_s);
    way.step_ns = link.efa_latency_ns;
  }
  return way;
}

double steps_of(const CollectiveShape& shape, CollectiveAlgorithm algorithm) {
  if (shape.kind == CollectiveKind::permute) return 1;
  const double phases = shape.kind == CollectiveKind::all_reduce ? 2 : 1;
  switch (algorithm) {
    case CollectiveAlgorithm::mesh:
      return 2;  // routing, then the exchange in the chip
    case CollectiveAlgorithm::halving_doubling:
      return phases * std::ceil(std::log2(static_cast<double>(shape.ranks)));
    case CollectiveAlgorithm::ring:
      return phases * static_cast<double>(shape.ranks - 1);
  }
  return 0;
}

// Of what a rank sends, in tensors as large as `shape.bytes`.
double part_of(const CollectiveShape& shape) {
  const auto n = static_cast<double>(shape.ranks);
  return shape.kind == CollectiveKind::permute      ? 1.0
         : shape.kind == CollectiveKind::all_reduce ? 2 * (n - 1) / n
                                                    : (n - 1) / n;
}

// The share of a rank's bytes that leaves its part, of `parts` that the ranks lie on.
double leaving(const CollectiveShape& shape, double parts, CollectiveAlgorithm algorithm) {
  if (parts <= 1) return 0;
  if (shape.kind == CollectiveKind::permute) return 1;
  const auto n = static_cast<double>(shape.ranks);
  const double together = std::max(1.0, n / parts);
  return algorithm == CollectiveAlgorithm::ring ? 1 / together : (n - together) / (n - 1);
}

}  // namespace

CollectiveAlgorithm collective_algorithm(const CollectiveShape& shape, const Machine& machine) {
  if (shape.bytes <= machine.link.mesh_max_bytes) return CollectiveAlgorithm::mesh;
  const bool power_of_two = std::has_single_bit(static_cast<std::uint64_t>(shape.ranks));
  if (shape.bytes <= machine.link.halving_max_bytes && power_of_two) {
    return CollectiveAlgorithm::halving_doubling;
  }
  return CollectiveAlgorithm::ring;
}

CollectiveTime collective_time(const CollectiveShape& shape, const Machine& machine) {
  if (shape.ranks < 2) return {};
  const CollectiveAlgorithm algorithm = collective_algorithm(shape, machine);
  const Way way = way_of(shape, algorithm, machine);
  const double transfer_ns =
      part_of(shape) * static_cast<double>(shape.bytes) * 1e9 / way.bytes_per_s;
  return {Time::from_ns(steps_of(shape, algorithm) * way.step_ns), Time::from_ns(transfer_ns)};
}

Exchange collective_exchange(const CollectiveShape& shape, const Machine& machine) {
  if (shape.ranks < 2) return {};
  const CollectiveAlgorithm algorithm = collective_algorithm(shape, machine);
  const std::int64_t domain = std::max(machine.link.server_chips, machine.link.ultraserver_chips);
  const double sent = part_of(shape) * static_cast<double>(shape.bytes);
  const double chips = static_cast<double>(shape.chips);
  const double off_chip = leaving(shape, chips, algorithm);
  const double off_domain = leaving(
      shape, std::ceil(chips / static_cast<double>(std::max<std::int64_t>(1, domain))), algorithm);
  Exchange exchange;
  exchange.bytes = 2 * std::llround(sent);
  exchange.link_bytes = 2 * std::llround(sent * (off_chip - off_domain));
  exchange.efa_bytes = 2 * std::llround(sent * off_domain);
  const bool switched = machine.energy.switch_pj_per_bit > 0;
  exchange.switch_bytes = switched ? exchange.link_bytes / 2 : 0;
  return exchange;
}

}  // namespace trainyard
