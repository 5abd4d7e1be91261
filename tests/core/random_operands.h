// SPDX-License-Identifier: Apache-2.0
// Random operands for any entry of the instruction table, right ones and wrong ones.
#pragma once

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "core/neuron_core.h"
#include "isa/instructions/affine.h"
#include "isa/instructions/memset.h"

namespace trainyard::test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  // Each choice is the next byte, or two where it is among more than 256; 0 when they end.
  explicit Random(std::span<const std::uint8_t> bytes) : bytes_(bytes), from_bytes_(true) {}

  std::int64_t below(std::int64_t n) {
    std::uint64_t word = from_bytes_ ? next_byte() : engine_();
    if (from_bytes_ && n > 256) word |= next_byte() << 8;
    return static_cast<std::int64_t>(word % static_cast<std::uint64_t>(n));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
  template <class T>
  T of(std::initializer_list<T> values) {
    return values.begin()[below(static_cast<std::int64_t>(values.size()))];
  }

  bool at_end() const { return bytes_.empty(); }

 private:
  std::uint64_t next_byte() {
    if (bytes_.empty()) return 0;
    const std::uint64_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }

  std::mt19937_64 engine_;
  std::span<const std::uint8_t> bytes_;
  bool from_bytes_ = false;
};

// Tensors that operands may be views of.
class Tensors {
 public:
  // `dirt`: what memory holds before a tensor gets it.
  Tensors(Builder& build, Random& random, double dirt)
      : build_(build), random_(random), dirt_(dirt) {
    for (const Space space : {Space::sbuf, Space::psum, Space::hbm}) {
      for (int i = 0; i < 3; ++i) add(fresh(space, 128, 256, DType::float32));
    }
    const View index = build_.sbuf({128, 8}, DType::int32);
    build_(Iota{.dst = index, .pattern = {1, {Dim{8, 8}}}, .channel_multiplier = 1});
    add(index);
    indices_.push_back(index);
    View wild = build_.sbuf({128, 8}, DType::uint32);
    build_(Iota{.dst = wild, .pattern = {1, {Dim{1 << 28, 8}}}, .channel_multiplier = -3});
    add(wild);
    indices_.push_back(wild);
    const Address low{0, 0}, middle{32, 500};
    add(build_.sbuf({128, 256}, DType::bfloat16, "low", &low));
    add(build_.sbuf({32, 100}, DType::float32, "middle", &middle));
    for (int i = 0; i < 4; ++i) registers_.push_back(build_.new_register());
  }

  View fresh(Space space, std::int64_t rows, std::int64_t columns, DType dtype) {
    const View used = make(space, rows, columns, dtype);
    if (space != Space::hbm && !is_packed(dtype)) {
      build_(Memset{.dst = used, .value = dirt_}, Engine::vector);
    }
    build_.release(used);
    const View view = make(space, rows, columns, dtype);
    return view;
  }

  void add(const View& view) { views_.push_back(view); }
  const View& any() { return views_[static_cast<std::size_t>(random_.below(count()))]; }
  View any_in(Space space) {
    for (int tries = 0; tries < 20; ++tries) {
      if (const View view = any(); view.space == space) return view;
    }
    return any();
  }
  View index() { return indices_[random_.one_in(3) ? 1 : 0]; }
  RegisterId reg() { return registers_[static_cast<std::size_t>(random_.below(4))]; }
  Builder& build() { return build_; }

 private:
  std::int64_t count() const { return static_cast<std::int64_t>(views_.size()); }
  View make(Space space, std::int64_t rows, std::int64_t columns, DType dtype) {
    return space == Space::sbuf   ? build_.sbuf({rows, columns}, dtype)
           : space == Space::psum ? build_.psum({rows, columns}, dtype)
                                  : build_.hbm({rows, columns}, dtype, TensorRole::internal);
  }

  Builder& build_;
  Random& random_;
  double dirt_;
  std::vector<View> views_, indices_;
  std::vector<RegisterId> registers_;
};

