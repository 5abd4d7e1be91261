// SPDX-License-Identifier: Apache-2.0
#include "planner/plan_bounds.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "cluster/step_bound.h"
#include "planner/search.h"

namespace trainyard {
namespace {

constexpr std::int64_t kPlansMax = 100000000;
constexpr std::size_t kFittingMax = 20000000;
constexpr auto kLook = std::chrono::microseconds(500);  // for messages

float rounded_down(double value) {
  const auto near = static_cast<float>(value);
  return static_cast<double>(near) <= value
             ? near
             : std::nextafter(near, -std::numeric_limits<float>::infinity());
}

// The bounds of one layout's plans; memory first.
struct Bounding {
  const SearchSpace& space;
  Scenario scenario;  // of this thread
  PlanBounds made;    // but its candidates

  explicit Bounding(const SearchSpace& of) : space(of), scenario(of.scenario) {}

  std::vector<PlanCandidate> of(const Layout& layout, std::size_t number) {
    std::vector<PlanCandidate> found;
    scenario.chips = layout.chips;
    const double limit = memory_limit_bytes(space);
    const std::vector<Piping> pipings = pipings_of(space, layout);
    const std::vector<Saving> savings = savings_of(space, layout);
    for (std::size_t piping = 0; piping < pipings.size(); ++piping) {
      for (std::size_t saving = 0; saving < savings.size(); ++saving) {
        ++made.plans;
        scenario.plan = plan_of(layout, pipings[piping], savings[saving]);
        const double bytes = memory_bound(scenario);
        if (bytes < made.least.bytes) made.least = {bytes, number, scenario.plan};
        if (bytes > limit) {
          ++made.too_large;
          continue;
        }
        const StepBound bound = step_bound(scenario);
        found.push_back({static_cast<std::uint32_t>(number), static_cast<std::uint16_t>(piping),
                         static_cast<std::uint16_t>(saving), rounded_down(bound.memory_bytes),
                         bound.seconds, bound.energy_j});
      }
    }
    return found;
  }
};

void merge(PlanBounds& into, const PlanBounds& from) {
  into.plans += from.plans;
  into.too_large += from.too_large;
  if (std::tie(from.least.bytes, from.least.layout) <
      std::tie(into.least.bytes, into.least.layout)) {
    into.least = from.least;
  }
  into.candidates.insert(into.candidates.end(), from.candidates.begin(), from.candidates.end());
}

// Of every `step`-th layout from `first` on. Each thread takes the next; what it finds has the
// layout's place.
PlanBounds bound_share(const SearchSpace& space, const std::vector<Layout>& layouts,
                       unsigned threads, std::size_t first, std::size_t step) {
  std::vector<std::vector<PlanCandidate>> of_layout(layouts.size());
  std::vector<Bounding> bounding(threads, Bounding(space));
  std::atomic<std::size_t> next{first};
  std::atomic<std::int64_t> plans{0};
  std::atomic<std::size_t> fitting{0};
  const auto work = [&](Bounding& mine) {
    for (std::size_t i = next.fetch_add(step); i < layouts.size(); i = next.fetch_add(step)) {
      if (plans > kPlansMax || fitting > kFittingMax) return;
      const std::int64_t before = mine.made.plans;
      of_layout[i] = mine.of(layouts[i], i);
      plans += mine.made.plans - before;
      fitting += of_layout[i].size();
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(work, std::ref(bounding[i]));
  work(bounding[0]);
  for (std::thread& other : others) other.join();
  PlanBounds all;
  for (const Bounding& mine : bounding) merge(all, mine.made);
  for (std::vector<PlanCandidate>& found : of_layout) {
    all.candidates.insert(all.candidates.end(), found.begin(), found.end());
    std::vector<PlanCandidate>().swap(found);
  }
  return all;
}

// On its way between processes on the same kind of machine.
struct BoundsHeader {
  std::int64_t plans, too_large;
  LeastPlan least;
};
static_assert(std::is_trivially_copyable_v<BoundsHeader> &&
              std::is_trivially_copyable_v<PlanCandidate>);

std::string message_of(const PlanBounds& bounds) {
  const BoundsHeader header{bounds.plans, bounds.too_large, bounds.least};
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof(header));
  bytes.append(reinterpret_cast<const char*>(bounds.candidates.data()),
               bounds.candidates.size() * sizeof(PlanCandidate));
  return bytes;
}

PlanBounds bounds_of(const std::string& message) {
  if (message.size() < sizeof(BoundsHeader)) {
    throw Fault(FaultKind::internal, "a message of bounds ends early");
  }
  BoundsHeader header;
  std::memcpy(&header, message.data(), sizeof(header));
  PlanBounds bounds{header.plans, header.too_large, header.least, {}};
  const std::size_t rest = message.size() - sizeof(header);
  bounds.candidates.resize(rest / sizeof(PlanCandidate));
  std::memcpy(bounds.candidates.data(), message.data() + sizeof(header), rest);
  return bounds;
}

void gather(const ProcessGroup& group, PlanBounds& all) {
  std::string message;
  for (int others = group.size() - 1; others > 0;) {
    if (!group.receive(message)) {
      std::this_thread::sleep_for(kLook);
      continue;
    }
    merge(all, bounds_of(message));
    --others;
  }
  std::stable_sort(
      all.candidates.begin(), all.candidates.end(),
      [](const PlanCandidate& a, const PlanCandidate& b) { return a.layout < b.layout; });
}

}  // namespace

PlanBounds bound_plans(const SearchSpace& space, const std::vector<Layout>& layouts,
                       unsigned threads, ProcessGroup* group) {
  const int rank = group != nullptr ? group->rank() : 0;
  const int size = group != nullptr ? group->size() : 1;
  PlanBounds bounds = bound_share(space, layouts, threads, static_cast<std::size_t>(rank),
                                  static_cast<std::size_t>(size));
  if (size > 1) {
    rank == 0 ? gather(*group, bounds) : group->send(message_of(bounds));
    group->part();
  }
  if (bounds.plans > kPlansMax || bounds.candidates.size() > kFittingMax) {
    throw Fault(FaultKind::limit,
                fmt::format("more than {} million plans may be tried, or {} million fit",
                            kPlansMax / 1000000, kFittingMax / 1000000),
                "fix keys in [plan], or list fewer values in [search]")
        .at({space.scenario.file, 1})
        .in("search");
  }
  return bounds;
}

}  // namespace trainyard
