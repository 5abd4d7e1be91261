// SPDX-License-Identifier: Apache-2.0
// The kernel line that is being executed: the innermost Python frame outside trainyard itself.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <string>
#include <unordered_map>

#include "program/program.h"

namespace trainyard::python {

// Frames of files under `directory` are the library's own.
void add_own_directory(const std::string& directory);

class SourcePlaces {
 public:
  explicit SourcePlaces(SourceTable& table) : table_(table) {}
  ~SourcePlaces();
  SourcePlaces(const SourcePlaces&) = delete;
  SourcePlaces& operator=(const SourcePlaces&) = delete;

  SourceId current();

 private:
  static constexpr SourceId kOwn = 0xffffffffu;

  struct Cached {
    PyObject* code = nullptr;
    int instruction = 0;
    SourceId place = 0;
  };
  struct Code {
    std::string file;
    bool own = false;
  };

  SourceId look_up(PyFrameObject* frame, PyObject* code);

  static constexpr std::size_t kSlots = 4096;
  SourceTable& table_;
  std::array<Cached, kSlots> cache_{};
  std::unordered_map<PyObject*, Code> codes_;  // keeps the code objects alive
};

}  // namespace trainyard::python
