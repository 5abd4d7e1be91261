// SPDX-License-Identifier: Apache-2.0
// A machine from its file and, for a what-if, from its base's file before that.
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/fault.h"
#include "machine/assign.h"
#include "machine/fields.h"
#include "machine/machine.h"
#include "machine/machine_file.h"
#include "machine/search_path.h"

namespace trainyard {
namespace {

constexpr int kBaseDepthMax = 8;

Generation parse_generation(const MachineFile& file) {
  for (Generation generation : {Generation::gen2, Generation::gen3, Generation::gen4}) {
    if (file.generation == generation_name(generation)) return generation;
  }
  if (file.generation_line == 0) {
    throw Fault(FaultKind::usage, "a machine names its base or its generation",
                "add base = \"trn3\" for a what-if, or generation = \"gen4\"")
        .at({file.file, 1});
  }
  throw Fault(FaultKind::usage, fmt::format("unknown generation \"{}\"", file.generation),
              "there are gen2, gen3 and gen4")
      .at({file.file, file.generation_line});
}

void check_nothing_is_missing(const Machine& machine) {
  for (const Field& field : machine_fields()) {
    if (field.may_be_absent || field.since_generation > machine.generation) continue;
    if (machine.provenance.count(field.path()) > 0) continue;
    throw Fault(FaultKind::usage,
                fmt::format("[{}] {} is missing: {}", field.table, field.key, field.help),
                fmt::format("give it {}, or name a base machine",
                            field.numeric() ? "a value in " + field.unit : "a value"))
        .at({machine.file, 1});
  }
}

// What the simulated core builds on, across keys.
void check_geometry(const Machine& machine) {
  if (machine.tensor.rows != machine.core.partitions ||
      machine.tensor.columns != machine.core.partitions) {
    throw Fault(FaultKind::usage, "the array has as many rows and columns as there are partitions",
                fmt::format("core.partitions is {}", machine.core.partitions))
        .at({machine.file, 1})
        .in("tensor.rows, tensor.columns");
  }
  if (machine.core.partitions % machine.core.partition_quadrant != 0) {
    throw Fault(FaultKind::usage, "partitions are a multiple of the quadrant")
        .at({machine.file, 1})
        .in("core.partition_quadrant");
  }
}

Machine load(const std::string& path, int depth) {
  MachineFile file = read_machine_file(path);
  Machine machine;
  if (file.base_line > 0) {
    if (depth >= kBaseDepthMax) {
      throw Fault(FaultKind::usage,
                  fmt::format("more than {} machines name each other as base", kBaseDepthMax),
                  "a chain of bases must end at a machine without one")
          .at({file.file, file.base_line});
    }
    if (file.generation_line > 0) {
      throw Fault(FaultKind::usage, "a what-if has the generation of its base",
                  "remove the key generation, or name another base")
          .at({file.file, file.generation_line});
    }
    std::string base_path;
    try {
      base_path = find_machine_file(file.base, file.file);
    } catch (const Fault& fault) {
      throw Fault(fault).at({file.file, file.base_line}).in("base");
    }
    machine = load(base_path, depth + 1);
    machine.base = std::filesystem::path(base_path).stem().string();
  } else {
    machine.generation = parse_generation(file);
  }
  machine.file = path;
  machine.name = std::filesystem::path(path).stem().string();
  if (!file.title.empty()) {
    machine.title = file.title;
  } else if (!machine.base.empty()) {
    machine.title = "what-if of " + machine.base;
  }
  for (const MachineEntry& entry : file.entries) assign_entry(entry, file.file, machine);
  check_nothing_is_missing(machine);
  check_geometry(machine);
  return machine;
}

}  // namespace

std::string generation_name(Generation generation) {
  return fmt::format("gen{}", static_cast<int>(generation));
}

Machine load_machine(const std::string& name_or_path) {
  return load(find_machine_file(name_or_path), 0);
}

}  // namespace trainyard
