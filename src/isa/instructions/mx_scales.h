// SPDX-License-Identifier: Apache-2.0
// Where the scales of MX operands lie (mxfp-matmul.rst): one row per 8 partitions, four rows to a
// quadrant of 32, counted from the first partition of the scale view.
#pragma once

#include <string_view>

#include "isa/table.h"
#include "numerics/mx.h"

namespace trainyard {

// Row of the scale view for partition `p` of the data.
constexpr std::int32_t mx_scale_row(std::int32_t p, std::int32_t quadrant) {
  return p / quadrant * quadrant + p % quadrant / static_cast<std::int32_t>(mx::kGroupPartitions);
}

inline constexpr DTypeSet kMxTypes =
    dtypes(DType::float8_e5m2_x4, DType::float8_e4m3fn_x4, DType::float4_e2m1fn_x4);
inline constexpr DTypeSet kMxScaleTypes = dtypes(DType::float8_e8m0fnu, DType::uint8);

// Partitions of the data and shape of its scales.
void check_mx_pair(const CheckContext& context, std::string_view data_name, const View& data,
                   std::string_view scale_name, const View& scale);

}  // namespace trainyard
