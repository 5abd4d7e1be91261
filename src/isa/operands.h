// SPDX-License-Identifier: Apache-2.0
// The kinds of operand and attribute an instruction may have, besides a View.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "isa/view.h"
#include "numerics/alu.h"
#include "numerics/math.h"

namespace trainyard {

// Values follow nki.isa.engine.
enum class Engine : std::uint8_t {
  unknown = 0,
  tensor = 1,
  scalar = 2,
  gpsimd = 3,
  dma = 4,
  vector = 5,
  sync = 6
};
inline constexpr int kEngineCount = 7;

// Values follow nki.isa: dge_mode, oob_mode, reduce_cmd, matmul_perf_mode.
enum class DgeMode : std::uint8_t { unknown = 0, swdge = 1, hwdge = 2, none = 3 };
enum class OobMode : std::uint8_t { error = 0, skip = 1 };
enum class ReduceCmd : std::uint8_t {
  idle = 0,
  reset = 1,
  reduce = 2,
  reset_reduce = 3,
  load_reduce = 4
};
enum class MatmulPerfMode : std::uint8_t { none = 0, double_row = 1 };
// nc_matmul(accumulate=None | False | True)
enum class Accumulate : std::uint8_t { automatic = 0, overwrite = 1, add = 2 };

// A set of engines, one bit each.
struct EngineSet {
  std::uint8_t bits = 0;

  static constexpr EngineSet of(Engine e) {
    return {static_cast<std::uint8_t>(1u << static_cast<int>(e))};
  }
  constexpr bool has(Engine e) const { return (bits >> static_cast<int>(e)) & 1u; }
  constexpr bool empty() const { return bits == 0; }
  constexpr EngineSet without(Engine e) const {
    return {static_cast<std::uint8_t>(bits & ~of(e).bits)};
  }
  friend constexpr EngineSet operator|(EngineSet a, EngineSet b) {
    return {static_cast<std::uint8_t>(a.bits | b.bits)};
  }
  friend constexpr EngineSet operator|(EngineSet a, Engine b) { return a | of(b); }
  friend constexpr bool operator==(EngineSet, EngineSet) = default;
};
constexpr EngineSet operator|(Engine a, Engine b) {
  return EngineSet::of(a) | EngineSet::of(b);
}

// A compile-time number, or a (P, 1) tile broadcast along the free dimensions, or nothing.
struct ScalarOperand {
  enum class Kind : std::uint8_t { none, number, tile };
  Kind kind = Kind::none;
  double number = 0.0;  // double: bitwise operators take 32-bit patterns
  View tile;

  static ScalarOperand of(double value) { return {Kind::number, value, {}}; }
  static ScalarOperand of(const View& view) { return {Kind::tile, 0.0, view}; }
  bool present() const { return kind != Kind::none; }
};

// A register, or a compile-time integer.
struct RegisterOperand {
  RegisterId reg = kNoRegister;
  std::int64_t value = 0;
};

// [[step, count], …] of iota and affine_select, outermost first, up to 4 dimensions.
struct AffinePattern {
  std::uint8_t rank = 0;
  std::array<Dim, 4> dims{};
};

// A short tuple of integers (tile_position, axes, shuffle mask).
struct IntList {
  static constexpr int kCapacity = 32;
  std::uint8_t size = 0;
  std::array<std::int32_t, kCapacity> values{};
};

// One number for each of the up to 16 sources of dma_compute.
struct NumberList {
  static constexpr int kCapacity = 16;
  std::uint8_t size = 0;
  std::array<double, kCapacity> values{};
};

struct ViewList {
  static constexpr int kCapacity = 16;
  std::uint8_t size = 0;
  std::array<View, kCapacity> views{};
};

// The named values of an enum operand, indexed by value; empty names are not selectable.
struct Choices {
  std::string_view what;  // "ALU operator"
  const std::string_view* names = nullptr;
  int count = 0;
};
template <class E>
const Choices& choices_of();  // specialised in operands.cc for each enum above
template <>
const Choices& choices_of<Engine>();
template <>
const Choices& choices_of<DgeMode>();
template <>
const Choices& choices_of<OobMode>();
template <>
const Choices& choices_of<ReduceCmd>();
template <>
const Choices& choices_of<MatmulPerfMode>();
template <>
const Choices& choices_of<Accumulate>();
template <>
const Choices& choices_of<AluOp>();
template <>
const Choices& choices_of<Function>();
template <>
const Choices& choices_of<DType>();

}  // namespace trainyard
