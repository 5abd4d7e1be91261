// SPDX-License-Identifier: Apache-2.0
// Until when the blocks of the PE array are held, and by whom: products on disjoint row or column
// tiles run side by side (nki.isa.nc_matmul, tiling mode), those on shared blocks one after
// another.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "program/work.h"

namespace trainyard {

class ArrayTiles {
 public:
  // When all blocks of `tile` are free.
  std::int64_t free_ps(std::uint16_t tile) const {
    std::int64_t free = 0;
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      if ((tile >> b & 1U) != 0) free = std::max(free, blocks_[b].until_ps);
    }
    return free;
  }

  // Until when `node` holds blocks; 0 if others have taken them since.
  std::int64_t held_by(std::uint32_t node) const {
    if (!tiled_) return 0;
    std::int64_t until = 0;
    for (const Block& block : blocks_) {
      if (block.node == node) until = std::max(until, block.until_ps);
    }
    return until;
  }

  void take(std::uint16_t tile, std::int64_t until_ps, std::uint32_t node) {
    tiled_ = tile != kWholeArray;
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      if ((tile >> b & 1U) != 0) blocks_[b] = {until_ps, node};
    }
  }

 private:
  struct Block {
    std::int64_t until_ps = 0;
    std::uint32_t node = kNoIndex;
  };
  std::array<Block, 16> blocks_{};
  bool tiled_ = false;  // the last one took a part
};

}  // namespace trainyard
