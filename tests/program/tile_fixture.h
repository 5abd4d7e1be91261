// SPDX-License-Identifier: Apache-2.0
// Tiles of tensors without a core, and what they address.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fault.h"
#include "program/tile.h"

namespace trainyard {

inline Tile tile_of(Space space, const Shape& shape, DType dtype = DType::float32) {
  View view;
  view.tensor = 0;
  view.dtype = dtype;
  view.space = space;
  view.rank = static_cast<std::uint8_t>(shape.size());
  std::int64_t step = 1;
  for (int d = view.rank - 1; d >= 0; --d) {
    view.dims[d] = {static_cast<std::int32_t>(step), static_cast<std::int32_t>(shape[d])};
    step *= shape[d];
  }
  TensorInfo info;
  info.space = space;
  info.dtype = dtype;
  info.partition_bytes = step * static_cast<std::int64_t>(dtype_bytes(dtype));
  if (on_chip(space)) {
    info.partitions = static_cast<std::int32_t>(shape[0]);
    info.partition_bytes /= shape[0];
    view.dims[0].step = 1;
  }
  return Tile(view, info);
}

inline Tile sbuf(const Shape& shape, DType dtype = DType::float32) {
  return tile_of(Space::sbuf, shape, dtype);
}
inline Tile hbm(const Shape& shape, DType dtype = DType::float32) {
  return tile_of(Space::hbm, shape, dtype);
}

inline Shape shape_of(const Tile& tile) {
  Shape shape;
  for (int d = 0; d < tile.rank(); ++d) shape.push_back(tile.extent(d));
  return shape;
}

// [[stride, count], …] as get_pattern() gives it.
inline std::vector<std::pair<std::int64_t, std::int64_t>> pattern_of(const Tile& tile) {
  std::vector<std::pair<std::int64_t, std::int64_t>> pattern;
  for (int d = 0; d < tile.rank(); ++d) pattern.emplace_back(tile.stride(d), tile.extent(d));
  return pattern;
}

// Element positions in the flat tensor, row-major: what the tile addresses.
inline std::vector<std::int64_t> elements_of(const Tile& tile) {
  std::vector<std::int64_t> at = {tile.offset()};
  for (int d = 0; d < tile.rank(); ++d) {
    std::vector<std::int64_t> next;
    for (const std::int64_t base : at) {
      for (std::int64_t i = 0; i < tile.extent(d); ++i) next.push_back(base + i * tile.stride(d));
    }
    at = std::move(next);
  }
  return at;
}

inline IndexItem index(std::int64_t at) {
  IndexItem item;
  item.kind = IndexItem::Kind::index;
  item.start = at;
  return item;
}
inline IndexItem range(std::int64_t start, std::int64_t stop, std::int64_t step = 1) {
  IndexItem item;
  item.start = start;
  item.stop = stop;
  item.step = step;
  return item;
}
inline IndexItem all() {
  return {};
}
inline IndexItem ellipsis() {
  IndexItem item;
  item.kind = IndexItem::Kind::ellipsis;
  return item;
}
inline IndexItem new_axis() {
  IndexItem item;
  item.kind = IndexItem::Kind::new_axis;
  return item;
}

inline Tile at(const Tile& tile, const std::vector<IndexItem>& items) {
  return tile.at(items.data(), static_cast<int>(items.size()));
}

// What the refused call says.
template <class F>
std::string told(F&& call) {
  try {
    call();
  } catch (const Fault& fault) {
    return fault.message();
  }
  return "nothing was refused";
}

}  // namespace trainyard
