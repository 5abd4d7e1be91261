// SPDX-License-Identifier: Apache-2.0
// The generic operand rules: one visit over the parameters, no allocation unless a rule is broken.
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "base/fault.h"
#include "isa/table.h"

namespace trainyard {
namespace {

std::string space_names(SpaceSet spaces) {
  std::string text;
  for (const auto& [space, name] : {std::pair{Space::sbuf, "SBUF"}, std::pair{Space::psum, "PSUM"},
                                    std::pair{Space::hbm, "HBM"}}) {
    if (spaces.has(space)) text += (text.empty() ? "" : " or ") + std::string(name);
  }
  return text;
}

std::string dtype_names(DTypeSet set) {
  std::string text;
  for (int d = 0; d < kDTypeCount; ++d) {
    const auto dtype = static_cast<DType>(d);
    if (set.has(dtype)) text += (text.empty() ? "" : ", ") + std::string(dtype_info(dtype).name);
  }
  return text;
}

// Dimensions that an engine's access pattern needs, the partitions as one.
int pattern_dimensions(const View& view) {
  int dimensions = 1;
  std::int64_t wanted = -1;  // step * count of the dimension inside
  for (int d = view.rank - 1; d >= 1; --d) {
    const Dim& dim = view.dims[d];
    if (dim.count == 1) continue;
    if (wanted < 0 || dim.step != wanted) ++dimensions;
    wanted =
        wanted >= 0 && dim.step == wanted ? wanted * dim.count : std::int64_t{dim.step} * dim.count;
  }
  return dimensions;
}

class OperandRules final : public ParamVisitor {
 public:
  OperandRules(const Entry& entry, const CheckContext& context)
      : entry_(entry), context_(context), dma_(entry.info.name.starts_with("dma_")) {}

  void tile(const Param& param, View& view) override {
    if (!view.present()) {
      if (param.need == Need::required) {
        fail(param, "the operand is required", "pass a tensor or a view of one");
      }
      return;
    }
    const TensorFacts facts = context_.tensor(view.tensor);
    if (!param.spaces.has(view.space)) {
      fail(param, "the tensor must be in " + space_names(param.spaces),
           "it is in " +
               space_names({static_cast<std::uint8_t>(1u << static_cast<int>(view.space))}));
    }
    if (!param.dtypes.has(view.dtype)) {
      fail(param, fmt::format("the data type {} is not taken here", dtype_info(view.dtype).name),
           "one of " + dtype_names(param.dtypes));
    }
    for (int d = 0; d < view.rank; ++d) {
      if (view.dims[d].count <= 0)
        fail(param, "the view is empty", "every count must be 1 or more");
    }
    if (view.indirect == 0) {
      inside(param, view, facts);
    } else {
      index(param, view);
    }
    if (on_chip(view.space)) {
      const std::int64_t limit = context_.machine().core.partitions;
      if (view.partitions() > limit) {
        fail(param, fmt::format("{} partitions, the core has {}", view.partitions(), limit),
             "tile the partition dimension");
      }
      if (!param.any_start && !dma_) start_partition(param, view, facts);
      // The partition dimension and four free ones (machine.core.access_dimensions).
      if (view.rank > 1 + context_.machine().core.access_dimensions &&
          pattern_dimensions(view) > 1 + context_.machine().core.access_dimensions) {
        fail(param,
             fmt::format("the access pattern has {} dimensions after merging, an engine walks at "
                         "most {}",
                         pattern_dimensions(view), 1 + context_.machine().core.access_dimensions),
             "split the instruction, or copy the tile to a denser one");
      }
    }
  }

  void tiles(const Param& param, ViewList& list) override {
    if (list.size == 0 && param.need == Need::required) {
      fail(param, "at least one tensor is required");
    }
    if (list.size > ViewList::kCapacity) {
      fail(param, fmt::format("at most {} tensors are taken", ViewList::kCapacity));
    }
    for (int i = 0; i < list.size; ++i) tile(param, list.views[static_cast<std::size_t>(i)]);
  }

  void scalar(const Param& param, ScalarOperand& operand) override {
    if (operand.kind == ScalarOperand::Kind::tile) {
      tile(param, operand.tile);
    } else if (!operand.present() && param.need == Need::required) {
      fail(param, "the operand is required", "pass a number or a (P, 1) tile");
    }
  }

  void reg(const Param&, RegisterOperand&) override {}
  void integer(const Param&, std::int64_t&) override {}
  void number(const Param&, double&) override {}
  void flag(const Param&, bool&) override {}

  void integers(const Param& param, IntList& list) override {
    if (list.size > IntList::kCapacity) {
      fail(param, fmt::format("at most {} numbers are taken", IntList::kCapacity));
    }
  }

