// SPDX-License-Identifier: Apache-2.0
// What all collectives do: every rank of a group gives its bytes to the others, waits for theirs,
// and all go on together.
#pragma once

#include <vector>

#include "isa/collective_time.h"
#include "isa/table.h"

namespace trainyard {

// The ranks that take part, as an instruction's parameters say it.
struct RankGroup {
  std::int64_t group = 0;  // into Program::rank_groups
  std::int64_t ranks = 1;  // how many it has
  std::int64_t chips = 1;  // that they lie on

  void visit(ParamVisitor& v);
};

class CollectiveExchange {
 public:
  // `kind`: calls of different kinds do not meet.
  CollectiveExchange(CoreState& core, std::int64_t kind, const RankGroup& group);

  int self() const { return self_; }  // position in the group
  int count() const { return static_cast<int>(group_.size()); }

  // `make(member)` gives what this rank sends to each; called once, however often it is executed.
  template <class Make>
  bool exchange(Make&& make) {
    if (first()) {
      for (int member = 0; member < count(); ++member) send(member, make(member));
    }
    return receive_all();
  }
  // The same bytes of `views` to all.
  bool exchange_all(const ViewList& views);
  // What `make()` gives to one member, nothing to the others; -1: to none.
  template <class Make>
  bool exchange_one(int to, Make&& make) {
    return exchange([&](int member) {
      return member == to ? make() : std::make_shared<std::vector<std::byte>>();
    });
  }
  // Members of a ring in the order of the group.
  int next() const { return (self_ + 1) % count(); }
  int previous() const { return (self_ + count() - 1) % count(); }
  // Position of a rank in the group, or -1.
  int member_of(std::int64_t rank) const;

  // After exchange() was true. The first throws Fault unless the rank sent `bytes`.
  const std::byte* from(int member, std::int64_t bytes) const;
  const std::vector<std::byte>& from(int member) const {
    return *messages_[static_cast<std::size_t>(member)];
  }

  // The elements of `view`, row-major, as they are stored.
  static Peers::Message bytes_of(CoreState& core, const View& view);
  static Peers::Message bytes_of(CoreState& core, const ViewList& views);

 private:
  bool first() const;
  void send(int member, Peers::Message message);
  bool receive_all();

  CoreState& core_;
  std::span<const std::int32_t> group_;
  Peers::Channel channel_ = 0;
  int self_ = 0;
  std::vector<Peers::Message> messages_;
};

// All on HBM, or one pair on SBUF; pairs of one dtype. `sbuf`: SBUF is allowed at all.
void check_collective(const CheckContext& context, const ViewList& srcs, const ViewList& dsts,
                      bool sbuf, std::int64_t priority);
void check_reduction(AluOp op);
// dst = op over the ranks, in their order in the group, in float32 (whole numbers: exactly).
// `members`: where the elements of each begin; they are like those of dst.
void reduce_into(CoreState& core, const View& dst, AluOp op,
                 const std::vector<const std::byte*>& members);

Cost collective_cost(const Machine& machine, CollectiveKind kind, const RankGroup& group,
                     std::int64_t bytes);
std::int64_t bytes_of(const ViewList& views);

}  // namespace trainyard
