// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/collective_exchange.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fault.h"
#include "isa/instructions/dma_work.h"
#include "isa/instructions/operand_rules.h"
#include "numerics/row_convert.h"

namespace trainyard {
namespace {

// Kind and ranks, one after another, so that no kind and first rank are like another kind and rank.
std::uint64_t mixed(std::uint64_t hash) {
  hash *= 0x9E3779B97F4A7C15ull;
  return hash ^ hash >> 29;
}

}  // namespace

void RankGroup::visit(ParamVisitor& v) {
  v.integer({.name = "replica_group"}, group);
  v.integer({.name = "ranks"}, ranks);
  v.integer({.name = "chips"}, chips);
}

CollectiveExchange::CollectiveExchange(CoreState& core, std::int64_t kind, const RankGroup& group)
    : core_(core), group_(core.rank_group(group.group)) {
  const Peers* ranks = core.ranks();
  const int me = ranks == nullptr ? 0 : ranks->self();
  const int known = ranks == nullptr ? 1 : ranks->count();
  if (group.ranks != count()) {
    refuse("ranks", fmt::format("is {}, the group has {}", group.ranks, count()),
           "give the number of ranks of the group");
  }
  std::uint64_t channel = mixed(static_cast<std::uint64_t>(kind) + 1);
  for (const std::int32_t rank : group_) {
    if (rank < 0 || rank >= known) {
      refuse("replica_group", fmt::format("names rank {}, there are {}", rank, known),
             "launch as many ranks with trainyard.ranks.run(kernel, inputs)");
    }
    channel = mixed(channel ^ static_cast<std::uint64_t>(rank));
  }
  channel_ = static_cast<Peers::Channel>(channel >> 1);
  self_ = member_of(me);
  if (self_ < 0) {
    refuse("replica_group", fmt::format("does not have rank {}", me), "every rank is in a group");
  }
  messages_.resize(group_.size());
}

const std::byte* CollectiveExchange::from(int member, std::int64_t bytes) const {
  const auto sent = static_cast<std::int64_t>(from(member).size());
  if (sent != bytes) {
    refuse("dsts",
           fmt::format("takes {} bytes of rank {}, which sent {}", bytes,
                       group_[static_cast<std::size_t>(member)], sent),
           "all ranks give tensors of one size, and pairs name both ends");
  }
  return from(member).data();
}

int CollectiveExchange::member_of(std::int64_t rank) const {
  const auto at = std::find(group_.begin(), group_.end(), rank);
  return at == group_.end() ? -1 : static_cast<int>(at - group_.begin());
}

bool CollectiveExchange::exchange_all(const ViewList& views) {
  Peers::Message mine;
  return exchange([&](int) {
    if (!mine) mine = bytes_of(core_, views);
    return mine;
  });
}

bool CollectiveExchange::first() const {
  return core_.ranks() == nullptr || !core_.ranks()->resumed();
}

void CollectiveExchange::send(int member, Peers::Message message) {
  if (core_.ranks() == nullptr) {
    messages_[static_cast<std::size_t>(member)] = std::move(message);
  } else {
    core_.ranks()->send(channel_, group_[static_cast<std::size_t>(member)], std::move(message));
  }
}

bool CollectiveExchange::receive_all() {
  Peers* ranks = core_.ranks();
  if (ranks == nullptr) return true;
  for (const std::int32_t rank : group_) {
    if (!ranks->wait_for(channel_, rank)) return false;
  }
  for (std::size_t i = 0; i < group_.size(); ++i) {
    messages_[i] = ranks->receive(channel_, group_[i]);
  }
  ranks->meet(channel_, count());
  return true;
}

Peers::Message CollectiveExchange::bytes_of(CoreState& core, const View& view) {
  ViewList one;
  one.size = 1;
  one.views[0] = view;
  return bytes_of(core, one);
}

Peers::Message CollectiveExchange::bytes_of(CoreState& core, const ViewList& views) {
  auto message = std::make_shared<std::vector<std::byte>>(
      static_cast<std::size_t>(trainyard::bytes_of(views)));
  std::byte* at = message->data();
  for (std::size_t i = 0; i < views.size; ++i) {
    const Rows rows = core.access(views.views[i], Touch::read);
    load_rows_raw(rows, 0, rows.partitions, at);
    at += views.views[i].bytes();
  }
  return message;
}

void check_collective(const CheckContext& context, const ViewList& srcs, const ViewList& dsts,
                      bool sbuf, std::int64_t priority) {
  if (srcs.size == 0 || srcs.size != dsts.size) {
    refuse("dsts", fmt::format("srcs has {} tensors, dsts {}", srcs.size, dsts.size),
           "give one destination for each source");
  }
  for (std::size_t i = 0; i < srcs.size; ++i) {
    const View& src = srcs.views[i];
    const View& dst = dsts.views[i];
    require_dtype("dsts", dst, dtypes(src.dtype), "collectives do not convert: it is that of srcs");
    if (chooses_rows(context, src) || chooses_rows(context, dst)) {
      refuse("srcs", "a collective takes no index", "gather with dma_copy first");
    }
    if (src.space != srcs.views[0].space || dst.space != src.space) {
      refuse("dsts", "some tensors are on HBM and some on SBUF", "put all of them in one memory");
    }
    if (src.space == Space::hbm) continue;
    if (!sbuf) refuse("srcs", "must be on HBM", "copy it there with dma_copy");
    if (srcs.size > 1) {
      refuse("srcs", "several tensors at once must be on HBM", "call it for each tensor");
    }
  }
  check_priority(context, priority);
}

void check_reduction(AluOp op) {
  require_op("op", op, {AluOp::add, AluOp::minimum, AluOp::maximum});
}

void reduce_into(CoreState& core, const View& dst, AluOp op,
                 const std::vector<const std::byte*>& members) {
  const auto count = static_cast<std::size_t>(dst.elements());
  const auto step = static_cast<std::int64_t>(dtype_bytes(dst.dtype));
  const Rows rows = core.access(dst, Touch::write);
  if (is_integer(dst.dtype)) {
    std::vector<std::int64_t> sum(count), next(count);
    load_row_i64(dst.dtype, members[0], step, count, sum.data());
    for (std::size_t m = 1; m < members.size(); ++m) {
      load_row_i64(dst.dtype, members[m], step, count, next.data());
      for (std::size_t i = 0; i < count; ++i) {
        sum[i] = op == AluOp::add       ? sum[i] + next[i]
                 : op == AluOp::minimum ? std::min(sum[i], next[i])
                                        : std::max(sum[i], next[i]);
      }
    }
    core.store_rows_int(rows, 0, rows.partitions, sum.data());
    return;
  }
  std::vector<float> sum(count), next(count);
  load_row(dst.dtype, members[0], step, count, sum.data());
  for (std::size_t m = 1; m < members.size(); ++m) {
    load_row(dst.dtype, members[m], step, count, next.data());
    alu_row(op, sum.data(), next.data(), count, sum.data());
  }
  core.store_rows(rows, 0, rows.partitions, sum.data());
}

Cost collective_cost(const Machine& machine, CollectiveKind kind, const RankGroup& group,
                     std::int64_t bytes) {
  Cost cost;
  cost.occupancy = Time::from_ns(machine.dma.hwdge_issue_ns);
  const CollectiveShape shape{kind, group.ranks, group.chips, bytes};
  const CollectiveTime time = collective_time(shape, machine);
  cost.latency = later(cost.occupancy, time.steps + time.transfer);
  cost.transfer = time.transfer;
  cost.exchange = collective_exchange(shape, machine);
  return cost;
}

std::int64_t bytes_of(const ViewList& views) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < views.size; ++i) sum += views.views[i].bytes();
  return sum;
}

}  // namespace trainyard
