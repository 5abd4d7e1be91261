// SPDX-License-Identifier: Apache-2.0
#include "program/operand_hash.h"

#include <bit>

namespace trainyard {

void HashedWords::add(double value) {
  add(std::bit_cast<std::int64_t>(value));
}

void OperandHash::view(const View& v) {
  words_.add(std::int64_t{v.present()});
  if (!v.present()) return;
  words_.add(name_of(v.tensor));
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

void OperandHash::tiles(const Param&, ViewList& list) {
  words_.add(std::int64_t{list.size});
  for (std::size_t i = 0; i < list.size; ++i) view(list.views[i]);
}

void OperandHash::scalar(const Param&, ScalarOperand& operand) {
  words_.add(static_cast<std::int64_t>(operand.kind));
  words_.add(operand.number);
  view(operand.tile);
}

void OperandHash::reg(const Param&, RegisterOperand& operand) {
  words_.add(std::int64_t{operand.reg});
  words_.add(operand.value);
}

void OperandHash::numbers(const Param&, NumberList& list) {
  words_.add(std::int64_t{list.size});
  for (std::size_t i = 0; i < list.size; ++i) words_.add(list.values[i]);
}

void OperandHash::integers(const Param&, IntList& list) {
  words_.add(std::int64_t{list.size});
  for (std::size_t i = 0; i < list.size; ++i) words_.add(std::int64_t{list.values[i]});
}

void OperandHash::pattern(const Param&, AffinePattern& pattern) {
  words_.add(std::int64_t{pattern.rank});
  for (std::size_t d = 0; d < pattern.rank; ++d) {
    words_.add(std::int64_t{pattern.dims[d].step});
    words_.add(std::int64_t{pattern.dims[d].count});
  }
}

}  // namespace trainyard
