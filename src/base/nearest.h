// SPDX-License-Identifier: Apache-2.0
// "Did you mean ...?": the known name closest to an unknown one, by edit distance.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trainyard {

// The closest of `known`, or an empty string when nothing is near enough to be a likely typo.
std::string nearest_name(std::string_view unknown, const std::vector<std::string>& known);

}  // namespace trainyard
