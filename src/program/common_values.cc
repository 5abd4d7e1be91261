// SPDX-License-Identifier: Apache-2.0
#include "program/common_values.h"

#include <algorithm>
#include <span>
#include <unordered_map>

#include "program/accesses.h"
#include "program/live_bytes.h"
#include "program/moves.h"
#include "program/operand_hash.h"
#include "program/stream_edit.h"

namespace trainyard {
namespace {

// What is kept leaves a tenth of SBUF, which holes too small for a tensor take, and lets the bytes
// of each tile that comes and goes rest for the 2 us that the next one's DMA takes, at 64 ns an
// instruction. Assumed, with NKIBench's swiglu on Trainium2 in view: it keeps 143 to 159 KiB of
// each partition, of 192, and its tiles still overlap.
constexpr std::int64_t kRoomPercent = 90;
constexpr std::uint32_t kRest = 32;

// What one tensor goes through in the stream.
struct Life {
  std::uint32_t first_use = kNoStreamIndex, last_use = 0;
  std::uint32_t first_read = kNoStreamIndex;
  std::uint32_t last_write = 0;
  bool written = false;
  bool plain = true;             // all that write it may be taken out
  bool repeated = false;         // others have the same values
  bool kept = false;             // not read for making other repeated ones alone
  std::int32_t live = 0;         // accesses that read it, of instructions still there
  TensorId same_as = kNoTensor;  // the one before it with the same values
  TensorId first = kNoTensor;    // the first of those
  TensorId instead = kNoTensor;  // read instead of it
  std::uint64_t origin = 0;      // of what in HBM it was made
  std::int64_t between = 0;      // bytes of values made again since the same ones, with these

  // Nothing sees it half written.
  bool whole_when_read() const { return !written || last_write < first_read; }
};

// Operands by name: where values only change place, the first tensor of the same values; where
// something is computed, the tensor itself. The one that is written has no name.
class ValueHash final : public OperandHash {
 public:
  ValueHash(const Program& program, HashedWords& words, const std::vector<Life>& lives,
            TensorId written)
      : OperandHash(program, words), lives_(lives), written_(written) {}

  void by_values(bool by_values) { by_values_ = by_values; }

 private:
  std::int64_t name_of(TensorId tensor) const override {
    if (tensor == written_) return -1;
    return by_values_ ? std::int64_t{lives_[tensor].first} : std::int64_t{tensor};
  }

  const std::vector<Life>& lives_;
  TensorId written_;
  bool by_values_ = true;
};

class Sharer {
 public:
  Sharer(Program& program, const Machine& machine, Reach reach)
      : program_(program),
        accesses_(program),
        room_(machine.sbuf.allocatable_bytes() * kRoomPercent / 100),
        reach_(reach),
        lives_(program.tensors.size()),
        gone_(program.stream.size(), 0),
        bytes_(static_cast<std::uint32_t>(program.stream.size())) {}

  std::vector<std::uint32_t> run() {
    read_lives();
    list_writers();
    number_values();
    for (TensorId id = 0; id < lives_.size(); ++id) {
      add_bytes(id, lives_[id].first_use, rested(lives_[id].last_use), 1);
    }
    std::vector<TensorId> order;
    for (TensorId id = 0; id < lives_.size(); ++id) {
      if (lives_[id].same_as != kNoTensor) order.push_back(id);
    }
    // Consumers first: what only a shared tensor was made from goes with it.
    std::stable_sort(order.begin(), order.end(), [&](TensorId a, TensorId b) {
      return lives_[a].first_read > lives_[b].first_read;
    });
    for (const TensorId id : order) share(id);
    return rewrite();
  }

 private:
  bool may_go(std::uint32_t i) const {
    const Recorded& recorded = program_.stream[i];
    if (recorded.fixed_order || accesses_.engine_state(i) != 0) return false;
    TensorId written = kNoTensor;
    for (const Access& access : accesses_.of(i)) {
      if (access.is_register() || access.view->indirect != 0) return false;
      if (!access.writes()) continue;
      if (written != kNoTensor && written != access.id) return false;
      written = access.id;
    }
    return written != kNoTensor && on_chip(program_.tensors[written].space) &&
           program_.tensors[written].role == TensorRole::internal &&
           !program_.tensors[written].has_address();
  }

