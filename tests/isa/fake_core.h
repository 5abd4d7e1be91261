// SPDX-License-Identifier: Apache-2.0
// A core for tests of single instructions: tensors are byte arrays, every access is resolved from
// its View alone, what was written is remembered by byte.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/fault.h"
#include "isa/table.h"
#include "numerics/row_convert.h"

namespace trainyard {

class FakeCore final : public CoreState, public CheckContext {
 public:
  explicit FakeCore(const std::string& machine = "trn3")
      : machine_(
            load_machine(std::string(TRAINYARD_SOURCE_DIR) + "/machines/" + machine + ".toml")) {}

  // A whole tensor as a view; on chip shape[0] counts partitions.
  View tensor(Space space, const std::vector<std::int32_t>& shape, DType dtype) {
    View view;
    view.tensor = static_cast<TensorId>(tensors_.size());
    view.dtype = dtype;
    view.space = space;
    view.rank = static_cast<std::uint8_t>(shape.size());
    std::int32_t step = 1;
    for (int d = view.rank - 1; d >= 0; --d) {
      view.dims[d] = {step, shape[d]};
      step *= shape[d];
    }
    Tensor t;
    t.space = space;
    t.dtype = dtype;
    t.partitions = on_chip(space) ? shape[0] : 1;
    const std::int64_t elements = view.elements();
    t.pitch_bytes = elements * static_cast<std::int64_t>(dtype_bytes(dtype)) / t.partitions;
    if (on_chip(space)) view.dims[0].step = 1;
    t.bytes.resize(static_cast<std::size_t>(t.pitch_bytes * t.partitions));
    t.written.resize(t.bytes.size());
    tensors_.push_back(std::move(t));
    return view;
  }

  View sbuf(const std::vector<std::int32_t>& shape, DType dtype = DType::float32) {
    return tensor(Space::sbuf, shape, dtype);
  }
  View psum(const std::vector<std::int32_t>& shape, DType dtype = DType::float32) {
    return tensor(Space::psum, shape, dtype);
  }
  View hbm(const std::vector<std::int32_t>& shape, DType dtype = DType::float32) {
    return tensor(Space::hbm, shape, dtype);
  }

  // Elements in row-major order, converted as load_rows and store_rows do.
  std::vector<float> read(const View& view) {
    std::vector<float> values(static_cast<std::size_t>(view.elements()));
    const Rows rows = access(view, Touch::read);
    load_rows(rows, 0, rows.partitions, values.data());
    return values;
  }
  void write(const View& view, const std::vector<float>& values) {
    const Rows rows = access(view, Touch::write);
    store_rows(rows, 0, rows.partitions, values.data());
  }
  std::vector<std::uint32_t> read_bits(const View& view) {
    std::vector<std::uint32_t> bits(static_cast<std::size_t>(view.elements()));
    const Rows rows = access(view, Touch::read);
    load_rows_bits(rows, 0, rows.partitions, bits.data());
    return bits;
  }
  void write_bits(const View& view, const std::vector<std::uint32_t>& bits) {
    const Rows rows = access(view, Touch::write);
    store_rows_bits(rows, 0, rows.partitions, bits.data());
  }

  // `view` with the rows of dim 0 chosen by the (P, 1) tile `index`.
  View gathered(View view, const View& index, std::int64_t limit) {
    Indirect indirect;
    indirect.kind = IndirectKind::vector_rows;
    indirect.index = index;
    indirect.scale_bytes = static_cast<std::int64_t>(view.dims[0].step) *
                           static_cast<std::int64_t>(dtype_bytes(view.dtype));
    indirect.index_limit = limit;
    indirects_.push_back(indirect);
    view.indirect = static_cast<std::uint32_t>(indirects_.size());
    view.dims[0].count = index.partitions();
    return view;
  }

  // Checks and runs an instruction on its only or first legal engine.
  template <class I>
  void run(I instruction) {
    instruction.check(*this);
    const EngineSet engines = instruction.engines(machine_);
    for (int e = 1; e < kEngineCount; ++e) {
      if (!engines.has(static_cast<Engine>(e))) continue;
      run(instruction, static_cast<Engine>(e));
      return;
    }
    throw Fault(FaultKind::program, "no engine can run it");
  }
  template <class I>
  void run(I instruction, Engine engine) {
    instruction.check(*this);
    instruction.execute(*this, engine);
  }

