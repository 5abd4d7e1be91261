// SPDX-License-Identifier: Apache-2.0
#include "bindings/source_places.h"

#include <vector>

#include "bindings/object_text.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

constexpr int kFramesMax = 200;

std::vector<std::string>& own_directories() {
  static std::vector<std::string> directories;
  return directories;
}

bool is_own(const std::string& file) {
  for (const std::string& directory : own_directories()) {
    if (file.compare(0, directory.size(), directory) == 0) return true;
  }
  return false;
}

// What tells lines of one code object apart: the bytecode offset, or before 3.11 the line.
int instruction_of(PyFrameObject* frame) {
#if PY_VERSION_HEX >= 0x030b0000
  return PyFrame_GetLasti(frame);
#else
  return PyFrame_GetLineNumber(frame);
#endif
}

}  // namespace

void add_own_directory(const std::string& directory) {
  own_directories().push_back(directory.back() == '/' ? directory : directory + "/");
}

SourcePlaces::~SourcePlaces() {
  if (Py_IsInitialized() == 0) return;
  for (const auto& [code, info] : codes_) Py_DECREF(code);
}

SourceId SourcePlaces::look_up(PyFrameObject* frame, PyObject* code) {
  auto it = codes_.find(code);
  if (it == codes_.end()) {
    Code info;
    const nb::object file = nb::borrow(reinterpret_cast<PyCodeObject*>(code)->co_filename);
    info.file = text_of(file);
    info.own = is_own(info.file);
    Py_INCREF(code);
    it = codes_.emplace(code, std::move(info)).first;
  }
  if (it->second.own) return kOwn;
  return table_.intern(it->second.file, PyFrame_GetLineNumber(frame));
}

SourceId SourcePlaces::current() {
  PyFrameObject* frame = PyEval_GetFrame();
  Py_XINCREF(frame);
  SourceId place = 0;
  for (int depth = 0; frame != nullptr && depth < kFramesMax; ++depth) {
    auto* code = reinterpret_cast<PyObject*>(PyFrame_GetCode(frame));
    const int instruction = instruction_of(frame);
    const auto hash = reinterpret_cast<std::uintptr_t>(code) / 16 +
                      static_cast<std::uintptr_t>(instruction) * 0x9e3779b1u;
    Cached& slot = cache_[hash % kSlots];
    if (slot.code != code || slot.instruction != instruction) {
      slot = {code, instruction, look_up(frame, code)};
    }
    Py_DECREF(code);
    if (slot.place != kOwn) {
      place = slot.place;
      break;
    }
    PyFrameObject* back = PyFrame_GetBack(frame);
    Py_DECREF(frame);
    frame = back;
  }
  Py_XDECREF(frame);
  return place;
}

}  // namespace trainyard::python
