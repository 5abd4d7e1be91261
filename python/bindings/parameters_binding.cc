// SPDX-License-Identifier: Apache-2.0
// trainyard._core.parameters: what the table says of each parameter of an instruction, for tests
// and tools that derive calls from it.
#include <nanobind/nanobind.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "bindings/object_text.h"
#include "isa/table.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

class Parameters final : public ParamVisitor {
 public:
  void tile(const Param& p, View&) override { add_tile(p, "tile"); }
  void tiles(const Param& p, ViewList&) override { add_tile(p, "tiles"); }
  void scalar(const Param& p, ScalarOperand&) override { add_tile(p, "scalar"); }
  void reg(const Param& p, RegisterOperand&) override { add(p, "register"); }
  void integer(const Param& p, std::int64_t&) override { add(p, "integer"); }
  void number(const Param& p, double&) override { add(p, "number"); }
  void flag(const Param& p, bool&) override { add(p, "flag"); }
  void integers(const Param& p, IntList&) override { add(p, "integers"); }
  void numbers(const Param& p, NumberList&) override { add(p, "numbers"); }
  void pattern(const Param& p, AffinePattern&) override { add(p, "pattern"); }
  void choice_value(const Param& p, const Choices& choices, std::uint8_t&) override {
    nb::list names;
    for (std::size_t i = 0; i < static_cast<std::size_t>(choices.count); ++i) {
      names.append(nb::str(choices.names[i].data(), choices.names[i].size()));
    }
    add(p, "choice")["choices"] = names;
  }

  nb::list all;

 private:
  nb::dict add(const Param& p, const char* kind) {
    nb::dict facts;
    facts["name"] = p.name;
    facts["kind"] = kind;
    facts["required"] = p.need == Need::required;
    facts["written"] = writes(p.touch);
    all.append(facts);
    return facts;
  }
  void add_tile(const Param& p, const char* kind) {
    nb::dict facts = add(p, kind);
    nb::list spaces, types;
    for (const auto& [space, name] :
         {std::pair{Space::sbuf, "sbuf"}, std::pair{Space::psum, "psum"},
          std::pair{Space::hbm, "hbm"}}) {
      if (p.spaces.has(space)) spaces.append(name);
    }
    for (int d = 0; d < kDTypeCount; ++d) {
      const auto dtype = static_cast<DType>(d);
      const std::string_view name = dtype_info(dtype).name;
      if (p.dtypes.has(dtype)) types.append(nb::str(name.data(), name.size()));
    }
    facts["spaces"] = spaces;
    facts["dtypes"] = types;
  }
};

nb::list parameters_of(nb::handle name) {
  const std::string text = text_of(name);
  const Entry* entry = find_instruction(text);
  if (entry == nullptr) {
    throw Fault(FaultKind::program, "there is no instruction '" + text + "'",
                "`trainyard isa list` names them all");
  }
  std::vector<std::max_align_t> operands(entry->operand_bytes / sizeof(std::max_align_t) + 1);
  entry->construct(operands.data());
  Parameters visitor;
  entry->visit(operands.data(), visitor);
  return visitor.all;
}

}  // namespace

void bind_parameters(nb::module_& module) {
  module.def("parameters", parameters_of, nb::arg("instruction"));
}

}  // namespace trainyard::python
