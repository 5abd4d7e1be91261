// SPDX-License-Identifier: Apache-2.0
// Others that run the same kernel, as an executing instruction sees them: the physical cores of a
// logical core (LNC 2), or the ranks of a collective. They send each other messages, which arrive
// in the order they were sent on a channel from one to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace trainyard {

class Peers {
 public:
  using Channel = std::int64_t;
  // One message may go to many without a copy.
  using Message = std::shared_ptr<const std::vector<std::byte>>;

  virtual ~Peers() = default;
  virtual int self() const = 0;
  virtual int count() const = 0;

  virtual void send(Channel channel, int to, Message message) = 0;
  // Whether a message of `from` is there; if not, the instruction returns and is executed again
  // when the others have gone on.
  virtual bool wait_for(Channel channel, int from) = 0;
  virtual Message receive(Channel channel, int from) = 0;
  // All `participants`, this one included, were there: they start together.
  virtual void meet(Channel channel, int participants) = 0;
  // It is executed again: what it had to send is on its way.
  virtual bool resumed() const = 0;
};

}  // namespace trainyard
