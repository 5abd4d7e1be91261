// SPDX-License-Identifier: Apache-2.0
// Which elements of a tensor were written since it was allocated. On chip one 128-bit partition
// mask per column of elements, since instructions touch whole columns; in HBM one bit per element.
// Nothing is kept for a tensor of which nothing or everything was written.
#pragma once

#include <cstdint>
#include <vector>

namespace trainyard {

struct PartitionMask {
  std::uint64_t low = 0, high = 0;

  static PartitionMask range(std::int32_t first, std::int32_t count);
  static PartitionMask one(std::int32_t partition) { return range(partition, 1); }
  friend bool operator==(const PartitionMask&, const PartitionMask&) = default;
};

class WrittenMap {
 public:
  enum class State : std::uint8_t { none, some, all };

  // `partitions` 0: HBM. `elements`: of each partition, or of all.
  void reset(std::int32_t partitions, std::int64_t elements);
  void set_all();
  State state() const { return state_; }

  // Elements [first, first + count) of the partitions of `mask` (ignored in HBM).
  void mark(const PartitionMask& mask, std::int64_t first, std::int64_t count);
  bool all(const PartitionMask& mask, std::int64_t first, std::int64_t count) const;
  bool any(const PartitionMask& mask, std::int64_t first, std::int64_t count) const;

 private:
  void mark_bits(std::int64_t first, std::int64_t count);

  State state_ = State::none;
  std::int32_t partitions_ = 0;
  std::int64_t elements_ = 0;
  std::int64_t missing_ = 0;  // columns not full, or elements not written
  std::vector<PartitionMask> columns_;
  std::vector<std::uint64_t> bits_;
};

}  // namespace trainyard
