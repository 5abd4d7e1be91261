// SPDX-License-Identifier: Apache-2.0
#include "program/address_space.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace trainyard {
namespace {

// Widest element of any dtype; each tensor starts at a multiple of it.
constexpr std::int64_t kAlignBytes = 4;

std::int64_t round_up(std::int64_t value, std::int64_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

AddressSpace::AddressSpace(std::int64_t bytes, std::int64_t bank_bytes)
    : bytes_(bytes), bank_bytes_(bank_bytes) {
  holes_[0] = bytes;
}

std::int64_t AddressSpace::fits(std::int64_t begin, std::int64_t end, std::int64_t bytes) const {
  std::int64_t at = round_up(begin, kAlignBytes);
  if (bank_bytes_ > 0 && at / bank_bytes_ != (at + bytes - 1) / bank_bytes_) {
    at = round_up(at, bank_bytes_);
  }
  return at + bytes <= end ? at : -1;
}

std::int64_t AddressSpace::fits_from_top(std::int64_t begin, std::int64_t end,
                                         std::int64_t bytes) const {
  std::int64_t at = (end - bytes) / kAlignBytes * kAlignBytes;
  if (bank_bytes_ > 0 && at >= 0 && at / bank_bytes_ != (at + bytes - 1) / bank_bytes_) {
    at = at / bank_bytes_ * bank_bytes_;
  }
  return at >= begin && end >= bytes ? at : -1;
}

std::int64_t AddressSpace::allocate(std::int64_t bytes, Fit fit) {
  std::int64_t at = -1;
  if (fit == Fit::highest) {
    for (auto hole = holes_.rbegin(); hole != holes_.rend() && at < 0; ++hole) {
      at = fits_from_top(hole->first, hole->second, bytes);
    }
  } else {
    for (auto hole = holes_.begin(); hole != holes_.end() && at < 0; ++hole) {
      at = fits(hole->first, hole->second, bytes);
    }
  }
  if (at >= 0) reserve(at, bytes);
  return at;
}

void AddressSpace::reserve(std::int64_t begin, std::int64_t bytes) {
  const std::int64_t end = std::min(begin + bytes, bytes_);
  auto hole = holes_.upper_bound(begin);
  if (hole != holes_.begin()) --hole;
  while (hole != holes_.end() && hole->first < end) {
    const auto [first, last] = *hole;
    if (last <= begin) {
      ++hole;
      continue;
    }
    used_ += std::min(last, end) - std::max(first, begin);
    if (first < begin) {
      hole->second = begin;
      ++hole;
      if (last > end) holes_.emplace_hint(hole, end, last);
    } else if (last > end) {
      move_begin(hole++, end);
    } else {
      hole = holes_.erase(hole);
    }
  }
  peak_ = std::max(peak_, used_);
}

void AddressSpace::release(std::int64_t begin, std::int64_t bytes) {
  const std::int64_t end = std::min(begin + bytes, bytes_);
  used_ -= end - begin;
  const auto next = holes_.lower_bound(begin);
  const bool joins_next = next != holes_.end() && next->first == end;
  if (next != holes_.begin() && std::prev(next)->second == begin) {
    std::prev(next)->second = joins_next ? next->second : end;
    if (joins_next) holes_.erase(next);
  } else if (joins_next) {
    move_begin(next, begin);
  } else {
    holes_.emplace_hint(next, begin, end);
  }
}

// The order of the holes stays, so that its node may.
void AddressSpace::move_begin(Holes::iterator hole, std::int64_t begin) {
  const auto next = std::next(hole);
  auto node = holes_.extract(hole);
  node.key() = begin;
  holes_.insert(next, std::move(node));
}

std::int64_t AddressSpace::largest_hole() const {
  std::int64_t largest = 0;
  for (const auto& [begin, end] : holes_) largest = std::max(largest, end - begin);
  return largest;
}

}  // namespace trainyard
