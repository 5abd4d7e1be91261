// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/lane_reduction.h"

#include <algorithm>

#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"

namespace trainyard {

bool reduces(ReduceCmd cmd, const View& result) {
  return cmd == ReduceCmd::idle ? result.present() : cmd != ReduceCmd::reset;
}

void check_reduce_result(const View& result, const View& data) {
  if (!result.present()) return;
  require_one_per_partition("reduce_res", result, "the data", data);
}

LaneReduction::LaneReduction(CoreState& core, Engine engine, AluOp op, ReduceCmd cmd,
                             const View& result, std::int32_t partitions, const ScalarOperand& init)
    : core_(core),
      registers_(core.accumulators(engine)),
      result_(result),
      op_(op),
      reduces_(reduces(cmd, result)) {
  if (cmd == ReduceCmd::load_reduce) {
    const LaneValues start(core, init);
    for (std::int32_t p = 0; p < partitions; ++p) registers_[p] = start[p];
  } else if (cmd != ReduceCmd::reduce && (reduces_ || cmd == ReduceCmd::reset)) {
    std::fill_n(registers_, partitions, alu_identity(op));
  }
}

void LaneReduction::reduce(const float* x, std::int32_t first, std::int32_t n, std::size_t count) {
  const std::size_t elements = count / static_cast<std::size_t>(n);
  if (elements == 1) return alu_row(op_, registers_ + first, x, count, registers_ + first);
  for (std::int32_t p = first; p < first + n; ++p, x += elements) {
    registers_[p] = alu_reduce_row(op_, x, elements, registers_[p]);
  }
}

void LaneReduction::finish(bool negate) const {
  if (!result_.present()) return;
  const Rows to = core_.access(result_, Touch::write);
  if (!negate) return core_.store_rows(to, 0, to.partitions, registers_);
  float* negated = core_.scratch(7, static_cast<std::size_t>(to.partitions));
  std::transform(registers_, registers_ + to.partitions, negated, [](float x) { return -x; });
  core_.store_rows(to, 0, to.partitions, negated);
}

}  // namespace trainyard
