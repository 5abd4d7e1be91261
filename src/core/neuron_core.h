// SPDX-License-Identifier: Apache-2.0
// One NeuronCore as executing instructions see it: SBUF, PSUM and HBM tensors, registers,
// accumulators, random state. What was never written reads as NaN, or 4 in integer tensors, and is
// noted.
//
// Tensors with an explicit address lie in the one real SBUF or PSUM array, so that overlapping
// addresses do overlap; the others have storage of their own, since where they are placed is known
// only when the whole Program is (program/placement.h), and must not change values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/last_writers.h"
#include "core/logical_core.h"
#include "core/storage_pool.h"
#include "core/written_map.h"
#include "machine/machine.h"
#include "numerics/convert.h"
#include "program/builder.h"

namespace trainyard {

struct CoreOptions {
  NumericsMode numerics = NumericsMode::exact;
  mx::ScaleRule mx_scale = mx::ScaleRule::documented;
  Rounding rounding = Rounding::nearest_even;
  std::uint64_t rounding_seed = 0;
  bool precise_fp = true;  // NKI_PRECISE_FP; false (all tensors kept in fp32) is not modelled
};

// The first read of bytes that nothing wrote, per tensor and place in the source.
struct UnwrittenRead {
  TensorId tensor = kNoTensor;
  std::uint32_t instruction = 0;
  SourceId where = 0;
};

// The first read, per tensor and place in the source, of bytes that `writer` wrote since.
struct OverwrittenRead {
  TensorId tensor = kNoTensor;
  std::uint32_t instruction = 0;
  SourceId where = 0;
  TensorId writer = kNoTensor;
  SourceId written_at = 0;
};

class NeuronCore final : public CoreState, public TensorMemory {
 public:
  explicit NeuronCore(const Machine& machine, const CoreOptions& options = {});
  // Core `number` of rank `rank` of a world.
  NeuronCore(const Machine& machine, const CoreOptions& options, std::shared_ptr<World> world,
             int rank, int number);
  ~NeuronCore() override;

  // CoreState.
  const Machine& machine() const override { return machine_; }
  NumericsMode numerics() const override { return options_.numerics; }
  mx::ScaleRule mx_scale_rule() const override { return options_.mx_scale; }
  Rows access(const View& view, Touch touch, OobMode oob = OobMode::error) override;
  Written written(const View& view) const override;
  bool element_written(const View& view, std::int32_t p, std::int64_t i) const override;
  std::int64_t register_value(RegisterId reg) const override;
  void set_register(RegisterId reg, std::int64_t value) override;
  float* accumulators(Engine engine) override;
  std::uint32_t* random_state(Engine engine) override;
  void store_rows(const Rows& rows, std::int32_t first, std::int32_t n, const float* in) override;
  void store_rows_int(const Rows& rows, std::int32_t first, std::int32_t n,
                      const std::int64_t* in) override;
  float* scratch(int slot, std::size_t floats) override;
  Peers* peers() override { return has_twin() ? seat_ : nullptr; }
  Peers* ranks() override { return rank_seat_; }
  std::span<const std::int32_t> rank_group(std::int64_t id) override;

  // TensorMemory.
  void allocate(const Program& program, TensorId id) override;
  void bind(const Program& program, TensorId id, std::byte* data, bool written) override;
  void release(TensorId id) override;
  void begin(const Program& program, std::uint32_t instruction, const Recorded& what) override;
  bool again() override;
  Meeting end() override;
  void abandon() override;

  // Calls `let_others_run` where the other cores of the logical core have their turn: after each
  // write to what they share, and while an instruction waits for them.
  void on_turn(std::function<void()> let_others_run) {
    let_others_run_ = std::move(let_others_run);
  }
  World* world() const { return world_.get(); }
  bool has_twin() const { return logical_ != nullptr && logical_->cores() > 1; }
  const MessageBoard::Seat* core_seat() const { return seat_; }
  const MessageBoard::Seat* rank_seat() const { return rank_seat_; }
  // Of the instruction that began last: what a replay asks instead of again() and end().
  bool waits() const {
    return seat_ != nullptr && (seat_->waits_for() >= 0 || rank_seat_->waits_for() >= 0);
  }
  bool ends_turn() const { return wrote_shared_ || meeting().participants > 0; }
  void resume();

  // What a view holds now, for debuggers: a read that is no instruction's, and not noted.
  Rows look(const View& view);
  // The bytes of an HBM tensor.
  std::byte* data(TensorId id);
  // The same, owned together with the caller from now on: they stay when the tensor ends.
  std::shared_ptr<std::byte> share(TensorId id);
  // Whether an instruction wrote to the tensor.
  bool was_modified(TensorId id) const { return live(id).modified; }
  const std::vector<UnwrittenRead>& unwritten_reads() const { return unwritten_reads_; }
  // After instructions were taken out of the stream: their new numbers, or kNoStreamIndex.
  void renumber_reads(const std::vector<std::uint32_t>& numbers);
  const std::vector<OverwrittenRead>& overwritten_reads() const { return overwritten_reads_; }
  // Those that this core's accesses completed: each is one core's.
  std::vector<Race> races() const;
  // As before the first instruction: no tensors, registers and engine state zero.
  void reset();

