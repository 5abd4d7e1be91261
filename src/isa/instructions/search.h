// SPDX-License-Identifier: Apache-2.0
// GpSimd programs that look through rows: bounds of segments, places of nonzero elements, top k.
#pragma once

#include "isa/table.h"

namespace trainyard {

struct SequenceBounds {
  static constexpr InstructionInfo kInfo = {
      "sequence_bounds",
      "Where the segment of each element begins and ends (exclusive); padding, id 0, gives N and "
      "-1.",
      "dst[0, 0, i] = first index of the run of segment_ids[0, i]; dst[0, 1, i] = last index + 1",
      Generation::gen2,
      "150 + N",
      "nki.isa.sequence_bounds (0.6); cost assumed"};

  View dst, segment_ids;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::gpsimd); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct NonzeroWithCount {
  static constexpr InstructionInfo kInfo = {
      "nonzero_with_count",
      "The indices of the nonzero elements of every 16th partition, padding, and their count.",
      "dst[16 k] = (indices of nonzero src[16 k] + index_offset, padding_val ..., count)",
      Generation::gen3,
      "150 + N",
      "nki.isa.nonzero_with_count (0.6); cost assumed"};

  View dst, src;
  std::int64_t index_offset = 0;
  std::int64_t padding_val = -1;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::gpsimd); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;

 private:
  static View every_group(View view);
};

struct Topk {
  static constexpr InstructionInfo kInfo = {
      "topk",
      "The K largest of n elements that lie column by column in 16 partitions, in ascending order, "
      "and their indices; every partition of the 16 gets them. Of equal values the lower index is "
      "the larger.",
      "val_dst[p] = sort(snake of p's 16 partitions)[-K:]; idx_dst[p] = their indices",
      Generation::gen2,
      "4 n + K",
      "nki.isa.topk (0.6)",
      "of equal values the first counts as larger, NaN as smallest; the reference leaves "
      "both open"};

  View val_dst, idx_dst, src;
  std::int64_t n = 0;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::gpsimd); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