  void set_numerics(NumericsMode mode) { numerics_ = mode; }
  void set_scale_rule(mx::ScaleRule rule) { scale_rule_ = rule; }

  // CoreState and CheckContext.
  const Machine& machine() const override { return machine_; }
  NumericsMode numerics() const override { return numerics_; }
  mx::ScaleRule mx_scale_rule() const override { return scale_rule_; }

  TensorFacts tensor(TensorId id) const override {
    const Tensor& t = tensors_[id];
    return {t.space, t.dtype, t.partitions, t.pitch_bytes, 0, false};
  }
  const Indirect& indirect(const View& view) const override {
    return indirects_[view.indirect - 1];
  }

  Rows access(const View& view, Touch touch, OobMode oob = OobMode::error) override {
    Tensor& t = tensors_[view.tensor];
    const auto size = static_cast<std::int64_t>(dtype_bytes(view.dtype));
    Rows rows;
    rows.dtype = view.dtype;
    rows.partitions = view.partitions();
    rows.elements = view.elements_per_partition();
    rows.base = t.bytes.data() + view.offset_bytes + view.partition * t.pitch_bytes;
    const std::int64_t step = view.rank == 0 ? 0 : view.dims[0].step;
    rows.partition_step_bytes = on_chip(view.space) ? step * t.pitch_bytes : step * size;
    for (int d = 1; d < view.rank; ++d) {
      if (view.dims[d].count == 1) continue;
      const std::int64_t step_bytes = view.dims[d].step * size;
      const int last = rows.rank - 1;
      if (last >= 0 && rows.step_bytes[last] == view.dims[d].count * step_bytes) {
        rows.count[last] *= view.dims[d].count;
        rows.step_bytes[last] = step_bytes;
      } else {
        rows.count[rows.rank] = view.dims[d].count;
        rows.step_bytes[rows.rank++] = step_bytes;
      }
    }
    if (view.indirect != 0) resolve_rows(view, oob, rows);
    if (touch != Touch::read) mark(t, rows);
    return rows;
  }

  Written written(const View& view) const override {
    std::int64_t count = 0;
    for (std::int32_t p = 0; p < view.partitions(); ++p) {
      for (std::int64_t i = 0; i < view.elements_per_partition(); ++i) {
        count += element_written(view, p, i) ? 1 : 0;
      }
    }
    return count == 0 ? Written::none : count == view.elements() ? Written::all : Written::some;
  }
  bool element_written(const View& view, std::int32_t p, std::int64_t i) const override {
    const Tensor& t = tensors_[view.tensor];
    std::int64_t at = view.offset_bytes + (view.partition + p * view.dims[0].step) * t.pitch_bytes;
    for (int d = view.rank - 1; d >= 1; --d) {
      at += i % view.dims[d].count * view.dims[d].step *
            static_cast<std::int64_t>(dtype_bytes(view.dtype));
      i /= view.dims[d].count;
    }
    return t.written[static_cast<std::size_t>(at)] != 0;
  }

