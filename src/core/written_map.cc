// SPDX-License-Identifier: Apache-2.0
#include "core/written_map.h"

#include <algorithm>
#include <bit>

namespace trainyard {
namespace {

std::uint64_t bits_from(std::int64_t first, std::int64_t count) {
  const std::uint64_t ones = count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  return ones << first;
}

// Calls use(word, bits) for each 64-bit word of [first, first + count); stops at false.
template <class Use>
bool each_word(std::int64_t first, std::int64_t count, Use&& use) {
  for (std::int64_t at = first; at < first + count;) {
    const std::int64_t n = std::min<std::int64_t>(64 - at % 64, first + count - at);
    if (!use(static_cast<std::size_t>(at / 64), bits_from(at % 64, n))) return false;
    at += n;
  }
  return true;
}

}  // namespace

PartitionMask PartitionMask::range(std::int32_t first, std::int32_t count) {
  PartitionMask mask;
  const std::int32_t end = first + count;
  if (first < 64) mask.low = bits_from(first, std::min(end, 64) - first);
  if (end > 64) {
    const std::int32_t from = std::max(first, 64);
    mask.high = bits_from(from - 64, end - from);
  }
  return mask;
}

void WrittenMap::reset(std::int32_t partitions, std::int64_t elements) {
  state_ = State::none;
  partitions_ = partitions;
  elements_ = elements;
}

void WrittenMap::set_all() {
  state_ = State::all;
  columns_ = {};
  bits_ = {};
}

void WrittenMap::mark_bits(std::int64_t first, std::int64_t count) {
  if (state_ == State::none) {
    bits_.assign(static_cast<std::size_t>((elements_ + 63) / 64), 0);
    missing_ = elements_;
  }
  each_word(first, count, [&](std::size_t word, std::uint64_t bits) {
    missing_ -= std::popcount(bits & ~bits_[word]);
    bits_[word] |= bits;
    return true;
  });
}

void WrittenMap::mark(const PartitionMask& mask, std::int64_t first, std::int64_t count) {
  if (state_ == State::all) return;
  if (partitions_ == 0) {
    mark_bits(first, count);
  } else {
    if (state_ == State::none) {
      columns_.assign(static_cast<std::size_t>(elements_), {});
      missing_ = elements_;
    }
    const PartitionMask full = PartitionMask::range(0, partitions_);
    PartitionMask* column = columns_.data() + first;
    for (std::int64_t i = 0; i < count; ++i) {
      const PartitionMask sum{column[i].low | mask.low, column[i].high | mask.high};
      missing_ -= sum == full && column[i] != full ? 1 : 0;
      column[i] = sum;
    }
  }
  state_ = State::some;
  if (missing_ == 0) set_all();
}

bool WrittenMap::all(const PartitionMask& mask, std::int64_t first, std::int64_t count) const {
  if (state_ != State::some) return state_ == State::all;
  if (partitions_ == 0) {
    return each_word(first, count, [&](std::size_t word, std::uint64_t bits) {
      return (bits_[word] & bits) == bits;
    });
  }
  const PartitionMask* column = columns_.data() + first;
  std::uint64_t missing = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    missing |= (mask.low & ~column[i].low) | (mask.high & ~column[i].high);
  }
  return missing == 0;
}

bool WrittenMap::any(const PartitionMask& mask, std::int64_t first, std::int64_t count) const {
  if (state_ != State::some) return state_ == State::all;
  if (partitions_ == 0) {
    return !each_word(first, count, [&](std::size_t word, std::uint64_t bits) {
      return (bits_[word] & bits) == 0;
    });
  }
  const PartitionMask* column = columns_.data() + first;
  std::uint64_t found = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    found |= (mask.low & column[i].low) | (mask.high & column[i].high);
  }
  return found != 0;
}

}  // namespace trainyard
