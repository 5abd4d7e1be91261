// SPDX-License-Identifier: Apache-2.0
// Where a number of a machine comes from.
#pragma once

#include <cstdint>
#include <string>

namespace trainyard {

enum class Origin : std::uint8_t {
  published,  // written by the maker
  derived,    // computed or measured from public material
  assumed,    // chosen by us; `why` says on what grounds
  what_if,    // an override by the user
};

// "what-if".
std::string origin_name(Origin origin);

struct Provenance {
  double value = 0;  // as written, in `unit`
  std::string text;  // instead of `value` for keys that hold words
  std::string unit;  // as written; empty for words and booleans
  std::string source;
  Origin origin = Origin::published;
  std::string why;
};

}  // namespace trainyard