  void read_lives() {
    std::vector<char> bound(program_.stream.size(), 0);
    for (const auto& [consumer, producer] : program_.depends) bound[consumer] = bound[producer] = 1;
    for (const Meeting& meeting : program_.meetings) bound[meeting.instruction] = 1;
    for (std::uint32_t i = 0; i < program_.stream.size(); ++i) {
      const bool plain = bound[i] == 0 && may_go(i);
      for (const Access& access : accesses_.of(i)) {
        if (access.is_register()) continue;
        Life& life = lives_[access.id];
        life.first_use = std::min(life.first_use, i);
        life.last_use = i;
        if (access.writes()) {
          life.written = true;
          life.last_write = i;
          life.plain = life.plain && plain;
        } else {
          life.first_read = std::min(life.first_read, i);
          ++life.live;
        }
      }
    }
  }

  void list_writers() {
    first_writer_.assign(lives_.size() + 1, 0);
    for_writes([&](TensorId id, std::uint32_t) { ++first_writer_[id + 1]; });
    for (std::size_t id = 0; id < lives_.size(); ++id) first_writer_[id + 1] += first_writer_[id];
    writers_.resize(first_writer_.back());
    std::vector<std::uint32_t> next(first_writer_.begin(), first_writer_.end() - 1);
    for_writes([&](TensorId id, std::uint32_t i) { writers_[next[id]++] = i; });
  }
  template <class F>
  void for_writes(F&& note) const {
    for (std::uint32_t i = 0; i < program_.stream.size(); ++i) {
      for (const Access& access : accesses_.of(i)) {
        if (!access.is_register() && access.writes()) note(access.id, i);
      }
    }
  }

  // Tensors whose writers do the same to the same values, in the same order, have the same values.
  void number_values() {
    std::vector<TensorId> order;
    for (TensorId id = 0; id < lives_.size(); ++id) {
      lives_[id].first = id;
      const Life& life = lives_[id];
      if (life.written && life.plain && life.live > 0 && life.whole_when_read())
        order.push_back(id);
    }
    std::stable_sort(order.begin(), order.end(), [&](TensorId a, TensorId b) {
      return lives_[a].last_write < lives_[b].last_write;
    });
    std::unordered_map<std::uint64_t, TensorId> latest;
    for (const TensorId id : order) {
      if (!sources_are_whole(id)) continue;
      lives_[id].origin = origin_of(id);
      const auto [found, is_new] = latest.try_emplace(value_of(id), id);
      if (is_new) continue;
      Life& earlier = lives_[found->second];
      lives_[id].same_as = found->second;
      lives_[id].first = earlier.first;
      lives_[id].repeated = earlier.repeated = true;
      found->second = id;
    }
    measure_between(std::move(order));
  }

  // The bytes of different values that are made again between two times the same values are made,
  // by what in HBM they are made of: what must be kept to make them once.
  void measure_between(std::vector<TensorId> order) {
    std::erase_if(order, [&](TensorId id) { return !lives_[id].repeated; });
    std::stable_sort(order.begin(), order.end(),
                     [&](TensorId a, TensorId b) { return lives_[a].origin < lives_[b].origin; });
    for (std::uint32_t i = 0; i < program_.stream.size(); ++i) {
      if (makes_repeated(i)) continue;
      for (const Access& access : accesses_.of(i)) {
        if (!access.is_register() && !access.writes()) lives_[access.id].kept = true;
      }
    }
    std::vector<std::uint32_t> place(lives_.size());
    const auto count = static_cast<std::uint32_t>(order.size());
    LiveBytes latest(count);  // at a place: of the values there and after
    for (std::uint32_t now = 0; now < count; ++now) {
      Life& life = lives_[order[now]];
      place[order[now]] = now;
      const std::int64_t bytes = life.kept ? program_.tensors[order[now]].partition_bytes : 0;
      latest.add(0, now + 1, bytes);
      if (life.same_as == kNoTensor) continue;
      const std::uint32_t before = place[life.same_as];
      latest.add(0, before + 1, -bytes);
      life.between = latest.most(before, before + 1);
    }
  }

  bool makes_repeated(std::uint32_t i) const {
    for (const Access& access : accesses_.of(i)) {
      if (!access.is_register() && access.writes() && lives_[access.id].repeated) return true;
    }
    return false;
  }

  std::uint64_t origin_of(TensorId id) const {
    std::vector<std::uint64_t> sources;
    for (const std::uint32_t i : writers(id)) {
      for (const Access& access : accesses_.of(i)) {
        if (access.id == id) continue;
        const std::uint64_t made_of = lives_[access.id].origin;
        sources.push_back(made_of != 0 ? made_of : std::uint64_t{access.id} + 1);
      }
    }
    std::sort(sources.begin(), sources.end());
    sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
    if (sources.size() == 1) return sources.front();
    HashedWords words;
    for (const std::uint64_t source : sources) words.add(static_cast<std::int64_t>(source));
    return words.value();
  }

