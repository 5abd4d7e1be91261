// SPDX-License-Identifier: Apache-2.0
// Which physical bytes a View may touch: a rectangle of partitions and bytes (HBM: one row), and
// whether two Views whose rectangles meet may still be apart because they interleave.
#pragma once

#include <cstdint>

#include "isa/view.h"
#include "program/program.h"

namespace trainyard {

struct Rectangle {
  std::int64_t first_byte = 0, end_byte = 0;  // end: one past the last
  std::int32_t first_partition = 0, end_partition = 0;

  bool meets(const Rectangle& other) const {
    return first_byte < other.end_byte && other.first_byte < end_byte &&
           first_partition < other.end_partition && other.first_partition < end_partition;
  }
  bool covers(const Rectangle& other) const {
    return first_byte <= other.first_byte && other.end_byte <= end_byte &&
           first_partition <= other.first_partition && other.end_partition <= end_partition;
  }
  Rectangle joined(const Rectangle& other) const;
  Rectangle clipped(const Rectangle& other) const;

  friend bool operator==(const Rectangle&, const Rectangle&) = default;
};

struct Footprint {
  Rectangle rectangle;
  const View* pattern = nullptr;  // set if the view leaves gaps in the rectangle
};

// The whole of a tensor that lies at `partition`, `byte` (HBM: 0, 0).
Rectangle tensor_rectangle(const TensorInfo& info, std::int32_t partition, std::int64_t byte);

// A view whose address is known only at run time may touch the whole tensor.
Footprint footprint(const View& view, const TensorInfo& info, std::int32_t partition,
                    std::int64_t byte);

// False if the two, whose rectangles meet, share no byte because both repeat with the same period.
bool may_overlap(const Footprint& a, const Footprint& b);

}  // namespace trainyard
