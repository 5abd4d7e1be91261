// SPDX-License-Identifier: Apache-2.0
// Where each on-chip tensor of a Program lies: liveness, first fit within the real capacities,
// PSUM by banks. Tensors with an explicit address stay there.
#pragma once

#include <cstdint>
#include <vector>

#include "machine/machine.h"
#include "program/passes.h"
#include "program/program.h"

namespace trainyard {

// The place of one tensor and the part of the stream in which it holds live data.
struct Placed {
  std::int64_t byte = -1;       // first byte in each partition; -1: not on chip, or unused
  std::int32_t partition = 0;   // first partition
  std::uint32_t first_use = 0;  // stream indices, inclusive
  std::uint32_t last_use = 0;
  bool used = false;     // touched by an instruction
  bool spilled = false;  // kept in HBM between uses, see Spill
};

// A spilled tensor is stored to HBM after its first write and loaded before later uses.
struct Spill {
  TensorId tensor = kNoTensor;
  std::int64_t bytes = 0;  // moved in all, both ways
};

// One movement of a spilled tensor, just before the instruction `before` in program order.
struct SpillMove {
  TensorId tensor = kNoTensor;
  std::uint32_t before = 0;  // stream index
  bool store = false;        // to HBM; else back from HBM, to `byte`
  std::int64_t byte = 0;
};

struct Placement {
  BigVector<Placed> tensors;  // by TensorId; hbm tensors keep byte = -1
  std::vector<Spill> spills;
  std::vector<SpillMove> moves;      // in program order
  std::int64_t sbuf_peak_bytes = 0;  // per partition
  std::int64_t psum_peak_bytes = 0;  // per partition
  std::int64_t hbm_peak_bytes = 0;
};

class AccessTable;

// Throws Fault (limit) listing the live tensors, largest first, if even spilling cannot help.
Placement place(const Program& program, const Machine& machine);
// The same, for a caller that has read the accesses already.
Placement place(const Program& program, const AccessTable& accesses, const Machine& machine,
                const PassSet& passes = {});

}  // namespace trainyard
