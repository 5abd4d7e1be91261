// SPDX-License-Identifier: Apache-2.0
// Any bytes as the instructions of a kernel and their operands: each executes or throws a Fault
// that says what is wrong, and what was recorded has a time.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "base/fault.h"
#include "core/neuron_core.h"
#include "core/random_operands.h"
#include "core/timeline.h"
#include "isa/table.h"

namespace {

using namespace trainyard;

constexpr int kInstructionsMax = 12;

// As any caller would see it.
void require_told(const Fault& fault) {
  if (fault.kind() == FaultKind::internal || fault.rule().empty()) abort();
}

void record_one(Builder& build, test::Tensors& tensors, test::Random& bytes) {
  const auto& table = instruction_table();
  const Entry& entry =
      table[static_cast<std::size_t>(bytes.below(static_cast<std::int64_t>(table.size())))];
  std::vector<std::max_align_t> operands(entry.operand_bytes / sizeof(std::max_align_t) + 1);
  entry.construct(operands.data());
  test::RandomOperands visitor(entry.info.name, tensors, bytes);
  entry.visit(operands.data(), visitor);
  const Engine engine =
      bytes.one_in(3) ? static_cast<Engine>(bytes.below(kEngineCount)) : Engine::unknown;
  try {
    build.record(entry, operands.data(), engine);
  } catch (const Fault& fault) {
    require_told(fault);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Machine kMachines[] = {load_machine("trn1"), load_machine("trn2"),
                                      load_machine("trn3")};
  test::Random bytes(std::span<const std::uint8_t>(data, size));
  const Machine& machine = kMachines[bytes.below(3)];
  CoreOptions options;
  if (bytes.one_in(3)) options.rounding = Rounding::stochastic;
  NeuronCore core(machine, options);
  Builder build(machine, core, core);
  build.program().rank_groups.push_back({0});  // collectives of a rank alone
  test::Tensors tensors(build, bytes, 3.0);
  for (int i = 0; i < kInstructionsMax && !bytes.at_end(); ++i) record_one(build, tensors, bytes);
  try {
    time_program(build.program(), machine);
  } catch (const Fault& fault) {
    require_told(fault);
  }
  return 0;
}
