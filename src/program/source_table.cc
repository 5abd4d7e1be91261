// SPDX-License-Identifier: Apache-2.0
#include "program/program.h"

namespace trainyard {

SourceTable::SourceTable() : places_(1) {}

SourceId SourceTable::intern(const std::string& file, int line) {
  const auto next = static_cast<SourceId>(places_.size());
  const auto [found, added] = ids_.try_emplace(file + ':' + std::to_string(line), next);
  if (added) places_.push_back({file, line});
  return found->second;
}

}  // namespace trainyard
