// SPDX-License-Identifier: Apache-2.0
// Python arguments into the operand struct of an instruction, by the instruction's own visit().
#pragma once

#include "bindings/tensor.h"
#include "isa/table.h"

namespace trainyard::python {

// `arguments`: one object, or null, for each parameter in the order of visit().
class ArgumentVisitor final : public ParamVisitor {
 public:
  ArgumentVisitor(SessionState& session, PyObject* const* arguments)
      : session_(session), next_(arguments) {}

  void tile(const Param&, View&) override;
  void tiles(const Param&, ViewList&) override;
  void scalar(const Param&, ScalarOperand&) override;
  void reg(const Param&, RegisterOperand&) override;
  void integer(const Param&, std::int64_t&) override;
  void number(const Param&, double&) override;
  void flag(const Param&, bool&) override;
  void integers(const Param&, IntList&) override;
  void numbers(const Param&, NumberList&) override;
  void pattern(const Param&, AffinePattern&) override;
  void choice_value(const Param&, const Choices&, std::uint8_t&) override;

 private:
  // The next argument, or null where the default stays. Throws if it is missing.
  PyObject* take(const Param& param);

  SessionState& session_;
  PyObject* const* next_;
};

}  // namespace trainyard::python
