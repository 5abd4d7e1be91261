// SPDX-License-Identifier: Apache-2.0
#include "bindings/named_values.h"

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/fault.h"
#include "base/nearest.h"
#include "bindings/object_text.h"
#include "isa/instructions/two_cores.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

constexpr std::array<std::string_view, 4> kBufferNames = {"sbuf", "psum", "private_hbm",
                                                          "shared_hbm"};

const Choices& buffer_choices() {
  static const Choices kChoices = {"memory region", kBufferNames.data(), 4};
  return kChoices;
}

// One kind of value: its objects by identity (kept alive), and the object shown for each value.
struct Named {
  const Choices* choices;
  std::unordered_map<PyObject*, std::uint8_t> values;
  std::array<PyObject*, 256> shown{};
};

std::vector<std::pair<std::string_view, Named>>& kinds() {
  static std::vector<std::pair<std::string_view, Named>> all = [] {
    std::vector<std::pair<std::string_view, Named>> k;
    const auto add = [&k](std::string_view name, const Choices& choices) {
      k.emplace_back(name, Named{&choices, {}, {}});
    };
    add("alu", choices_of<AluOp>());
    add("function", choices_of<Function>());
    add("engine", choices_of<Engine>());
    add("dge_mode", choices_of<DgeMode>());
    add("oob_mode", choices_of<OobMode>());
    add("reduce_cmd", choices_of<ReduceCmd>());
    add("matmul_perf_mode", choices_of<MatmulPerfMode>());
    add("dma_engine", choices_of<DmaEngine>());
    add("dtype", choices_of<DType>());
    add("buffer", buffer_choices());
    return k;
  }();
  return all;
}

Named* find_kind(const Choices& choices) {
  for (auto& [name, named] : kinds()) {
    if (named.choices == &choices) return &named;
  }
  return nullptr;
}

std::optional<std::uint8_t> value_by_name(const Choices& choices, std::string_view name) {
  if (&choices == &choices_of<DType>()) {
    if (name == "bool" || name == "bool_") return static_cast<std::uint8_t>(DType::bool8);
    if (const auto dtype = dtype_from_name(name)) return static_cast<std::uint8_t>(*dtype);
    return std::nullopt;
  }
  if (&choices == &buffer_choices() && name == "hbm") name = "private_hbm";
  for (int i = 0; i < choices.count; ++i) {
    if (!name.empty() && choices.names[i] == name) return static_cast<std::uint8_t>(i);
  }
  return std::nullopt;
}

// The name an object has of its own: a string is one; functions and types have __name__, enum
// members and dtypes name; else its text.
std::string own_name(PyObject* object) {
  const nb::handle h(object);
  if (PyUnicode_Check(object)) return text_of(h);
  for (const char* attribute : {"__name__", "name"}) {
    const nb::object name = nb::steal(PyObject_GetAttrString(object, attribute));
    if (!name.is_valid()) {
      PyErr_Clear();
    } else if (PyUnicode_Check(name.ptr())) {
      return text_of(name);
    }
  }
  return text_of(h);
}

Fault unknown(const Choices& choices, const std::string& name) {
  std::vector<std::string> known;
  for (int i = 0; i < choices.count; ++i) {
    if (!choices.names[i].empty()) known.emplace_back(choices.names[i]);
  }
  const std::string nearest = nearest_name(name, known);
  return Fault(FaultKind::program, fmt::format("'{}' is no {}", name, choices.what),
               nearest.empty() ? fmt::format("known: {}", fmt::join(known, ", "))
                               : fmt::format("did you mean {}?", nearest));
}

}  // namespace

void register_choice(const std::string& kind, nb::handle object, const std::string& name) {
  for (auto& [kind_name, named] : kinds()) {
    if (kind_name != kind) continue;
    const auto value = value_by_name(*named.choices, name);
    if (!value) throw unknown(*named.choices, name);
    if (named.values.emplace(object.ptr(), *value).second) Py_INCREF(object.ptr());
    if (named.shown[*value] == nullptr) named.shown[*value] = object.ptr();
    return;
  }
  throw Fault(FaultKind::internal, fmt::format("'{}' is no kind of choice", kind));
}

std::uint8_t choice_of(const Choices& choices, PyObject* object) {
  Named* named = find_kind(choices);
  if (named != nullptr) {
    const auto it = named->values.find(object);
    if (it != named->values.end()) return it->second;
  }
  if (&choices == &choices_of<Accumulate>()) {
    if (object == Py_None) return static_cast<std::uint8_t>(Accumulate::automatic);
    const int truth = PyObject_IsTrue(object);
    if (truth < 0) PyErr_Clear();
    return static_cast<std::uint8_t>(truth > 0 ? Accumulate::add : Accumulate::overwrite);
  }
  if (PyLong_Check(object) && !PyBool_Check(object)) {
    const long value = PyLong_AsLong(object);
    if (value >= 0 && value < choices.count && !choices.names[value].empty()) {
      return static_cast<std::uint8_t>(value);
    }
    PyErr_Clear();
  }
  const std::string name = own_name(object);
  const auto value = value_by_name(choices, name);
  if (!value) throw unknown(choices, name);
  // Objects that keep their identity (types, enum members, functions) are found faster next time.
  constexpr std::size_t kRemembered = 512;
  if (named != nullptr && !PyLong_Check(object) && named->values.size() < kRemembered) {
    Py_INCREF(object);
    named->values.emplace(object, *value);
  }
  return *value;
}

DType dtype_of(PyObject* object) {
  return static_cast<DType>(choice_of(choices_of<DType>(), object));
}

Buffer buffer_of(PyObject* object) {
  return static_cast<Buffer>(choice_of(buffer_choices(), object));
}

namespace {

PyObject* shown(const Choices& choices, int value) {
  Named* named = find_kind(choices);
  if (named->shown[value] == nullptr) {
    named->shown[value] = PyUnicode_InternFromString(std::string(choices.names[value]).c_str());
  }
  return named->shown[value];
}

}  // namespace

PyObject* dtype_object(DType dtype) {
  return shown(choices_of<DType>(), static_cast<int>(dtype));
}

PyObject* buffer_object(Buffer buffer) {
  return shown(buffer_choices(), static_cast<int>(buffer));
}

}  // namespace trainyard::python
