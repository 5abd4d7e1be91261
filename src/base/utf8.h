// SPDX-License-Identifier: Apache-2.0
// What of some bytes is UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace trainyard {

// Length of the UTF-8 sequence that begins `words`, which are not empty; 0 when it is not one
// (overlong, surrogate, cut).
std::size_t utf8_length(std::string_view words);

}  // namespace trainyard
