// SPDX-License-Identifier: Apache-2.0
#include "core/message_board.h"

#include <utility>

#include "base/fault.h"

namespace trainyard {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
  return hash ^ hash >> 29;
}

}  // namespace

MessageBoard::MessageBoard(int count, std::uint64_t name) : name_(name) {
  for (int i = 0; i < count; ++i) seats_.push_back(std::make_unique<Seat>(*this, i));
}

void MessageBoard::reset() {
  messages_.clear();
  for (auto& seat : seats_) {
    seat->waits_for_ = -1;
    seat->meetings_.clear();
    seat->clock_ = CoreClock::start(seat->self_);
  }
}

void MessageBoard::Seat::send(Channel channel, int to, Message message) {
  board_.messages_[{channel, self_, to}].push_back({std::move(message), clock_});
  clock_.advance(self_);
}

bool MessageBoard::Seat::wait_for(Channel channel, int from) {
  const auto line = board_.messages_.find({channel, from, self_});
  const bool there = line != board_.messages_.end() && !line->second.empty();
  if (!there) waits_for_ = from;
  return there;
}

Peers::Message MessageBoard::Seat::receive(Channel channel, int from) {
  const auto line = board_.messages_.find({channel, from, self_});
  if (line == board_.messages_.end() || line->second.empty()) {
    throw Fault(FaultKind::internal, "a message is taken before it came");
  }
  Message message = std::move(line->second.front().message);
  clock_.join(line->second.front().clock);
  line->second.pop_front();
  if (line->second.empty()) board_.messages_.erase(line);
  return message;
}

void MessageBoard::Seat::meet(Channel channel, int participants) {
  if (participants < 2) return;
  const std::uint64_t place =
      mix(mix(board_.name_ + 1, static_cast<std::uint64_t>(channel)), ++meetings_[channel]);
  meeting_ = {place, participants, kNoStreamIndex};
}

}  // namespace trainyard
