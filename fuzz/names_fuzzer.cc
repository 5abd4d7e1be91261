// SPDX-License-Identifier: Apache-2.0
// Any bytes as a name: of a machine, which is a path or a fault that tells what there is; and of a
// kernel or tensor in a result's JSON, which stays JSON in UTF-8 that reads back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "base/fault.h"
#include "base/json_writer.h"
#include "machine/search_path.h"

namespace {

void look_up(const std::string& name) {
  try {
    if (trainyard::find_machine_file(name, "folder/what-if.toml").empty()) abort();
  } catch (const trainyard::Fault& fault) {
    if (fault.kind() != trainyard::FaultKind::usage || fault.rule().empty() ||
        fault.hint().empty()) {
      abort();
    }
  }
}

// Names that differ stay apart unless they are no UTF-8.
void write_and_read(const std::string& name) {
  trainyard::JsonWriter json;
  json.begin_object();
  json.field(name, name);
  json.end_object();
  const nlohmann::json read = nlohmann::json::parse(json.text());
  if (read.size() != 1 || read.begin().key() != read.begin().value()) abort();
  const std::string text = read.begin().key();
  const bool replaced = text.find("\xef\xbf\xbd") != std::string::npos;
  if (text != name && !replaced) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string name(reinterpret_cast<const char*>(data), size);
  look_up(name);
  write_and_read(name);
  return 0;
}
