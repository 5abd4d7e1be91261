// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/nc_stream_shuffle.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/engine_cost.h"
#include "isa/instructions/operand_rules.h"
#include "isa/instructions/refuse.h"

namespace trainyard {
namespace {

// The mask's length and its "leave it" are the encoding of the instruction.
constexpr std::int32_t kQuadrant = 32;
constexpr std::int32_t kLeave = 255;

}  // namespace

void NcStreamShuffle::visit(ParamVisitor& v) {
  // Rows under a 255 keep what they hold, so dst is an input of the whole.
  v.tile({.name = "dst", .touch = leaves_rows() ? Touch::read_write : Touch::write}, dst);
  v.tile({.name = "src"}, src);
  v.integers({.name = "shuffle_mask"}, shuffle_mask);
}

bool NcStreamShuffle::leaves_rows() const {
  const auto& mask = shuffle_mask.values;
  return std::find(mask.begin(), mask.end(), kLeave) != mask.end();
}

View NcStreamShuffle::reached_source() const {
  View reached = src;
  std::int32_t count = src.partitions();
  for (std::int32_t p = 0; p < dst.partitions(); ++p) {
    const std::int32_t from = shuffle_mask.values[p % kQuadrant];
    if (from != kLeave) count = std::max(count, p / kQuadrant * kQuadrant + from + 1);
  }
  reached.dims[0].count = count;
  return reached;
}

void NcStreamShuffle::check(const CheckContext& context) const {
  require_same_dtype("dst", dst, "src", src);
  if (dst.elements_per_partition() != src.elements_per_partition()) {
    refuse("dst",
           fmt::format("must have as many elements per partition as src: {} is {}, {} is {}",
                       shape_text(dst), dst.elements_per_partition(), shape_text(src),
                       src.elements_per_partition()),
           "slice the larger one");
  }
  if (shuffle_mask.size != kQuadrant) {
    refuse("shuffle_mask", fmt::format("must have 32 entries, not {}", shuffle_mask.size),
           "one for each partition of a quadrant; 255 leaves it as it is");
  }
  for (int i = 0; i < kQuadrant; ++i) {
    const std::int32_t from = shuffle_mask.values[i];
    if ((from < 0 || from >= kQuadrant) && from != kLeave) {
      refuse("shuffle_mask", fmt::format("entry {} must be 0 to 31, or 255: it is {}", i, from),
             "entries count partitions inside the quadrant");
    }
  }
  check_starts(context);
  if (src.rank == 0) refuse("src", "has no partition dimension", "give a tile of two dimensions");
  // Where an index moves src, the core sees whether it still fits.
  const std::int64_t step = src.dims[0].step;
  const std::int64_t reached = src.partition + step * (reached_source().dims[0].count - 1);
  const std::int32_t available = context.tensor(src.tensor).partitions;
  if (src.indirect == 0 && (reached < 0 || reached >= available)) {
    refuse("shuffle_mask",
           fmt::format("reaches partition {} of a source tensor of {}", reached, available),
           "entries count from the first partition of src in each quadrant");
  }
}

// Both sides start where the larger of them may.
void NcStreamShuffle::check_starts(const CheckContext& context) const {
  const std::int32_t quadrants =
      (std::max(src.partitions(), dst.partitions()) + kQuadrant - 1) / kQuadrant;
  const std::int32_t multiple = kQuadrant * (quadrants == 3 ? 4 : quadrants);
  for (const auto& [name, view] : {std::pair{"src", &src}, std::pair{"dst", &dst}}) {
    const std::int64_t start =
        std::int64_t{context.tensor(view->tensor).start_partition} + view->partition;
    if (start % multiple == 0) continue;
    refuse(name,
           fmt::format("{} active partitions may not start at partition {}", quadrants * kQuadrant,
                       start),
           fmt::format("start it at a multiple of {}", multiple));
  }
}

void NcStreamShuffle::execute(CoreState& core, Engine) const {
  const View reached = reached_source();
  const Rows from = core.access(reached, Touch::read);
  const Rows to = core.access(dst, leaves_rows() ? Touch::write_part : Touch::write);
  const auto count = static_cast<std::size_t>(from.elements);
  auto* rows = reinterpret_cast<std::uint32_t*>(
      core.scratch(0, count * static_cast<std::size_t>(from.partitions)));
  load_rows_bits(from, 0, from.partitions, rows);
  for (std::int32_t p = 0; p < to.partitions; ++p) {
    const std::int32_t entry = shuffle_mask.values[p % kQuadrant];
    if (entry == kLeave) continue;
    const auto source = static_cast<std::size_t>(p / kQuadrant * kQuadrant + entry);
    store_rows_bits(to, p, 1, rows + source * count);
  }
}

Cost NcStreamShuffle::cost(const Machine& machine, Engine) const {
  return vector_cost(machine, {.cycles = static_cast<double>(dst.elements_per_partition()),
                               .lane_ops = dst.elements()});
}

}  // namespace trainyard
