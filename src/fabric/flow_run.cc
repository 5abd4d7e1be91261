// SPDX-License-Identifier: Apache-2.0
#include "fabric/flow_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "base/fault.h"
#include "fabric/check_flows.h"
#include "fabric/flow_classes.h"

namespace trainyard {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// Flows in the course of a run.
struct Flows {
  FlowPaths paths;
  std::vector<std::uint32_t> weights;  // none: 1 each
  std::vector<double> bytes_per_s;     // of the links
  std::vector<std::uint32_t> link_number;
  std::vector<double> left_bytes, start_s;
  std::vector<std::uint32_t> number;  // where the end of each is written

  std::size_t size() const { return paths.size(); }
};

// Some flows of a whole, and the links that they cross.
class Parts {
 public:
  explicit Parts(std::size_t links) : number_(links, kNone) {}

  Flows part(const Flows& whole, std::span<const std::uint32_t> flows) {
    Flows part;
    used_.clear();
    for (const std::uint32_t flow : flows) {
      for (std::size_t entry = whole.paths.first[flow]; entry < whole.paths.first[flow + 1];
           ++entry) {
        part.paths.links.push_back(renumbered(whole.paths.links[entry]));
        if (!whole.weights.empty()) part.weights.push_back(whole.weights[entry]);
      }
      part.paths.end_path();
      part.left_bytes.push_back(whole.left_bytes[flow]);
      part.start_s.push_back(whole.start_s[flow]);
      part.number.push_back(whole.number[flow]);
    }
    for (const std::uint32_t link : used_) {
      part.bytes_per_s.push_back(whole.bytes_per_s[link]);
      part.link_number.push_back(whole.link_number[link]);
      number_[link] = kNone;
    }
    return part;
  }

 private:
  std::uint32_t renumbered(std::uint32_t link) {
    if (number_[link] == kNone) {
      number_[link] = static_cast<std::uint32_t>(used_.size());
      used_.push_back(link);
    }
    return number_[link];
  }

  std::vector<std::uint32_t> number_, used_;
};

// Which flows share links, directly or through others: flows sorted by group.
class Groups {
 public:
  Groups(const FlowPaths& paths, std::size_t links) : parent_(links) {
    std::iota(parent_.begin(), parent_.end(), 0U);
    for (std::size_t flow = 0; flow < paths.size(); ++flow) {
      for (const std::uint32_t link : paths[flow]) join(paths[flow].front(), link);
    }
    // A flow over no link stands in a group of such flows.
    std::vector<std::uint32_t> number(links + 1, kNone), group_of;
    for (std::size_t flow = 0; flow < paths.size(); ++flow) {
      const std::size_t root = paths[flow].empty() ? links : root_of(paths[flow].front());
      if (number[root] == kNone) {
        number[root] = static_cast<std::uint32_t>(first_.size());
        first_.push_back(0);
      }
      ++first_[number[root]];
      group_of.push_back(number[root]);
    }
    std::exclusive_scan(first_.begin(), first_.end(), first_.begin(), 0U);
    std::vector<std::uint32_t> next = first_;
    first_.push_back(static_cast<std::uint32_t>(paths.size()));
    flows_.resize(paths.size());
    for (std::uint32_t flow = 0; flow < paths.size(); ++flow) flows_[next[group_of[flow]]++] = flow;
  }

  std::size_t size() const { return first_.size() - 1; }
  std::span<const std::uint32_t> operator[](std::size_t group) const {
    return {flows_.data() + first_[group], flows_.data() + first_[group + 1]};
  }

