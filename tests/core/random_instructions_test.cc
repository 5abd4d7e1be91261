// SPDX-License-Identifier: Apache-2.0
// Random operands for every entry of the table: an instruction executes or throws a Fault, and
// what it computes depends on nothing that was never written.
#include "core/random_operands.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/neuron_core.h"
#include "core/timeline.h"
#include "program/accesses.h"
#include "seed.h"

namespace trainyard::test {
namespace {

struct Outcome {
  std::map<std::string, int> executed;
  std::vector<std::string> log;               // what each attempt came to
  std::vector<std::vector<std::byte>> bytes;  // of every tensor in the end
  std::vector<std::string> writers;           // of every tensor, in order
};

// Those whose operands chance seldom fits together come more often.
const Entry& any_entry(Random& random) {
  static const std::vector<const Entry*> often = [] {
    constexpr std::string_view kSeldomFit[] = {"nc_matmul", "nc_matmul_mx", "tensor_reduce",
                                               "range_select", "activate2"};
    std::vector<const Entry*> entries;
    for (const Entry& entry : instruction_table()) {
      const bool seldom = std::ranges::find(kSeldomFit, entry.info.name) != std::end(kSeldomFit);
      entries.insert(entries.end(), seldom ? 4 : 1, &entry);
    }
    return entries;
  }();
  return *often[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(often.size())))];
}

// One kernel of `attempts` random instructions.
Outcome run_kernel(const Machine& machine, std::uint64_t seed, int attempts, double dirt) {
  Outcome outcome;
  Random random(seed);
  CoreOptions options;
  if (random.one_in(3)) options.numerics = NumericsMode::fast;
  if (random.one_in(3)) options.rounding = Rounding::stochastic;
  NeuronCore core(machine, options);
  Builder build(machine, core, core);
  build.program().rank_groups.push_back({0});  // collectives of a rank alone
  Tensors tensors(build, random, dirt);
  for (int i = 0; i < attempts; ++i) {
    const Entry& chosen = any_entry(random);
    std::vector<std::max_align_t> operands(chosen.operand_bytes / sizeof(std::max_align_t) + 1);
    chosen.construct(operands.data());
    RandomOperands visitor(chosen.info.name, tensors, random);
    chosen.visit(operands.data(), visitor);
    const Engine engine =
        random.one_in(3) ? static_cast<Engine>(random.below(kEngineCount)) : Engine::unknown;
    std::string& line = outcome.log.emplace_back(chosen.info.name);
    try {
      build.record(chosen, operands.data(), engine);
      ++outcome.executed[line];
    } catch (const Fault& fault) {
      EXPECT_NE(fault.kind(), FaultKind::internal) << fault.message();
      line = fault.message();
    }
  }
  for (TensorId id = 0; id < build.program().tensors.size(); ++id) {
    const TensorInfo& info = build.program().tensor(id);
    View whole;
    whole.tensor = id;
    whole.dtype = DType::uint8;
    whole.space = info.space;
    whole.rank = 2;
    whole.dims[0] = {1, std::max(1, info.partitions)};
    whole.dims[1] = {1, static_cast<std::int32_t>(info.partition_bytes)};
    std::vector<std::byte>& bytes = outcome.bytes.emplace_back();
    try {
      const Rows rows = core.access(whole, Touch::read);
      bytes.resize(static_cast<std::size_t>(rows.partitions * rows.elements));
      load_rows_raw(rows, 0, rows.partitions, bytes.data());
    } catch (const Fault&) {  // released
    }
  }
  outcome.writers.resize(build.program().tensors.size());
  const AccessTable accesses(build.program());
  for (std::uint32_t i = 0; i < build.program().stream.size(); ++i) {
    for (const Access& access : accesses.of(i)) {
      if (access.is_register() || !access.writes()) continue;
      outcome.writers[access.id] += entry(build.program().stream[i].opcode).info.name;
      outcome.writers[access.id] += ' ';
    }
  }
  try {
    const Timeline timeline = time_program(build.program(), machine);
    EXPECT_GT(timeline.total.ps, 0);
  } catch (const Fault& fault) {
    EXPECT_NE(fault.kind(), FaultKind::internal) << fault.message();
  }
  return outcome;
}

TEST(RandomInstructions, each_executes_or_faults_and_reads_nothing_unwritten) {
  const std::uint64_t seed = printed_seed();
  constexpr int kKernels = 12;
  constexpr int kAttempts = 3000;
  std::map<std::string, int> executed;
  for (std::uint64_t kernel = 0; kernel < kKernels; ++kernel) {
    const char* names[] = {"trn1", "trn2", "trn3"};
    const Machine machine =
        load_machine(std::string(TRAINYARD_SOURCE_DIR "/machines/") + names[kernel % 3] + ".toml");
    const Outcome a = run_kernel(machine, seed + kernel, kAttempts, 7.0);
    const Outcome b = run_kernel(machine, seed + kernel, kAttempts, 3.0);
    for (const auto& [name, count] : a.executed) executed[name] += count;
    for (std::size_t i = 0; i < a.log.size(); ++i) {
      ASSERT_EQ(a.log[i], b.log[i]) << "kernel " << kernel << ", attempt " << i;
    }
    for (std::size_t t = 0; t < a.bytes.size(); ++t) {
      ASSERT_TRUE(a.bytes[t] == b.bytes[t]) << "kernel " << kernel << ", tensor " << t
                                            << " depends on what its memory held before; it was "
                                            << "written by " << a.writers[t];
    }
  }
  // Enough of the table is reached for the rest to mean something.
  int never = 0;
  for (const Entry& entry : instruction_table()) {
    if (executed[std::string(entry.info.name)] > 0) continue;
    ++never;
    std::cout << "never executed: " << entry.info.name << "\n";
  }
  EXPECT_LE(never, 8);
}

}  // namespace
}  // namespace trainyard::test
