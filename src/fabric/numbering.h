// SPDX-License-Identifier: Apache-2.0
// Numbers values 0, 1, ... as they first appear.
#pragma once

#include <bit>
#include <cstdint>
#include <unordered_map>

namespace trainyard {

class Numbering {
 public:
  // -0 is 0.
  std::uint32_t number(double value) { return number(std::bit_cast<std::uint64_t>(value + 0.0)); }
  std::uint32_t number(std::uint64_t value) {
    if (value == last_ && !numbers_.empty()) return last_number_;
    last_ = value;
    last_number_ =
        numbers_.try_emplace(value, static_cast<std::uint32_t>(numbers_.size())).first->second;
    return last_number_;
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(numbers_.size()); }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;
  std::uint64_t last_ = 0;  // most often the next is the same
  std::uint32_t last_number_ = 0;
};

}  // namespace trainyard