 private:
  std::uint32_t root_of(std::uint32_t link) {
    while (parent_[link] != link) link = parent_[link] = parent_[parent_[link]];
    return link;
  }
  void join(std::uint32_t a, std::uint32_t b) {
    a = root_of(a);
    b = root_of(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

  std::vector<std::uint32_t> parent_, first_, flows_;
};

class Runner {
 public:
  Runner(const FlowRunOptions& options, FlowRun& result) : options_(options), result_(result) {}

  void run(const Flows& flows) {
    progress_.flows = flows.size();
    result_.flows_run = flows.size();
    Groups groups(flows.paths, flows.bytes_per_s.size());
    Parts parts(flows.bytes_per_s.size());
    for (std::size_t group = 0; group < groups.size(); ++group) {
      now_s_ = 0;
      Flows rest = parts.part(flows, groups[group]);
      while (rest.size() > 0) rest = run_half(rest);
    }
    result_.events = progress_.events;
  }

 private:
  // Until at least half of the flows have ended; returns those that have not.
  Flows run_half(Flows& flows) {
    MaxMin max_min(flows.paths, flows.bytes_per_s, flows.weights);
    std::vector<double> rates(flows.size());
    std::vector<std::uint32_t> waiting(flows.size()), active;
    std::iota(waiting.begin(), waiting.end(), 0U);
    std::stable_sort(waiting.begin(), waiting.end(), [&](std::uint32_t a, std::uint32_t b) {
      return flows.start_s[a] > flows.start_s[b];
    });  // the next one is the last
    while (active.size() + waiting.size() > flows.size() / 2) {
      if (active.empty()) now_s_ = std::max(now_s_, flows.start_s[waiting.back()]);
      while (!waiting.empty() && flows.start_s[waiting.back()] <= now_s_) {
        active.push_back(waiting.back());
        waiting.pop_back();
      }
      max_min.solve(active, rates);
      const double start_s = waiting.empty() ? kNever : flows.start_s[waiting.back()];
      advance(flows, start_s, active, max_min, rates);
      told(flows, active);
    }
    active.insert(active.end(), waiting.begin(), waiting.end());
    return Parts(flows.bytes_per_s.size()).part(flows, active);
  }

  // To the next end of a flow, but not past `start_s`.
  void advance(Flows& flows, double start_s, std::vector<std::uint32_t>& active,
               const MaxMin& max_min, std::vector<double>& rates) {
    double step_s = start_s - now_s_;
    for (const std::uint32_t flow : active) {
      step_s = std::min(step_s, flows.left_bytes[flow] / rates[flow]);
    }
    const double end_s = start_s - now_s_ <= step_s ? start_s : now_s_ + step_s;
    std::size_t kept = 0;
    for (const std::uint32_t flow : active) {
      const double over_s = flows.left_bytes[flow] / rates[flow] - step_s;
      if (over_s <= 0 || over_s <= options_.resolution * (end_s - flows.start_s[flow])) {
        result_.end_s[flows.number[flow]] = end_s + over_s;
        const std::uint32_t link = max_min.held_by(flow);
        result_.held_by[flows.number[flow]] = link == kNoLink ? kNoLink : flows.link_number[link];
        rates[flow] = 0;
        ++progress_.ended;
      } else {
        flows.left_bytes[flow] = over_s * rates[flow];
        active[kept++] = flow;
      }
    }
    active.resize(kept);
    now_s_ = end_s;
  }

  void told(const Flows& flows, const std::vector<std::uint32_t>& active) {
    ++progress_.events;
    progress_.time_s = now_s_;
    for (const std::uint32_t flow : active) work_ += flows.paths[flow].size();
    if (work_ > options_.work_max) {
      throw Fault(
          FaultKind::limit,
          fmt::format("a run of flows reads at most {} links in all its events; {} of {} "
                      "flows have ended after {}",
                      options_.work_max, progress_.ended, progress_.flows, progress_.events),
          fmt::format("let flows end together with a resolution above {}", options_.resolution));
    }
    if (options_.progress && !options_.progress(progress_)) {
      throw Fault(FaultKind::interrupted, "the run of flows was interrupted");
    }
  }

  static constexpr double kNever = std::numeric_limits<double>::infinity();

  const FlowRunOptions& options_;
  FlowRun& result_;
  FlowProgress progress_;
  std::uint64_t work_ = 0;
  double now_s_ = 0;
};

template <typename T>
std::vector<T> at(std::span<const T> values, const std::vector<std::uint32_t>& places) {
  std::vector<T> chosen;
  for (const std::uint32_t place : places) chosen.push_back(values.empty() ? T{} : values[place]);
  return chosen;
}

// From a run of classes to one of their flows.
FlowRun of_members(const FlowRun& run, const FlowPaths& paths, const FlowClasses& classes) {
  FlowRun all;
  all.events = run.events;
  all.flows_run = run.flows_run;
  all.end_s = at(std::span<const double>(run.end_s), classes.class_of);
  for (std::uint32_t flow = 0; flow < paths.size(); ++flow) {
    const std::uint32_t held_by = run.held_by[classes.class_of[flow]];
    const auto path = paths[flow];
    const auto link = std::find_if(path.begin(), path.end(), [&](std::uint32_t crossed) {
      return classes.link_class_of[crossed] == held_by;
    });
    all.held_by.push_back(link == path.end() ? kNoLink : *link);
  }
  return all;
}

}  // namespace

FlowRun run_flows(const FlowPaths& paths, std::span<const double> bytes_per_s,
                  std::span<const double> bytes, std::span<const double> start_s,
                  const FlowRunOptions& options) {
  check_flows(paths, bytes_per_s, bytes, start_s);
  FlowRun result;
  std::optional<FlowClasses> classes = find_flow_classes(paths, bytes_per_s, bytes, start_s);
  Flows flows;
  if (classes) {
    flows.left_bytes = at(bytes, classes->member);
    flows.start_s = at(start_s, classes->member);
    flows.paths = std::move(classes->paths);
    flows.weights = std::move(classes->weights);
    flows.bytes_per_s = std::move(classes->bytes_per_s);
  } else {
    flows.left_bytes.assign(bytes.begin(), bytes.end());
    flows.start_s.assign(start_s.begin(), start_s.end());
    flows.start_s.resize(paths.size());
    flows.paths = paths;
    flows.bytes_per_s.assign(bytes_per_s.begin(), bytes_per_s.end());
  }
  flows.number.resize(flows.size());
  std::iota(flows.number.begin(), flows.number.end(), 0U);
  flows.link_number.resize(flows.bytes_per_s.size());
  std::iota(flows.link_number.begin(), flows.link_number.end(), 0U);
  result.end_s.resize(flows.size());
  result.held_by.resize(flows.size());
  Runner(options, result).run(flows);
  return classes ? of_members(result, paths, *classes) : result;
}

}  // namespace trainyard
