// SPDX-License-Identifier: Apache-2.0
// The element formats of the NeuronCore (nki.api.shared.rst, table "Supported Data Types").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trainyard {

enum class DType : std::uint8_t {
  float32,
  tfloat32,          // 1S 8E 10M, stored in 4 bytes
  bfloat16,          // 1S 8E 7M
  float16,           // 1S 5E 10M
  float8_e4m3,       // AWS's: IEEE-like, infinities, largest finite 240
  float8_e4m3fn,     // OCP's: no infinities, largest finite 448
  float8_e5m2,       // 1S 5E 2M, IEEE-like
  float8_e3m4,       // 1S 3E 4M, IEEE-like, largest finite 15.5
  float8_e8m0fnu,    // power-of-two scale of MX blocks, 0xff is NaN
  float8_e5m2_x4,    // four packed elements in 4 bytes
  float8_e4m3fn_x4,  // four packed elements in 4 bytes
  float4_e2m1fn_x4,  // four packed elements in 2 bytes
  int8,
  int16,
  int32,
  uint8,
  uint16,
  uint32,
  bool8,  // nl.bool_: one byte, 0 or 1
};

inline constexpr int kDTypeCount = 19;

enum class DTypeClass : std::uint8_t { floating, scale, packed, integer };

struct DTypeInfo {
  std::string_view name;  // as nki.language spells it
  DTypeClass kind;
  std::uint8_t bytes;  // storage of one element
  bool is_signed;
};

// In the order of enum DType.
inline constexpr std::array<DTypeInfo, kDTypeCount> kDTypes{{
    {"float32", DTypeClass::floating, 4, true},
    {"tfloat32", DTypeClass::floating, 4, true},
    {"bfloat16", DTypeClass::floating, 2, true},
    {"float16", DTypeClass::floating, 2, true},
    {"float8_e4m3", DTypeClass::floating, 1, true},
    {"float8_e4m3fn", DTypeClass::floating, 1, true},
    {"float8_e5m2", DTypeClass::floating, 1, true},
    {"float8_e3m4", DTypeClass::floating, 1, true},
    {"float8_e8m0fnu", DTypeClass::scale, 1, false},
    {"float8_e5m2_x4", DTypeClass::packed, 4, true},
    {"float8_e4m3fn_x4", DTypeClass::packed, 4, true},
    {"float4_e2m1fn_x4", DTypeClass::packed, 2, true},
    {"int8", DTypeClass::integer, 1, true},
    {"int16", DTypeClass::integer, 2, true},
    {"int32", DTypeClass::integer, 4, true},
    {"uint8", DTypeClass::integer, 1, false},
    {"uint16", DTypeClass::integer, 2, false},
    {"uint32", DTypeClass::integer, 4, false},
    {"bool", DTypeClass::integer, 1, false},
}};

constexpr const DTypeInfo& dtype_info(DType dtype) {
  return kDTypes[static_cast<std::size_t>(dtype)];
}
std::optional<DType> dtype_from_name(std::string_view name);  // also aliases: float8e4, float8e5

inline std::size_t dtype_bytes(DType dtype) {
  return dtype_info(dtype).bytes;
}
inline bool is_integer(DType dtype) {
  return dtype_info(dtype).kind == DTypeClass::integer;
}
inline bool is_floating(DType dtype) {
  return dtype_info(dtype).kind == DTypeClass::floating;
}
inline bool is_packed(DType dtype) {
  return dtype_info(dtype).kind == DTypeClass::packed;
}

}  // namespace trainyard
