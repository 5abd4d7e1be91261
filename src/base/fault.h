// SPDX-License-Identifier: Apache-2.0
// A fault of the user's program, files or command line, as a value: what rule was broken, by
// which operand, where in the user's source, and what would be right. Library code throws Fault
// for anything that input can cause; it never prints, exits or aborts because of input.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace trainyard {

// Kinds carry the process exit status of the command (docs: "The command" in architecture.md).
enum class FaultKind : std::uint8_t {
  program = 1,        // the user's kernel or model is at fault
  usage = 2,          // the command line or a file is
  limit = 3,          // a limit of the simulated machine was exceeded
  not_modelled = 4,   // the hardware can, this simulator cannot yet
  internal = 70,      // our own bug
  interrupted = 130,  // stopped by the user
};

// A place in the user's text. `line` counts from 1; 0 means unknown.
struct SourcePlace {
  std::string file;
  int line = 0;

  bool known() const { return line > 0; }
};

class Fault : public std::runtime_error {
 public:
  // `rule`: what must hold, one sentence. `hint`: what would be right.
  Fault(FaultKind kind, std::string rule, std::string hint = {});

  Fault& at(SourcePlace place);
  Fault& in(std::string instruction, std::string operand = {});

  FaultKind kind() const { return kind_; }
  const std::string& rule() const { return rule_; }
  const std::string& hint() const { return hint_; }
  const std::string& instruction() const { return instruction_; }
  const std::string& operand() const { return operand_; }
  const SourcePlace& place() const { return place_; }

  // "kernel.py:12: nc_matmul: moving: <rule> (<hint>)"
  std::string message() const;
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  void rebuild() { text_ = message(); }

  FaultKind kind_;
  std::string rule_, hint_, instruction_, operand_, text_;
  SourcePlace place_;
};

}  // namespace trainyard