  std::int64_t register_value(RegisterId reg) const override { return registers_.at(reg); }
  void set_register(RegisterId reg, std::int64_t value) override { registers_[reg] = value; }
  float* accumulators(Engine engine) override { return grown(accumulators_[engine], 128); }
  std::uint32_t* random_state(Engine engine) override {
    return reinterpret_cast<std::uint32_t*>(grown(random_[engine], 128 * 24));
  }
  void store_rows(const Rows& rows, std::int32_t first, std::int32_t n, const float* in) override {
    each_row(rows, first, n, [&](std::byte* at, std::int64_t step, std::int64_t count) {
      store_row(rows.dtype, in, static_cast<std::size_t>(count), at, step);
      in += count;
    });
  }
  void store_rows_int(const Rows& rows, std::int32_t first, std::int32_t n,
                      const std::int64_t* in) override {
    each_row(rows, first, n, [&](std::byte* at, std::int64_t step, std::int64_t count) {
      store_row_i64(rows.dtype, in, static_cast<std::size_t>(count), at, step);
      in += count;
    });
  }
  Peers* peers() override { return peers_; }
  Peers* ranks() override { return ranks_; }
  std::span<const std::int32_t> rank_group(std::int64_t) override { return group_; }
  void set_ranks(Peers* ranks, std::vector<std::int32_t> group) {
    ranks_ = ranks;
    group_ = std::move(group);
  }
  void set_peers(Peers* peers) { peers_ = peers; }
  float* scratch(int slot, std::size_t floats) override {
    // Fresh memory each time, so that a test notices a pointer kept too long.
    scratch_[slot].assign(floats + 16, 0x1p-100F);
    const auto at = reinterpret_cast<std::uintptr_t>(scratch_[slot].data());
    return scratch_[slot].data() + (64 - at % 64) % 64 / sizeof(float);
  }

 private:
  struct Tensor {
    Space space{};
    DType dtype{};
    std::int32_t partitions = 0;
    std::int64_t pitch_bytes = 0;
    std::vector<std::byte> bytes;
    std::vector<char> written;
  };

  static float* grown(std::vector<float>& values, std::size_t count) {
    if (values.size() < count) values.resize(count);
    return values.data();
  }

  // Innermost runs of partitions [first, first + n), skipped rows included.
  template <class F>
  static void each_row(const Rows& rows, std::int32_t first, std::int32_t n, F&& f) {
    for (std::int32_t p = first; p < first + n; ++p) {
      std::int64_t outer = 1;
      for (int d = 0; d + 1 < rows.rank; ++d) outer *= rows.count[d];
      const int last = rows.rank - 1;
      for (std::int64_t o = 0; o < outer; ++o) {
        std::byte* at = rows.row(p);
        std::int64_t rest = o;
        for (int d = last - 1; d >= 0; --d) {
          at += rest % rows.count[d] * rows.step_bytes[d];
          rest /= rows.count[d];
        }
        f(at, last < 0 ? 0 : rows.step_bytes[last], last < 0 ? 1 : rows.count[last]);
      }
    }
  }

  void resolve_rows(const View& view, OobMode oob, Rows& rows) {
    const Indirect& indirect = indirects_[view.indirect - 1];
    const std::vector<float> index = read(indirect.index);
    std::vector<std::int64_t>& offsets = offsets_.emplace_back();
    for (const float row : index) {
      const auto i = static_cast<std::int64_t>(row);
      const bool inside = i >= 0 && i < indirect.index_limit;
      if (!inside && oob == OobMode::error) {
        throw Fault(FaultKind::program, "index " + std::to_string(i) + " is out of bounds");
      }
      offsets.push_back(inside ? i * indirect.scale_bytes : Rows::kSkippedRow);
    }
    rows.row_offset_bytes = offsets.data();
    rows.partitions = static_cast<std::int32_t>(offsets.size());
  }

  static void mark(Tensor& t, const Rows& rows) {
    for (std::int32_t p = 0; p < rows.partitions; ++p) {
      if (rows.skipped(p)) continue;
      each_row(rows, p, 1, [&](std::byte* at, std::int64_t step, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
          const auto byte = static_cast<std::size_t>(at + i * step - t.bytes.data());
          std::fill_n(t.written.begin() + static_cast<std::ptrdiff_t>(byte),
                      dtype_bytes(rows.dtype), 1);
        }
      });
    }
  }

  Machine machine_;
  Peers* peers_ = nullptr;
  Peers* ranks_ = nullptr;
  std::vector<std::int32_t> group_;
  NumericsMode numerics_ = NumericsMode::exact;
  mx::ScaleRule scale_rule_ = mx::ScaleRule::documented;
  std::vector<Tensor> tensors_;
  std::vector<Indirect> indirects_;
  std::vector<std::vector<std::int64_t>> offsets_;
  std::map<RegisterId, std::int64_t> registers_;
  std::map<Engine, std::vector<float>> accumulators_, random_;
  std::map<int, std::vector<float>> scratch_;
};

}  // namespace trainyard
