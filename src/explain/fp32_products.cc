// SPDX-License-Identifier: Apache-2.0
// Products of float32 operands, which take four passes of the array where bfloat16 takes one.
#include <cstddef>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "explain/finding.h"
#include "report/quantity.h"

namespace trainyard {
namespace {

using TensorSet = std::vector<bool>;  // by TensorId

bool multiplies_fp32(const Study::Core& core, std::uint32_t i) {
  if (core.program.stream[i].engine != Engine::tensor) return false;
  const Cost cost = core.cost(i);
  return cost.macs > 0 && cost.mac_class == MacClass::fp32 && !cost.only_moves;
}

TensorSet operands_of(const Study::Core& core) {
  TensorSet operands(core.program.tensors.size());
  for (std::uint32_t i = 0; i < core.program.stream.size(); ++i) {
    if (!multiplies_fp32(core, i)) continue;
    for (const Access& access : core.accesses.of(i)) {
      if (!access.is_register() && access.space == Space::sbuf) operands[access.id] = true;
    }
  }
  return operands;
}

// With the inputs in HBM that go nowhere else than to `operands`.
TensorSet with_inputs(const Study::Core& core, TensorSet operands) {
  std::vector<std::uint8_t> uses(operands.size(), 0);
  for (std::uint32_t i = 0; i < core.program.stream.size(); ++i) {
    bool feeds = false;
    for (const Access& access : core.accesses.of(i)) {
      feeds = feeds || (!access.is_register() && access.writes() && operands[access.id]);
    }
    for (const Access& access : core.accesses.of(i)) {
      if (access.is_register() || access.space != Space::hbm) continue;
      uses[access.id] |= feeds && !access.writes() ? 1 : 2;
    }
  }
  for (TensorId id = 0; id < uses.size(); ++id) {
    const TensorInfo& info = core.program.tensor(id);
    if (uses[id] == 1 && info.role == TensorRole::input && info.dtype == DType::float32) {
      operands[id] = true;
    }
  }
  return operands;
}

// Operands with the float32 views of some tensors as bfloat16.
class Narrowed : public TileVisitor {
 public:
  explicit Narrowed(const TensorSet& tensors) : tensors_(tensors) {}

  Cost cost(const Recorded& recorded, const Machine& machine) {
    const Entry& of = entry(recorded.opcode);
    if (bytes_.size() * sizeof(std::max_align_t) < of.operand_bytes) {
      bytes_.resize(of.operand_bytes / sizeof(std::max_align_t) + 1);
    }
    std::memcpy(bytes_.data(), recorded.operands, of.operand_bytes);
    of.visit(bytes_.data(), *this);
    return of.cost(bytes_.data(), machine, recorded.engine);
  }

 private:
  void tile(const Param&, View& view) override {
    const bool narrows = view.present() && view.dtype == DType::float32 && tensors_[view.tensor];
    if (narrows) view.dtype = DType::bfloat16;
  }

  const TensorSet& tensors_;
  std::vector<std::max_align_t> bytes_;
};

bool touches(const Study::Core& core, std::uint32_t i, const TensorSet& tensors) {
  for (const Access& access : core.accesses.of(i)) {
    if (!access.is_register() && tensors[access.id]) return true;
  }
  return false;
}

void narrow(const Study& study, std::vector<TensorSet> tensors, Finding& finding) {
  const auto sets = std::make_shared<const std::vector<TensorSet>>(std::move(tensors));
  finding.what_if = [sets, &study](std::size_t c, const FoundPlace*) {
    WhatIf what_if;
    const auto narrowed = std::make_shared<Narrowed>((*sets)[c]);
    what_if.change = [sets, narrowed, &core = study.cores[c], c](std::uint32_t i, Cost& cost) {
      if (!touches(core, i, (*sets)[c])) return;
      cost = narrowed->cost(core.program.stream[i], core.result.machine);
    };
    return what_if;
  };
}

}  // namespace

std::vector<Finding> find_fp32_products(const Study& study) {
  Instructions hits(study);
  std::vector<TensorSet> on_chip_only, with_hbm;
  for (std::size_t c = 0; c < study.cores.size(); ++c) {
    const Study::Core& core = study.cores[c];
    for (std::uint32_t i = 0; i < core.program.stream.size(); ++i) {
      if (multiplies_fp32(core, i)) hits.add(c, i);
    }
    on_chip_only.push_back(operands_of(core));
    with_hbm.push_back(with_inputs(core, on_chip_only.back()));
  }
  if (hits.empty()) return {};
  Finding finding;
  hits.fill(finding, nullptr);
  finding.kind = "fp32_matmul";
  finding.rule =
      "float32 takes four passes of the array where bfloat16 takes one (trainium2_arch.rst)";
  finding.divisible = false;
  const std::string found = fmt::format("{} products of float32 operands hold TensorE for {}",
                                        count_text(hits.count()), time_text(hits.busy()));
  std::vector<Finding> findings;
  const bool inputs_too = with_hbm != on_chip_only;
  finding.found = found + (inputs_too ? "; the inputs stay float32 in HBM" : "");
  finding.remedy =
      "where 8 bits of mantissa serve, declare the operands' tiles as bfloat16: dma_copy converts; "
      "PSUM still sums in float32";
  narrow(study, std::move(on_chip_only), finding);
  findings.push_back(finding);
  if (inputs_too) {
    finding.found = found + "; their inputs are float32 in HBM, too";
    finding.remedy =
        "where 8 bits of mantissa serve, hand the inputs over as bfloat16 and declare their tiles "
        "as such; PSUM still sums in float32";
    narrow(study, std::move(with_hbm), finding);
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace trainyard
