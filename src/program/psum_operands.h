// SPDX-License-Identifier: Apache-2.0
// Tiles that are copied from PSUM only to be read again by VectorE or ScalarE, which can read them
// where they are. AWS's compiler of the earlier language leaves such copies out: the Mamba tutorial
// (aws-neuron-sdk, nki/guides/tutorials/fused_mamba.rst) takes a third less of VectorE where a
// broadcast operand of its products fits a PSUM bank.
#pragma once

#include <cstdint>
#include <vector>

#include "machine/machine.h"
#include "program/program.h"

namespace trainyard {

// Takes out the copies of whole tiles whose readers may all read PSUM, have no other operand there,
// are of the iteration that makes them, and leave banks free for what is made in the meantime.
// Returns the new index of each instruction, kNoStreamIndex for those taken out. O(n log n).
std::vector<std::uint32_t> read_from_psum(Program& program, const Machine& machine);

}  // namespace trainyard
