// SPDX-License-Identifier: Apache-2.0
// Which tensor wrote each stretch of SBUF or PSUM last, where tensors have explicit addresses.
// Addresses may overlap, which is reuse over time; a tensor that is read after another one wrote
// its bytes is a mistake worth telling. Only the last write of a stretch is remembered.
#pragma once

#include <cstdint>
#include <vector>

#include "program/program.h"

namespace trainyard {

// A rectangle of the array, ends exclusive.
struct Extent {
  std::int32_t first_partition = 0, end_partition = 0;
  std::int64_t first_byte = 0, end_byte = 0;

  bool meets(const Extent& other) const {
    return first_partition < other.end_partition && other.first_partition < end_partition &&
           first_byte < other.end_byte && other.first_byte < end_byte;
  }
};

struct LastWriter {
  TensorId tensor = kNoTensor;
  SourceId where = 0;
  Extent extent;
};

class LastWriters {
 public:
  explicit LastWriters(std::int64_t partition_bytes = 0);

  void wrote(const LastWriter& write);
  // Another tensor's write that the extent meets, or nullptr.
  const LastWriter* other_writer(TensorId tensor, const Extent& extent) const;
  void clear();

 private:
  std::vector<LastWriter> stretches_;
};

}  // namespace trainyard
