// SPDX-License-Identifier: Apache-2.0
#include "numerics/math.h"

#include <array>

#include "numerics/math_rows.h"

namespace trainyard {
namespace {

enum class Family : std::uint8_t { simple, exponential, error_function, trigonometric };

struct Row {
  std::string_view name;
  Family family;
};

constexpr std::array<Row, kFunctionCount> kRows = {{
    {"copy", Family::simple},
    {"square", Family::simple},
    {"sigmoid", Family::exponential},
    {"relu", Family::simple},
    {"prelu", Family::simple},
    {"gelu", Family::error_function},
    {"gelu_dx", Family::error_function},
    {"gelu_apprx_tanh", Family::exponential},
    {"gelu_apprx_sigmoid", Family::exponential},
    {"gelu_apprx_sigmoid_dx", Family::exponential},
    {"silu", Family::exponential},
    {"silu_dx", Family::exponential},
    {"tanh", Family::exponential},
    {"softplus", Family::exponential},
    {"mish", Family::exponential},
    {"erf", Family::error_function},
    {"erf_dx", Family::error_function},
    {"exp", Family::exponential},
    {"log", Family::trigonometric},
    {"sin", Family::trigonometric},
    {"arctan", Family::trigonometric},
    {"sqrt", Family::simple},
    {"rsqrt", Family::simple},
    {"reciprocal", Family::simple},
    {"sign", Family::simple},
    {"abs", Family::simple},
    {"cos", Family::trigonometric},
    {"tan", Family::trigonometric},
    {"ceil", Family::simple},
    {"floor", Family::simple},
    {"trunc", Family::simple},
    {"negative", Family::simple},
}};

}  // namespace

std::string_view function_name(Function function) {
  return kRows[static_cast<std::size_t>(function)].name;
}

std::optional<Function> function_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].name == name) return static_cast<Function>(i);
  }
  return std::nullopt;
}

void apply_row(Function function, const float* in, std::size_t count, float* out, float param) {
  switch (kRows[static_cast<std::size_t>(function)].family) {
    case Family::simple:
      return simple_row(function, in, count, out, param);
    case Family::exponential:
      return exponential_row(function, in, count, out);
    case Family::error_function:
      return error_function_row(function, in, count, out);
    case Family::trigonometric:
      return trigonometric_row(function, in, count, out);
  }
}

}  // namespace trainyard
