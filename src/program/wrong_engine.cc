// SPDX-License-Identifier: Apache-2.0
#include "program/wrong_engine.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace trainyard {
namespace {

// The first operand in PSUM, which GpSimd does not reach.
class FindPsum final : public TileVisitor {
 public:
  std::string_view found() const { return found_; }

  void tile(const Param& param, View& view) override {
    if (found_.empty() && view.present() && view.space == Space::psum) found_ = param.name;
  }

 private:
  std::string_view found_;
};

std::string engine_name(int engine) {
  return std::string(choices_of<Engine>().names[engine]);
}

std::string engine_names(EngineSet engines) {
  std::string names;
  for (int e = 0; e < kEngineCount; ++e) {
    if (engines.has(static_cast<Engine>(e)))
      names += (names.empty() ? "" : " or ") + engine_name(e);
  }
  return names;
}

}  // namespace

Fault no_engine(const Entry& entry, EngineSet legal) {
  Fault fault(FaultKind::program,
              legal.empty() ? "no engine can run it with these operands"
                            : "its default engine cannot run it with these operands",
              legal.empty() ? "" : "name the engine: " + engine_names(legal));
  return fault.in(std::string(entry.info.name), "engine");
}

Fault wrong_engine(const Entry& entry, const void* operands, Engine wanted, EngineSet legal) {
  const std::string names = engine_names(legal);
  std::string rule = fmt::format("the {} engine cannot run it with these operands",
                                 engine_name(static_cast<int>(wanted)));
  if (wanted == Engine::gpsimd) {
    FindPsum psum;
    entry.visit(const_cast<void*>(operands), psum);
    if (!psum.found().empty()) {
      rule = fmt::format("the gpsimd engine does not reach PSUM, where {} is", psum.found());
    }
  }
  Fault fault(FaultKind::program, std::move(rule),
              names.empty() ? "no engine can" : "use " + names);
  return fault.in(std::string(entry.info.name), "engine");
}

}  // namespace trainyard
