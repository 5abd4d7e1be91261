// SPDX-License-Identifier: Apache-2.0
#include "explain/slices.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace trainyard {
namespace {

constexpr std::array<std::string_view, 7> kElementWise = {
    "activation",  "dma_copy",      "memset",       "scalar_tensor_tensor",
    "tensor_copy", "tensor_scalar", "tensor_tensor"};

// Whether all tiles have the same number of columns, or one element a partition that is read.
class Columns : public TileVisitor {
 public:
  std::int32_t common() const { return fits_ ? columns_ : 0; }

 private:
  void tile(const Param& param, View& view) override {
    if (!view.present()) return;
    const bool scalar = view.elements_per_partition() == 1 && param.touch == Touch::read;
    if (scalar) return;
    const std::int32_t count = view.rank < 2 ? 0 : view.dims[view.rank - 1].count;
    if (view.indirect != 0 || count == 0 || (columns_ != 0 && columns_ != count) ||
        (elements_ != 0 && elements_ != view.elements_per_partition())) {
      fits_ = false;
    }
    columns_ = count;
    elements_ = view.elements_per_partition();
  }

  bool fits_ = true;
  std::int32_t columns_ = 0;
  std::int64_t elements_ = 0;
};

class Slice : public TileVisitor {
 public:
  Slice(std::int32_t number, std::int32_t slices) : number_(number), slices_(slices) {}

 private:
  void tile(const Param&, View& view) override {
    if (!view.present() || view.elements_per_partition() == 1) return;
    Dim& last = view.dims[view.rank - 1];
    last.count /= slices_;
    view.offset_bytes += static_cast<std::int64_t>(number_) * last.count * last.step *
                         static_cast<std::int64_t>(dtype_bytes(view.dtype));
  }

  const std::int32_t number_, slices_;
};

}  // namespace

std::int32_t sliceable_columns(const Recorded& recorded) {
  const Entry& of = entry(recorded.opcode);
  if (std::find(kElementWise.begin(), kElementWise.end(), of.info.name) == kElementWise.end()) {
    return 0;
  }
  Columns columns;
  of.visit(recorded.operands, columns);
  return columns.common();
}

std::unique_ptr<Program> sliced(const Program& program, const std::vector<bool>& which,
                                std::int32_t slices) {
  auto made = std::make_unique<Program>();
  made->name = program.name;
  made->tensors = program.tensors;
  made->indirects = program.indirects;
  made->rank_groups = program.rank_groups;
  made->registers = program.registers;
  made->sources = program.sources;
  std::vector<std::uint32_t> last(program.stream.size());  // slice of each instruction
  for (std::uint32_t i = 0; i < program.stream.size(); ++i) {
    const std::int32_t parts = which[i] ? slices : 1;
    for (std::int32_t part = 0; part < parts; ++part) {
      Recorded recorded = program.stream[i];
      if (parts > 1) {
        const Entry& of = entry(recorded.opcode);
        void* operands = made->arena.allocate(of.operand_bytes, of.operand_align);
        std::memcpy(operands, recorded.operands, of.operand_bytes);
        Slice slice(part, slices);
        of.visit(operands, slice);
        recorded.operands = operands;
      }
      made->stream.push_back(recorded);
    }
    last[i] = static_cast<std::uint32_t>(made->stream.size() - 1);
  }
  for (const auto& [consumer, producer] : program.depends) {
    made->depends.emplace_back(last[consumer], last[producer]);
  }
  for (Meeting meeting : program.meetings) {
    meeting.instruction = last[meeting.instruction];
    made->meetings.push_back(meeting);
  }
  return made;
}

}  // namespace trainyard
