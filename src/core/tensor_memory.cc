// SPDX-License-Identifier: Apache-2.0
// Where the bytes of tensors are, and what they hold before anything is written: NaN, which has all
// bits set in every floating format, or the integer 4.
#include <algorithm>
#include <bit>
#include <cstring>

#include "base/fault.h"
#include "core/neuron_core.h"

namespace trainyard {
namespace {

constexpr std::int64_t kBlockBytes = 64;
constexpr int kUnwrittenInteger = 4;

void fill_bytes(DType dtype, std::byte* at, std::int64_t bytes) {
  const auto n = static_cast<std::size_t>(bytes);
  if (!is_integer(dtype) || dtype == DType::bool8) {
    std::memset(at, dtype == DType::bool8 ? 1 : 0xff, n);
    return;
  }
  const std::size_t size = dtype_bytes(dtype);
  std::memset(at, size == 1 ? kUnwrittenInteger : 0, n);
  if (size > 1) {
    for (std::size_t i = 0; i < n; i += size) at[i] = std::byte{kUnwrittenInteger};
  }
}

}  // namespace

NeuronCore::Tensor& NeuronCore::slot(TensorId id) {
  if (id >= tensors_.size()) tensors_.resize(std::max<std::size_t>(id + 1, tensors_.size() * 2));
  return tensors_[id];
}

NeuronCore::Tensor& NeuronCore::live(TensorId id) {
  if (id >= tensors_.size() || tensors_[id].base == nullptr) {
    throw Fault(FaultKind::program, "the tensor is not alive",
                "a tensor lives as long as the kernel call that made it");
  }
  return tensors_[id];
}

NeuronCore::Array& NeuronCore::array(Space space) {
  Array& array = arrays_[space == Space::sbuf ? 0 : 1];
  if (array.bytes == nullptr) {
    const std::int64_t capacity = space == Space::sbuf ? machine_.sbuf.partition_size_bytes
                                                       : machine_.psum.partition_size_bytes();
    // Not a multiple of a page, so that the partitions of a column do not share a cache set.
    array.pitch_bytes = (capacity + kBlockBytes - 1) / kBlockBytes * kBlockBytes + kBlockBytes;
    array.bytes.reset(
        new std::byte[static_cast<std::size_t>(array.pitch_bytes * machine_.core.partitions)]);
    array.writers = LastWriters(capacity);
    array.touched.assign(static_cast<std::size_t>(array.pitch_bytes / kBlockBytes), false);
  }
  return array;
}

void NeuronCore::allocate(const Program& program, TensorId id) {
  const TensorInfo& info = program.tensor(id);
  release(id);
  Tensor& t = slot(id);
  t.partitions = on_chip(info.space) ? info.partitions : 0;
  t.partition_bytes = info.partition_bytes;
  t.element_shift = static_cast<std::uint8_t>(std::countr_zero(dtype_bytes(info.dtype)));
  t.dtype = info.dtype;
  t.space = info.space;
  t.where = info.where;
  t.filled = false;
  t.aliased = false;
  t.modified = false;
  t.address_byte = info.address_byte;
  t.common = false;
  if (has_twin() && info.shared) {
    share_with_others(t, info);
    return;
  }
  t.written.reset(t.partitions, info.partition_bytes >> t.element_shift);
  if (info.has_address()) {
    Array& array = this->array(info.space);
    t.own = false;
    t.pitch_bytes = array.pitch_bytes;
    t.base = array.bytes.get() + info.address_partition * array.pitch_bytes + info.address_byte;
    return;
  }
  t.own = true;
  // Dense rows, unless that puts all partitions of a column into one cache set.
  t.pitch_bytes = info.partition_bytes + (info.partition_bytes % 4096 == 0 ? kBlockBytes : 0);
  t.base = pool_.take(t.block_bytes());
}

// Filled by the core that makes it first.
void NeuronCore::share_with_others(Tensor& t, const TensorInfo& info) {
  t.shared = logical_->next_shared(seat_->self(), info);
  t.own = false;
  t.common = true;
  t.filled = true;
  t.pitch_bytes = info.partition_bytes;
  t.base = t.shared->bytes.get();
  if (t.shared->filled) return;
  fill_bytes(t.dtype, t.base, info.partition_bytes);
  t.shared->filled = true;
}

void NeuronCore::bind(const Program& program, TensorId id, std::byte* data, bool written) {
  const TensorInfo& info = program.tensor(id);
  release(id);
  Tensor& t = slot(id);
  t.base = data;
  t.partitions = 0;
  t.pitch_bytes = 0;
  t.partition_bytes = info.partition_bytes;
  t.element_shift = static_cast<std::uint8_t>(std::countr_zero(dtype_bytes(info.dtype)));
  t.dtype = info.dtype;
  t.space = Space::hbm;
  t.own = false;
  t.filled = true;
  t.aliased = false;
  t.modified = false;
  t.common = has_twin();
  t.where = info.where;
  t.address_byte = -1;
  t.written.reset(0, info.partition_bytes >> t.element_shift);
  if (written) t.written.set_all();
}

void NeuronCore::release(TensorId id) {
  if (id >= tensors_.size() || tensors_[id].base == nullptr) return;
  Tensor& t = tensors_[id];
  if (t.own) {
    pool_.give_back(t.base, t.block_bytes());
  } else if (!shared_.empty()) {
    shared_.erase(id);
  }
  t.base = nullptr;
  t.own = false;
  t.shared.reset();
  t.written.set_all();
}

void NeuronCore::fill(Tensor& t) {
  t.filled = true;
  if (t.address_byte >= 0) {
    fill_addressed(t);
  } else {
    fill_bytes(t.dtype, t.base, static_cast<std::int64_t>(t.block_bytes()));
  }
}

// Fills only the stretches that no tensor has used: the others hold another tensor's data.
void NeuronCore::fill_addressed(Tensor& t) {
  Array& array = this->array(t.space);
  const std::int64_t first = t.address_byte / kBlockBytes;
  const std::int64_t last = (t.address_byte + t.partition_bytes - 1) / kBlockBytes;
  for (std::int64_t block = first; block <= last; ++block) {
    auto touched = array.touched[static_cast<std::size_t>(block)];
    if (touched) {
      t.aliased = true;
      continue;
    }
    touched = true;
    for (std::int64_t p = 0; p < machine_.core.partitions; ++p) {
      fill_bytes(t.dtype, array.bytes.get() + p * array.pitch_bytes + block * kBlockBytes,
                 kBlockBytes);
    }
  }
}

std::byte* NeuronCore::data(TensorId id) {
  Tensor& t = live(id);
  if (!t.filled && t.map().state() != WrittenMap::State::all) fill(t);
  return t.base;
}

std::shared_ptr<std::byte> NeuronCore::share(TensorId id) {
  Tensor& t = live(id);
  if (t.shared) return t.shared->bytes;
  if (t.own) {
    shared_[id] = pool_.disown(data(id), t.block_bytes());
    t.own = false;
  }
  const auto at = shared_.find(id);
  if (at == shared_.end()) {
    throw Fault(FaultKind::program, "only a tensor of the core's own can be shared");
  }
  return at->second;
}

}  // namespace trainyard
