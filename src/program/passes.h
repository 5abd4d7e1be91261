// SPDX-License-Identifier: Apache-2.0
// What a compiler does between a kernel's text and the queues of the engines, and that changes
// time: named passes, each of which can be left out.
#pragma once

#include <cstdint>
#include <string_view>

namespace trainyard {

// In the order in which they run.
enum class Pass : std::uint8_t {
  psum_operands,
  common_values,
  double_buffering,
  packing,
  spilling,
  dma_queues,
  order,
  dma_split,
};
inline constexpr int kPassCount = 8;
// Those that change the Program itself; the others are run when it is timed.
inline constexpr bool changes_program(Pass pass) {
  return pass == Pass::common_values || pass == Pass::psum_operands;
}

struct PassInfo {
  std::string_view name;     // of --no-pass
  std::string_view does;     // one clause
  std::string_view without;  // what is done instead
};
const PassInfo& pass_info(Pass pass);

// Throws Fault(usage) with the list of names.
Pass pass_named(std::string_view name);

// The passes that run: all, unless told otherwise.
class PassSet {
 public:
  bool has(Pass pass) const { return (left_out_ & bit(pass)) == 0; }
  PassSet without(Pass pass) const {
    PassSet fewer = *this;
    fewer.left_out_ |= bit(pass);
    return fewer;
  }
  bool all() const { return left_out_ == 0; }

 private:
  static std::uint32_t bit(Pass pass) { return 1u << static_cast<int>(pass); }
  std::uint32_t left_out_ = 0;
};

}  // namespace trainyard