// Shapes that chance would hardly find.
struct Hint {
  std::string_view instruction, operand;
  std::int32_t columns;
};
constexpr Hint kHints[] = {
    {"", "reduce_res", 1},
    {"", "bound0", 1},
    {"", "bound1", 1},
    {"", "vals", 8},
    {"", "dst_idx", 8},
    {"max8", "dst", 8},
    {"nc_find_index8", "dst", 8},
    {"bn_stats", "dst", 6},
    {"bn_aggr", "dst", 2},
    {"bn_aggr", "data", 12},
    {"topk", "val_dst", 8},
    {"topk", "idx_dst", 8},
    {"local_gather", "dst", 16},
    {"local_gather", "index", 1},
    {"sequence_bounds", "dst", 16},
    {"sequence_bounds", "segment_ids", 8},
    {"nonzero_with_count", "dst", 9},
    {"nonzero_with_count", "src", 8},
    {"quantize_mx", "dst", 8},
    {"quantize_mx", "src", 32},
    {"quantize_mx", "dst_scale", 8},
    {"all_to_all_v", "metadata_tensor", 3},
    {"all_gather_v", "metadata_tensor", 3},
};

// Fills an operand struct: mostly what fits together, sometimes anything.
class RandomOperands final : public ParamVisitor {
 public:
  RandomOperands(std::string_view instruction, Tensors& tensors, Random& random)
      : instruction_(instruction), tensors_(tensors), random_(random), tame_(random.one_in(2)) {
    rows_ = random_.of<std::int32_t>({1, 16, 32, 32, 32, 64, 128, 128, 5});
    columns_ = random_.of<std::int32_t>({1, 3, 8, 8, 12, 16, 24, 32, 32, 33, 64});
    if (instruction == "sequence_bounds") rows_ = 1;
    if (tame_ && random_.one_in(2)) rows_ = columns_ = 32;
    dtype_ = static_cast<DType>(random_.below(kDTypeCount));
  }

  void tile(const Param& param, View& view) override {
    if (param.need == Need::optional && random_.one_in(2)) return;
    view = random_view(param);
  }
  void tiles(const Param& param, ViewList& list) override {
    list.size = static_cast<std::uint8_t>(random_.one_in(50) ? random_.below(256)
                                          : tame_            ? 1
                                                             : 1 + random_.below(3));
    for (int i = 0; i < std::min<int>(list.size, ViewList::kCapacity); ++i) {
      list.views[static_cast<std::size_t>(i)] = random_view(param);
    }
  }
  void scalar(const Param& param, ScalarOperand& operand) override {
    if (param.need == Need::optional && random_.one_in(3)) return;
    if (random_.one_in(2)) {
      operand = ScalarOperand::of(random_number());
    } else if (!random_.one_in(8)) {
      const std::int32_t columns = std::exchange(columns_, 1);
      operand = ScalarOperand::of(random_view(param));
      columns_ = columns;
    }
  }
  void reg(const Param&, RegisterOperand& operand) override {
    operand.reg = random_.one_in(3) ? kNoRegister : tensors_.reg();
    if (random_.one_in(100)) operand.reg = 1000;
    operand.value = random_integer();
  }
  void integer(const Param& param, std::int64_t& value) override {
    const std::string_view name = param.name;
    if ((name == "replica_group" || name == "collective_dim") && !random_.one_in(8)) return;
    if (value != 0 && (tame_ || random_.one_in(2))) return;
    value = random_integer();
  }
  void number(const Param&, double& value) override {
    if (!random_.one_in(2)) value = random_number();
  }
  void flag(const Param&, bool& value) override { value = random_.one_in(3); }
  void integers(const Param& param, IntList& list) override {
    if (std::string_view(param.name) == "shuffle_mask") {
      list.size = 32;
      for (auto& v : list.values) {
        v = static_cast<std::int32_t>(random_.one_in(4) ? 255 : random_.below(32));
      }
    } else {
      if (param.need == Need::optional && !random_.one_in(3)) return;
      list.size = static_cast<std::uint8_t>(1 + random_.below(3));
      for (int i = 0; i < list.size; ++i) {
        list.values[static_cast<std::size_t>(i)] =
            random_.of<std::int32_t>({0, 1, 1, 1, 2, -1, 3, 32, 64, 128});
      }
    }
    if (random_.one_in(30)) {
      list.values[static_cast<std::size_t>(random_.below(4))] =
          random_.of<std::int32_t>({INT32_MIN, INT32_MAX, -2, 200, 256});
    }
    if (random_.one_in(50)) list.size = static_cast<std::uint8_t>(random_.below(256));
  }
  void numbers(const Param&, NumberList& list) override {
    if (!random_.one_in(3)) return;
    list.size =
        static_cast<std::uint8_t>(random_.one_in(50) ? random_.below(256) : 1 + random_.below(3));
    for (double& value : list.values) value = random_.one_in(2) ? 1.0 : random_number();
  }
  void pattern(const Param&, AffinePattern& pattern) override {
    pattern.rank = 1;
    pattern.dims[0] = {static_cast<std::int32_t>(random_.below(7) - 3), columns_};
    if (columns_ % 4 == 0 && random_.one_in(2)) {
      pattern.rank = 2;
      pattern.dims[0].count = 4;
      pattern.dims[1] = {-7, columns_ / 4};
    }
    if (random_.one_in(8)) {
      pattern.rank = static_cast<std::uint8_t>(random_.below(7));
      for (Dim& dim : pattern.dims) dim = {extreme(), extreme()};
    }
  }
  void choice_value(const Param&, const Choices& choices, std::uint8_t& value) override {
    if (tame_ ? !random_.one_in(6) : random_.one_in(3)) return;
    value = static_cast<std::uint8_t>(random_.below(choices.count));
    if (random_.one_in(100)) value = static_cast<std::uint8_t>(random_.below(256));
  }

