// SPDX-License-Identifier: Apache-2.0
// The bytes an instruction reads and writes in each memory, counted from its operands alone. An
// element that a pattern repeats (a broadcast) is moved once.
#pragma once

#include <cstdint>

#include "isa/table.h"

namespace trainyard {

struct Traffic {
  std::int64_t sbuf_read_bytes = 0;
  std::int64_t sbuf_write_bytes = 0;
  std::int64_t psum_read_bytes = 0;
  std::int64_t psum_write_bytes = 0;
  std::int64_t hbm_read_bytes = 0;
  std::int64_t hbm_write_bytes = 0;

  friend bool operator==(const Traffic&, const Traffic&) = default;
};

// `operands`: of entry's struct. Allocates nothing.
Traffic traffic_of(const Entry& entry, void* operands);
void add_traffic(const Entry& entry, void* operands, Traffic& total);

}  // namespace trainyard
