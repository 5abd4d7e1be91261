// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/collectives.h"

#include <fmt/format.h>

#include <cstring>

#include "base/fault.h"
#include "isa/instructions/refuse.h"

namespace trainyard {
namespace {

// Calls of different kinds do not meet.
enum Kind : std::int64_t { kReduce, kGather, kScatter, kToAll, kPermute, kRing, kRingReduce };

const ViewList& list_of(const CollectiveOperands& operands, bool sources) {
  return sources ? operands.srcs : operands.dsts;
}

// `whole` has as many elements as `part` of every rank.
void require_parts(const CollectiveOperands& of, bool sources_are_whole) {
  for (std::size_t i = 0; i < of.srcs.size; ++i) {
    const std::int64_t whole = list_of(of, sources_are_whole).views[i].elements();
    const std::int64_t part = list_of(of, !sources_are_whole).views[i].elements();
    if (whole == part * of.group.ranks) continue;
    refuse(sources_are_whole ? "srcs" : "dsts",
           fmt::format("has {} elements, {} ranks of {} are {}", whole, of.group.ranks, part,
                       part * of.group.ranks),
           "make the larger tensor as large as those of all ranks together");
  }
}

void require_equal(const ViewList& srcs, const ViewList& dsts) {
  for (std::size_t i = 0; i < srcs.size; ++i) {
    if (srcs.views[i].elements() == dsts.views[i].elements()) continue;
    refuse(
        "dsts",
        fmt::format("{} elements, srcs has {}", dsts.views[i].elements(), srcs.views[i].elements()),
        "give tensors of one size");
  }
}

void require_dim(std::int64_t dim, const ViewList& srcs, bool one_in_sbuf) {
  if (dim == 0) return;
  const bool sbuf = srcs.size > 0 && srcs.views[0].space == Space::sbuf;
  if (dim == 1 && one_in_sbuf && sbuf) return;
  refuse("collective_dim", fmt::format("is {}", dim),
         one_in_sbuf ? "0, or 1 for tensors on SBUF" : "0");
}

void store_raw(CoreState& core, const View& dst, const std::byte* bytes) {
  const Rows rows = core.access(dst, Touch::write);
  store_rows_raw(rows, 0, rows.partitions, bytes);
}

// Where the bytes of the i-th view of a list begin in a message.
std::int64_t offset_of(const ViewList& views, std::size_t i) {
  std::int64_t offset = 0;
  for (std::size_t k = 0; k < i; ++k) offset += views.views[k].bytes();
  return offset;
}

}  // namespace

void CollectiveOperands::visit_tensors(ParamVisitor& v) {
  v.tiles({.name = "srcs", .spaces = kSbufOrHbm}, srcs);
  v.tiles({.name = "dsts", .touch = Touch::write, .spaces = kSbufOrHbm}, dsts);
}

void CollectiveOperands::visit_rest(ParamVisitor& v) {
  group.visit(v);
  v.integer({.name = "priority", .need = Need::optional}, priority);
}

void AllReduce::visit(ParamVisitor& v) {
  visit_tensors(v);
  v.choice({.name = "op"}, op);
  visit_rest(v);
}
void AllReduce::check(const CheckContext& context) const {
  check_collective(context, srcs, dsts, true, priority);
  check_reduction(op);
  require_equal(srcs, dsts);
}
void AllReduce::execute(CoreState& core, Engine) const {
  CollectiveExchange all(core, kReduce, group);
  if (!all.exchange_all(srcs)) return;
  for (std::size_t i = 0; i < dsts.size; ++i) {
    std::vector<const std::byte*> members;
    for (int m = 0; m < all.count(); ++m)
      members.push_back(all.from(m, bytes_of(srcs)) + offset_of(srcs, i));
    reduce_into(core, dsts.views[i], op, members);
  }
}
Cost AllReduce::cost(const Machine& machine, Engine) const {
  return collective_cost(machine, CollectiveKind::all_reduce, group, bytes_of(srcs));
}

void AllGather::visit(ParamVisitor& v) {
  visit_tensors(v);
  v.integer({.name = "collective_dim"}, collective_dim);
  visit_rest(v);
}
void AllGather::check(const CheckContext& context) const {
  check_collective(context, srcs, dsts, true, priority);
  require_dim(collective_dim, srcs, true);
  require_parts(*this, false);
  const View& src = srcs.views[0];
  if (collective_dim == 1 && src.partitions() != dsts.views[0].partitions()) {
    refuse("dsts", "along dimension 1 it has as many partitions as srcs", "reshape it");
  }
}
void AllGather::execute(CoreState& core, Engine) const {
  CollectiveExchange all(core, kGather, group);
  if (!all.exchange_all(srcs)) return;
  for (std::size_t i = 0; i < dsts.size; ++i) {
    const std::int64_t offset = offset_of(srcs, i);
    const std::int64_t rows = collective_dim == 1 ? srcs.views[i].partitions() : 1;
    const auto row_bytes = static_cast<std::size_t>(srcs.views[i].bytes() / rows);
    std::vector<std::byte> whole(static_cast<std::size_t>(dsts.views[i].bytes()));
    std::byte* at = whole.data();
    for (std::int64_t row = 0; row < rows; ++row) {
      for (int m = 0; m < all.count(); ++m, at += row_bytes) {
        std::memcpy(
            at, all.from(m, bytes_of(srcs)) + offset + row * static_cast<std::int64_t>(row_bytes),
            row_bytes);
      }
    }
    store_raw(core, dsts.views[i], whole.data());
  }
}
Cost AllGather::cost(const Machine& machine, Engine) const {
  return collective_cost(machine, CollectiveKind::all_gather, group, bytes_of(dsts));
}

void ReduceScatter::visit(ParamVisitor& v) {
  visit_tensors(v);
  v.integer({.name = "collective_dim"}, collective_dim);
  v.choice({.name = "op"}, op);
  visit_rest(v);
}
void ReduceScatter::check(const CheckContext& context) const {
  check_collective(context, srcs, dsts, true, priority);
  check_reduction(op);
  require_dim(collective_dim, srcs, false);
  require_parts(*this, true);
}
void ReduceScatter::execute(CoreState& core, Engine) const {
  CollectiveExchange all(core, kScatter, group);
  if (!all.exchange_all(srcs)) return;
  for (std::size_t i = 0; i < dsts.size; ++i) {
    const std::int64_t offset = offset_of(srcs, i) + all.self() * dsts.views[i].bytes();
    std::vector<const std::byte*> members;
    for (int m = 0; m < all.count(); ++m) members.push_back(all.from(m, bytes_of(srcs)) + offset);
    reduce_into(core, dsts.views[i], op, members);
  }
}
Cost ReduceScatter::cost(const Machine& machine, Engine) const {
  return collective_cost(machine, CollectiveKind::all_gather, group, bytes_of(srcs));
}

void AllToAll::visit(ParamVisitor& v) {
  visit_tensors(v);
  v.integer({.name = "collective_dim"}, collective_dim);
  visit_rest(v);
}
void AllToAll::check(const CheckContext& context) const {
  check_collective(context, srcs, dsts, false, priority);
  require_dim(collective_dim, srcs, false);
  require_equal(srcs, dsts);
  for (std::size_t i = 0; i < srcs.size; ++i) {
    if (group.ranks > 0 && srcs.views[i].elements() % group.ranks == 0) continue;
    refuse("srcs",
           fmt::format("{} elements are no {} equal parts", srcs.views[i].elements(), group.ranks),
           "pad it");
  }
}
void AllToAll::execute(CoreState& core, Engine) const {
  CollectiveExchange all(core, kToAll, group);
  if (!all.exchange_all(srcs)) return;
  for (std::size_t i = 0; i < dsts.size; ++i) {
    const std::int64_t part = dsts.views[i].bytes() / all.count();
    std::vector<std::byte> whole(static_cast<std::size_t>(dsts.views[i].bytes()));
    for (int m = 0; m < all.count(); ++m) {
      std::memcpy(whole.data() + m * part,
                  all.from(m, bytes_of(srcs)) + offset_of(srcs, i) + all.self() * part,
                  static_cast<std::size_t>(part));
    }
    store_raw(core, dsts.views[i], whole.data());
  }
}
Cost AllToAll::cost(const Machine& machine, Engine) const {
  return collective_cost(machine, CollectiveKind::all_to_all, group, bytes_of(srcs));
}

void CollectivePermute::visit(ParamVisitor& v) {
  visit_tensors(v);
  v.integer({.name = "source"}, source);
  v.integer({.name = "target"}, target);
  visit_rest(v);
}
void CollectivePermute::check(const CheckContext& context) const {
  check_collective(context, srcs, dsts, false, priority);
  require_equal(srcs, dsts);
  if (srcs.size > 1) refuse("srcs", "must be one tensor", "call it for each tensor");
}
void CollectivePermute::execute(CoreState& core, Engine) const {
  CollectiveExchange all(core, kPermute, group);
  const auto mine = [&] { return CollectiveExchange::bytes_of(core, srcs); };
  if (!all.exchange_one(all.member_of(target), mine)) return;
  if (source < 0) return;
  const int from = all.member_of(source);
  if (from < 0) refuse("source", fmt::format("{} is not in the group", source), "name all ranks");
  store_raw(core, dsts.views[0], all.from(from, bytes_of(srcs)));
}
Cost CollectivePermute::cost(const Machine& machine, Engine) const {
  Cost cost = collective_cost(machine, CollectiveKind::permute, group, bytes_of(srcs));
  Exchange& exchange = cost.exchange;
  const int ends = (source >= 0 ? 1 : 0) + (target >= 0 ? 1 : 0);  // 1: it only sends or receives
  for (std::int64_t* bytes : {&exchange.bytes, &exchange.link_bytes, &exchange.efa_bytes}) {
    *bytes = *bytes / 2 * ends;
  }
  if (target < 0) exchange.switch_bytes = 0;
  return cost;
}

void CollectivePermuteImplicit::visit(ParamVisitor& v) {
  visit_tensors(v);
  visit_rest(v);
}
void CollectivePermuteImplicit::check(const CheckContext& context) const {
  for (std::size_t i = 0; i < srcs.size && i < dsts.size; ++i) {
    ViewList src, dst;  // each channel on its own: they may lie on SBUF
    src.size = dst.size = 1;
    src.views[0] = srcs.views[i];
    dst.views[0] = dsts.views[i];
    check_collective(context, src, dst, true, priority);
  }
  if (srcs.size != dsts.size || srcs.size == 0) {
    refuse("dsts", fmt::format("srcs has {} channels, dsts {}", srcs.size, dsts.size),
           "give one destination for each source");
  }
  require_equal(srcs, dsts);
}
void CollectivePermuteImplicit::execute(CoreState& core, Engine) const {
  CollectiveExchange all(core, kRing, group);
  if (!all.exchange_one(all.next(), [&] { return CollectiveExchange::bytes_of(core, srcs); })) {
    return;
  }
  const std::byte* from = all.from(all.previous(), bytes_of(srcs));
  for (std::size_t i = 0; i < dsts.size; ++i) {
    store_raw(core, dsts.views[i], from + offset_of(srcs, i));
  }
}
Cost CollectivePermuteImplicit::cost(const Machine& machine, Engine) const {
  return collective_cost(machine, CollectiveKind::permute, group, bytes_of(srcs));
}

void CollectivePermuteImplicitReduce::visit(ParamVisitor& v) {
  v.tiles({.name = "srcs", .spaces = kSbufOrHbm}, srcs);
  v.tiles({.name = "others", .spaces = kSbufOrHbm}, others);
  v.tiles({.name = "dsts", .touch = Touch::write, .spaces = kSbufOrHbm}, dsts);
  v.choice({.name = "op"}, op);
  visit_rest(v);
}
void CollectivePermuteImplicitReduce::check(const CheckContext& context) const {
  CollectivePermuteImplicit plain;
  static_cast<CollectiveOperands&>(plain) = *this;
  plain.check(context);
  plain.dsts = others;
  plain.check(context);
  check_reduction(op);
}
// Both operands travel; who receives them reduces, so that no rank needs a place for its result.
void CollectivePermuteImplicitReduce::execute(CoreState& core, Engine) const {
  CollectiveExchange all(core, kRingReduce, group);
  const auto both_operands = [&]() -> Peers::Message {
    auto both = std::make_shared<std::vector<std::byte>>(*CollectiveExchange::bytes_of(core, srcs));
    const Peers::Message second = CollectiveExchange::bytes_of(core, others);
    both->insert(both->end(), second->begin(), second->end());
    return both;
  };
  if (!all.exchange_one(all.next(), both_operands)) return;
  const std::byte* from = all.from(all.previous(), bytes_of(srcs) + bytes_of(others));
  for (std::size_t i = 0; i < dsts.size; ++i) {
    const std::byte* first = from + offset_of(srcs, i);
    reduce_into(core, dsts.views[i], op, {first, first + bytes_of(srcs)});
  }
}
Cost CollectivePermuteImplicitReduce::cost(const Machine& machine, Engine) const {
  return collective_cost(machine, CollectiveKind::permute, group, bytes_of(srcs));
}

}  // namespace trainyard
