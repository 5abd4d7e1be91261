// SPDX-License-Identifier: Apache-2.0
#include "bindings/python_fault.h"

#include "bindings/session.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

PyObject* fault_type = nullptr;

void set_attribute(PyObject* object, const char* name, nb::object value) {
  if (PyObject_SetAttrString(object, name, value.ptr()) != 0) throw nb::python_error();
}

}  // namespace

void bind_fault(nb::module_& module) {
  fault_type = PyErr_NewExceptionWithDoc(
      "trainyard._core.Fault", "What rule was broken, by which operand, where, and what is right.",
      nullptr, nullptr);
  module.attr("Fault") = nb::handle(fault_type);
  nb::register_exception_translator([](const std::exception_ptr& pointer, void*) {
    try {
      std::rethrow_exception(pointer);
    } catch (const Fault& fault) {
      raise_fault(fault);
    } catch (const PythonError&) {
    }
  });
}

void raise_fault(Fault fault) {
  PyErr_Clear();  // an error of Python that led to the fault
  if (!fault.place().known()) {
    if (SessionState* session = SessionState::current_or_null()) {
      const SourceId where = session->places.current();
      if (where != 0) fault.at(session->builder.program().sources.place(where));
    }
  }
  const auto text = [](const std::string& value) {
    return nb::steal(
        PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()), "replace"));
  };
  nb::object error = nb::handle(fault_type)(text(fault.message()));
  set_attribute(error.ptr(), "kind", nb::int_(static_cast<int>(fault.kind())));
  set_attribute(error.ptr(), "rule", text(fault.rule()));
  set_attribute(error.ptr(), "hint", text(fault.hint()));
  set_attribute(error.ptr(), "instruction", text(fault.instruction()));
  set_attribute(error.ptr(), "operand", text(fault.operand()));
  set_attribute(error.ptr(), "file", text(fault.place().file));
  set_attribute(error.ptr(), "line", nb::int_(fault.place().line));
  PyErr_SetObject(fault_type, error.ptr());
}

}  // namespace trainyard::python
