// SPDX-License-Identifier: Apache-2.0
// Aligned memory of the matrix kernels, kept per thread: the hot path allocates nothing once it has
// seen its largest shape.
#pragma once

#include <cstddef>

#include "hwy/aligned_allocator.h"

namespace trainyard {

template <class T>
class GemmScratch {
 public:
  T* at_least(std::size_t count) {
    if (count > count_) {
      data_ = hwy::AllocateAligned<T>(count);
      count_ = count;
    }
    return data_.get();
  }

 private:
  hwy::AlignedFreeUniquePtr<T[]> data_;
  std::size_t count_ = 0;
};

struct GemmScratches {
  GemmScratch<float> stationary, panel;
};

inline GemmScratches& gemm_scratches() {
  thread_local GemmScratches scratches;
  return scratches;
}

}  // namespace trainyard
