// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/tensor_tensor.h"

#include <algorithm>

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"
#include "numerics/alu_int.h"

namespace trainyard {

void TensorTensor::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes, .columns = true}, dst);
  v.tile({.name = "data1", .dtypes = kValueDTypes, .columns = true}, data1);
  v.tile({.name = "data2", .dtypes = kValueDTypes}, data2);
  v.choice({.name = "op"}, op);
}

bool TensorTensor::all_words() const {
  return kWords.has(dst.dtype) && kWords.has(data1.dtype) && kWords.has(data2.dtype);
}

EngineSet TensorTensor::engines(const Machine&) const {
  if (op == AluOp::power) return EngineSet::of(Engine::gpsimd);
  const EngineSet vector = EngineSet::of(Engine::vector);
  if (is_bitwise(op) || any_in_psum({&dst, &data1, &data2})) return vector;
  return vector | Engine::gpsimd;
}

EngineSet TensorTensor::automatic_engines(const Machine& machine) const {
  const EngineSet legal = engines(machine);
  return all_words() && legal.has(Engine::gpsimd) ? EngineSet::of(Engine::gpsimd) : legal;
}

void TensorTensor::check(const CheckContext& context) const {
  require_same_size("data1", data1, "dst", dst);
  require_same_size("data2", data2, "dst", dst);
  refuse_both_in_psum("data1", data1, "data2", data2);
  require_binary("op", op);
  if (is_bitwise(op)) {
    for (const auto& [name, view] :
         {std::pair{"dst", &dst}, std::pair{"data1", &data1}, std::pair{"data2", &data2}}) {
      require_dtype(name, *view, kIntegers, "bitwise operators take integers");
    }
  }
  if (op == AluOp::power) {
    for (const auto& [name, view] :
         {std::pair{"dst", &dst}, std::pair{"data1", &data1}, std::pair{"data2", &data2}}) {
      refuse_psum(name, *view, "power runs on GpSimd, which has no access to PSUM");
    }
  }
  check_scatter(context, dst, "data1", data1);
}

void TensorTensor::execute(CoreState& core, Engine engine) const {
  const Rows a = core.access(data1, Touch::read);
  const Rows b = core.access(data2, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&a, &b});
  float* x = core.scratch(0, groups.floats());
  float* y = core.scratch(1, groups.floats());
  if (is_bitwise(op) || (engine == Engine::gpsimd && all_words())) {
    auto* u = reinterpret_cast<std::uint32_t*>(x);
    auto* w = reinterpret_cast<std::uint32_t*>(y);
    const bool is_unsigned = data1.dtype == DType::uint32 && data2.dtype == DType::uint32;
    groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
      load_words_for(op, a, first, n, u);
      load_rows_bits(b, first, n, w);
      if (is_unsigned || is_bitwise(op)) {
        alu_row(op, u, w, count, u);
      } else {
        auto* i = reinterpret_cast<std::int32_t*>(u);
        alu_row(op, i, reinterpret_cast<const std::int32_t*>(w), count, i);
      }
      store_rows_bits(to, first, n, u);
    });
    return;
  }
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows(a, first, n, x);
    load_rows(b, first, n, y);
    alu_row(op, x, y, count, x);
    core.store_rows(to, first, n, x);
  });
}

Cost TensorTensor::cost(const Machine& machine, Engine engine) const {
  EngineWork work;
  const auto elements = static_cast<double>(dst.elements_per_partition());
  work.lane_ops = dst.elements();
  double per_element = 1.0;
  if (engine == Engine::vector) {
    const auto narrow = [](const View& v) { return v.dtype == DType::bfloat16 && contiguous(v); };
    const bool fast = any_in_psum({&data1, &data2}) ||
                      (narrow(dst) && narrow(data1) && narrow(data2) &&
                       (op == AluOp::add || op == AluOp::subtract || op == AluOp::multiply));
    per_element = fast ? machine.vector.tensor_tensor_fast_cycles_per_element
                       : machine.vector.tensor_tensor_cycles_per_element;
  }
  work.cycles = elements * per_element * stride_cycles(machine, {&dst, &data1, &data2});
  return engine_cost(machine, engine, work);
}

}  // namespace trainyard
