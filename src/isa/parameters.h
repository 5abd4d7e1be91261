// SPDX-License-Identifier: Apache-2.0
// How an instruction describes its parameters. Each instruction has one `visit` that names every
// parameter once, in the order of the nki.isa signature; the Python call, the C++ call, the
// generic operand rules, dependencies, byte counts, the documentation and the fuzzer's grammar are
// all visitors.
#pragma once

#include <cstdint>

#include "isa/operands.h"

namespace trainyard {

// write_part: a write that may leave some elements as they were.
enum class Touch : std::uint8_t { read, write, read_write, write_part };
constexpr bool reads(Touch touch) {
  return touch == Touch::read || touch == Touch::read_write;
}
constexpr bool writes(Touch touch) {
  return touch != Touch::read;
}

struct SpaceSet {
  std::uint8_t bits = 0;
  constexpr bool has(Space s) const { return (bits >> static_cast<int>(s)) & 1u; }
};
inline constexpr SpaceSet kSbuf{1u << static_cast<int>(Space::sbuf)};
inline constexpr SpaceSet kPsum{1u << static_cast<int>(Space::psum)};
inline constexpr SpaceSet kHbm{1u << static_cast<int>(Space::hbm)};
inline constexpr SpaceSet kOnChip{static_cast<std::uint8_t>(kSbuf.bits | kPsum.bits)};
inline constexpr SpaceSet kSbufOrHbm{static_cast<std::uint8_t>(kSbuf.bits | kHbm.bits)};
inline constexpr SpaceSet kAnySpace{static_cast<std::uint8_t>(kOnChip.bits | kHbm.bits)};

// A set of dtypes, one bit each.
struct DTypeSet {
  std::uint32_t bits = 0;
  constexpr bool has(DType d) const { return (bits >> static_cast<int>(d)) & 1u; }
};
template <class... D>
constexpr DTypeSet dtypes(D... d) {
  return {((1u << static_cast<int>(d)) | ... | 0u)};
}
inline constexpr DTypeSet kAnyDType{0xffffffffu};

// or_none: every call names it, and may give None.
enum class Need : std::uint8_t { required, or_none, optional };

// What holds for one parameter whatever the others are.
struct Param {
  const char* name;
  Touch touch = Touch::read;    // tiles only
  SpaceSet spaces = kOnChip;    // tiles only
  DTypeSet dtypes = kAnyDType;  // tiles only
  Need need = Need::required;
  bool moves_bytes = true;  // false: the tile only orders (core_barrier)
  bool any_start = false;   // true: may start inside a quadrant (packed MX scales)
  bool columns = false;     // true: may be a view made with .indirect() (NeuronCore-v4)
};

class ParamVisitor {
 public:
  virtual ~ParamVisitor() = default;
  virtual void tile(const Param&, View&) = 0;  // need optional: may be !present()
  virtual void tiles(const Param&, ViewList&) = 0;
  virtual void scalar(const Param&, ScalarOperand&) = 0;  // number | (P,1) tile | none
  virtual void reg(const Param&, RegisterOperand&) = 0;   // register | int
  virtual void integer(const Param&, std::int64_t&) = 0;
  virtual void number(const Param&, double&) = 0;
  virtual void flag(const Param&, bool&) = 0;
  virtual void integers(const Param&, IntList&) = 0;
  virtual void numbers(const Param&, NumberList&) = 0;
  virtual void pattern(const Param&, AffinePattern&) = 0;
  virtual void choice_value(const Param&, const Choices&, std::uint8_t&) = 0;

  template <class E>
  void choice(const Param& param, E& value) {
    static_assert(sizeof(E) == 1);
    choice_value(param, choices_of<E>(), reinterpret_cast<std::uint8_t&>(value));
  }
};

// A visitor that looks at tiles, wherever they stand; override more to look at more.
class TileVisitor : public ParamVisitor {
 public:
  void tiles(const Param& param, ViewList& list) override {
    for (std::size_t i = 0; i < list.size; ++i) tile(param, list.views[i]);
  }
  void scalar(const Param& param, ScalarOperand& operand) override {
    if (operand.kind == ScalarOperand::Kind::tile) tile(param, operand.tile);
  }
  void reg(const Param&, RegisterOperand&) override {}
  void integer(const Param&, std::int64_t&) override {}
  void number(const Param&, double&) override {}
  void flag(const Param&, bool&) override {}
  void integers(const Param&, IntList&) override {}
  void numbers(const Param&, NumberList&) override {}
  void pattern(const Param&, AffinePattern&) override {}
  void choice_value(const Param&, const Choices&, std::uint8_t&) override {}
};

}  // namespace trainyard
