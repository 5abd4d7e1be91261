// SPDX-License-Identifier: Apache-2.0
#include "program/psum_operands.h"

#include <algorithm>

#include "program/accesses.h"
#include "program/live_bytes.h"
#include "program/moves.h"
#include "program/stream_edit.h"

namespace trainyard {
namespace {

// Banks that stay free: the next products are made while these are read.
constexpr std::int64_t kFreeBanks = 2;

struct Life {
  std::uint32_t first_use = kNoStreamIndex, last_use = 0, last_write = 0;
  std::int32_t writes = 0;
};

// Whether an instruction may read a tensor in PSUM; `names`: what is read instead of each tensor.
class Reader final : public TileVisitor {
 public:
  Reader(TensorId tensor, const Program& program, const std::vector<TensorId>& names)
      : tensor_(tensor), program_(program), names_(names) {}
  void tile(const Param& param, View& view) override {
    if (!view.present()) return;
    if (view.tensor == tensor_) {
      may_ =
          may_ && param.touch == Touch::read && param.spaces.has(Space::psum) && view.indirect == 0;
    } else if (reads(param.touch) && program_.tensors[names_[view.tensor]].space == Space::psum) {
      may_ = false;
    }
  }
  bool may() const { return may_; }

 private:
  TensorId tensor_;
  const Program& program_;
  const std::vector<TensorId>& names_;
  bool may_ = true;
};

bool same_elements(const View& a, const View& b) {
  if (a.rank != b.rank || a.dtype != b.dtype || a.partition != b.partition ||
      a.offset_bytes != b.offset_bytes || a.indirect != 0 || b.indirect != 0) {
    return false;
  }
  return std::equal(a.dims.begin(), a.dims.begin() + a.rank, b.dims.begin(),
                    [](Dim x, Dim y) { return x.step == y.step && x.count == y.count; });
}

class Elision {
 public:
  Elision(Program& program, const Machine& machine)
      : program_(program),
        accesses_(program),
        banks_(machine.psum.banks),
        bank_bytes_(std::max<std::int64_t>(1, machine.psum.bank_size_bytes)),
        lives_(program.tensors.size()),
        readers_(program.tensors.size()),
        names_(program.tensors.size()),
        gone_(program.stream.size(), 0),
        live_banks_(static_cast<std::uint32_t>(program.stream.size())) {}

  std::vector<std::uint32_t> run() {
    read_lives();
    for (std::uint32_t i = 0; i < program_.stream.size(); ++i) elide(i);
    return take_out_of_stream(program_, gone_, names_);
  }

 private:
  void read_lives() {
    for (std::uint32_t i = 0; i < program_.stream.size(); ++i) {
      for (const Access& access : accesses_.of(i)) {
        if (access.is_register()) continue;
        Life& life = lives_[access.id];
        life.first_use = std::min(life.first_use, i);
        life.last_use = i;
        if (access.writes()) {
          life.last_write = i;
          ++life.writes;
        }
      }
    }
    for (TensorId id = 0; id < names_.size(); ++id) {
      names_[id] = id;
      const Life& life = lives_[id];
      if (program_.tensors[id].space == Space::psum && life.first_use != kNoStreamIndex) {
        live_banks_.add(life.first_use, life.last_use + 1, banks_of(id));
      }
    }
    list_readers();
  }

  void list_readers() {
    for (std::uint32_t i = 0; i < program_.stream.size(); ++i) {
      for (const Access& access : accesses_.of(i)) {
        if (access.is_register() || access.writes() || access.space != Space::sbuf) continue;
        readers_[access.id].push_back(i);
      }
    }
  }

  void elide(std::uint32_t i) {
    if (!copies_unchanged(program_.stream[i])) return;
    const View *from = nullptr, *to = nullptr;
    for (const Access& access : accesses_.of(i)) {
      if (access.is_register()) return;
      (access.writes() ? to : from) = access.view;
    }
    if (from == nullptr || to == nullptr || !may_stand_for(*from, *to, i)) return;
    Life& life = lives_[from->tensor];
    const std::uint32_t last = lives_[to->tensor].last_use;
    const std::int64_t banks = banks_of(from->tensor);
    if (live_banks_.most(life.last_use + 1, last + 1) + banks > banks_ - kFreeBanks) return;
    live_banks_.add(life.last_use + 1, last + 1, banks);
    life.last_use = std::max(life.last_use, last);
    names_[to->tensor] = from->tensor;
    gone_[i] = 1;
  }

  bool may_stand_for(const View& from, const View& to, std::uint32_t i) {
    const TensorInfo& source = program_.tensors[from.tensor];
    const TensorInfo& copy = program_.tensors[to.tensor];
    if (from.space != Space::psum || to.space != Space::sbuf || !same_elements(from, to) ||
        source.partitions != copy.partitions || source.partition_bytes != copy.partition_bytes ||
        copy.role != TensorRole::internal || copy.has_address() || lives_[to.tensor].writes != 1 ||
        lives_[from.tensor].last_write > i) {
      return false;
    }
    for (const std::uint32_t reader : readers_[to.tensor]) {
      const Recorded& recorded = program_.stream[reader];
      if (recorded.engine != Engine::vector && recorded.engine != Engine::scalar) return false;
      Reader visitor(to.tensor, program_, names_);
      entry(recorded.opcode).visit(recorded.operands, visitor);
      if (!visitor.may()) return false;
    }
    return !readers_[to.tensor].empty() && !outlives_iteration(to.tensor);
  }

  // A line that reads it twice is in a loop which it was made before.
  bool outlives_iteration(TensorId id) const {
    std::vector<SourceId> lines;
    for (const std::uint32_t reader : readers_[id]) lines.push_back(program_.stream[reader].where);
    std::sort(lines.begin(), lines.end());
    return std::adjacent_find(lines.begin(), lines.end()) != lines.end();
  }

  std::int64_t banks_of(TensorId id) const {
    return (program_.tensors[id].partition_bytes + bank_bytes_ - 1) / bank_bytes_;
  }

  Program& program_;
  const AccessTable accesses_;
  const std::int64_t banks_, bank_bytes_;
  std::vector<Life> lives_;
  std::vector<std::vector<std::uint32_t>> readers_;
  std::vector<TensorId> names_;
  std::vector<char> gone_;
  LiveBytes live_banks_;
};

}  // namespace

std::vector<std::uint32_t> read_from_psum(Program& program, const Machine& machine) {
  return Elision(program, machine).run();
}

}  // namespace trainyard
