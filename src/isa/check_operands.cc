// SPDX-License-Identifier: Apache-2.0
// The generic operand rules: one visit over the parameters, no allocation unless a rule is broken.
#include <algorithm>
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

// What one view may name, however it repeats: with more, an instruction would not end on any host.
constexpr std::int64_t kElementsPerPartitionMax = std::int64_t{1} << 24;  // on chip
constexpr std::int64_t kElementsMax = std::int64_t{1} << 40;
constexpr std::int64_t kRepeatedWritesMax = std::int64_t{1} << 31;  // HBM, beyond its tensor
constexpr std::int64_t kIndicesMax = std::int64_t{1} << 24;

// Beyond every memory, and small enough to add up.
constexpr std::int64_t kFar = std::int64_t{1} << 56;

std::int64_t not_farther(std::int64_t value) {
  return std::clamp(value, -kFar, kFar);
}

// From the first to the last step of a dimension.
std::int64_t span(const Dim& dim) {
  return std::int64_t{dim.step} * (dim.count - 1);
}

// At most kFar.
std::int64_t elements_from(const View& view, int first_dim) {
  std::int64_t n = 1;
  for (int d = first_dim; d < view.rank; ++d) {
    n = n > kFar / view.dims[d].count ? kFar : n * view.dims[d].count;
  }
  return n;
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
    well_formed(param, view, facts);
    if (!param.spaces.has(view.space)) {
      fail(param, "the tensor must be in " + space_names(param.spaces),
           "it is in " +
               space_names({static_cast<std::uint8_t>(1u << static_cast<int>(view.space))}));
    }
    if (!param.dtypes.has(view.dtype)) {
      fail(param, fmt::format("the data type {} is not taken here", dtype_info(view.dtype).name),
           "one of " + dtype_names(param.dtypes));
    }
    if (view.indirect == 0) {
      inside(param, view, facts);
    } else {
      index(param, view, facts);
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

  void numbers(const Param& param, NumberList& list) override {
    if (list.size > NumberList::kCapacity) {
      fail(param, fmt::format("at most {} numbers are taken", NumberList::kCapacity));
    }
  }

  void pattern(const Param& param, AffinePattern& pattern) override {
    if (pattern.rank > pattern.dims.size()) {
      fail(param, fmt::format("at most {} dimensions are taken", pattern.dims.size()));
    }
  }

  void choice_value(const Param& param, const Choices& choices, std::uint8_t& value) override {
    if (value >= choices.count || choices.names[value].empty()) {
      fail(param, fmt::format("{} is no {}", value, choices.what));
    }
    // nl.abs_max, nl.abs_min: "available only on NeuronCore-v4".
    const bool by_magnitude = value == static_cast<std::uint8_t>(AluOp::abs_max) ||
                              value == static_cast<std::uint8_t>(AluOp::abs_min);
    if (by_magnitude && &choices == &choices_of<AluOp>()) {
      needs_v4(param, std::string(choices.names[value]));
    }
  }

 private:
  [[noreturn]] void fail(const Param& param, std::string rule, std::string hint = {}) {
    Fault fault(FaultKind::program, std::move(rule), std::move(hint));
    fault.in(std::string(entry_.info.name), param.name);
    throw fault;
  }

  // Rank, counts and sizes that the other rules may calculate with.
  void well_formed(const Param& param, const View& view, const TensorFacts& facts) {
    if (view.rank > kMaxRank) {
      fail(param, fmt::format("a view has at most {} dimensions, not {}", kMaxRank, view.rank));
    }
    if (static_cast<int>(view.dtype) >= kDTypeCount) fail(param, "the data type is not known");
    if (view.space != facts.space) fail(param, "the view names another memory than its tensor");
    for (int d = 0; d < view.rank; ++d) {
      if (view.dims[d].count <= 0)
        fail(param, "the view is empty", "every count must be 1 or more");
    }
    const auto size = static_cast<std::int64_t>(dtype_bytes(view.dtype));
    if (view.offset_bytes % size != 0) {
      fail(param,
           fmt::format("byte {} is no place for an element of {} bytes", view.offset_bytes, size),
           "start at a multiple of the element size");
    }
    const bool chip = on_chip(view.space);
    if (!chip && view.partition != 0) fail(param, "a tensor in HBM has no partitions");
    const std::int64_t elements = elements_from(view, chip ? 1 : 0);
    std::int64_t limit = chip ? kElementsPerPartitionMax : kElementsMax;
    if (!chip && writes(param.touch)) {
      limit = std::max(kRepeatedWritesMax, facts.partition_bytes / size);
    }
    if (elements > limit) {
      fail(param,
           fmt::format("the pattern names {}{} elements{}, one instruction walks at most {}",
                       elements == kFar ? "more than " : "", elements,
                       chip ? " in each partition" : "", limit),
           "split the instruction");
    }
  }

  // A static pattern stays inside its tensor.
  void inside(const Param& param, const View& view, const TensorFacts& facts) {
    const auto size = static_cast<std::int64_t>(dtype_bytes(view.dtype));
    std::int64_t low = not_farther(view.offset_bytes);
    std::int64_t high = low + size;
    for (int d = on_chip(view.space) ? 1 : 0; d < view.rank; ++d) {
      const std::int64_t reach = not_farther(span(view.dims[d])) * size;
      (reach < 0 ? low : high) += reach;
    }
    if (low < 0 || high > facts.partition_bytes) {
      fail(param,
           fmt::format("the view touches bytes {} to {} of {}{}", low, high, facts.partition_bytes,
                       on_chip(view.space) ? " in each partition" : ""),
           "keep the pattern inside its tensor");
    }
    if (!on_chip(view.space)) return;
    const std::int64_t last = view.rank == 0 ? 0 : span(view.dims[0]);
    const std::int64_t from = view.partition + std::min<std::int64_t>(last, 0);
    const std::int64_t to = view.partition + std::max<std::int64_t>(last, 0);
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
    const std::int64_t start = std::int64_t{facts.start_partition} + view.partition;
    if (start == 0) return;
    const auto quadrant = static_cast<std::int64_t>(context_.machine().core.partition_quadrant);
    const std::int64_t width = view.rank == 0 ? 1 : std::abs(span(view.dims[0])) + 1;
    const std::int64_t multiple = width <= quadrant ? quadrant : 2 * quadrant;
    if (start % multiple == 0 && width <= 2 * quadrant) return;
    fail(
        param, fmt::format("{} partitions may not start at partition {}", width, start),
        fmt::format("up to {0} start at a multiple of {0}, up to {1} at a multiple of {1}, more at "
                    "0; nc_stream_shuffle or DMA moves data to other partitions",
                    quadrant, 2 * quadrant));
  }

  // Addresses of a dynamic pattern are checked when it runs; its index tile is checked here, and
  // that those addresses can be calculated.
  void index(const Param& param, const View& view, const TensorFacts& facts) {
    const Indirect& indirect = context_.indirect(view);
    const auto size = static_cast<std::int64_t>(dtype_bytes(view.dtype));
    const bool by_row = indirect.kind == IndirectKind::vector_rows;
    for (int d = by_row || on_chip(view.space) ? 1 : 0; d < view.rank; ++d) {
      if (std::abs(not_farther(span(view.dims[d]))) * size > facts.partition_bytes) {
        fail(param, fmt::format("dimension {} is longer than the tensor", d),
             "keep the pattern inside its tensor");
      }
    }
    std::int64_t farthest = 0;
    if (__builtin_mul_overflow(std::max<std::int64_t>(indirect.index_limit, 1),
                               indirect.scale_bytes, &farthest) ||
        farthest != not_farther(farthest) || view.offset_bytes != not_farther(view.offset_bytes)) {
      fail(param, "the index reaches beyond every memory", "keep it inside its tensor");
    }
    if (indirect.partition_dim && !on_chip(view.space)) {
      fail(param, "a tensor in HBM has no partitions to choose");
    }
    if (!indirect.partition_dim && indirect.scale_bytes % size != 0) {
      fail(param, fmt::format("an index of {} bytes does not count elements of {}",
                              indirect.scale_bytes, size));
    }
    if (indirect.kind == IndirectKind::columns) {
      if (!param.columns) {
        fail(param, "does not take a view made with .indirect()",
             dma_ ? "use .ap(vector_offset=...) for rows, or nc_n_gather for columns"
                  : "gather it with tensor_copy first");
      }
      needs_v4(param, "tensor indirection");
    }
    if (indirect.kind == IndirectKind::scalar_register) return;
    if (!indirect.index.present()) fail(param, "the index of the view is missing");
    if (indirect.index.indirect != 0) fail(param, "an index may not be indexed itself");
    if (indirect.index.space != Space::sbuf) {
      fail(param, "an index tile must be in SBUF", "copy it there");
    }
    const TensorFacts index_facts = context_.tensor(indirect.index.tensor);
    well_formed(param, indirect.index, index_facts);
    if (!is_integer(indirect.index.dtype)) {
      fail(param, "an index tile holds integers",
           fmt::format("it has {}", dtype_info(indirect.index.dtype).name));
    }
    if (elements_from(indirect.index, 0) > kIndicesMax) {
      fail(param, fmt::format("an index tile has at most {} elements", kIndicesMax));
    }
    inside(param, indirect.index, index_facts);
    if (indirect.kind == IndirectKind::columns) column_starts(param, view, indirect, index_facts);
    if (by_row && indirect.index.elements() < view.partitions()) {
      fail(param, fmt::format("{} rows need as many indices, there are {}", view.partitions(),
                              indirect.index.elements()));
    }
  }

  // nki.isa, "Tensor indirection": where the kernel chose the addresses.
  void column_starts(const Param& param, const View& view, const Indirect& indirect,
                     const TensorFacts& index_facts) {
    if (!index_facts.has_address) return;
    const std::int64_t start = std::int64_t{index_facts.start_partition} + indirect.index.partition;
    const auto quadrant = static_cast<std::int64_t>(context_.machine().core.partition_quadrant);
    if (start % quadrant != 0) {
      fail(param, fmt::format("the index of .indirect() may not start at partition {}", start),
           fmt::format("place it at a multiple of {}", quadrant));
    }
    const TensorFacts facts = context_.tensor(view.tensor);
    const std::int64_t own = std::int64_t{facts.start_partition} + view.partition;
    if (reads(param.touch) && !writes(param.touch) && facts.has_address && own != start) {
      fail(param,
           fmt::format("starts at partition {}, the index of its .indirect() at {}", own, start),
           "place both on the same partitions");
    }
  }

  void needs_v4(const Param& param, const std::string& what) {
    if (context_.machine().generation >= Generation::gen4) return;
    fail(param, what + " needs NeuronCore-v4",
         fmt::format("{} has {}", context_.machine().name,
                     generation_name(context_.machine().generation)));
  }

  const Entry& entry_;
  const CheckContext& context_;
  const bool dma_;
};

// The first machine of a generation, as people call it.
std::string machines_since(Generation since) {
  const int trainium = static_cast<int>(since) - 1;
  return fmt::format("{}, Trainium{}: run it on trn{}", generation_name(since), trainium, trainium);
}

}  // namespace

void check_operands(const Entry& entry, void* operands, const CheckContext& context) {
  if (entry.info.since > context.machine().generation) {
    Fault fault(FaultKind::program,
                fmt::format("{} has no {}", context.machine().name, entry.info.name),
                fmt::format("it came with {}", machines_since(entry.info.since)));
    fault.in(std::string(entry.info.name));
    throw fault;
  }
  OperandRules rules(entry, context);
  entry.visit(operands, rules);
}

}  // namespace trainyard
