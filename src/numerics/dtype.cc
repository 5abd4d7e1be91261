// SPDX-License-Identifier: Apache-2.0
#include "numerics/dtype.h"

namespace trainyard {

std::optional<DType> dtype_from_name(std::string_view name) {
  if (name == "float8e4") return DType::float8_e4m3;
  if (name == "float8e5") return DType::float8_e5m2;
  if (name == "bool_") return DType::bool8;
  for (std::size_t i = 0; i < kDTypes.size(); ++i) {
    if (kDTypes[i].name == name) return static_cast<DType>(i);
  }
  return std::nullopt;
}

}  // namespace trainyard