 private:
  struct Tensor {
    std::byte* base = nullptr;
    std::int64_t pitch_bytes = 0;      // from one partition to the next
    std::int64_t partition_bytes = 0;  // hbm: all bytes
    std::int32_t partitions = 0;       // hbm: 0
    std::uint8_t element_shift = 0;    // log2 of the bytes of an element
    DType dtype = DType::float32;
    Space space = Space::sbuf;
    bool own = false;     // its block goes back to the pool
    bool filled = false;  // what was not written reads as NaN or 4
    bool modified = false;
    bool common = false;   // the other cores of a logical core see it too
    bool aliased = false;  // another tensor used part of its addresses before
    SourceId where = 0;
    std::int64_t address_byte = -1;
    WrittenMap written;
    std::shared_ptr<SharedTensor> shared;  // has its bytes, and what was written

    WrittenMap& map() { return shared ? shared->written : written; }
    const WrittenMap& map() const { return shared ? shared->written : written; }
    std::size_t block_bytes() const {
      return static_cast<std::size_t>(partitions == 0 ? partition_bytes : pitch_bytes * partitions);
    }
  };
  // SBUF or PSUM for tensors with addresses; `touched` has a flag per 64 bytes of a partition.
  struct Array {
    std::unique_ptr<std::byte[]> bytes;
    std::int64_t pitch_bytes = 0;
    std::vector<bool> touched;
    LastWriters writers;
  };

  Tensor& slot(TensorId id);
  Tensor& live(TensorId id);
  const Tensor& live(TensorId id) const { return const_cast<NeuronCore*>(this)->live(id); }
  Array& array(Space space);
  void fill(Tensor& tensor);
  void fill_addressed(Tensor& tensor);
  void share_with_others(Tensor& tensor, const TensorInfo& info);
  Rows resolve(const Tensor& tensor, const View& view) const;
  Rows find(const Tensor& tensor, const View& view) const;
  void resolve_index(const Tensor& t, const View& view, OobMode oob, Rows& rows);
  void resolve_columns(const Tensor& t, const View& view, const Indirect& indirect, Rows& rows);
  std::vector<std::int64_t>& load_index(const View& index);
  std::int64_t* skip_all(std::int32_t rows);
  static bool covers(const Tensor& tensor, const View& view, const Rows& rows);
  void note_read(const Tensor& tensor, const View& view);
  bool is_new(const Tensor& tensor, TensorId id, std::uint32_t kind);
  void follow_writers(const Tensor& tensor, const View& view, const Rows& rows, Touch touch);
  // use(mask, first element, count) over what `rows` touch; stops at false.
  template <class Use>
  static bool each_extent(const Tensor& tensor, const Rows& rows, const View& view, Use&& use);

  const Machine& machine_;
  CoreOptions options_;
  Meeting meeting() const;

  std::shared_ptr<World> world_;
  LogicalCore* logical_ = nullptr;
  MessageBoard::Seat* seat_ = nullptr;       // among the cores of the rank
  MessageBoard::Seat* rank_seat_ = nullptr;  // among the ranks
  std::function<void()> let_others_run_;
  bool wrote_shared_ = false;
  StoragePool pool_;
  std::vector<Tensor> tensors_;
  std::unordered_map<TensorId, std::shared_ptr<std::byte>> shared_;
  std::array<Array, 2> arrays_;  // sbuf, psum
  std::vector<std::int64_t> registers_;
  std::array<std::array<float, 128>, kEngineCount> accumulators_{};
  std::array<std::array<std::uint32_t, 128 * 24>, kEngineCount> random_{};
  struct Scratch {
    std::byte* bytes = nullptr;
    std::size_t floats = 0;
  };
  std::array<Scratch, 8> scratch_{};
  std::vector<std::vector<std::int64_t>> offsets_;  // of dynamic views, valid for one instruction
  std::size_t offsets_used_ = 0;
  std::vector<TensorId> wholly_written_;  // for the first time, by the instruction that runs
  std::vector<UnwrittenRead> unwritten_reads_;
  std::vector<OverwrittenRead> overwritten_reads_;
  std::unordered_set<std::uint64_t> noted_;
  const Program* program_ = nullptr;
  std::uint32_t instruction_ = 0;
  SourceId where_ = 0;
  Engine engine_ = Engine::unknown;
};

}  // namespace trainyard
