// SPDX-License-Identifier: Apache-2.0
#include "program/hash.h"

#include <bit>

namespace trainyard {
namespace {

// FNV-1a over 64-bit words, each mixed with a multiply-shift: order matters, the host does not.
class Words {
 public:
  void add(std::int64_t value) {
    state_ ^= static_cast<std::uint64_t>(value);
    state_ *= 0x9E3779B97F4A7C15ull;
    state_ ^= state_ >> 29;
  }
  void add(double value) { add(std::bit_cast<std::int64_t>(value)); }
  void add(std::string_view text) {
    for (const char c : text) add(std::int64_t{c});
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ull;
};

class OperandHash final : public ParamVisitor {
 public:
  OperandHash(const Program& program, Words& words) : program_(program), words_(words) {}

  void view(const View& v) {
    words_.add(std::int64_t{v.present()});
    if (!v.present()) return;
    words_.add(std::int64_t{v.tensor});
    words_.add(static_cast<std::int64_t>(v.dtype));
    words_.add(std::int64_t{v.partition});
    words_.add(v.offset_bytes);
    words_.add(std::int64_t{v.rank});
    for (std::size_t d = 0; d < v.rank; ++d) {
      words_.add(std::int64_t{v.dims[d].step});
      words_.add(std::int64_t{v.dims[d].count});
    }
    words_.add(std::int64_t{v.indirect != 0});
    if (v.indirect == 0) return;
    const Indirect& indirect = program_.indirects[v.indirect - 1];
    words_.add(static_cast<std::int64_t>(indirect.kind));
    words_.add(std::int64_t{indirect.reg});
    words_.add(indirect.scale_bytes);
    words_.add(indirect.index_limit);
    words_.add(std::int64_t{indirect.partition_dim});
    view(indirect.index);
  }

  void tile(const Param&, View& v) override { view(v); }
  void tiles(const Param&, ViewList& list) override {
    words_.add(std::int64_t{list.size});
    for (std::size_t i = 0; i < list.size; ++i) view(list.views[i]);
  }
  void scalar(const Param&, ScalarOperand& operand) override {
    words_.add(static_cast<std::int64_t>(operand.kind));
    words_.add(operand.number);
    view(operand.tile);
  }
  void reg(const Param&, RegisterOperand& operand) override {
    words_.add(std::int64_t{operand.reg});
    words_.add(operand.value);
  }
  void integer(const Param&, std::int64_t& value) override { words_.add(value); }
  void number(const Param&, double& value) override { words_.add(value); }
  void numbers(const Param&, NumberList& list) override {
    words_.add(std::int64_t{list.size});
    for (std::size_t i = 0; i < list.size; ++i) words_.add(list.values[i]);
  }
  void flag(const Param&, bool& value) override { words_.add(std::int64_t{value}); }
  void integers(const Param&, IntList& list) override {
    words_.add(std::int64_t{list.size});
    for (std::size_t i = 0; i < list.size; ++i) words_.add(std::int64_t{list.values[i]});
  }
  void pattern(const Param&, AffinePattern& pattern) override {
    words_.add(std::int64_t{pattern.rank});
    for (std::size_t d = 0; d < pattern.rank; ++d) {
      words_.add(std::int64_t{pattern.dims[d].step});
      words_.add(std::int64_t{pattern.dims[d].count});
    }
  }
  void choice_value(const Param&, const Choices&, std::uint8_t& value) override {
    words_.add(std::int64_t{value});
  }

 private:
  const Program& program_;
  Words& words_;
};

}  // namespace

std::uint64_t program_hash(const Program& program) {
  Words words;
  for (const TensorInfo& t : program.tensors) {
    words.add(static_cast<std::int64_t>(t.space));
    words.add(static_cast<std::int64_t>(t.dtype));
    words.add(static_cast<std::int64_t>(t.role));
    words.add(std::int64_t{t.partitions});
    words.add(t.partition_bytes);
    words.add(std::int64_t{t.address_partition});
    words.add(t.address_byte);
  }
  OperandHash operands(program, words);
  for (const Recorded& r : program.stream) {
    const Entry& e = entry(r.opcode);
    words.add(e.info.name);
    words.add(static_cast<std::int64_t>(r.engine));
    words.add(static_cast<std::int64_t>(r.queue));
    e.visit(r.operands, operands);
  }
  return words.value();
}

}  // namespace trainyard
