// SPDX-License-Identifier: Apache-2.0
// Messages between those who run a kernel together, and who waits for whom.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "core/core_clock.h"
#include "isa/peers.h"
#include "program/program.h"

namespace trainyard {

class MessageBoard {
 public:
  // `name`: tells the meetings of several boards apart.
  MessageBoard(int count, std::uint64_t name);
  MessageBoard(const MessageBoard&) = delete;

  // As before the first instruction.
  void reset();

  class Seat final : public Peers {
   public:
    Seat(MessageBoard& board, int self)
        : board_(board), self_(self), clock_(CoreClock::start(self)) {}
    int self() const override { return self_; }
    int count() const override { return static_cast<int>(board_.seats_.size()); }
    void send(Channel channel, int to, Message message) override;
    bool wait_for(Channel channel, int from) override;
    Message receive(Channel channel, int from) override;
    void meet(Channel channel, int participants) override;
    bool resumed() const override { return resumed_; }

    // Of the instruction that runs.
    void begin() {
      resumed_ = false;
      meeting_ = {};
    }
    void resume() {
      resumed_ = true;
      waits_for_ = -1;
    }
    int waits_for() const { return waits_for_; }  // or -1
    const Meeting& meeting() const { return meeting_; }
    // Of the cores of a logical core; has no meaning among ranks.
    const CoreClock& clock() const { return clock_; }

   private:
    friend class MessageBoard;
    MessageBoard& board_;
    const int self_;
    int waits_for_ = -1;
    bool resumed_ = false;
    Meeting meeting_;
    CoreClock clock_;
    std::map<Channel, std::uint64_t> meetings_;  // so far
  };
  Seat& seat(int number) { return *seats_[static_cast<std::size_t>(number)]; }

 private:
  using Line = std::tuple<Peers::Channel, int, int>;  // channel, from, to
  struct Sent {
    Peers::Message message;
    CoreClock clock;  // of the sender
  };

  const std::uint64_t name_;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::map<Line, std::deque<Sent>> messages_;
};

}  // namespace trainyard
