// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/refuse.h"

#include <fmt/format.h>

#include <utility>

namespace trainyard {

void refuse(std::string_view operand, std::string rule, std::string hint) {
  Fault fault(FaultKind::program, std::move(rule), std::move(hint));
  fault.in({}, std::string(operand));
  throw fault;
}

std::string shape_text(const View& view) {
  std::string text = "(";
  for (int d = 0; d < view.rank; ++d) {
    if (d > 0) text += ", ";
    text += std::to_string(view.dims[d].count);
  }
  return text + ")";
}

void require_same_dtype(std::string_view operand, const View& view, std::string_view other_name,
                        const View& other) {
  if (view.dtype == other.dtype) return;
  refuse(operand,
         fmt::format("must have the dtype of {}: it is {}, {} is {}", other_name,
                     dtype_info(view.dtype).name, other_name, dtype_info(other.dtype).name),
         fmt::format("make it {}", dtype_info(other.dtype).name));
}

void require_generation(const CheckContext& context, Generation since, std::string_view operand,
                        std::string_view what) {
  const Machine& machine = context.machine();
  if (machine.generation >= since) return;
  refuse(operand,
         fmt::format("{} needs NeuronCore-{} or newer; {} is {}", what, generation_name(since),
                     machine.name, generation_name(machine.generation)),
         "leave it out, or run on a later machine");
}

}  // namespace trainyard
