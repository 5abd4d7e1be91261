// SPDX-License-Identifier: Apache-2.0
// What engines share besides memory bytes: on gen2 the ports of SBUF and PSUM, from gen3 on the
// hardware descriptor generators.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "core/timeline.h"
#include "machine/machine.h"
#include "program/work.h"

namespace trainyard {

class SharedPorts {
 public:
  explicit SharedPorts(const Machine& machine);

  struct Held {
    std::int64_t until_ps = 0;
    WaitReason reason = WaitReason::none;
    std::uint32_t by = kNoInstruction;
  };
  // What keeps `work` from starting at `start_ps` and for how long.
  Held held(const Work& work, std::int64_t start_ps) const;
  void take(const Work& work, std::uint32_t instruction, std::int64_t start_ps,
            std::int64_t busy_end_ps);

 private:
  // A port that one of two engines uses at a time.
  struct Port {
    std::int64_t until_ps = 0;
    Engine owner = Engine::unknown;
    std::uint32_t instruction = kNoInstruction;
  };
  static void hold(const Port& port, const Work& work, Held& held);

  bool on_sbuf_port(const Work& work) const;
  bool on_psum_port(const Work& work) const;
  bool on_generator(const Work& work) const;

  const bool vector_gpsimd_exclusive_, vector_scalar_exclusive_;
  Port sbuf_, psum_;
  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> generators_free_ps_;
};

}  // namespace trainyard
