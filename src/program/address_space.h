// SPDX-License-Identifier: Apache-2.0
// The free bytes of every partition of SBUF or PSUM while tensors come and go.
#pragma once

#include <cstdint>
#include <map>

namespace trainyard {

enum class Fit : std::uint8_t {
  lowest,   // the lowest address that fits: packs tightest
  highest,  // the highest address that fits: long-lived tensors break no room for those that come
            // and go
};

class AddressSpace {
 public:
  // `bank_bytes`: 0, or no tensor may cross a bank's end unless it starts at a bank.
  AddressSpace(std::int64_t bytes, std::int64_t bank_bytes);

  // Returns the first byte, or -1 if no hole is large enough.
  std::int64_t allocate(std::int64_t bytes, Fit fit);
  // Takes [begin, begin + bytes) out of the holes; what is taken already stays so.
  void reserve(std::int64_t begin, std::int64_t bytes);
  void release(std::int64_t begin, std::int64_t bytes);

  std::int64_t used() const { return used_; }
  std::int64_t peak() const { return peak_; }
  std::int64_t largest_hole() const;

 private:
  using Holes = std::map<std::int64_t, std::int64_t>;  // begin -> end

  // First byte of `bytes` inside [begin, end) that keeps the rule of banks, or -1.
  std::int64_t fits(std::int64_t begin, std::int64_t end, std::int64_t bytes) const;
  std::int64_t fits_from_top(std::int64_t begin, std::int64_t end, std::int64_t bytes) const;

  void move_begin(Holes::iterator hole, std::int64_t begin);

  std::int64_t bytes_, bank_bytes_;
  std::int64_t used_ = 0, peak_ = 0;
  Holes holes_;
};

}  // namespace trainyard
