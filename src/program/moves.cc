// SPDX-License-Identifier: Apache-2.0
#include "program/moves.h"

#include "isa/instructions/activation.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/dma_transpose.h"
#include "isa/instructions/nc_matmul.h"
#include "isa/instructions/nc_transpose.h"
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

bool only_moves(const Recorded& recorded) {
  if (recorded.opcode == opcode_of<NcMatmul>()) {
    return static_cast<const NcMatmul*>(recorded.operands)->is_transpose;
  }
  return recorded.opcode == opcode_of<NcTranspose>() || copies_unchanged(recorded) ||
         recorded.opcode == opcode_of<DmaCopy>() || recorded.opcode == opcode_of<DmaTranspose>();
}

}  // namespace trainyard
