// SPDX-License-Identifier: Apache-2.0
#include "numerics/dtype.h"

#include <array>

namespace trainyard {
namespace {

using enum DTypeClass;

// In the order of enum DType.
constexpr std::array<DTypeInfo, kDTypeCount> kInfo{{
    {"float32", floating, 4, true},
    {"tfloat32", floating, 4, true},
    {"bfloat16", floating, 2, true},
    {"float16", floating, 2, true},
    {"float8_e4m3", floating, 1, true},
    {"float8_e4m3fn", floating, 1, true},
    {"float8_e5m2", floating, 1, true},
    {"float8_e3m4", floating, 1, true},
    {"float8_e8m0fnu", scale, 1, false},
    {"float8_e5m2_x4", packed, 4, true},
    {"float8_e4m3fn_x4", packed, 4, true},
    {"float4_e2m1fn_x4", packed, 2, true},
    {"int8", integer, 1, true},
    {"int16", integer, 2, true},
    {"int32", integer, 4, true},
    {"uint8", integer, 1, false},
    {"uint16", integer, 2, false},
    {"uint32", integer, 4, false},
    {"bool", integer, 1, false},
}};

}  // namespace

const DTypeInfo& dtype_info(DType dtype) {
  return kInfo[static_cast<std::size_t>(dtype)];
}

std::optional<DType> dtype_from_name(std::string_view name) {
  if (name == "float8e4") return DType::float8_e4m3;
  if (name == "float8e5") return DType::float8_e5m2;
  if (name == "bool_") return DType::bool8;
  for (std::size_t i = 0; i < kInfo.size(); ++i) {
    if (kInfo[i].name == name) return static_cast<DType>(i);
  }
  return std::nullopt;
}

}  // namespace trainyard