 private:
  std::int32_t extreme() {
    return random_.of<std::int32_t>({0, 1, -1, 2, 3, 128, 1 << 16, 1 << 30, INT32_MAX, INT32_MIN});
  }
  std::int64_t random_integer() {
    return random_.of<std::int64_t>({0, 1, 2, 3, 8, 16, 32, -1, columns_, 255, 1 << 24, INT32_MAX,
                                     INT32_MIN, UINT32_MAX, std::int64_t{1} << 40, INT64_MAX,
                                     INT64_MIN});
  }
  double random_number() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return random_.of<double>({0.0, 1.0, 2.0, -1.5, 0.5, 3.0, 255.0, 1e30, 1e300, -1e300, 0x1p31,
                               -0x1p31, 0x1p63, -0.0, kInfinity, -kInfinity,
                               std::numeric_limits<double>::quiet_NaN(), 5e-324});
  }

  View random_view(const Param& param) {
    std::int32_t rows = rows_, columns = columns_;
    bool hinted = false;
    for (const Hint& hint : kHints) {
      if (hint.operand != param.name) continue;
      if (!hint.instruction.empty() && hint.instruction != instruction_) continue;
      hinted = true;
      columns = hint.columns;
    }
    if (!hinted && random_.one_in(tame_ ? 20 : 6)) {
      columns = random_.of<std::int32_t>(
          {1, 2, 6, 8, 24, 2 * columns_, columns_ + 1, std::max(1, columns_ / 4), rows_, 512});
    }
    if (random_.one_in(tame_ ? 20 : 8)) rows = random_.of<std::int32_t>({1, columns_, 32, 128});
    Space space = random_.of<Space>({Space::sbuf, Space::sbuf, Space::psum, Space::hbm});
    const std::string_view name = param.name;
    if (tame_ && (name == "srcs" || name == "others" || name == "dsts")) space = Space::hbm;
    for (const Space s : {Space::sbuf, Space::hbm, Space::psum}) {
      if (!param.spaces.has(space)) space = s;
    }
    DType dtype = dtype_;
    for (int tries = 0; tries < 40 && !param.dtypes.has(dtype); ++tries) {
      dtype = static_cast<DType>(random_.below(kDTypeCount));
    }
    if (space == Space::psum && tame_ && writes(param.touch)) dtype = DType::float32;
    if (random_.one_in(tame_ ? 30 : 10)) dtype = static_cast<DType>(random_.below(kDTypeCount));
    if (random_.one_in(3) && columns <= 64) {
      const View view = tensors_.fresh(space, rows, columns, dtype);
      if (random_.one_in(3)) tensors_.add(view);
      return view;
    }
    View view = part_of(tensors_.any_in(space), rows, columns, dtype);
    if (random_.one_in(10)) index(view);
    if (random_.one_in(25)) disturb(view);
    return view;
  }

  // `columns` elements, in one or two dimensions, somewhere in a tensor.
  View part_of(View view, std::int32_t rows, std::int32_t columns, DType dtype) {
    const TensorInfo& info = tensors_.build().program().tensor(view.tensor);
    const auto size = static_cast<std::int64_t>(dtype_bytes(dtype));
    view.dtype = dtype;
    view.rank = 2;
    view.dims = {};
    view.dims[0] = {1, rows};
    view.dims[1] = {random_.of<std::int32_t>({1, 1, 1, 2, 0, -1}), columns};
    if (columns % 2 == 0 && random_.one_in(3)) {
      view.rank = 3;
      view.dims[1].count = 2;
      view.dims[1].step = random_.of<std::int32_t>({columns / 2, 1, columns, 0});
      view.dims[2] = {random_.of<std::int32_t>({1, 2, 1}), columns / 2};
    }
    if (view.space == Space::hbm) {
      view.dims[0].step = columns;
    } else {
      if (random_.one_in(4)) view.partition = random_.of<std::int32_t>({32, 64, 96, 7});
      if (random_.one_in(20)) view.dims[0].step = random_.of<std::int32_t>({2, -1, 0, 4});
    }
    const std::int64_t room = std::max<std::int64_t>(1, info.partition_bytes / size / 4);
    view.offset_bytes = random_.one_in(2) ? 0 : random_.below(room) * size;
    return view;
  }

  void index(View& view) {
    Indirect indirect;
    indirect.kind = static_cast<IndirectKind>(random_.below(4));
    indirect.index = tensors_.index();
    indirect.reg = tensors_.reg();
    indirect.dim = static_cast<std::int32_t>(random_.below(view.rank));
    const auto size = static_cast<std::int64_t>(dtype_bytes(view.dtype));
    const bool rows = indirect.kind == IndirectKind::vector_rows;
    indirect.partition_dim = view.space != Space::hbm && random_.one_in(3);
    indirect.scale_bytes = indirect.partition_dim ? 1 : rows ? 16 * size : size;
    indirect.index_limit = random_.of<std::int64_t>({8, 128, 128, 4096, 0});
    if (random_.one_in(10)) indirect.scale_bytes = random_integer();
    if (random_.one_in(10)) indirect.index_limit = random_integer();
    if (random_.one_in(3)) {
      indirect.index.dims[1].count = 1;
    } else if (random_.one_in(20)) {
      disturb(indirect.index);
    }
    view.indirect = tensors_.build().add_indirect(indirect);
  }

  void disturb(View& view) {
    Dim& dim = view.dims[static_cast<std::size_t>(random_.below(kMaxRank))];
    switch (random_.below(9)) {
      case 0:
        dim.step = extreme();
        break;
      case 1:
        dim.count = extreme();
        break;
      case 2:
        view.rank = static_cast<std::uint8_t>(random_.below(random_.one_in(3) ? 256 : 9));
        break;
      case 3:
        view.offset_bytes = random_integer();
        break;
      case 4:
        view.partition = extreme();
        break;
      case 5:
        view.tensor = static_cast<TensorId>(random_.below(1 << 20));
        break;
      case 6:
        view.dtype = static_cast<DType>(random_.below(256));
        break;
      case 7:
        view.space = static_cast<Space>(random_.below(3));
        break;
      default:
        view.rank = kMaxRank;
        for (Dim& d : view.dims) d = {random_.one_in(2) ? 0 : extreme(), extreme()};
    }
  }

  std::string_view instruction_;
  Tensors& tensors_;
  Random& random_;
  bool tame_;  // what fits together even more often
  std::int32_t rows_, columns_;
  DType dtype_;
};

}  // namespace trainyard::test
