// SPDX-License-Identifier: Apache-2.0
#include "base/fault.h"

#include <utility>

namespace trainyard {

Fault::Fault(FaultKind kind, std::string rule, std::string hint)
    : std::runtime_error(rule), kind_(kind), rule_(std::move(rule)), hint_(std::move(hint)) {
  rebuild();
}

Fault& Fault::at(SourcePlace place) {
  place_ = std::move(place);
  rebuild();
  return *this;
}

Fault& Fault::in(std::string instruction, std::string operand) {
  instruction_ = std::move(instruction);
  if (!operand.empty()) operand_ = std::move(operand);
  rebuild();
  return *this;
}

std::string Fault::message() const {
  std::string text;
  if (place_.known()) text += place_.file + ":" + std::to_string(place_.line) + ": ";
  if (!instruction_.empty()) text += instruction_ + ": ";
  if (!operand_.empty()) text += operand_ + ": ";
  text += rule_;
  if (!hint_.empty()) text += " (" + hint_ + ")";
  return text;
}

}  // namespace trainyard
