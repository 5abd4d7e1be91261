// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/tensor_partition_reduce.h"

#include <fmt/format.h>

#include "isa/engine_cost.h"
#include "isa/instructions/operand_rules.h"
#include "isa/instructions/refuse.h"
#include "numerics/alu.h"
#include "numerics/alu_int.h"

namespace trainyard {

void TensorPartitionReduce::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .spaces = kSbuf}, dst);
  v.choice({.name = "op"}, op);
  v.tile({.name = "data", .spaces = kSbuf}, data);
}

void TensorPartitionReduce::check(const CheckContext&) const {
  if (op != AluOp::add && op != AluOp::average && op != AluOp::maximum && op != AluOp::bitwise_or &&
      op != AluOp::bitwise_and) {
    refuse("op", fmt::format("{} does not reduce over partitions", alu_op_name(op)),
           "use add, average, maximum, bitwise_or or bitwise_and");
  }
  if (is_bitwise(op)) {
    if (!is_integer(data.dtype)) {
      refuse("data",
             fmt::format("{} needs an integer dtype, not {}", alu_op_name(op),
                         dtype_info(data.dtype).name),
             "view it as an integer");
    }
    require_same_dtype("dst", dst, "data", data);
  } else if (is_packed(data.dtype) || is_packed(dst.dtype)) {
    refuse("data", "packed formats cannot be reduced", "use unpacked dtypes");
  }
  if (dst.partitions() != 1 || dst.elements_per_partition() != data.elements_per_partition()) {
    refuse("dst",
           fmt::format("must have shape (1, {}), not {}", data.elements_per_partition(),
                       shape_text(dst)),
           "the result is one partition as long as those of data");
  }
}

void TensorPartitionReduce::execute(CoreState& core, Engine) const {
  const Rows from = core.access(data, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const auto count = static_cast<std::size_t>(from.elements);
  float* result = core.scratch(0, count);
  float* row = core.scratch(1, count);
  if (is_bitwise(op)) {
    auto* bits = reinterpret_cast<std::uint32_t*>(result);
    auto* next = reinterpret_cast<std::uint32_t*>(row);
    load_rows_bits(from, 0, 1, bits);
    for (std::int32_t p = 1; p < from.partitions; ++p) {
      load_rows_bits(from, p, 1, next);
      alu_row(op, bits, next, count, bits);
    }
    store_rows_bits(to, 0, 1, bits);
    return;
  }
  const AluOp step = op == AluOp::average ? AluOp::add : op;
  load_rows(from, 0, 1, result);
  for (std::int32_t p = 1; p < from.partitions; ++p) {
    load_rows(from, p, 1, row);
    alu_row(step, result, row, count, result);
  }
  if (op == AluOp::average) {
    alu_row_scalar(AluOp::divide, result, static_cast<float>(from.partitions), false, count,
                   result);
  }
  core.store_rows(to, 0, 1, result);
}

Cost TensorPartitionReduce::cost(const Machine& machine, Engine) const {
  return gpsimd_cost(
      machine, {.cycles = static_cast<double>(data.elements()) / machine.gpsimd.elements_per_cycle,
                .lane_ops = data.elements()});
}

}  // namespace trainyard
