// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/operand_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace trainyard {

bool any_in_psum(std::initializer_list<const View*> views) {
  return std::any_of(views.begin(), views.end(), [](const View* v) { return in_psum(*v); });
}

void require_same_partitions(std::string_view name, const View& view, std::string_view other_name,
                             const View& other) {
  if (view.partitions() == other.partitions()) return;
  refuse(name,
         fmt::format("must have as many partitions as {}: {} has {}, {} {} has {}", other_name,
                     shape_text(view), view.partitions(), other_name, shape_text(other),
                     other.partitions()),
         "slice the larger one");
}

void require_same_size(std::string_view name, const View& view, std::string_view other_name,
                       const View& other) {
  require_same_partitions(name, view, other_name, other);
  if (view.elements_per_partition() == other.elements_per_partition()) return;
  refuse(name,
         fmt::format("must have as many elements per partition as {}: {} has {}, {} {} has {}",
                     other_name, shape_text(view), view.elements_per_partition(), other_name,
                     shape_text(other), other.elements_per_partition()),
         "slice the larger one, or broadcast the smaller one");
}

void require_elements(std::string_view name, const View& view, std::int64_t count,
                      std::string_view why) {
  if (view.elements_per_partition() == count) return;
  refuse(name,
         fmt::format("must have {} elements per partition, not {}: it is {}", count,
                     view.elements_per_partition(), shape_text(view)),
         std::string(why));
}

void require_one_per_partition(std::string_view name, const View& view, std::string_view data_name,
                               const View& data) {
  if (view.elements_per_partition() == 1 && view.partitions() == data.partitions()) return;
  refuse(name,
         fmt::format("must have one element for each of the {} partitions of {}: it is {}",
                     data.partitions(), data_name, shape_text(view)),
         fmt::format("give a tile of shape ({}, 1)", data.partitions()));
}

void require_lane_operand(std::string_view name, const ScalarOperand& operand,
                          std::string_view data_name, const View& data, DTypeSet allowed) {
  if (operand.kind != ScalarOperand::Kind::tile) return;
  require_one_per_partition(name, operand.tile, data_name, data);
  require_dtype(name, operand.tile, allowed,
                allowed.bits == kFloat32Only.bits ? "per-partition operands are float32" : "");
}

void require_dtype(std::string_view name, const View& view, DTypeSet allowed,
                   std::string_view why) {
  if (allowed.has(view.dtype)) return;
  std::string names;
  for (int d = 0; d < kDTypeCount; ++d) {
    if (!allowed.has(static_cast<DType>(d))) continue;
    if (!names.empty()) names += ", ";
    names += dtype_info(static_cast<DType>(d)).name;
  }
  refuse(name,
         fmt::format("cannot be {}: {}", dtype_info(view.dtype).name,
                     why.empty() ? "not of a dtype that this instruction takes" : why),
         "use one of: " + names);
}

void require_zero_if_unary(std::string_view name, const ScalarOperand& operand, AluOp op) {
  const bool zero = operand.kind == ScalarOperand::Kind::number && operand.number == 0.0;
  if (!is_unary(op) || !operand.present() || zero) return;
  refuse(name, fmt::format("{} takes one operand", alu_op_name(op)), "give None or 0");
}

void refuse_both_in_psum(std::string_view name, const View& a, std::string_view other_name,
                         const View& b) {
  if (!in_psum(a) || !in_psum(b)) return;
  refuse(name, fmt::format("{} and {} cannot both be in PSUM", name, other_name),
         "copy one of them to SBUF with tensor_copy first");
}

void refuse_psum(std::string_view name, const View& view, std::string_view why) {
  if (!in_psum(view)) return;
  refuse(name, fmt::format("cannot be in PSUM: {}", why), "copy it to SBUF with tensor_copy first");
}

namespace {

// The first partition, or -1 where the address is not the kernel's choice.
std::int64_t chosen_start(const CheckContext& context, const View& view) {
  const TensorFacts facts = context.tensor(view.tensor);
  return facts.has_address ? std::int64_t{facts.start_partition} + view.partition : -1;
}

}  // namespace

void check_scatter(const CheckContext& context, const View& dst, std::string_view source_name,
                   const View& source) {
  if (!dst.columns || (source.space == Space::psum && !source.columns)) return;
  const bool by_index = source.space == Space::psum;
  const std::int64_t index = chosen_start(context, context.indirect(dst).index);
  const std::int64_t wanted =
      chosen_start(context, by_index ? context.indirect(source).index : source);
  if (index < 0 || wanted < 0 || index == wanted) return;
  refuse("dst",
         fmt::format("the index of its .indirect() starts at partition {}, {}{} at {}", index,
                     by_index ? "that of " : "", source_name, wanted),
         "place both on the same partitions");
}

void refuse_rows(const CheckContext& context, std::string_view name, const View& view) {
  if (view.indirect == 0 || context.indirect(view).kind != IndirectKind::vector_rows) return;
  refuse(name, "does not take rows chosen by an index tile", "gather them with dma_copy first");
}

void require_arithmetic(std::string_view name, AluOp op) {
  if (!is_bitwise(op)) return;
  refuse(name, fmt::format("bitwise operator {} is not supported here", alu_op_name(op)),
         "use an arithmetic operator, or tensor_scalar or tensor_tensor");
}

void require_binary(std::string_view name, AluOp op) {
  if (!is_unary(op)) return;
  refuse(name, fmt::format("{} takes one operand; a binary operator is needed", alu_op_name(op)),
         "use tensor_scalar or activation for functions of one operand");
}

void require_op(std::string_view name, AluOp op, std::initializer_list<AluOp> allowed) {
  if (std::find(allowed.begin(), allowed.end(), op) != allowed.end()) return;
  std::string names;
  for (const AluOp a : allowed) {
    if (!names.empty()) names += ", ";
    names += alu_op_name(a);
  }
  refuse(name, fmt::format("{} is not supported here", alu_op_name(op)), "use one of: " + names);
}

}  // namespace trainyard
