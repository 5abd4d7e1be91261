// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/tensor_reduce.h"

#include <fmt/format.h>

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"
#include "numerics/alu_int.h"

namespace trainyard {
namespace {

// Each run of `length` values becomes one, in place. The accumulator starts from the identity, so
// that subtract gives minus the sum.
void reduce_runs(AluOp op, float* x, std::size_t runs, std::size_t length) {
  const float start = alu_identity(op);
  if (length == 1) return alu_row_scalar(op, x, start, true, runs, x);
  for (std::size_t r = 0; r < runs; ++r) x[r] = alu_reduce_row(op, x + r * length, length, start);
}

std::uint32_t reduce_bits(AluOp op, const std::uint32_t* x, std::size_t count) {
  return alu_reduce_row(op, x + 1, count - 1, x[0]);
}

}  // namespace

void TensorReduce::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes, .columns = true}, dst);
  v.choice({.name = "op"}, op);
  v.tile({.name = "data", .dtypes = kValueDTypes, .columns = true}, data);
  v.integers({.name = "axis"}, axis);
  v.flag({.name = "negate", .need = Need::optional}, negate);
  v.flag({.name = "keepdims", .need = Need::optional}, keepdims);
}

std::int64_t TensorReduce::reduced_elements() const {
  std::int64_t n = 1;
  for (int d = data.rank - axis.size; d < data.rank; ++d) n *= data.dims[d].count;
  return n;
}

void TensorReduce::check(const CheckContext& context) const {
  // The table of operators in nki.api.shared has no reduction by magnitude.
  if (!is_reduction(op) || op == AluOp::abs_max || op == AluOp::abs_min) {
    refuse("op", fmt::format("{} is no reduction", alu_op_name(op)),
           "use add, subtract, multiply, maximum, minimum, a logical or a bitwise operator");
  }
  if (axis.size == 0) refuse("axis", "must name a free dimension", "for example axis=1");
  std::uint32_t named = 0;
  for (int i = 0; i < axis.size; ++i) {
    const int d = axis.values[i] < 0 ? axis.values[i] + data.rank : axis.values[i];
    if (d < 1 || d >= data.rank) {
      refuse("axis",
             fmt::format("must be a free dimension of data {}, not {}", shape_text(data),
                         axis.values[i]),
             "the partition dimension 0 is reduced by nc_matmul or tensor_partition_reduce");
    }
    if ((named >> d & 1u) != 0) refuse("axis", "must name each dimension once");
    named |= 1u << d;
  }
  for (int d = data.rank - axis.size; d < data.rank; ++d) {
    if ((named >> d & 1u) == 0) {
      refuse("axis", fmt::format("must be the last dimensions of data {}", shape_text(data)),
             "permute the view, so that what is reduced comes last");
    }
  }
  require_same_partitions("dst", dst, "data", data);
  require_elements("dst", dst, data.elements_per_partition() / reduced_elements(),
                   "one for each row that is reduced");
  if (is_bitwise(op)) {
    require_dtype("data", data, kIntegers, "bitwise operators take integers");
    require_dtype("dst", dst, kIntegers, "bitwise operators give integers");
    if (negate) refuse("negate", "is for arithmetic operators", "leave it out");
  }
  check_scatter(context, dst, "data", data);
}

void TensorReduce::execute(CoreState& core, Engine) const {
  const Rows from = core.access(data, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  const auto length = static_cast<std::size_t>(reduced_elements());
  float* x = core.scratch(0, groups.floats());
  auto* bits = reinterpret_cast<std::uint32_t*>(x);
  const bool bitwise = is_bitwise(op);
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t) {
    const auto rows = static_cast<std::size_t>(n * to.elements);
    if (bitwise) {
      load_rows_bits(from, first, n, bits);
      for (std::size_t r = 0; r < rows; ++r) bits[r] = reduce_bits(op, bits + r * length, length);
      store_rows_bits(to, first, n, bits);
      return;
    }
    load_rows(from, first, n, x);
    reduce_runs(op, x, rows, length);
    if (negate) alu_row_scalar(AluOp::multiply, x, -1.0F, false, rows, x);
    core.store_rows(to, first, n, x);
  });
}

Cost TensorReduce::cost(const Machine& machine, Engine) const {
  const bool fast = data.dtype == DType::bfloat16 && dst.dtype == DType::bfloat16 &&
                    (op == AluOp::add || op == AluOp::maximum);
  EngineWork work;
  work.cycles = static_cast<double>(data.elements_per_partition()) *
                (fast ? machine.vector.reduce_fast_cycles_per_element
                      : machine.vector.reduce_cycles_per_element) *
                stride_cycles(machine, {&data});
  work.lane_ops = data.elements();
  return vector_cost(machine, work);
}

}  // namespace trainyard
