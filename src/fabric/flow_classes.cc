// SPDX-License-Identifier: Apache-2.0
#include "fabric/flow_classes.h"

#include <algorithm>
#include <bit>

namespace trainyard {
namespace {

constexpr int kRoundsMax = 64;

using Colour = std::uint64_t;

// The finaliser of SplitMix64: sums of mixed colours do not depend on their order, and two
// different sums are the same with a chance of 2^-64.
Colour mix(Colour colour) {
  colour += 0x9e3779b97f4a7c15;
  colour = (colour ^ (colour >> 30)) * 0xbf58476d1ce4e5b9;
  colour = (colour ^ (colour >> 27)) * 0x94d049bb133111eb;
  return colour ^ (colour >> 31);
}

Colour mix(double value) {
  return mix(std::bit_cast<Colour>(value + 0.0));
}  // -0 is 0

// Numbers colours 0, 1, ... as they first appear.
class Numbering {
 public:
  explicit Numbering(std::size_t colours_max)
      : slots_(std::bit_ceil(2 * colours_max + 2)), mask_(slots_.size() - 1) {}

  std::uint32_t number(Colour colour) {
    for (std::size_t at = colour & mask_;; at = (at + 1) & mask_) {
      Slot& slot = slots_[at];
      if (slot.number == 0) slot = {colour, ++count_};
      if (slot.colour == colour) return slot.number - 1;
    }
  }
  std::size_t count() const { return count_; }

 private:
  struct Slot {
    Colour colour = 0;
    std::uint32_t number = 0;  // plus 1; 0 is free
  };
  std::vector<Slot> slots_;
  std::size_t mask_;
  std::uint32_t count_ = 0;
};

// How many different colours there are; `most` + 1 when there are more than that.
std::size_t different(const std::vector<Colour>& colours, std::size_t most) {
  Numbering numbering(most + 1);
  for (const Colour colour : colours) {
    numbering.number(colour);
    if (numbering.count() > most) break;
  }
  return numbering.count();
}

struct Colours {
  std::vector<Colour> flows, links;
};

void refine(const FlowPaths& paths, Colours& colours, std::vector<Colour>& sums) {
  for (Colour& colour : colours.links) colour = mix(colour);
  sums.assign(colours.links.size(), 0);
  for (std::size_t flow = 0; flow < paths.size(); ++flow) {
    Colour sum = 0;
    for (const std::uint32_t link : paths[flow]) sum += colours.links[link];
    const Colour now = mix(colours.flows[flow] ^ mix(sum));
    colours.flows[flow] = now;
    const Colour mixed = mix(now);
    for (const std::uint32_t link : paths[flow]) sums[link] += mixed;
  }
  for (std::size_t link = 0; link < sums.size(); ++link) {
    colours.links[link] ^= mix(sums[link]);
  }
}

// Refines until no class splits any more; false where that saves too little.
bool settle(const FlowPaths& paths, Colours& colours) {
  const std::size_t most = paths.size() / 2;
  std::vector<Colour> sums;
  std::size_t flows_before = 0, links_before = 0;
  for (int round = 0; round < kRoundsMax; ++round) {
    refine(paths, colours, sums);
    const std::size_t flows = different(colours.flows, most);
    if (flows > most) return false;
    const std::size_t links = different(colours.links, colours.links.size());
    if (flows == flows_before && links == links_before) return true;
    flows_before = flows;
    links_before = links;
  }
  return false;
}

// The path of class `flow` over classes of links; false if it is not the same for all its flows,
// which only colours that are equal by chance can bring about.
bool add_class_path(std::span<const std::uint32_t> path, const std::vector<std::uint32_t>& class_of,
                    const std::vector<std::uint32_t>& links_in, std::uint32_t flows_in,
                    FlowClasses& classes) {
  std::vector<std::uint32_t> crossed;
  for (const std::uint32_t link : path) crossed.push_back(class_of[link]);
  std::sort(crossed.begin(), crossed.end());
  for (std::size_t i = 0, next = 0; i < crossed.size(); i = next) {
    while (next < crossed.size() && crossed[next] == crossed[i]) ++next;
    const std::uint64_t crossings = std::uint64_t{flows_in} * (next - i);
    if (crossings % links_in[crossed[i]] != 0) return false;
    classes.paths.links.push_back(crossed[i]);
    classes.weights.push_back(static_cast<std::uint32_t>(crossings / links_in[crossed[i]]));
  }
  classes.paths.end_path();
  return true;
}

}  // namespace

std::optional<FlowClasses> find_flow_classes(const FlowPaths& paths,
                                             std::span<const double> bytes_per_s,
                                             std::span<const double> bytes,
                                             std::span<const double> start_s) {
  Colours colours;
  colours.flows.resize(paths.size());
  for (std::size_t flow = 0; flow < paths.size(); ++flow) {
    const Colour start = start_s.empty() ? 0 : mix(start_s[flow]);
    colours.flows[flow] = mix(bytes[flow]) + 3 * start;
  }
  for (const double capacity : bytes_per_s) colours.links.push_back(mix(capacity));
  if (!settle(paths, colours)) return std::nullopt;

  FlowClasses classes;
  Numbering flows(paths.size() / 2 + 1), links(bytes_per_s.size());
  std::vector<std::uint32_t> link_class, links_in;
  for (std::size_t link = 0; link < bytes_per_s.size(); ++link) {
    link_class.push_back(links.number(colours.links[link]));
    if (links.count() > links_in.size()) {
      links_in.push_back(0);
      classes.bytes_per_s.push_back(bytes_per_s[link]);
    }
    ++links_in[link_class.back()];
  }
  classes.class_of.reserve(paths.size());
  for (std::uint32_t flow = 0; flow < paths.size(); ++flow) {
    classes.class_of.push_back(flows.number(colours.flows[flow]));
    if (flows.count() > classes.member.size()) {
      classes.member.push_back(flow);
      classes.size.push_back(0);
    }
    ++classes.size[classes.class_of.back()];
  }
  for (std::size_t each = 0; each < classes.member.size(); ++each) {
    if (!add_class_path(paths[classes.member[each]], link_class, links_in, classes.size[each],
                        classes)) {
      return std::nullopt;
    }
  }
  return classes;
}

}  // namespace trainyard