  void pattern(const Param& param, AffinePattern& pattern) override {
    if (pattern.rank > pattern.dims.size()) {
      fail(param, fmt::format("at most {} dimensions are taken", pattern.dims.size()));
    }
  }

  void choice_value(const Param& param, const Choices& choices, std::uint8_t& value) override {
    if (value < choices.count && !choices.names[value].empty()) return;
    fail(param, fmt::format("{} is no {}", value, choices.what));
  }

 private:
  [[noreturn]] void fail(const Param& param, std::string rule, std::string hint = {}) {
    Fault fault(FaultKind::program, std::move(rule), std::move(hint));
    fault.in(std::string(entry_.info.name), param.name);
    throw fault;
  }

  // A static pattern stays inside its tensor.
  void inside(const Param& param, const View& view, const TensorFacts& facts) {
    const auto size = static_cast<std::int64_t>(dtype_bytes(view.dtype));
    std::int64_t low = view.offset_bytes;
    std::int64_t high = view.offset_bytes + size;
    for (int d = on_chip(view.space) ? 1 : 0; d < view.rank; ++d) {
      const std::int64_t reach = std::int64_t{view.dims[d].step} * (view.dims[d].count - 1) * size;
      (reach < 0 ? low : high) += reach;
    }
    if (low < 0 || high > facts.partition_bytes) {
      fail(param,
           fmt::format("the view touches bytes {} to {} of {}{}", low, high, facts.partition_bytes,
                       on_chip(view.space) ? " in each partition" : ""),
           "keep the pattern inside its tensor");
    }
    if (!on_chip(view.space)) return;
    const std::int32_t last = view.rank == 0 ? 0 : view.dims[0].step * (view.dims[0].count - 1);
    const std::int32_t from = view.partition + (last < 0 ? last : 0);
    const std::int32_t to = view.partition + (last < 0 ? 0 : last);
    if (from < 0 || to >= facts.partitions) {
      fail(param,
           fmt::format("the view touches partitions {} to {}, the tensor has {}", from, to,
                       facts.partitions),
           "keep the view inside its tensor");
    }
  }

  // The access ports of the engines (trainium_inferentia2_arch.rst, "start_partition"); DMA has
  // none.
  void start_partition(const Param& param, const View& view, const TensorFacts& facts) {
    if (facts.start_partition + view.partition == 0) return;
    const auto quadrant = static_cast<std::int32_t>(context_.machine().core.partition_quadrant);
    const std::int32_t start = facts.start_partition + view.partition;
    const std::int32_t step = view.rank == 0 ? 1 : std::abs(view.dims[0].step);
    const std::int32_t width = step * (view.partitions() - 1) + 1;
    const std::int32_t multiple = width <= quadrant ? quadrant : 2 * quadrant;
    if (start % multiple == 0 && width <= 2 * quadrant) return;
    fail(
        param, fmt::format("{} partitions may not start at partition {}", width, start),
        fmt::format("up to {0} start at a multiple of {0}, up to {1} at a multiple of {1}, more at "
                    "0; nc_stream_shuffle or DMA moves data to other partitions",
                    quadrant, 2 * quadrant));
  }

  // Addresses of a dynamic pattern are checked when it runs; its index tile is checked here.
  void index(const Param& param, const View& view) {
    const Indirect& indirect = context_.indirect(view);
    if (indirect.kind == IndirectKind::columns &&
        context_.machine().generation < Generation::gen4) {
      fail(param, "tensor indirection needs NeuronCore-v4",
           fmt::format("{} has {}", context_.machine().name,
                       generation_name(context_.machine().generation)));
    }
    if (indirect.kind == IndirectKind::scalar_register) return;
    if (!indirect.index.present()) fail(param, "the index of the view is missing");
    if (!is_integer(indirect.index.dtype)) {
      fail(param, "an index tile holds integers",
           fmt::format("it has {}", dtype_info(indirect.index.dtype).name));
    }
    if (indirect.index.indirect != 0) fail(param, "an index may not be indexed itself");
    inside(param, indirect.index, context_.tensor(indirect.index.tensor));
    const bool by_row = indirect.kind == IndirectKind::vector_rows;
    if (by_row && indirect.index.elements() < view.partitions()) {
      fail(param, fmt::format("{} rows need as many indices, there are {}", view.partitions(),
                              indirect.index.elements()));
    }
  }

  const Entry& entry_;
  const CheckContext& context_;
  const bool dma_;
};

}  // namespace

void check_operands(const Entry& entry, void* operands, const CheckContext& context) {
  if (entry.info.since > context.machine().generation) {
    Fault fault(FaultKind::program,
                fmt::format("{} has no {}", context.machine().name, entry.info.name),
                fmt::format("it appeared with {}", generation_name(entry.info.since)));
    fault.in(std::string(entry.info.name));
    throw fault;
  }
  OperandRules rules(entry, context);
  entry.visit(operands, rules);
}

}  // namespace trainyard
