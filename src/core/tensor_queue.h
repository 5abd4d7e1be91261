// SPDX-License-Identifier: Apache-2.0
// When a matmul of the Tensor Engine can start: its stationary operand goes into a second set of
// registers while the matmul before it still runs.
#pragma once

#include <cstdint>

#include "core/clock_gate.h"
#include "machine/machine.h"
#include "program/work.h"

namespace trainyard {

class TensorQueue {
 public:
  TensorQueue(const Machine& machine, Time start_up);

  // When the weights are in place, if they lie in SBUF from `weights_ready` on.
  Time weights_loaded(const Work& work, Time weights_ready, Time now);
  // Issues at `start`; sets when the engine is free and when the result is in PSUM.
  void issue(const Work& work, Time start, Time& busy_end, Time& end);
  const ClockGate& gate() const { return gate_; }

 private:
  ClockGate gate_;
  const std::int64_t load_latency_ps_, retire_clock_ps_;
  std::int64_t fill_end_ps_ = 0;  // of the last weights
  std::int64_t last_start_ps_;    // of the last matmul: its weights left the spare registers
};

}  // namespace trainyard
