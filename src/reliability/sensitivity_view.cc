// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "reliability/sensitivity.h"

namespace trainyard {
namespace {

constexpr std::size_t kShown = 6;

}  // namespace

std::string goodput_sensitivity_text(const GoodputSensitivity& sensitivity) {
  std::string text = fmt::format(
      "what it rests on: rates and assumed numbers, each halved and doubled; all together {:.2f} "
      "to "
      "{:.2f} %\n",
      100 * sensitivity.low, 100 * sensitivity.high);
  const std::size_t shown = std::min(kShown, sensitivity.moved.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const Moved& moved = sensitivity.moved[i];
    const SourcedNumber& number = moved.number;
    text += fmt::format("  {:<24} {:6.2f} to {:.2f} %   {}, {}\n", number.key, 100 * moved.at_half,
                        100 * moved.at_double, number.origin,
                        number.why.empty() ? number.source : number.why);
  }
  return text;
}

void write_goodput_sensitivity(JsonWriter& json, const GoodputSensitivity& sensitivity) {
  json.begin_object();
  json.field("goodput", sensitivity.goodput);
  json.field("goodput_low", sensitivity.low);
  json.field("goodput_high", sensitivity.high);
  json.objects("inputs", sensitivity.moved, [&](const Moved& moved) {
    json.field("key", moved.number.key);
    json.field("origin", moved.number.origin);
    json.field("why", moved.number.why.empty() ? moved.number.source : moved.number.why);
    json.field("goodput_at_half", moved.at_half);
    json.field("goodput_at_double", moved.at_double);
  });
  json.end_object();
}

}  // namespace trainyard
