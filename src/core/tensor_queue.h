// SPDX-License-Identifier: Apache-2.0
// The Tensor Engine as passes of LDWEIGHTS and MATMUL: a stationary operand goes into a second set
// of registers while the matmul before it still runs.
#pragma once

#include <cstdint>

#include "core/clock_gate.h"
#include "core/timeline.h"
#include "machine/machine.h"
#include "program/array_tiles.h"
#include "program/work.h"

namespace trainyard {

class TensorQueue {
 public:
  TensorQueue(const Machine& machine, Time start_up);

  // When the weights of the first pass are in place, if they lie in SBUF from `weights_ready` on.
  Time weights_loaded(const Work& work, Time weights_ready, Time now);
  // Issues all passes of the node, the first at `start`; sets when its tile of the array is free
  // and when the result is in PSUM.
  void issue(const Work& work, std::uint32_t node, std::uint32_t instruction, Time start,
             Time& busy_end, Time& end, BigVector<ArrayPass>& passes);
  const ClockGate& gate() const { return gate_; }
  const ArrayTiles& tiles() const { return tiles_; }
  Time busy() const { return busy_; }  // with a matmul on any tile

 private:
  struct Load {
    std::int64_t start_ps = 0, end_ps = 0;
  };
  Load load(const Work& work, std::int64_t ready_ps, double stretch);
  std::int64_t last_start_ps(std::uint16_t tile) const;

  ClockGate gate_;
  const std::int64_t load_latency_ps_, load_retire_ps_, retire_clock_ps_;
  std::int64_t fill_end_ps_ = 0;  // of the last weights
  // Of the last matmul on each block: its weights left the spare registers.
  std::array<std::int64_t, 16> last_starts_ps_;
  ArrayTiles tiles_;
  Time busy_, busy_until_;
  Load first_load_;  // of the instruction that comes next
};

}  // namespace trainyard
