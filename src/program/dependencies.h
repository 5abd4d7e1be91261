// SPDX-License-Identifier: Apache-2.0
// Which nodes a node has to wait for: through bytes of SBUF, PSUM and HBM, through registers,
// through state that an engine keeps, and by the kernel's own order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "program/accesses.h"
#include "program/placement.h"
#include "program/work.h"

namespace trainyard {

// Strongest first.
enum class Wait : std::uint8_t {
  weights,   // read after write of the stationary operand: it has to be loaded afterwards, too
  operand,   // read after write: until the producer has retired
  reuse,     // write after read or write: until the earlier one has retired
  order,     // depends_on: until the earlier one has retired
  pipeline,  // bytes of the same queue's pipeline: until it lets go of the engine, or of its tile
  issue,     // the same queue in the same order is enough
};

// Producer and kind in one word, because a stream has millions of them.
class Edge {
 public:
  static constexpr std::uint32_t kNodesMax = 1u << 28;

  Edge() = default;
  Edge(std::uint32_t producer, Wait wait, bool signals)
      : bits_(producer | (signals ? kNodesMax : 0) | static_cast<std::uint32_t>(wait) << 29) {}
  std::uint32_t producer() const { return bits_ & (kNodesMax - 1); }
  Wait wait() const { return static_cast<Wait>(bits_ >> 29); }
  // The end of the producer takes a semaphore's time to be seen: it is on another engine. That of a
  // DMA is counted up to the waiting instruction already.
  bool signals() const { return (bits_ & kNodesMax) != 0; }
  // The same wait, seen from the producer.
  Edge turned_to(std::uint32_t consumer) const { return Edge(consumer, wait(), signals()); }

 private:
  std::uint32_t bits_ = 0;
};

class Dependencies {
 public:
  std::span<const Edge> of(std::uint32_t node) const {
    return {edges_.data() + first_[node], first_[node + 1] - first_[node]};
  }
  std::size_t size() const { return edges_.size(); }

 private:
  friend class DependencyFinder;
  BigVector<Edge> edges_;
  BigVector<std::uint32_t> first_{0};
};

// Producers always come before their consumers in program order.
Dependencies find_dependencies(const Program& program, const AccessTable& accesses,
                               const Placement& placement, const WorkList& work,
                               const WhatIf& what_if = {});

}  // namespace trainyard
