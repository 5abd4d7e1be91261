// SPDX-License-Identifier: Apache-2.0
// Tensors of a Builder: shapes and addresses that the machine has.
#include <fmt/format.h>

#include <limits>
#include <utility>

#include "program/builder.h"

namespace trainyard {
namespace {

[[noreturn]] void refuse(const Program& program, SourceId where, FaultKind kind,
                         const std::string& name, std::string rule, std::string hint) {
  Fault fault(kind, std::move(rule), std::move(hint));
  fault.in("ndarray", name);
  throw fault.at(program.sources.place(where));
}

constexpr std::int64_t kLargest = std::int64_t{1} << 40;

}  // namespace

View Builder::add_tensor(const std::vector<std::int64_t>& shape, TensorInfo info) {
  const bool chip = on_chip(info.space);
  if (shape.size() > static_cast<std::size_t>(kMaxRank) || shape.empty()) {
    refuse(program_, where_, FaultKind::program, info.name,
           fmt::format("a tensor has 1 to {} dimensions, this one {}", kMaxRank, shape.size()),
           "merge dimensions with reshape");
  }
  const auto size = static_cast<std::int64_t>(dtype_bytes(info.dtype));
  View view;
  view.tensor = static_cast<TensorId>(program_.tensors.size());
  view.dtype = info.dtype;
  view.space = info.space;
  view.rank = static_cast<std::uint8_t>(shape.size());
  std::int64_t elements = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    if (shape[d] < 1 || shape[d] > std::numeric_limits<std::int32_t>::max() ||
        elements > kLargest / shape[d]) {
      refuse(program_, where_, FaultKind::program, info.name,
             fmt::format("dimension {} has {} elements", d, shape[d]),
             "every dimension must be 1 or more and the whole must fit the memory");
    }
    const std::int64_t step = chip && d == 0 ? 1 : elements;
    if (step > std::numeric_limits<std::int32_t>::max()) {
      refuse(program_, where_, FaultKind::limit, info.name,
             fmt::format("dimension {} has a stride of {} elements", d, step),
             "strides above 2^31 - 1 elements cannot be described");
    }
    view.dims[d] = {static_cast<std::int32_t>(step), static_cast<std::int32_t>(shape[d])};
    if (!chip || d > 0) elements *= shape[d];
  }
  info.partition_bytes = elements * size;
  info.partitions = chip ? view.dims[0].count : 0;
  info.row_bytes = chip ? 0 : shape.back() * size;
  info.where = where_;
  info.created_at = static_cast<std::uint32_t>(program_.stream.size());
  program_.tensors.push_back(std::move(info));
  return view;
}

View Builder::add_on_chip(Space space, const std::vector<std::int64_t>& shape, DType dtype,
                          std::string name, const Address* address) {
  const std::int64_t capacity = space == Space::sbuf ? machine_.sbuf.partition_size_bytes
                                                     : machine_.psum.partition_size_bytes();
  const char* memory = space == Space::sbuf ? "SBUF" : "PSUM";
  if (!shape.empty() && shape[0] > machine_.core.partitions) {
    refuse(program_, where_, FaultKind::limit, name,
           fmt::format("{} partitions, {} has {}", shape[0], memory, machine_.core.partitions),
           "the first dimension is the partition dimension: tile it");
  }
  TensorInfo info;
  info.name = std::move(name);
  info.space = space;
  info.dtype = dtype;
  if (address != nullptr) {
    info.address_partition = address->partition;
    info.address_byte = address->byte;
  }
  const View view = add_tensor(shape, std::move(info));
  const TensorInfo& added = program_.tensors.back();
  std::string rule;
  if (added.partition_bytes > capacity) {
    rule = fmt::format("{} bytes in each partition, {} has {}", added.partition_bytes, memory,
                       capacity);
  } else if (address != nullptr &&
             (address->byte < 0 || address->byte > capacity - added.partition_bytes)) {
    rule = fmt::format("{} bytes from byte {} of a partition, {} has {}", added.partition_bytes,
                       address->byte, memory, capacity);
  } else if (address != nullptr &&
             (address->partition < 0 ||
              address->partition > machine_.core.partitions - added.partitions)) {
    rule = fmt::format("{} partitions from {}, {} has {}", added.partitions, address->partition,
                       memory, machine_.core.partitions);
  }
  if (!rule.empty()) {
    const std::string label = added.name;
    program_.tensors.pop_back();
    refuse(program_, where_, FaultKind::limit, label, std::move(rule), "make the tile smaller");
  }
  memory_.allocate(program_, view.tensor);
  return view;
}

View Builder::sbuf(const std::vector<std::int64_t>& shape, DType dtype, std::string name,
                   const Address* address) {
  return add_on_chip(Space::sbuf, shape, dtype, std::move(name), address);
}

View Builder::psum(const std::vector<std::int64_t>& shape, DType dtype, std::string name,
                   const Address* address) {
  return add_on_chip(Space::psum, shape, dtype, std::move(name), address);
}

View Builder::hbm(const std::vector<std::int64_t>& shape, DType dtype, TensorRole role,
                  std::string name, bool shared) {
  TensorInfo info;
  info.name = std::move(name);
  info.space = Space::hbm;
  info.dtype = dtype;
  info.role = role;
  info.shared = shared;
  const View view = add_tensor(shape, std::move(info));
  const std::int64_t bytes = program_.tensors.back().partition_bytes;
  if (bytes > machine_.hbm.capacity_bytes) {
    const std::string label = program_.tensors.back().name;
    program_.tensors.pop_back();
    refuse(program_, where_, FaultKind::limit, label,
           fmt::format("{} bytes, the chip's HBM has {}", bytes, machine_.hbm.capacity_bytes),
           "split the tensor");
  }
  memory_.allocate(program_, view.tensor);
  return view;
}

View Builder::input(const std::vector<std::int64_t>& shape, DType dtype, std::byte* data,
                    std::string name, bool written) {
  TensorInfo info;
  info.name = std::move(name);
  info.space = Space::hbm;
  info.dtype = dtype;
  info.role = TensorRole::input;
  const View view = add_tensor(shape, std::move(info));
  memory_.bind(program_, view.tensor, data, written);
  return view;
}

}  // namespace trainyard