  bool sources_are_whole(TensorId id) const {
    for (const std::uint32_t i : writers(id)) {
      for (const Access& access : accesses_.of(i)) {
        if (access.id == id) continue;
        const Life& source = lives_[access.id];
        if (source.written && (!source.whole_when_read() || source.last_write > i)) return false;
      }
    }
    return true;
  }

  std::uint64_t value_of(TensorId id) const {
    const TensorInfo& info = program_.tensors[id];
    HashedWords words;
    words.add(static_cast<std::int64_t>(info.space));
    words.add(static_cast<std::int64_t>(info.dtype));
    words.add(std::int64_t{info.partitions});
    words.add(info.partition_bytes);
    ValueHash operands(program_, words, lives_, id);
    for (const std::uint32_t i : writers(id)) {
      const Entry& e = entry(program_.stream[i].opcode);
      words.add(e.info.name);
      operands.by_values(reach_ == Reach::innermost_loop || only_moves(program_.stream[i]));
      e.visit(program_.stream[i].operands, operands);
    }
    return words.value();
  }

  // Reads the earlier tensor instead, if SBUF can keep it until then.
  void share(TensorId id) {
    Life& life = lives_[id];
    if (life.live == 0 || program_.tensors[id].space != Space::sbuf) return;
    Life& earlier = lives_[life.same_as];
    const std::int64_t bytes = program_.tensors[id].partition_bytes;
    // What a loop goes through is kept as a whole or not at all: NKIBench's matmul reads 9 GB.
    if (life.between > (reach_ == Reach::innermost_loop ? bytes : room_)) return;
    const std::uint32_t gap = std::min(rested(earlier.last_use), life.first_use);
    if (bytes_.most(earlier.last_use + 1, gap) > room_) return;
    if (gap < life.first_use && bytes_.most(gap, life.first_use) + bytes > room_) return;
    add_bytes(id, gap, life.first_use, 1);
    earlier.last_use = std::max(earlier.last_use, life.last_use);
    earlier.live += life.live;
    life.instead = life.same_as;
    take_out(id);
  }

  // The instructions that write a tensor, and what nothing else reads.
  void take_out(TensorId id) {
    std::vector<TensorId> unread = {id};
    while (!unread.empty()) {
      const TensorId now = unread.back();
      unread.pop_back();
      for (const std::uint32_t i : writers(now)) {
        gone_[i] = 1;
        for (const Access& access : accesses_.of(i)) {
          Life& source = lives_[access.id];
          if (access.writes() || --source.live > 0) continue;
          if (!source.written || !source.plain || !on_chip(program_.tensors[access.id].space)) {
            continue;
          }
          add_bytes(access.id, source.first_use, rested(source.last_use), -1);
          unread.push_back(access.id);
        }
      }
    }
  }

  // The end of a life whose last use is `last`.
  std::uint32_t rested(std::uint32_t last) const {
    return static_cast<std::uint32_t>(
        std::min<std::size_t>(std::size_t{last} + 1 + kRest, program_.stream.size()));
  }

  void add_bytes(TensorId id, std::uint32_t first, std::uint32_t last, int sign) {
    if (program_.tensors[id].space != Space::sbuf || lives_[id].first_use == kNoStreamIndex) return;
    bytes_.add(first, last, sign * program_.tensors[id].partition_bytes);
  }

  std::vector<std::uint32_t> rewrite() {
    std::vector<TensorId> names(lives_.size());
    for (TensorId id = 0; id < names.size(); ++id) {
      TensorId stands = id;
      while (lives_[stands].instead != kNoTensor) stands = lives_[stands].instead;
      names[id] = stands;
    }
    return take_out_of_stream(program_, gone_, names);
  }

  std::span<const std::uint32_t> writers(TensorId id) const {
    return {writers_.data() + first_writer_[id], first_writer_[id + 1] - first_writer_[id]};
  }

  Program& program_;
  const AccessTable accesses_;
  const std::int64_t room_;
  const Reach reach_;
  std::vector<Life> lives_;
  std::vector<std::uint32_t> first_writer_, writers_;
  std::vector<char> gone_;
  LiveBytes bytes_;
};

}  // namespace

std::vector<std::uint32_t> share_common_values(Program& program, const Machine& machine,
                                               Reach reach) {
  return Sharer(program, machine, reach).run();
}

}  // namespace trainyard
