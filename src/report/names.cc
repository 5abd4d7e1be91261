// SPDX-License-Identifier: Apache-2.0
#include "report/names.h"

#include <array>

#include <fmt/format.h>

namespace trainyard {
namespace {

struct Name {
  std::string_view key, title;
};

constexpr std::array<Name, kEngineCount> kEngines = {{{"unknown", "unknown"},
                                                      {"tensor", "TensorE"},
                                                      {"scalar", "ScalarE"},
                                                      {"gpsimd", "GpSimd"},
                                                      {"dma", "DMA"},
                                                      {"vector", "VectorE"},
                                                      {"sync", "SyncE"}}};

constexpr std::array<Name, kWaitReasonCount> kWaits = {
    {{"none", "no wait"},
     {"operand", "operand not ready"},
     {"reuse", "destination still in use"},
     {"order", "fixed order"},
     {"dma_queue", "DMA queue full"},
     {"table_load", "activation table load"},
     {"weight_load", "weight load"},
     {"spill", "spilled tensor on its way back"},
     {"core", "another core"},
     {"port", "memory port held by another engine"}}};

}  // namespace

std::string_view engine_key(Engine engine) {
  return kEngines[static_cast<std::size_t>(engine)].key;
}

std::string_view engine_title(Engine engine) {
  return kEngines[static_cast<std::size_t>(engine)].title;
}

std::string_view wait_key(WaitReason reason) {
  return kWaits[static_cast<std::size_t>(reason)].key;
}

std::string_view wait_title(WaitReason reason) {
  return kWaits[static_cast<std::size_t>(reason)].title;
}

std::string_view mac_class_key(MacClass mac_class) {
  constexpr std::array<std::string_view, 5> kKeys = {"bf16", "fp8", "fp32", "mxfp8", "mxfp4"};
  return kKeys[static_cast<std::size_t>(mac_class)];
}

std::string_view instruction_name(const Recorded& recorded) {
  return entry(recorded.opcode).info.name;
}

std::string short_place(const SourcePlace& place) {
  if (!place.known()) return "?";
  return fmt::format("{}:{}", place.file.substr(place.file.find_last_of('/') + 1), place.line);
}

std::string instruction_text(const Program& program, std::uint32_t i) {
  const Recorded& recorded = program.stream[i];
  return fmt::format("{} #{} at {}", instruction_name(recorded), i,
                     short_place(program.sources.place(recorded.where)));
}

}  // namespace trainyard
