// SPDX-License-Identifier: Apache-2.0
// The other physical cores of a logical one (LNC 2), as an executing instruction sees them:
// messages, in the order they were sent on a channel from one core to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trainyard {

class Peers {
 public:
  using Channel = std::int64_t;
  using Message = std::vector<std::byte>;

  virtual ~Peers() = default;
  virtual int self() const = 0;
  virtual int count() const = 0;

  virtual void send(Channel channel, int to, Message message) = 0;
  // Whether a message of core `from` is there; if not, the instruction returns and is executed
  // again when the other cores have gone on.
  virtual bool wait_for(Channel channel, int from) = 0;
  virtual Message receive(Channel channel, int from) = 0;
  // It is executed again: what it had to send is on its way.
  virtual bool resumed() const = 0;
};

}  // namespace trainyard
