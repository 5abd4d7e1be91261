// SPDX-License-Identifier: Apache-2.0
// What a re-timing of a Program takes away: how `trainyard explain` finds out what a change of the
// kernel would gain. Everything else of the Program and of its timing stays.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "isa/cost.h"

namespace trainyard {

struct WhatIf {
  // Changes the cost of an instruction, by its stream index. A DMA moves to and from HBM the same
  // share of its bytes as of its payload.
  std::function<void(std::uint32_t, Cost&)> change;
  // By stream index: the instruction is not there. What waited for its results waits for what they
  // were made of.
  std::vector<bool> left_out;
  // By TensorId: every write of it goes to bytes of its own, and waits for no earlier use.
  std::vector<bool> own_bytes;
  bool any_order = false;   // no_reorder and depends_on do not hold
  bool large_sbuf = false;  // SBUF has room for everything

  bool leaves_out(std::uint32_t instruction) const {
    return instruction < left_out.size() && left_out[instruction];
  }
  bool has_own_bytes(std::uint32_t tensor) const {
    return tensor < own_bytes.size() && own_bytes[tensor];
  }
};

}  // namespace trainyard
