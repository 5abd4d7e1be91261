// SPDX-License-Identifier: Apache-2.0
// Registers, engine state, scratch and stores. Tensors: tensor_memory.cc; Views: access.cc.
#include "core/neuron_core.h"

#include <algorithm>
#include <utility>

#include "base/fault.h"
#include "numerics/row_convert.h"

namespace trainyard {

NeuronCore::NeuronCore(const Machine& machine, const CoreOptions& options)
    : machine_(machine), options_(options) {
  if (!options.precise_fp) {
    throw Fault(FaultKind::not_modelled,
                "tensors of low precision kept in float32 (NKI_PRECISE_FP=0) are not modelled",
                "unset NKI_PRECISE_FP, or use float32 tensors in the kernel");
  }
}

NeuronCore::NeuronCore(const Machine& machine, const CoreOptions& options,
                       std::shared_ptr<World> world, int rank, int number)
    : NeuronCore(machine, options) {
  world_ = std::move(world);
  logical_ = world_->logical(rank).get();
  seat_ = &logical_->board().seat(number);
  rank_seat_ = &world_->board(number).seat(rank);
}

NeuronCore::~NeuronCore() = default;

void NeuronCore::begin(const Program& program, std::uint32_t instruction, const Recorded& what) {
  program_ = &program;
  instruction_ = instruction;
  where_ = what.where;
  engine_ = what.engine;
  offsets_used_ = 0;
  wholly_written_.clear();
  wrote_shared_ = false;
  if (seat_ == nullptr) return;
  seat_->begin();
  rank_seat_->begin();
}

void NeuronCore::resume() {
  offsets_used_ = 0;
  seat_->resume();
  rank_seat_->resume();
}

bool NeuronCore::again() {
  if (!waits()) return false;
  if (!let_others_run_) {
    throw Fault(FaultKind::program, "another core or rank is waited for, and nothing runs it");
  }
  let_others_run_();
  resume();
  return true;
}

std::vector<Race> NeuronCore::races() const {
  std::vector<Race> mine;
  if (!has_twin()) return mine;
  for (const Race& race : logical_->races().races()) {
    if (race.later.core == seat_->self()) mine.push_back(race);
  }
  return mine;
}

Meeting NeuronCore::meeting() const {
  if (seat_ == nullptr) return {};
  return seat_->meeting().participants > 0 ? seat_->meeting() : rank_seat_->meeting();
}

Meeting NeuronCore::end() {
  const Meeting met = meeting();
  if (ends_turn() && let_others_run_) let_others_run_();
  return met;
}

std::span<const std::int32_t> NeuronCore::rank_group(std::int64_t id) {
  if (program_ == nullptr || id < 0 ||
      id >= static_cast<std::int64_t>(program_->rank_groups.size())) {
    throw Fault(FaultKind::program, "the replica group belongs to another kernel call");
  }
  return program_->rank_groups[static_cast<std::size_t>(id)];
}

// A write of the whole of a tensor spares it the fill; without the write it needs the fill.
void NeuronCore::abandon() {
  for (const TensorId id : wholly_written_) {
    Tensor& t = tensors_[id];
    t.map().reset(t.partitions, t.partition_bytes >> t.element_shift);
    if (!t.filled) fill(t);
  }
  wholly_written_.clear();
}

void NeuronCore::reset() {
  for (TensorId id = 0; id < tensors_.size(); ++id) release(id);
  tensors_.clear();
  for (Array& array : arrays_) {
    array.touched.assign(array.touched.size(), false);
    array.writers.clear();
  }
  registers_.clear();
  for (auto& engine : accumulators_) engine.fill(0);
  for (auto& engine : random_) engine.fill(0);
  unwritten_reads_.clear();
  overwritten_reads_.clear();
  noted_.clear();
}

std::int64_t NeuronCore::register_value(RegisterId reg) const {
  if (program_ == nullptr || reg >= program_->registers) {
    throw Fault(FaultKind::program, "the register belongs to another kernel call");
  }
  return reg < registers_.size() ? registers_[reg] : 0;
}

void NeuronCore::set_register(RegisterId reg, std::int64_t value) {
  if (program_ == nullptr || reg >= program_->registers) {
    throw Fault(FaultKind::program, "the register belongs to another kernel call");
  }
  if (reg >= registers_.size()) registers_.resize(program_->registers);
  registers_[reg] = value;
}

float* NeuronCore::accumulators(Engine engine) {
  return accumulators_[static_cast<std::size_t>(engine)].data();
}

std::uint32_t* NeuronCore::random_state(Engine engine) {
  return random_[static_cast<std::size_t>(engine)].data();
}

float* NeuronCore::scratch(int slot, std::size_t floats) {
  Scratch& scratch = scratch_[static_cast<std::size_t>(slot)];
  if (floats > scratch.floats) {
    if (scratch.bytes != nullptr) pool_.give_back(scratch.bytes, scratch.floats * sizeof(float));
    scratch.floats = std::max(floats, 2 * scratch.floats);
    scratch.bytes = pool_.take(scratch.floats * sizeof(float));
  }
  return reinterpret_cast<float*>(scratch.bytes);
}

void NeuronCore::store_rows(const Rows& rows, std::int32_t first, std::int32_t n, const float* in) {
  if (options_.rounding == Rounding::nearest_even) return store_rows_even(rows, first, n, in);
  // One word per element, in the order of the elements of a partition.
  std::array<std::int32_t, kMaxRank> index{};
  const int inner = rows.rank - 1;
  const std::int64_t run = rows.rank == 0 ? 1 : rows.count[static_cast<std::size_t>(inner)];
  const std::int64_t step = rows.rank == 0 ? 0 : rows.step_bytes[static_cast<std::size_t>(inner)];
  for (std::int32_t p = first; p < first + n; ++p, in += rows.elements) {
    if (rows.skipped(p)) continue;
    RandomWords words(options_.rounding_seed, instruction_, static_cast<std::uint32_t>(p));
    std::byte* at = rows.row(p);
    if (rows.column_offset_bytes != nullptr) {
      const std::int64_t* offset = rows.column_offset_bytes + p / rows.column_group * rows.elements;
      for (std::int64_t i = 0; i < rows.elements; ++i) {
        store_row(rows.dtype, in + i, 1, at + offset[i], 0, options_.rounding, &words);
      }
      continue;
    }
    for (std::int64_t done = 0; done < rows.elements; done += run) {
      store_row(rows.dtype, in + done, static_cast<std::size_t>(run), at, step, options_.rounding,
                &words);
      for (int d = inner - 1; d >= 0; --d) {
        const auto k = static_cast<std::size_t>(d);
        at += rows.step_bytes[k];
        if (++index[k] < rows.count[k]) break;
        at -= rows.count[k] * rows.step_bytes[k];
        index[k] = 0;
      }
    }
  }
}

void NeuronCore::store_rows_int(const Rows& rows, std::int32_t first, std::int32_t n,
                                const std::int64_t* in) {
  store_rows_even_int(rows, first, n, in);
}

void NeuronCore::renumber_reads(const std::vector<std::uint32_t>& numbers) {
  const auto renumber = [&](auto& reads) {
    for (auto& read : reads) read.instruction = numbers[read.instruction];
    // The read of an instruction taken out is also that of the one that stays.
    std::erase_if(reads, [](const auto& read) { return read.instruction == kNoStreamIndex; });
  };
  renumber(unwritten_reads_);
  renumber(overwritten_reads_);
}

}  // namespace trainyard
