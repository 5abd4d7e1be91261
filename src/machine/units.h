// SPDX-License-Identifier: Apache-2.0
// The units that machine files may write. Units of one dimension convert into each other; any
// other pairing is an error. Each dimension has bounds beyond which a value is surely a slip.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trainyard {

struct Unit {
  const char* name;       // as written in files: "GHz"
  const char* dimension;  // "frequency"
  double factor;          // value in the dimension's first unit = written * factor
  const char* suffix;     // of struct members and JSON keys: "hz"
};

// Null when there is no such unit.
const Unit* find_unit(std::string_view name);

// Names of all units of `dimension`, or of every dimension when it is empty.
std::vector<std::string> unit_names(std::string_view dimension = {});

// `value` of unit `from` in unit `to`; both must be of one dimension. A result that is a whole
// number but for rounding becomes that number: 2.4 GHz is 2400000000 Hz.
double convert_unit(double value, const Unit& from, const Unit& to);

struct Bounds {
  double min, max;  // in the dimension's first unit
};

Bounds dimension_bounds(std::string_view dimension);

}  // namespace trainyard
