// SPDX-License-Identifier: Apache-2.0
#include "program/plain_copy.h"

#include "isa/instructions/activation.h"
#include "isa/instructions/tensor_copy.h"

namespace trainyard {
namespace {

bool is(const ScalarOperand& operand, double number) {
  return operand.kind == ScalarOperand::Kind::number && operand.number == number;
}

}  // namespace

bool copies_unchanged(const Recorded& recorded) {
  if (recorded.opcode == opcode_of<TensorCopy>()) return true;
  if (recorded.opcode != opcode_of<Activation>()) return false;
  const auto& activation = *static_cast<const Activation*>(recorded.operands);
  return activation.op == Function::copy && !activation.reduce_res.present() &&
         (!activation.bias.present() || is(activation.bias, 0.0)) && is(activation.scale, 1.0);
}

}  // namespace trainyard
