// SPDX-License-Identifier: Apache-2.0
// A Program: the recorded stream of instructions of one kernel on one NeuronCore. Values, time and
// energy are three readings of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/big_vector.h"
#include "base/fault.h"
#include "isa/table.h"

namespace trainyard {

// A place in the user's source, interned; 0 is "unknown".
using SourceId = std::uint32_t;

class SourceTable {
 public:
  SourceTable();
  SourceId intern(const std::string& file, int line);
  const SourcePlace& place(SourceId id) const { return places_[id]; }

 private:
  std::vector<SourcePlace> places_;
  std::unordered_map<std::string, SourceId> ids_;
};

enum class TensorRole : std::uint8_t { internal, input, output };

struct TensorInfo {
  std::string name;
  Space space = Space::sbuf;
  DType dtype = DType::float32;
  TensorRole role = TensorRole::internal;
  bool shared = false;                  // shared_hbm
  std::int32_t partitions = 0;          // on chip
  std::int64_t partition_bytes = 0;     // on chip: bytes per partition; hbm: all bytes
  std::int64_t row_bytes = 0;           // hbm: bytes of the innermost declared dimension
  std::int32_t address_partition = -1;  // explicit address, or -1
  std::int64_t address_byte = -1;
  SourceId where = 0;
  std::uint32_t created_at = 0;  // stream index when the tensor was allocated

  bool has_address() const { return address_byte >= 0; }
};

struct Recorded {
  Opcode opcode{};
  Engine engine = Engine::unknown;  // engine that runs it; for dma_*: Engine::dma
  Engine queue = Engine::unknown;   // for dma_*: engine whose queue issues it, or unknown
  bool fixed_order = false;         // inside nl.no_reorder()
  bool engine_chosen_by_user = false;
  std::uint8_t priority = 0;
  SourceId where = 0;
  void* operands = nullptr;  // of entry(opcode)'s operand struct, in the arena
};

// Bump allocator for operand structs; blocks live as long as the Program and grow with it.
class Arena {
 public:
  void* allocate(std::size_t bytes, std::size_t align) {
    const std::size_t at = (used_ + align - 1) & ~(align - 1);
    if (at + bytes > block_bytes_) return allocate_in_new_block(bytes);
    used_ = at + bytes;
    total_ += bytes;
    return blocks_.back().get() + at;
  }
  std::size_t bytes() const { return total_; }

 private:
  struct Free {
    std::size_t bytes = 0;
    void operator()(std::byte* block) const { free_big(block, bytes); }
  };
  void* allocate_in_new_block(std::size_t bytes);

  std::vector<std::unique_ptr<std::byte, Free>> blocks_;
  std::size_t block_bytes_ = 0;  // of the last block
  std::size_t used_ = 0;         // of the last block
  std::size_t total_ = 0;
};

inline constexpr std::uint32_t kNoStreamIndex = 0xffffffffu;

// An instruction that met other cores or ranks: all `participants` have the same `place`.
struct Meeting {
  std::uint64_t place = 0;
  std::int32_t participants = 0;
  std::uint32_t instruction = kNoStreamIndex;
};

struct Program {
  std::string name;
  std::vector<TensorInfo> tensors;
  std::vector<Indirect> indirects;
  BigVector<Recorded> stream;
  // (consumer, producer) stream indices of NkiInstruction.depends_on.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> depends;
  std::vector<Meeting> meetings;                       // in order of their instructions
  std::vector<std::vector<std::int32_t>> rank_groups;  // of collectives
  std::uint32_t registers = 0;
  bool data_dependent = false;    // control flow read a value: a replay must trace again
  bool earlier_language = false;  // neuronxcc.nki, whose compiler changes the stream more
  SourceTable sources;
  Arena arena;

  TensorInfo& tensor(TensorId id) { return tensors[id]; }
  const TensorInfo& tensor(TensorId id) const { return tensors[id]; }
};

}  // namespace trainyard
