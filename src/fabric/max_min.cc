// SPDX-License-Identifier: Apache-2.0
#include "fabric/max_min.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/fault.h"
#include "fabric/check_flows.h"
#include "fabric/like_flows.h"

namespace trainyard {
namespace {

constexpr double kSameShare = 1 + 1e-12;

}  // namespace

void FlowPaths::add(std::span<const std::uint32_t> path) {
  links.insert(links.end(), path.begin(), path.end());
  end_path();
}

void FlowPaths::end_path() {
  if (links.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw Fault(FaultKind::limit, "flows cross at most 4,294,967,295 links in all",
                "use fewer flows");
  }
  first.push_back(static_cast<std::uint32_t>(links.size()));
}

std::vector<std::uint32_t> keep_used_links(FlowPaths& paths, std::size_t links) {
  std::vector<std::uint32_t> number(links);
  for (const std::uint32_t link : paths.links) number[link] = 1;
  std::vector<std::uint32_t> used;
  for (std::uint32_t link = 0; link < links; ++link) {
    if (number[link] == 0) continue;
    number[link] = static_cast<std::uint32_t>(used.size());
    used.push_back(link);
  }
  for (std::uint32_t& link : paths.links) link = number[link];
  return used;
}

FlowsOfLinks::FlowsOfLinks(const FlowPaths& paths, std::size_t links) : first_(links + 1) {
  for (const std::uint32_t link : paths.links) ++first_[link + 1];
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  flows_.resize(paths.links.size());
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (std::uint32_t flow = 0; flow < paths.size(); ++flow) {
    for (const std::uint32_t link : paths[flow]) flows_[next[link]++] = flow;
  }
}

MaxMin::MaxMin(const FlowPaths& paths, std::span<const double> bytes_per_s,
               std::span<const std::uint32_t> weights)
    : paths_(paths),
      capacity_(bytes_per_s),
      weights_(weights),
      flows_of_(paths, bytes_per_s.size()),
      links_(bytes_per_s.size()),
      held_by_(paths.size(), kNoLink) {}

double MaxMin::share(std::uint32_t link) const {
  return std::max(links_[link].left_bytes_per_s, 0.0) / links_[link].rising;
}

void MaxMin::begin(std::span<const std::uint32_t> active, std::span<double> rates) {
  heap_.clear();
  for (const std::uint32_t flow : active) {
    const std::size_t end = paths_.first[flow + 1];
    rates[flow] =
        paths_.first[flow] == end ? std::numeric_limits<double>::infinity() : -1;  // still rises
    if (paths_.first[flow] != end) ++rising_;
    for (std::size_t entry = paths_.first[flow]; entry < end; ++entry) {
      const std::uint32_t link = paths_.links[entry];
      if (links_[link].rising == 0) {
        links_[link].left_bytes_per_s = capacity_[link];
        heap_.push_back({0, link});
      }
      links_[link].rising += weight(entry);
    }
  }
  for (Share& entry : heap_) entry.bytes_per_s = share(entry.link);
  for (std::size_t i = heap_.size() / 2; i-- > 0;) sift_down(i, heap_[i]);
}

void MaxMin::sift_down(std::size_t hole, Share value) {
  for (std::size_t child; (child = 2 * hole + 1) < heap_.size(); hole = child) {
    if (child + 1 < heap_.size() && heap_[child + 1] < heap_[child]) ++child;
    if (!(heap_[child] < value)) break;
    heap_[hole] = heap_[child];
  }
  heap_[hole] = value;
}

// The rates of all flows over `link` that still rise end at `level`.
void MaxMin::fill(std::uint32_t link, double level, std::span<double> rates) {
  for (const std::uint32_t flow : flows_of_[link]) {
    if (rates[flow] >= 0) continue;
    rates[flow] = level;
    --rising_;
    held_by_[flow] = link;
    for (std::size_t entry = paths_.first[flow]; entry < paths_.first[flow + 1]; ++entry) {
      Link& crossed = links_[paths_.links[entry]];
      crossed.left_bytes_per_s -= level * weight(entry);
      crossed.rising -= weight(entry);
    }
  }
}

void MaxMin::solve(std::span<const std::uint32_t> active, std::span<double> rates) {
  begin(active, rates);
  double level = 0;
  while (rising_ > 0) {
    const Share top = heap_.front();
    if (links_[top.link].rising > 0) {
      const double now = share(top.link);
      if (now > top.bytes_per_s) {
        sift_down(0, {now, top.link});
        continue;
      }
      if (top.bytes_per_s > level * kSameShare) level = top.bytes_per_s;
      fill(top.link, level, rates);
    }
    const Share last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sift_down(0, last);
  }
}

std::vector<double> max_min_rates(const FlowPaths& paths, std::span<const double> bytes_per_s) {
  check_flows(paths, bytes_per_s, std::vector<double>(paths.size()), {});
  const LikeFlows like = find_like_flows(paths, bytes_per_s, {}, {});
  // Of a flow's own links the least holds its rate; each flow of a group has one such link.
  FlowPaths group_paths;
  std::vector<std::uint32_t> weights;
  std::vector<double> capacity = like.shared_bytes_per_s;
  for (std::uint32_t group = 0; group < like.groups(); ++group) {
    const auto path = like.paths[group];
    group_paths.links.insert(group_paths.links.end(), path.begin(), path.end());
    weights.insert(weights.end(), path.size(), like.count[group]);
    if (std::isfinite(like.own_bytes_per_s[group])) {
      group_paths.links.push_back(static_cast<std::uint32_t>(capacity.size()));
      weights.push_back(1);
      capacity.push_back(like.own_bytes_per_s[group]);
    }
    group_paths.end_path();
  }
  std::vector<std::uint32_t> all(like.groups());
  std::iota(all.begin(), all.end(), 0U);
  std::vector<double> group_rates(like.groups()), rates;
  MaxMin(group_paths, capacity, weights).solve(all, group_rates);
  rates.reserve(paths.size());
  for (const std::uint32_t group : like.group_of) rates.push_back(group_rates[group]);
  return rates;
}

}  // namespace trainyard
