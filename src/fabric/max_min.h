// SPDX-License-Identifier: Apache-2.0
// Max-min fair rates of flows over shared links: no flow can be given more without taking from one
// that has no more than it. Found by progressive filling: all rates rise together, and those that
// cross a link stay where they are when it is full. Exact, and not quadratic in the number of
// levels: the links stand in a heap by their fair share, which can only have grown since it was
// put there, so it is read again when it comes to the top.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace trainyard {

constexpr std::uint32_t kNoLink = 0xffffffff;

// The links that each flow crosses, one list behind the other. No flow crosses a link twice.
struct FlowPaths {
  std::vector<std::uint32_t> first = {0};
  std::vector<std::uint32_t> links;

  std::size_t size() const { return first.size() - 1; }
  std::span<const std::uint32_t> operator[](std::size_t flow) const {
    return {links.data() + first[flow], links.data() + first[flow + 1]};
  }
  void add(std::span<const std::uint32_t> path);
  // Ends the path whose links were appended to `links`.
  void end_path();
};

// Which flows cross each link, in ascending order.
class FlowsOfLinks {
 public:
  FlowsOfLinks(const FlowPaths& paths, std::size_t links);
  std::span<const std::uint32_t> operator[](std::size_t link) const {
    return {flows_.data() + first_[link], flows_.data() + first_[link + 1]};
  }

 private:
  std::vector<std::uint32_t> first_, flows_;
};

// Renumbers the links to those that some flow crosses, in ascending order; returns their old
// numbers.
std::vector<std::uint32_t> keep_used_links(FlowPaths& paths, std::size_t links);

class MaxMin {
 public:
  // `weights`, one for each entry of `paths.links` or none: how many flows like this one cross that
  // link. All three must outlive this, and were checked (check_flows.h).
  MaxMin(const FlowPaths& paths, std::span<const double> bytes_per_s,
         std::span<const std::uint32_t> weights = {});

  // Sets rates[flow] of the flows in `active`; those of all others must not be negative, and stay.
  // A flow over no link has an infinite rate. Shares within 1e-12 of each other count as one.
  void solve(std::span<const std::uint32_t> active, std::span<double> rates);
  // The link that filled up and so holds the rate of a flow that was active; kNoLink if it has
  // none.
  std::uint32_t held_by(std::uint32_t flow) const { return held_by_[flow]; }

 private:
  struct Link {
    double left_bytes_per_s = 0;
    std::uint32_t rising = 0;  // flows whose rates still rise
  };
  struct Share {
    double bytes_per_s;
    std::uint32_t link;
    bool operator<(const Share& other) const {
      return bytes_per_s != other.bytes_per_s ? bytes_per_s < other.bytes_per_s : link < other.link;
    }
  };

  std::uint32_t weight(std::size_t entry) const { return weights_.empty() ? 1 : weights_[entry]; }
  double share(std::uint32_t link) const;
  void begin(std::span<const std::uint32_t> active, std::span<double> rates);
  void sift_down(std::size_t hole, Share value);
  void fill(std::uint32_t link, double level, std::span<double> rates);

  const FlowPaths& paths_;
  const std::span<const double> capacity_;
  const std::span<const std::uint32_t> weights_;
  const FlowsOfLinks flows_of_;
  std::vector<Link> links_;
  std::size_t rising_ = 0;  // flows whose rates still rise
  std::vector<std::uint32_t> held_by_;
  std::vector<Share> heap_;
};

// Rates of all flows, in bytes/s.
std::vector<double> max_min_rates(const FlowPaths& paths, std::span<const double> bytes_per_s);

}  // namespace trainyard
