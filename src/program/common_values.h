// SPDX-License-Identifier: Apache-2.0
// Tensors that are given the same values again: made once where SBUF has room to keep them. AWS's
// compiler of the earlier language does so: in the profile of NKIBench's swiglu kernel
// (zhang677/AccelOpt) an operand that the text loads and transposes six times is transposed once.
// It takes what is loaded again for the same values only where they are moved, not where something
// is computed: the Mamba tutorial's first step loads and multiplies again in each state, its second
// loads once and multiplies again (aws-neuron-sdk, nki/guides/tutorials/fused_mamba.rst); the first
// takes the time of all its products, the second of one.
#pragma once

#include <cstdint>
#include <vector>

#include "machine/machine.h"
#include "program/program.h"

namespace trainyard {

// How far back the same values are looked for. `innermost_loop`: where nothing else of the same
// origin is made again between, computed values too: the first step's broadcasts of a state, made
// for each tile of channels, are made once.
enum class Reach : std::uint8_t { innermost_loop, program };

// Takes the instructions that give a tensor the values of an earlier one out of the stream, and
// those whose results nothing reads any more; who read the tensor reads the earlier one. Returns
// the new index of each instruction, kNoStreamIndex for those taken out. O(n log n).
//
// Only tensors on chip that are wholly written before they are read, by instructions without
// registers, random numbers, indirect addresses or a fixed place, take part.
std::vector<std::uint32_t> share_common_values(Program& program, const Machine& machine,
                                               Reach reach);

}  // namespace trainyard
