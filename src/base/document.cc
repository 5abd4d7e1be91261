// SPDX-License-Identifier: Apache-2.0
#include "base/document.h"

#include <fstream>

#include <fmt/format.h>

#include "base/fault.h"

namespace trainyard {
namespace {

constexpr std::size_t kTomlMaxBytes = 1 << 20;
constexpr std::size_t kJsonMaxBytes = 64 << 20, kCsvMaxBytes = 64 << 20;

bool ends_with(const std::string& text, std::string_view ending) {
  return text.size() >= ending.size() &&
         text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

}  // namespace

const DocumentNode* DocumentNode::find(std::string_view key) const {
  for (const auto& [name, node] : members) {
    if (name == key) return &node;
  }
  return nullptr;
}

std::string read_text(const std::string& file, const std::string& what, std::size_t max_bytes) {
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  std::string block(1 << 16, '\0');
  bool opens = stream.is_open();
  while (opens && text.size() <= max_bytes) {
    stream.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block, 0, static_cast<std::size_t>(stream.gcount()));
    if (stream.eof()) break;
    // A folder opens but does not read.
    if (!stream) opens = false;
  }
  if (!opens || stream.bad()) {
    throw Fault(FaultKind::usage, fmt::format("cannot read {} {}", what, file),
                "check that it exists and may be read");
  }
  if (text.size() > max_bytes) {
    throw Fault(FaultKind::usage, fmt::format("{} has at most {} MiB", what, max_bytes >> 20))
        .at({file, 1});
  }
  return text;
}

Document read_document(const std::string& file) {
  if (ends_with(file, ".json")) return parse_json(read_text(file, "the file", kJsonMaxBytes), file);
  if (ends_with(file, ".csv")) return parse_csv(read_text(file, "the file", kCsvMaxBytes), file);
  return parse_toml(read_text(file, "the file", kTomlMaxBytes), file);
}

}  // namespace trainyard
