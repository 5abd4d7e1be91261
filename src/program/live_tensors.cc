// SPDX-License-Identifier: Apache-2.0
#include "program/live_tensors.h"

#include <fmt/format.h>

#include <algorithm>

namespace trainyard {

void find_lifetimes(const Program& program, const AccessTable& accesses, Placement& placement) {
  placement.tensors.assign(program.tensors.size(), Placed{});
  for (std::size_t i = 0; i < program.tensors.size(); ++i) {
    const TensorInfo& info = program.tensors[i];
    if (!on_chip(info.space) || !info.has_address()) continue;
    placement.tensors[i].byte = info.address_byte;
    placement.tensors[i].partition = std::max(0, info.address_partition);
  }
  for (std::uint32_t i = 0; i < program.stream.size(); ++i) {
    for (const Access& access : accesses.of(i)) {
      if (access.is_register()) continue;
      Placed& placed = placement.tensors[access.id];
      if (!placed.used) placed.first_use = i;
      placed.used = true;
      placed.last_use = i;
    }
  }
}

LiveTensors live_tensors(const Program& program, const Placement& placement, Space space) {
  LiveTensors live;
  for (TensorId id = 0; id < program.tensors.size(); ++id) {
    const TensorInfo& info = program.tensors[id];
    if (info.space != space || !placement.tensors[id].used || info.partition_bytes <= 0) continue;
    (info.has_address() ? live.fixed : live.free).push_back(id);
  }
  live.free = sorted_by_use(live.free, program.stream.size(),
                            [&](TensorId id) { return placement.tensors[id].first_use; });
  return live;
}

void refuse_placement(const Program& program, const Placement& placement, Space space,
                      std::int64_t capacity_bytes, TensorId wanted, std::uint32_t instruction) {
  std::vector<TensorId> live;
  std::int64_t sum = 0;
  for (TensorId id = 0; id < program.tensors.size(); ++id) {
    const Placed& placed = placement.tensors[id];
    if (program.tensors[id].space != space || !placed.used) continue;
    if (placed.first_use > instruction || placed.last_use < instruction) continue;
    live.push_back(id);
    sum += program.tensors[id].partition_bytes;
  }
  std::stable_sort(live.begin(), live.end(), [&](TensorId a, TensorId b) {
    return program.tensors[a].partition_bytes > program.tensors[b].partition_bytes;
  });
  std::string list;
  constexpr std::size_t kListed = 12;
  for (std::size_t i = 0; i < std::min(live.size(), kListed); ++i) {
    const TensorInfo& info = program.tensors[live[i]];
    const SourcePlace& where = program.sources.place(info.where);
    list += fmt::format("{}{} {} B", i == 0 ? "" : ", ", info.name.empty() ? "tensor" : info.name,
                        info.partition_bytes);
    if (where.known()) list += fmt::format(" (line {})", where.line);
  }
  if (live.size() > kListed) list += fmt::format(", and {} more", live.size() - kListed);
  const TensorInfo& info = program.tensors[wanted];
  const char* memory = space == Space::psum ? "PSUM" : "SBUF";
  Fault fault(FaultKind::limit,
              fmt::format("{} has no room for {} ({} B of each partition): {} of {} B are live: {}",
                          memory, info.name.empty() ? "a tensor" : info.name, info.partition_bytes,
                          sum, capacity_bytes, list),
              "use smaller tiles, or let fewer tensors live at the same time");
  if (instruction < program.stream.size()) {
    fault.at(program.sources.place(program.stream[instruction].where))
        .in(std::string(entry(program.stream[instruction].opcode).info.name));
  }
  throw fault;
}

}  // namespace trainyard
