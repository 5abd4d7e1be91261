// SPDX-License-Identifier: Apache-2.0
// What an entry of the instruction table says of itself, in words: derived from its
// InstructionInfo, its visit() and its engines(), so that no description stands beside the entry.
#pragma once

#include <string>
#include <vector>

#include "isa/table.h"

namespace trainyard {

struct ParameterText {
  std::string name;
  std::string kind;      // "tile, written", "number or (P, 1) tile", "ALU operator"
  std::string spaces;    // tiles: "SBUF, PSUM"
  std::string dtypes;    // tiles: "any but packed x4"
  std::string standard;  // the value it has when it is left out; empty: required
  const Choices* choices = nullptr;
};

// In the order of the signature.
std::vector<ParameterText> describe_parameters(const Entry& entry);

// Whether kernels may name its engine, and give it a name: engine=, name=.
bool names_engine(const Entry& entry);
bool takes_name(const Entry& entry);

// "iota(dst, pattern, offset=0, channel_multiplier=0, name=None)"
std::string signature_text(const Entry& entry);

// The engines that some operands may run on, found by trying spaces and choices on each machine:
// "vector, gpsimd", or "gen2: vector; gen3: vector, scalar" where generations differ. `machines`
// ascend in generation.
std::string engines_text(const Entry& entry, const std::vector<Machine>& machines);

// The keys of a machine file's [energy] that it spends, by what it does: "vector_op; sbuf, psum".
std::string energy_text(const Entry& entry, const Machine& machine);

// "add, subtract, ..." in the order of the values.
std::string choices_text(const Choices& choices);

}  // namespace trainyard
