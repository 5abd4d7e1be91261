// SPDX-License-Identifier: Apache-2.0
// Collectives between ranks (nki.collectives). They run on the collective cores beside compute; the
// cost is that of the algorithm which the Neuron runtime takes for the size (collective_time.h).
#pragma once

#include "isa/instructions/collective_exchange.h"

namespace trainyard {

inline constexpr std::string_view kCollectiveCost = "steps and bytes of the algorithm for the size";
inline constexpr std::string_view kCollectiveSource =
    "nki.collectives (0.6); cost: network-and-scale.md section 2";

// What the instructions below have in common.
struct CollectiveOperands {
  ViewList srcs, dsts;
  RankGroup group;
  std::int64_t priority = -1;

  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::sync); }

 protected:
  void visit_tensors(ParamVisitor& v);
  void visit_rest(ParamVisitor& v);
};

struct AllReduce : CollectiveOperands {
  static constexpr InstructionInfo kInfo = {
      "all_reduce",
      "Reduces tensors over the ranks of a group; every rank has the result.",
      "dst = op over the ranks, of src",
      Generation::gen2,
      kCollectiveCost,
      kCollectiveSource};

  AluOp op = AluOp::add;

  void visit(ParamVisitor& v);
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct AllGather : CollectiveOperands {
  static constexpr InstructionInfo kInfo = {
      "all_gather",
      "Concatenates the tensors of all ranks of a group, in their order.",
      "dst = src of rank 0, src of rank 1, … along collective_dim",
      Generation::gen2,
      kCollectiveCost,
      kCollectiveSource};

  std::int64_t collective_dim = 0;

  void visit(ParamVisitor& v);
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct ReduceScatter : CollectiveOperands {
  static constexpr InstructionInfo kInfo = {
      "reduce_scatter",
      "Reduces over the ranks of a group; each rank has its part of the result.",
      "dst = part r of (op over the ranks, of src), of rank r",
      Generation::gen2,
      kCollectiveCost,
      kCollectiveSource};

  AluOp op = AluOp::add;
  std::int64_t collective_dim = 0;

  void visit(ParamVisitor& v);
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct AllToAll : CollectiveOperands {
  static constexpr InstructionInfo kInfo = {"all_to_all",
                                            "Every rank of a group sends each its part.",
                                            "part s of dst = part r of src of rank s, on rank r",
                                            Generation::gen2,
                                            kCollectiveCost,
                                            kCollectiveSource};

  std::int64_t collective_dim = 0;

  void visit(ParamVisitor& v);
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

// `source`, `target`: ranks of the pairs that this rank is in; -1: of none. The group has all ranks
// of all pairs.
struct CollectivePermute : CollectiveOperands {
  static constexpr InstructionInfo kInfo = {"collective_permute",
                                            "Sends tensors from rank to rank as pairs say.",
                                            "dst = src of the pair's source",
                                            Generation::gen2,
                                            kCollectiveCost,
                                            kCollectiveSource};

  std::int64_t source = -1, target = -1;

  void visit(ParamVisitor& v);
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

// One tensor a channel. The ring is the order of the group.
struct CollectivePermuteImplicit : CollectiveOperands {
  static constexpr InstructionInfo kInfo = {"collective_permute_implicit",
                                            "Sends tensors to the next rank of a ring.",
                                            "dst = src of the rank before",
                                            Generation::gen2,
                                            kCollectiveCost,
                                            kCollectiveSource};

  void visit(ParamVisitor& v);
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

// `srcs` and `others` are the two operands of the reduction.
struct CollectivePermuteImplicitReduce : CollectiveOperands {
  static constexpr InstructionInfo kInfo = {
      "collective_permute_implicit_reduce",
      "Reduces two tensors and sends the result to the next rank of a ring.",
      "dst = op(srcs, others) of the rank before",
      Generation::gen2,
      kCollectiveCost,
      kCollectiveSource};

  ViewList others;
  AluOp op = AluOp::add;

  void visit(ParamVisitor& v);
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

// `metadata`: rows send_counts, send_displs, recv_counts and, with `has_rdispls`, recv_displs; one
// column for each rank of the group. Counts and displacements are in elements.
struct CollectiveWithCounts : CollectiveOperands {
  View metadata;
  bool recv_counts_known = false, has_rdispls = false;

  void check(const CheckContext& context) const;

 protected:
  void visit_counts(ParamVisitor& v);
};

struct AllToAllV : CollectiveWithCounts {
  static constexpr InstructionInfo kInfo = {
      "all_to_all_v",
      "Every rank of a group sends each a number of elements known at run time.",
      "dst[recv_displs[s] + i] = src of rank s[send_displs[r] + i], i < send_counts[r], on rank r",
      Generation::gen3,
      kCollectiveCost,
      kCollectiveSource};

  void visit(ParamVisitor& v);
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

// As all_to_all_v, with one count and displacement to send: those of the first column.
struct AllGatherV : CollectiveWithCounts {
  static constexpr InstructionInfo kInfo = {
      "all_gather_v",
      "Every rank of a group gets a number of elements known at run time of each.",
      "dst[recv_displs[s] + i] = src of rank s[send_displ + i], i < send_count of s",
      Generation::gen3,
      kCollectiveCost,
      kCollectiveSource};

  void visit(ParamVisitor& v);
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
