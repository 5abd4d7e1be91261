// SPDX-License-Identifier: Apache-2.0
// A logical core: physical cores that run one kernel together (LNC 2). They share HBM tensors and
// send each other messages. In every other way each is a core of its own.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "core/written_map.h"
#include "isa/peers.h"
#include "program/program.h"

namespace trainyard {

// A shared_hbm tensor: the k-th that one core makes is the k-th that the others make.
struct SharedTensor {
  std::shared_ptr<std::byte> bytes;
  std::int64_t size_bytes = 0;
  bool filled = false;  // what was not written reads as NaN or 4
  WrittenMap written;
};

class LogicalCore {
 public:
  explicit LogicalCore(int cores);
  LogicalCore(const LogicalCore&) = delete;

  int cores() const { return static_cast<int>(seats_.size()); }
  // The next shared tensor of `core`, unwritten if no other core made it yet. Throws Fault when
  // another core made it with another size.
  std::shared_ptr<SharedTensor> next_shared(int core, const TensorInfo& info);
  // As before the first instruction.
  void reset();

  // What one physical core knows of the others.
  class Seat final : public Peers {
   public:
    Seat(LogicalCore& logical, int self) : logical_(logical), self_(self) {}
    int self() const override { return self_; }
    int count() const override { return logical_.cores(); }
    void send(Channel channel, int to, Message message) override;
    bool wait_for(Channel channel, int from) override;
    Message receive(Channel channel, int from) override;
    bool resumed() const override { return resumed_; }

    // Of the instruction that runs.
    void begin() { resumed_ = met_ = false; }
    void resume() {
      resumed_ = true;
      waits_for_ = -1;
    }
    int waits_for() const { return waits_for_; }  // core, or -1
    bool met() const { return met_; }             // it received from another core

   private:
    friend class LogicalCore;
    LogicalCore& logical_;
    const int self_;
    int waits_for_ = -1;
    bool resumed_ = false, met_ = false;
    std::size_t shared_made_ = 0;
  };
  Seat& seat(int core) { return *seats_[static_cast<std::size_t>(core)]; }

 private:
  using Line = std::tuple<Peers::Channel, int, int>;  // channel, from, to

  std::vector<std::unique_ptr<Seat>> seats_;
  std::vector<std::shared_ptr<SharedTensor>> shared_;
  std::map<Line, std::deque<Peers::Message>> messages_;
};

}  // namespace trainyard
