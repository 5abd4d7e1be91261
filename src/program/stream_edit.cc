// SPDX-License-Identifier: Apache-2.0
#include "program/stream_edit.h"

namespace trainyard {
namespace {

class Renamer final : public TileVisitor {
 public:
  Renamer(const std::vector<TensorInfo>& tensors, const std::vector<TensorId>& names)
      : tensors_(tensors), names_(names) {}
  void tile(const Param&, View& view) override {
    if (view.present()) rename(view);
  }
  void rename(View& view) const {
    view.tensor = names_[view.tensor];
    view.space = tensors_[view.tensor].space;
  }

 private:
  const std::vector<TensorInfo>& tensors_;
  const std::vector<TensorId>& names_;
};

}  // namespace

std::vector<std::uint32_t> take_out_of_stream(Program& program, const std::vector<char>& gone,
                                              const std::vector<TensorId>& names) {
  std::vector<std::uint32_t> place(program.stream.size() + 1, kNoStreamIndex);
  Renamer renamer(program.tensors, names);
  BigVector<Recorded> kept;
  kept.reserve(program.stream.size());
  for (std::uint32_t i = 0; i < program.stream.size(); ++i) {
    if (gone[i] != 0) continue;
    place[i] = static_cast<std::uint32_t>(kept.size());
    entry(program.stream[i].opcode).visit(program.stream[i].operands, renamer);
    kept.push_back(program.stream[i]);
  }
  for (Indirect& indirect : program.indirects) {
    if (indirect.index.present()) renamer.rename(indirect.index);
  }
  for (auto& [consumer, producer] : program.depends) {
    consumer = place[consumer];
    producer = place[producer];
  }
  for (Meeting& meeting : program.meetings) meeting.instruction = place[meeting.instruction];
  // A tensor is allocated before an instruction: the next one that is still there.
  std::uint32_t next = static_cast<std::uint32_t>(kept.size());
  std::vector<std::uint32_t> following(place.size());
  for (std::size_t i = place.size(); i-- > 0;) {
    if (place[i] != kNoStreamIndex) next = place[i];
    following[i] = next;
  }
  for (TensorInfo& info : program.tensors) info.created_at = following[info.created_at];
  program.stream = std::move(kept);
  place.pop_back();
  return place;
}

}  // namespace trainyard
