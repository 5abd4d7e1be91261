// SPDX-License-Identifier: Apache-2.0
// The eight largest values of each partition: finding them, their places, and replacing them.
#pragma once

#include "isa/table.h"

namespace trainyard {

struct Max8 {
  static constexpr InstructionInfo kInfo = {
      "max8",
      "The eight largest values of each partition, in descending order.",
      "dst[p] = sort(src[p], descending)[0:8]",
      Generation::gen2,
      "max(MIN_II, N)",
      "nki.isa.max8 (0.6); cost: SDK 2.26 docstring",
      "NaN is never among them; the reference leaves it open"};

  View dst, src;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct NcFindIndex8 {
  static constexpr InstructionInfo kInfo = {
      "nc_find_index8",
      "Where each of eight values first lies; equal values find successive places, in ascending "
      "order; all ones if there is none.",
      "dst[p, k] = index of vals[p, k] in data[p]",
      Generation::gen2,
      "max(MIN_II, N)",
      "nki.isa.nc_find_index8 (0.6); cost: SDK 2.26 docstring"};

  View dst, data, vals;

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

struct NcMatchReplace8 {
  static constexpr InstructionInfo kInfo = {
      "nc_match_replace8",
      "Replaces the first occurrence of each of eight values; equal values take successive places, "
      "the last of them the first.",
      "dst[p] = data[p] with imm at dst_idx[p, k] = index of vals[p, k]",
      Generation::gen2,
      "max(MIN_II, N)",
      "nki.isa.nc_match_replace8 (0.6); cost: SDK 2.26 docstring, its min read as max"};

  View dst, data, vals;
  double imm = 0.0;
  View dst_idx{};

  void visit(ParamVisitor& v);
  EngineSet engines(const Machine&) const { return EngineSet::of(Engine::vector); }
  void check(const CheckContext& context) const;
  void execute(CoreState& core, Engine engine) const;
  Cost cost(const Machine& machine, Engine engine) const;
};

}  // namespace trainyard
