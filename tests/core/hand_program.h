// SPDX-License-Identifier: Apache-2.0
// A Program written by hand: recorded without executing anything, for tests and benchmarks of
// placement and time.
#pragma once

#include <new>
#include <string>
#include <utility>
#include <vector>

#include "isa/table.h"
#include "program/program.h"

namespace trainyard {

class HandProgram {
 public:
  Program program;
  bool fixed_order = false;

  View sbuf(const std::vector<std::int32_t>& shape, DType dtype, std::string name = {},
            std::int64_t byte = -1, std::int32_t partition = -1) {
    return on_chip_tensor(Space::sbuf, shape, dtype, std::move(name), byte, partition);
  }
  View psum(const std::vector<std::int32_t>& shape, DType dtype, std::string name = {}) {
    return on_chip_tensor(Space::psum, shape, dtype, std::move(name), -1, -1);
  }
  View hbm(const std::vector<std::int32_t>& shape, DType dtype, TensorRole role,
           std::string name = {}) {
    TensorInfo info;
    info.name = std::move(name);
    info.space = Space::hbm;
    info.dtype = dtype;
    info.role = role;
    info.row_bytes = shape.back() * static_cast<std::int64_t>(dtype_bytes(dtype));
    info.partition_bytes = info.row_bytes;
    for (std::size_t d = 0; d + 1 < shape.size(); ++d) info.partition_bytes *= shape[d];
    View view = row_major(shape, dtype, Space::hbm);
    std::int32_t step = 1;
    for (std::size_t d = shape.size(); d-- > 0; step *= shape[d]) view.dims[d].step = step;
    return enter(std::move(info), view);
  }

  template <class I>
  std::uint32_t add(I instruction, Engine engine, Engine queue = Engine::unknown) {
    Recorded recorded;
    recorded.opcode = opcode_of<I>();
    recorded.engine = engine;
    recorded.queue = queue;
    recorded.fixed_order = fixed_order;
    recorded.where = line == 0 ? 0 : program.sources.intern("kernel.py", line);
    recorded.operands = new (program.arena.allocate(sizeof(I), alignof(I))) I(instruction);
    program.stream.push_back(recorded);
    return static_cast<std::uint32_t>(program.stream.size() - 1);
  }

  int line = 0;

 private:
  static View row_major(const std::vector<std::int32_t>& shape, DType dtype, Space space) {
    View view;
    view.dtype = dtype;
    view.space = space;
    view.rank = static_cast<std::uint8_t>(shape.size());
    std::int32_t step = 1;
    for (std::size_t d = shape.size(); d-- > 1; step *= shape[d]) {
      view.dims[d] = {step, shape[d]};
    }
    view.dims[0] = {1, shape[0]};
    return view;
  }

  View on_chip_tensor(Space space, const std::vector<std::int32_t>& shape, DType dtype,
                      std::string name, std::int64_t byte, std::int32_t partition) {
    TensorInfo info;
    info.name = std::move(name);
    info.space = space;
    info.dtype = dtype;
    info.partitions = shape[0];
    info.partition_bytes = static_cast<std::int64_t>(dtype_bytes(dtype));
    for (std::size_t d = 1; d < shape.size(); ++d) info.partition_bytes *= shape[d];
    info.address_byte = byte;
    info.address_partition = partition;
    return enter(std::move(info), row_major(shape, dtype, space));
  }

  View enter(TensorInfo info, View view) {
    if (line != 0) info.where = program.sources.intern("kernel.py", line);
    info.created_at = static_cast<std::uint32_t>(program.stream.size());
    view.tensor = static_cast<TensorId>(program.tensors.size());
    program.tensors.push_back(std::move(info));
    return view;
  }
};

// Columns [first, first + count) of a view's last dimension.
inline View columns(View view, std::int32_t first, std::int32_t count) {
  Dim& last = view.dims[view.rank - 1];
  view.offset_bytes += static_cast<std::int64_t>(first) * last.step *
                       static_cast<std::int64_t>(dtype_bytes(view.dtype));
  last.count = count;
  return view;
}

// Rows [first, first + count) of an HBM view.
inline View rows(View view, std::int32_t first, std::int32_t count) {
  view.offset_bytes += static_cast<std::int64_t>(first) * view.dims[0].step *
                       static_cast<std::int64_t>(dtype_bytes(view.dtype));
  view.dims[0].count = count;
  return view;
}

}  // namespace trainyard
